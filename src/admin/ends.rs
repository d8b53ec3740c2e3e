//! What ends when, of what is disabled, to the second: refreshing at once, and the access tokens that are out with the
//! last of them, where a server looks at nothing but `exp`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{format, words::Words};
use crate::{
    app::App,
    db::disabling::Subject,
    domain::{error::Error, time_line},
};

/// When the last access tokens expire, of what is disabled.
pub struct Ends {
    until: HashMap<Uuid, DateTime<Utc>>,
    now: DateTime<Utc>,
}

impl Ends {
    /// Of these.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of(app: &App, subjects: &[Subject]) -> Result<Self, Error> {
        Ok(Self {
            until: time_line::access_until(app, subjects).await?,
            now: app.clock.now(),
        })
    }

    /// In sentences, of one of them that is disabled since then; nothing of what is not disabled.
    pub fn tell(&self, id: impl Into<Uuid>, disabled: bool, since: Option<DateTime<Utc>>) -> Words {
        let until = self.until.get(&id.into()).copied();
        let since = since.filter(|_| disabled);
        since.map_or_else(Words::default, |since| sentences(since, until, self.now))
    }

    /// In sentences, of all of them, which one act disabled.
    pub fn tell_all(&self, since: DateTime<Utc>) -> Words {
        sentences(since, self.until.values().max().copied(), self.now)
    }
}

/// `until` is none where no access token was ever given.
fn sentences(since: DateTime<Utc>, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Words {
    let rest = match until.map(|until| (until, format::second(until))) {
        None => "No access token is out.".into(),
        // `exp` counts whole seconds.
        Some((until, told)) if until.timestamp() <= now.timestamp() => {
            told.within(|told| format!("The last access token expired at {told}, for every server."))
        }
        Some((_, told)) => told.within(|told| {
            format!(
                "Doorward itself refuses its access tokens from then on; a resource server that only checks exp \
                 accepts the last one until {told}."
            )
        }),
    };
    let since = format::second(since);
    since
        .within(|since| format!("Refreshing has stopped: since {since} every refresh is refused. "))
        .and(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_disabled_says_what_ends_when() {
        let at = |seconds: i64| DateTime::from_timestamp(1_900_000_000 + seconds, 0).unwrap();
        for (until, now, said) in [
            (None, 1, "No access token is out."),
            (
                Some(300),
                299,
                "Doorward itself refuses its access tokens from then on; a resource server that only checks exp accepts \
                 the last one until 2030-03-17 17:51:40 UTC.",
            ),
            (
                Some(300),
                300,
                "The last access token expired at 2030-03-17 17:51:40 UTC, for every server.",
            ),
        ] {
            let begins =
                "Refreshing has stopped: since 2030-03-17 17:46:40 UTC every refresh is refused.";
            assert_eq!(
                sentences(at(0), until.map(at), at(now)),
                &*format!("{begins} {said}")
            );
        }
    }
}
