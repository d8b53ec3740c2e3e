//! What ends when, of what is disabled, to the second: refreshing at once, and the access tokens that are out with the
//! last of them, where a server looks at nothing but `exp`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    format,
    text::{Text, say},
};
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
    pub fn tell(&self, id: impl Into<Uuid>, disabled: bool, since: Option<DateTime<Utc>>) -> Text {
        let until = self.until.get(&id.into()).copied();
        let since = since.filter(|_| disabled);
        since.map_or_else(Text::default, |since| sentences(since, until, self.now))
    }

    /// In sentences, of all of them, which one act disabled.
    pub fn tell_all(&self, since: DateTime<Utc>) -> Text {
        sentences(since, self.until.values().max().copied(), self.now)
    }
}

/// `until` is none where no access token was ever given.
fn sentences(since: DateTime<Utc>, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Text {
    let rest = match until.map(|until| (until, format::second(until))) {
        None => say("ends-none-out"),
        // `exp` counts whole seconds.
        Some((until, told)) if until.timestamp() <= now.timestamp() => {
            say("ends-expired").with("until", told)
        }
        Some((_, told)) => say("ends-only-exp").with("until", told),
    };
    let stopped = say("ends-stopped").with("since", format::second(since));
    Text::Several(vec![stopped, rest], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::language::LANGUAGES;

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
            let told = sentences(at(0), until.map(at), at(now)).html(&LANGUAGES[0]);
            // Without the elements of the times.
            let told: String = told
                .split('<')
                .map(|part| part.split_once('>').map_or(part, |(_, words)| words))
                .collect();
            assert_eq!(told, format!("{begins} {said}"));
        }
    }
}
