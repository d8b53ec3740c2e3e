//! What servers on one database tell one another: notifications that commit with the change that
//! they tell of, and a look at everything now and then for whoever has missed one.

use std::time::Duration;

use sqlx::{
    PgConnection, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::time::{Interval, interval};

use super::{
    Error,
    cut_offs::CutOff,
    news::{self, Topic, Topics},
};

const CHANNEL: &str = "doorward";

/// The notice that the signing keys are others now.
const SIGNING_KEYS: &str = "signing keys";

/// The notice that there are more of the events that the live feed tells.
const SECURITY_EVENTS: &str = "security events";

/// The beginning of a notice that there is something new to be seen.
const NEWS: &str = "news ";

/// How often everything is read anew: that forgets what is old, and finds what a lost
/// connection has swallowed.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Something that every server must learn of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Access tokens that are already out are cut off, or good again.
    CutOff(CutOff),
    /// The signing keys are others now.
    SigningKeys,
    /// There are more of the events that the live feed tells.
    SecurityEvents,
    /// There is something new to be seen, of these kinds.
    News(Topics),
}

impl Notice {
    fn told(&self) -> String {
        match self {
            Self::CutOff(cut_off) => cut_off.told(),
            Self::SigningKeys => SIGNING_KEYS.to_owned(),
            Self::SecurityEvents => SECURITY_EVENTS.to_owned(),
            Self::News(topics) => format!("{NEWS}{}", news::told(topics)),
        }
    }

    /// `None` for what no Doorward of this version says.
    fn heard(text: &str) -> Option<Self> {
        if text == SIGNING_KEYS {
            return Some(Self::SigningKeys);
        }
        if text == SECURITY_EVENTS {
            return Some(Self::SecurityEvents);
        }
        if let Some(topics) = text.strip_prefix(NEWS) {
            return Some(Self::News(news::heard(topics)));
        }
        CutOff::heard(text).map(Self::CutOff)
    }
}

/// Has every server told, when the transaction commits. One statement.
pub async fn tell(db: &mut PgConnection, notices: &[Notice]) -> Result<(), Error> {
    let told: Vec<String> = notices.iter().map(Notice::told).collect();
    sqlx::query!(
        "SELECT pg_notify($1, told) FROM UNNEST($2::text[]) AS told",
        CHANNEL,
        &told,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Who listens.
pub struct Notices {
    listener: PgListener,
    ticks: Interval,
}

impl Notices {
    /// Begins to listen. On a connection of its own: who listens for ever must not take one
    /// from the requests.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn listen(pool: &PgPool) -> Result<Self, Error> {
        let options = PgConnectOptions::clone(&pool.connect_options());
        let own = PgPoolOptions::new().max_connections(1);
        let mut listener = PgListener::connect_with(&own.connect_lazy_with(options)).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self {
            listener,
            ticks: interval(LOOK_EVERY),
        })
    }

    /// The next notice; `None` when it is time to look at everything: at once, after a lost
    /// connection, and every ten seconds.
    ///
    /// # Errors
    /// Those of the database: there is nothing more to be heard here.
    pub async fn next(&mut self) -> Result<Option<Notice>, Error> {
        loop {
            let heard = tokio::select! {
                _ = self.ticks.tick() => return Ok(None),
                heard = self.listener.try_recv() => heard?,
            };
            let Some(heard) = heard else {
                // The connection was lost, and with it whatever was told until now.
                self.ticks.reset_immediately();
                return Ok(Some(Notice::News(Topic::ALL.into())));
            };
            if let Some(notice) = Notice::heard(heard.payload()) {
                return Ok(Some(notice));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_heard() {
        for notice in [
            Notice::SigningKeys,
            Notice::SecurityEvents,
            Notice::News([Topic::Audit, Topic::Users].into()),
            Notice::CutOff(CutOff::Ended(uuid::Uuid::max())),
        ] {
            assert_eq!(Notice::heard(&notice.told()), Some(notice));
        }
        assert_eq!(Notice::heard("something new"), None);
    }
}
