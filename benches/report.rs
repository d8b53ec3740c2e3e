//! What was measured, as a table, as JSON and as a plot.

use std::{fs, path::Path, time::Duration};

use serde::Serialize;

use crate::{Result, machine, plot};

const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";

/// All rounds of one operation and its limit.
#[derive(Serialize)]
pub struct Compared {
    pub what: String,
    pub limit: &'static str,
    pub limits: Vec<f64>,
    pub ours: Vec<f64>,
    /// The tutorial's stack, where it can do the same.
    pub tutorials: Vec<f64>,
    /// The median of the rounds' own ratios.
    pub ratio: f64,
    /// What it has to be: at least for rates, at most for times.
    pub wanted: f64,
    pub unit: &'static str,
}

impl Compared {
    /// Whether the ratio is good enough: a rate's is to be high, a time's low.
    pub fn holds(&self) -> bool {
        if self.unit == "/s" {
            self.ratio >= self.wanted
        } else {
            self.ratio <= self.wanted
        }
    }
}

/// A figure that nothing is held against.
#[derive(Serialize)]
struct Note {
    what: String,
    values: Vec<f64>,
    median: f64,
    unit: &'static str,
}

/// The report of a run.
#[derive(Default, Serialize)]
pub struct Report {
    rounds: usize,
    machine: String,
    compared: Vec<Compared>,
    notes: Vec<Note>,
}

impl Report {
    /// Of so many rounds.
    pub fn new(rounds: usize) -> Self {
        Self {
            rounds,
            machine: machine(),
            ..Self::default()
        }
    }

    /// How many figures there are by now.
    pub fn measured(&self) -> usize {
        let notes = self
            .notes
            .iter()
            .map(|note| note.values.len())
            .sum::<usize>();
        10 * notes
    }

    /// A round's rates: the limit's and Doorward's.
    pub fn rate(&mut self, what: &str, limit: &'static str, limits: f64, ours: f64, wanted: f64) {
        self.compare(what, limit, (limits, ours), wanted, "/s");
    }

    /// A round's latencies, in quiet and now.
    pub fn times(&mut self, what: &str, quiet: Duration, now: Duration, wanted: f64) {
        let milliseconds = (quiet.as_secs_f64() * 1e3, now.as_secs_f64() * 1e3);
        self.compare(what, "the same in quiet", milliseconds, wanted, "ms");
    }

    fn compare(
        &mut self,
        what: &str,
        limit: &'static str,
        (limits, ours): (f64, f64),
        wanted: f64,
        unit: &'static str,
    ) {
        println!(
            "  {what}: {ours:.1} of {limits:.1} {unit} = {:.2}",
            ours / limits
        );
        let known = self
            .compared
            .iter()
            .position(|it| it.what == what && it.limit == limit);
        let at = known.unwrap_or(self.compared.len());
        if known.is_none() {
            self.compared.push(Compared {
                what: what.to_owned(),
                limit,
                limits: Vec::new(),
                ours: Vec::new(),
                tutorials: Vec::new(),
                ratio: 0.0,
                wanted,
                unit,
            });
        }
        let compared = &mut self.compared[at];
        compared.limits.push(limits);
        compared.ours.push(ours);
        let ratios = compared.ours.iter().zip(&compared.limits);
        compared.ratio = median(&ratios.map(|(ours, limit)| ours / limit).collect::<Vec<_>>());
    }

    /// A round's rate of the tutorial's stack.
    pub fn beside(&mut self, what: &str, rate: f64) {
        println!("  {what}, the tutorial's stack: {rate:.1} /s");
        if let Some(compared) = self.compared.iter_mut().find(|it| it.what == what) {
            compared.tutorials.push(rate);
        }
    }

    /// A figure of a round.
    pub fn note(&mut self, what: &str, value: f64, unit: &'static str) {
        println!("  {what}: {value:.1} {unit}");
        match self.notes.iter_mut().find(|note| note.what == what) {
            Some(note) => {
                note.values.push(value);
                note.median = median(&note.values);
            }
            None => self.notes.push(Note {
                what: what.to_owned(),
                values: vec![value],
                median: value,
                unit,
            }),
        }
    }

    /// The tables, as Markdown.
    fn tables(&self) -> String {
        let mut text = format!(
            "{}; medians of {} rounds, limit and Doorward in turns.\n\n\
             | operation | limit | of it | wanted | limit | Doorward | tutorial's stack |\n|---|---|---|---|---|---|---|\n",
            self.machine, self.rounds,
        );
        for it in &self.compared {
            let tutorials = if it.tutorials.is_empty() {
                String::new()
            } else {
                format!("{:.0} {}", median(&it.tutorials), it.unit)
            };
            let wanted = if it.unit == "/s" { "≥" } else { "≤" };
            text += &format!(
                "| {} | {} | **{:.2}**{} ({:.2}–{:.2}) | {wanted} {:.2} | {} | {} | {tutorials} |\n",
                it.what,
                it.limit,
                it.ratio,
                if it.holds() { "" } else { " ✗" },
                extreme(it, f64::min),
                extreme(it, f64::max),
                it.wanted,
                figure(median(&it.limits), it.unit),
                figure(median(&it.ours), it.unit),
            );
        }
        text += "\n| for information | |\n|---|---|\n";
        for note in &self.notes {
            text += &format!("| {} | {} |\n", note.what, figure(note.median, note.unit));
        }
        text
    }

    /// Prints the tables, and writes them into `docs`.
    pub fn print_and_write(&self) -> Result<()> {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        let tables = self.tables();
        println!("\n{tables}");
        fs::write(
            docs.join("performance.json"),
            serde_json::to_string_pretty(self)? + "\n",
        )?;
        plot::draw(&docs.join("performance.svg"), &self.compared)?;
        replace_between(&docs.join("performance.md"), BEGIN, END, &tables)
    }
}

/// Puts `text` between two marks of a file.
pub fn replace_between(file: &Path, begin: &str, end: &str, text: &str) -> Result<()> {
    let page = fs::read_to_string(file)?;
    let marked = page
        .split_once(begin)
        .and_then(|(before, rest)| rest.split_once(end).map(|(_, after)| (before, after)));
    let (before, after) = marked.ok_or_else(|| format!("{} lacks {begin}", file.display()))?;
    fs::write(file, format!("{before}{begin}\n{text}{end}{after}"))?;
    Ok(())
}

fn extreme(it: &Compared, pick: fn(f64, f64) -> f64) -> f64 {
    let ratios = it
        .ours
        .iter()
        .zip(&it.limits)
        .map(|(ours, limit)| ours / limit);
    ratios.reduce(pick).unwrap_or_default()
}

fn figure(value: f64, unit: &str) -> String {
    let digits = usize::from(value < 100.0);
    format!("{value:.digits$} {unit}").trim_end().to_owned()
}

/// The middle one.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        many if many % 2 == 1 => sorted[many / 2],
        many => f64::midpoint(sorted[many / 2 - 1], sorted[many / 2]),
    }
}

/// Cores and memory: the figures are of this machine, the ratios less so.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let gigabytes = machine::megabytes().unwrap_or_default() / 1024;
    format!("{cores} cores, {gigabytes} GB, load generator and Postgres on the same")
}
