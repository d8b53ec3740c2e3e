//! How much happens, for people: the charts, and how refreshing goes.

use std::cmp::Reverse;

use chrono::{DateTime, Datelike, Utc};

use super::{
    chart::{Chart, Part, Subject, Times},
    format,
    refusals::words,
    text::{Text, say},
};
use crate::domain::{
    active::About,
    rollups::{Activity, ByReason, Kind, Span},
};

/// So many clients are told by name.
const CLIENTS: usize = 10;

/// A span that can be chosen.
pub struct Choice {
    /// In the address.
    pub query: &'static str,
    /// The message on the link.
    pub words: &'static str,
    /// It is chosen.
    pub chosen: bool,
}

/// The spans, with the one that is asked for: the hour, if it is none.
pub fn choices(asked: Option<&str>) -> (Span, [Choice; 3]) {
    let span = match asked {
        Some("day") => Span::Day,
        Some("month") => Span::Month,
        _ => Span::Hour,
    };
    let all = [
        (Span::Hour, "hour", "overview-span-hour"),
        (Span::Day, "day", "overview-span-day"),
        (Span::Month, "month", "overview-span-month"),
    ];
    let choice = |(it, query, words)| Choice {
        query,
        words,
        chosen: it == span,
    };
    (span, all.map(choice))
}

/// The charts, and the tables beneath.
pub struct ActivityView {
    /// About how many people and devices there were.
    pub active: Text,
    /// Bars over time.
    pub charts: [Chart; 6],
    /// How many refreshes there were, with the span.
    pub refreshes: Text,
    /// What became of them, and of how many; nothing where there was none.
    pub outcomes: Vec<Outcome>,
    /// The same for each client, those with an alarm first.
    pub clients: Vec<ClientLine>,
}

/// What became of some refreshes.
pub struct Outcome {
    /// In words.
    pub words: Text,
    /// How many.
    pub number: Text,
    /// Of all.
    pub share: Text,
    /// It should not be there.
    pub alarming: bool,
}

/// How refreshing goes for a client.
pub struct ClientLine {
    /// Its public name; empty where it is not known.
    pub client: String,
    /// All of its refreshes.
    pub refreshes: Text,
    /// With their shares.
    pub rotated: Text,
    /// As above.
    pub retried: Text,
    /// As above.
    pub reused: Text,
    /// As above.
    pub refused: Text,
    /// Why, and how often.
    pub causes: Text,
    /// There was a reuse.
    pub alarming: bool,
}

impl ActivityView {
    /// As it is shown.
    pub fn new(activity: &Activity, about: About, span: Span) -> Self {
        let times = times(&activity.slots, span);
        let charts = subjects(activity, span).map(|subject| Chart::new(subject, &times));
        let all = activity
            .by_slot
            .iter()
            .map(|(what, numbers)| (what.clone(), numbers.iter().sum::<i64>()));
        let all: ByReason<i64> = all.collect();
        let refreshes = say("overview-asked").with("number", asked(&all));
        Self {
            active: active(about, span),
            charts,
            refreshes: refreshes.with("span", span_word(span)),
            outcomes: outcomes(&all),
            clients: clients(activity),
        }
    }
}

/// How many there were. Of a few the estimate is as good as exact, but nobody should count on it.
fn active(about: About, span: Span) -> Text {
    if about.users == 0 && about.devices == 0 {
        return say("overview-nobody-active").with("span", span_word(span));
    }
    say("overview-active")
        .with("people", about.users)
        .with("devices", about.devices)
        .with("span", span_word(span))
}

fn span_word(span: Span) -> &'static str {
    match span {
        Span::Hour => "hour",
        Span::Day => "day",
        Span::Month => "month",
    }
}

/// The time of a slot, and that along the axis.
fn labels(at: DateTime<Utc>, span: Span) -> (Text, Text) {
    let hour = at.format("%H:%M").to_string();
    let day = |id| {
        say(id)
            .with("day", i64::from(at.day()))
            .with("month", i64::from(at.month()))
    };
    match span {
        Span::Hour => (hour.clone().into(), hour.into()),
        Span::Day => (day("time-day-hour").with("hour", &hour), hour.into()),
        Span::Month => (day("time-day"), day("time-day")),
    }
}

fn times(slots: &[DateTime<Utc>], span: Span) -> Times {
    let on_axis = |at: usize| {
        let at = slots.get(at).copied().unwrap_or_default();
        labels(at, span).1
    };
    let last = slots.len().saturating_sub(1);
    let [first, middle, last] = [0, slots.len() / 2, last].map(on_axis);
    Times {
        during: match span {
            Span::Hour => "chart-during-hour",
            Span::Day => "chart-during-day",
            Span::Month => "chart-during-month",
        },
        slots: slots.iter().map(|at| labels(*at, span).0).collect(),
        axis: [first, middle, say("chart-axis-end").with("time", last)],
    }
}

/// A part for each reason, the most frequent first; one without a reason has the name of its kind.
fn parts(activity: &Activity, kind: Kind, name: &'static str) -> Vec<Part> {
    let of_kind = activity.by_slot.iter().filter(|((its, _), _)| *its == kind);
    let mut parts: Vec<Part> = of_kind
        .map(|((_, reason), numbers)| Part {
            name: match reason.as_str() {
                "" => say(name),
                reason => words(reason),
            },
            numbers: numbers.clone(),
        })
        .collect();
    parts.sort_by_key(|part| Reverse(part.numbers.iter().sum::<i64>()));
    parts
}

fn subjects(activity: &Activity, span: Span) -> [Subject; 6] {
    let slot = match span {
        Span::Hour => "minute",
        Span::Day => "hour",
        Span::Month => "day",
    };
    let subject = |id, called, empty, parts| Subject {
        id,
        called,
        empty: say("chart-empty")
            .with("what", say(empty))
            .with("slot", slot),
        alarming: false,
        parts,
    };
    let mut refreshes = parts(activity, Kind::Refreshed, "chart-rotated");
    refreshes.extend(parts(activity, Kind::Retried, "chart-retried"));
    [
        subject(
            "sign-ins",
            "chart-sign-ins",
            "chart-sign-ins-empty",
            parts(activity, Kind::SignedIn, "chart-sign-in"),
        ),
        subject(
            "sign-ins-refused",
            "chart-sign-ins-refused",
            "chart-sign-ins-refused-empty",
            parts(activity, Kind::SignInRefused, ""),
        ),
        subject(
            "refreshes",
            "chart-refreshes",
            "chart-refreshes-empty",
            refreshes,
        ),
        subject(
            "refreshes-refused",
            "chart-refreshes-refused",
            "chart-refreshes-refused-empty",
            parts(activity, Kind::RefreshRefused, ""),
        ),
        Subject {
            alarming: true,
            ..subject(
                "reuse",
                "chart-reuse",
                "chart-reuse-empty",
                parts(activity, Kind::Reused, "chart-reused"),
            )
        },
        subject(
            "forms-refused",
            "chart-forms-refused",
            "chart-forms-refused-empty",
            parts(activity, Kind::FormRefused, ""),
        ),
    ]
}

fn sum(of: &ByReason<i64>, kind: Kind) -> i64 {
    let of_kind = of.iter().filter(|((its, _), _)| *its == kind);
    of_kind.map(|(_, number)| number).sum()
}

/// How many refreshes were asked for.
fn asked(of: &ByReason<i64>) -> i64 {
    let kinds = [
        Kind::Refreshed,
        Kind::Retried,
        Kind::Reused,
        Kind::RefreshRefused,
    ];
    kinds.into_iter().map(|kind| sum(of, kind)).sum()
}

/// Why refreshes were refused, the most frequent first.
fn causes(of: &ByReason<i64>) -> Vec<(Text, i64)> {
    let refused = of
        .iter()
        .filter(|((kind, _), _)| *kind == Kind::RefreshRefused);
    let mut causes: Vec<_> = refused
        .map(|((_, reason), number)| (words(reason), *number))
        .collect();
    causes.sort_by_key(|(_, number)| Reverse(*number));
    causes
}

fn outcomes(of: &ByReason<i64>) -> Vec<Outcome> {
    let all = asked(of);
    if all == 0 {
        return Vec::new();
    }
    let outcome = |words: Text, number: i64, alarming: bool| Outcome {
        words,
        number: number.into(),
        share: format::share(number, all),
        alarming,
    };
    let reused = sum(of, Kind::Reused);
    let mut outcomes = vec![
        outcome(
            say("overview-outcome-rotated"),
            sum(of, Kind::Refreshed),
            false,
        ),
        outcome(
            say("overview-outcome-retried"),
            sum(of, Kind::Retried),
            false,
        ),
        outcome(say("overview-outcome-reused"), reused, reused > 0),
    ];
    for (why, number) in causes(of) {
        let told = say("overview-outcome-refused").with("why", why);
        outcomes.push(outcome(told, number, false));
    }
    outcomes
}

fn clients(activity: &Activity) -> Vec<ClientLine> {
    let mut all: Vec<(&str, &ByReason<i64>)> = activity
        .by_client
        .iter()
        .map(|(client, of)| (client.as_str(), of))
        .filter(|(_, of)| asked(of) > 0)
        .collect();
    // Whoever looks for an alarm finds it on top.
    all.sort_by_key(|(_, of)| Reverse((sum(of, Kind::Reused), asked(of))));
    all.truncate(CLIENTS);
    all.into_iter()
        .map(|(client, of)| line(client, of))
        .collect()
}

fn line(client: &str, of: &ByReason<i64>) -> ClientLine {
    let all = asked(of);
    let with_share = |kind: Kind| {
        let number = sum(of, kind);
        say("overview-with-share")
            .with("number", number)
            .with("share", format::share(number, all))
    };
    let causes = causes(of).into_iter();
    let causes: Vec<_> = causes
        .map(|(why, number)| {
            say("overview-cause")
                .with("why", why)
                .with("number", number)
        })
        .collect();
    ClientLine {
        client: client.to_owned(),
        refreshes: all.into(),
        rotated: with_share(Kind::Refreshed),
        retried: with_share(Kind::Retried),
        reused: with_share(Kind::Reused),
        refused: with_share(Kind::RefreshRefused),
        causes: Text::listed(causes),
        alarming: sum(of, Kind::Reused) > 0,
    }
}
