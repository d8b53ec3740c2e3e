//! Charts as SVG, without a script and without a style: bars over time. The same numbers are told in
//! words and in a table.

use super::text::{Text, say};

/// How wide a slot is, and the bar in it (as the stylesheet says), in the units of the drawing.
const SLOT: usize = 10;
const BAR: usize = 8;

/// How high the drawing is. It is stretched to the place that it gets, so these units are not square.
const HEIGHT: i64 = 1000;

/// One among thousands is still to be seen.
const LOWEST: i64 = 14;

/// So many parts are told apart by their tone.
const TONES: [&str; 5] = ["tone-1", "tone-2", "tone-3", "tone-4", "tone-5"];

/// What is counted, in one of the parts that a bar has.
pub struct Part {
    /// What.
    pub name: Text,
    /// How often, in each slot.
    pub numbers: Vec<i64>,
}

/// What a chart is of.
pub struct Subject {
    /// Unique on the page.
    pub id: &'static str,
    /// The message that says how many there are.
    pub called: &'static str,
    /// When there is none: what will be here.
    pub empty: Text,
    /// None of it should be there.
    pub alarming: bool,
    /// The largest first.
    pub parts: Vec<Part>,
}

/// When the slots are, in words.
pub struct Times {
    /// The message "in the last hour".
    pub during: &'static str,
    /// Each slot's.
    pub slots: Vec<Text>,
    /// Those of the first, a middle and the last one, for the axis.
    pub axis: [Text; 3],
}

/// Bars over time.
pub struct Chart {
    /// Unique on the page.
    pub id: &'static str,
    /// How many there were in all.
    pub title: Text,
    /// The message "in the last hour".
    pub during: &'static str,
    /// When there is none: what will be here.
    pub empty: Text,
    /// When there were most.
    pub peak: Text,
    /// Where the scale ends.
    pub top: Text,
    /// How wide the drawing is.
    pub width: usize,
    /// How high the drawing is.
    pub height: i64,
    /// Where half of the scale is.
    pub middle: i64,
    /// The parts, those at the foot first.
    pub series: Vec<Series>,
    /// What the columns of the table are.
    pub columns: Vec<Text>,
    /// The table, without the slots in which nothing happened.
    pub rows: Vec<Row>,
    /// A few times along the axis.
    pub axis: [Text; 3],
    /// What the tones mean; one needs no explanation.
    pub legend: Vec<Key>,
}

/// A line of the table: a slot.
pub struct Row {
    /// When.
    pub time: Text,
    /// How often, in each part.
    pub numbers: Vec<Text>,
}

/// What is drawn of a part. What each bar says stands in the table, from where script takes it.
pub struct Series {
    /// A class.
    pub tone: &'static str,
    /// From left to right.
    pub bars: Vec<Bar>,
}

/// A bar, or one part of it.
pub struct Bar {
    /// Its left edge.
    pub x: usize,
    /// Its upper edge.
    pub y: i64,
    /// Its height.
    pub height: i64,
}

/// What a tone means.
pub struct Key {
    /// A class.
    pub tone: &'static str,
    /// What.
    pub name: Text,
    /// How often in all.
    pub number: Text,
}

impl Chart {
    /// Draws a subject. Of many small parts those that have no tone of their own are one.
    pub fn new(subject: Subject, times: &Times) -> Self {
        let parts = at_most_five(subject.parts);
        let slots = times.slots.len();
        let sum_of = |at: usize| {
            parts
                .iter()
                .filter_map(|part| part.numbers.get(at))
                .sum::<i64>()
        };
        let sums: Vec<i64> = (0..slots).map(sum_of).collect();
        let peak = sums.iter().copied().max().unwrap_or_default();
        let top = end_of_scale(peak);
        let tone = |at: usize| match (subject.alarming, TONES.get(at)) {
            (false, Some(tone)) => *tone,
            _ => "alarm",
        };
        let mut feet = vec![HEIGHT; slots];
        let drawn = parts.iter().enumerate().map(|(at, part)| {
            let numbers = feet.iter_mut().zip(&part.numbers).enumerate();
            let numbers = numbers.filter(|(_, (_, number))| **number > 0);
            let bars = numbers.map(|(slot, (y, number))| {
                let height = (number.saturating_mul(HEIGHT) / top).max(LOWEST);
                *y -= height;
                let x = slot * SLOT + (SLOT - BAR) / 2;
                Bar { x, y: *y, height }
            });
            Series {
                tone: tone(at),
                bars: bars.collect(),
            }
        });
        let series = drawn.collect();
        let row = |(slot, time): (usize, &Text)| Row {
            time: time.clone(),
            numbers: parts
                .iter()
                .map(|part| part.numbers.get(slot).copied().unwrap_or_default().into())
                .collect(),
        };
        let slots_with_any = times.slots.iter().enumerate();
        let rows = slots_with_any.filter(|(slot, _)| sums[*slot] > 0).map(row);
        let most = sums.iter().position(|sum| *sum == peak);
        let most = most.and_then(|at| times.slots.get(at));
        let legend = parts.iter().enumerate().map(|(at, part)| Key {
            tone: tone(at),
            name: part.name.clone(),
            number: part.numbers.iter().sum::<i64>().into(),
        });
        Self {
            id: subject.id,
            title: say(subject.called).with("number", sums.iter().sum::<i64>()),
            during: times.during,
            empty: subject.empty,
            peak: most.map_or_else(Text::default, |time| {
                say("chart-peak")
                    .with("time", time.clone())
                    .with("number", peak)
            }),
            top: top.into(),
            width: slots * SLOT,
            height: HEIGHT,
            middle: HEIGHT / 2,
            series,
            columns: parts.iter().map(|part| part.name.clone()).collect(),
            rows: rows.collect(),
            axis: times.axis.clone(),
            legend: legend.filter(|_| parts.len() > 1).collect(),
        }
    }
}

fn at_most_five(mut parts: Vec<Part>) -> Vec<Part> {
    if parts.len() > TONES.len() {
        let rest = parts.split_off(TONES.len() - 1);
        let slots = rest.iter().map(|part| part.numbers.len()).max();
        let sum_of = |at: usize| {
            rest.iter()
                .filter_map(|part| part.numbers.get(at))
                .sum::<i64>()
        };
        parts.push(Part {
            name: say("chart-other-reasons"),
            numbers: (0..slots.unwrap_or_default()).map(sum_of).collect(),
        });
    }
    parts
}

/// A round number that nothing is above: 1, 2 or 5, and noughts.
fn end_of_scale(peak: i64) -> i64 {
    let mut unit: i64 = 1;
    loop {
        for times in [1, 2, 5] {
            let end = unit.saturating_mul(times);
            if end >= peak {
                return end;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::language::LANGUAGES;

    fn english(text: &Text) -> String {
        text.html(&LANGUAGES[0])
    }

    fn drawn(parts: Vec<Vec<i64>>) -> Chart {
        let slots = ["14:00", "14:01"].map(Text::from);
        let times = Times {
            during: "chart-during-hour",
            axis: [slots[0].clone(), slots[0].clone(), slots[1].clone()],
            slots: slots.to_vec(),
        };
        let parts = parts.into_iter().enumerate().map(|(at, numbers)| Part {
            name: format!("part {at}").into(),
            numbers,
        });
        let subject = Subject {
            id: "test",
            called: "chart-sign-ins",
            empty: Text::default(),
            alarming: false,
            parts: parts.collect(),
        };
        Chart::new(subject, &times)
    }

    #[test]
    fn a_scale_ends_with_a_round_number() {
        let ends = [0, 1, 2, 3, 6, 11, 50, 51, 999, i64::MAX].map(end_of_scale);
        assert_eq!(ends, [1, 1, 2, 5, 10, 20, 50, 100, 1000, i64::MAX]);
    }

    #[test]
    fn parts_stand_upon_one_another_and_nothing_gets_lost() {
        let chart = drawn(vec![vec![3, 0], vec![1, 2]]);
        assert_eq!(english(&chart.title), "6 sign-ins");
        assert_eq!(english(&chart.peak), "Most at 14:00: 4.");
        let bars = |at: usize| -> Vec<_> {
            let bars = chart.series[at].bars.iter();
            bars.map(|it| (it.x, it.y, it.height)).collect()
        };
        assert_eq!(bars(0), [(1, 400, 600)]);
        assert_eq!(bars(1), [(1, 200, 200), (11, 600, 400)]);
        assert_eq!(chart.legend.len(), 2);
        let columns: Vec<_> = chart.columns.iter().map(english).collect();
        assert_eq!(columns, ["part 0", "part 1"]);
        let rows = chart.rows.iter();
        let rows: Vec<_> = rows
            .flat_map(|row| [&row.time].into_iter().chain(&row.numbers))
            .map(english)
            .collect();
        assert_eq!(rows, ["14:00", "3", "1", "14:01", "0", "2"]);

        let chart = drawn(vec![vec![9, 0]; 7]);
        assert_eq!(chart.legend.len(), 5);
        assert_eq!(english(&chart.legend[4].name), "other reasons");
        assert_eq!(english(&chart.legend[4].number), "27");
        assert!(drawn(vec![vec![0, 0]]).rows.is_empty());
        assert_eq!(english(&drawn(vec![]).title), "No sign-ins");
    }
}
