//! How much happens, for people: the charts, and how refreshing goes.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::{
    chart::{Chart, Part, Subject, Times},
    format,
    refusals::words,
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
    /// On the link.
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
        (Span::Hour, "hour", "1 hour"),
        (Span::Day, "day", "24 hours"),
        (Span::Month, "month", "30 days"),
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
    pub active: String,
    /// Bars over time.
    pub charts: [Chart; 6],
    /// How many refreshes there were, with the span.
    pub refreshes: String,
    /// What became of them, and of how many; nothing where there was none.
    pub outcomes: Vec<Outcome>,
    /// The same for each client, those with an alarm first.
    pub clients: Vec<ClientLine>,
}

/// What became of some refreshes.
pub struct Outcome {
    /// In words.
    pub words: String,
    /// How many.
    pub number: String,
    /// Of all.
    pub share: String,
    /// It should not be there.
    pub alarming: bool,
}

/// How refreshing goes for a client.
pub struct ClientLine {
    /// Its public name; empty where it is not known.
    pub client: String,
    /// All of its refreshes.
    pub refreshes: String,
    /// With their shares.
    pub rotated: String,
    /// As above.
    pub retried: String,
    /// As above.
    pub reused: String,
    /// As above.
    pub refused: String,
    /// Why, and how often.
    pub causes: String,
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
        let refreshes = format::count(asked(&all), ["refresh", "refreshes"]);
        Self {
            active: active(about, times.during),
            charts,
            refreshes: format!("{refreshes} asked for {}", times.during),
            outcomes: outcomes(&all),
            clients: clients(activity),
        }
    }
}

/// How many there were. Of a few the estimate is as good as exact, but nobody should count on it.
fn active(about: About, during: &str) -> String {
    if about.users == 0 && about.devices == 0 {
        return format!("Nobody was active {during}.");
    }
    let people = format::count(about.users, ["person", "people"]);
    let devices = format::count(about.devices, ["device", "devices"]);
    format!("About {people} and {devices} were active {during}.")
}

/// The time of a slot, and that along the axis.
fn labels(at: DateTime<Utc>, span: Span) -> (String, String) {
    let (slot, axis) = match span {
        Span::Hour => ("%H:%M", "%H:%M"),
        Span::Day => ("%-d %b %H:%M", "%H:%M"),
        Span::Month => ("%-d %b", "%-d %b"),
    };
    (at.format(slot).to_string(), at.format(axis).to_string())
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
            Span::Hour => "in the last hour",
            Span::Day => "in the last 24 hours",
            Span::Month => "in the last 30 days",
        },
        slots: slots.iter().map(|at| labels(*at, span).0).collect(),
        axis: [first, middle, format!("{last} UTC")],
    }
}

/// A part for each reason, the most frequent first; one without a reason has the name of its kind.
fn parts(activity: &Activity, kind: Kind, name: &str) -> Vec<Part> {
    let of_kind = activity.by_slot.iter().filter(|((its, _), _)| *its == kind);
    let mut parts: Vec<Part> = of_kind
        .map(|((_, reason), numbers)| Part {
            name: match reason.as_str() {
                "" => name.to_owned(),
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
    let subject = |id, called, empty: &str, parts| Subject {
        id,
        called,
        empty: format!("{empty} One bar for each {slot}."),
        alarming: false,
        parts,
    };
    let mut refreshes = parts(activity, Kind::Refreshed, "rotated");
    refreshes.extend(parts(activity, Kind::Retried, "answered again"));
    [
        subject(
            "sign-ins",
            ["sign-in", "sign-ins"],
            "Sign-ins show here, of apps and in this panel.",
            parts(activity, Kind::SignedIn, "sign-in"),
        ),
        subject(
            "sign-ins-refused",
            ["refused sign-in", "refused sign-ins"],
            "Sign-ins that are refused show here, by reason.",
            parts(activity, Kind::SignInRefused, ""),
        ),
        subject(
            "refreshes",
            ["answered refresh", "answered refreshes"],
            "Refreshes show here, once an app comes for its next access token.",
            refreshes,
        ),
        subject(
            "refreshes-refused",
            ["refused refresh", "refused refreshes"],
            "Refreshes that are refused show here, by reason.",
            parts(activity, Kind::RefreshRefused, ""),
        ),
        Subject {
            alarming: true,
            ..subject(
                "reuse",
                ["reuse alarm", "reuse alarms"],
                "If a refresh token is used after it was replaced, it shows here, and its sign-in has ended.",
                parts(activity, Kind::Reused, "reuse"),
            )
        },
        subject(
            "forms-refused",
            ["refused form", "refused forms"],
            "Forms of this panel that are refused show here, by reason, whoever sent them.",
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
fn causes(of: &ByReason<i64>) -> Vec<(String, i64)> {
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
    let outcome = |words: String, number: i64, alarming: bool| Outcome {
        words,
        number: format::number(number),
        share: format::share(number, all),
        alarming,
    };
    let reused = sum(of, Kind::Reused);
    let mut outcomes = vec![
        outcome("rotated".to_owned(), sum(of, Kind::Refreshed), false),
        outcome(
            "answered again, after a lost answer".to_owned(),
            sum(of, Kind::Retried),
            false,
        ),
        outcome(
            "reuse: the sign-in has ended".to_owned(),
            reused,
            reused > 0,
        ),
    ];
    for (why, number) in causes(of) {
        outcomes.push(outcome(format!("refused: {why}"), number, false));
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
        format!(
            "{} ({})",
            format::number(number),
            format::share(number, all)
        )
    };
    let causes = causes(of).into_iter();
    let causes: Vec<_> = causes
        .map(|(why, number)| format!("{why}: {}", format::number(number)))
        .collect();
    ClientLine {
        client: client.to_owned(),
        refreshes: format::number(all),
        rotated: with_share(Kind::Refreshed),
        retried: with_share(Kind::Retried),
        reused: with_share(Kind::Reused),
        refused: with_share(Kind::RefreshRefused),
        causes: causes.join(", "),
        alarming: sum(of, Kind::Reused) > 0,
    }
}
