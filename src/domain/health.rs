//! How Doorward itself is: its database, and the keys that it signs with.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::{error::Error, keys};
use crate::{app::App, db};

/// What an operator looks at first.
#[derive(Debug)]
pub struct Health {
    /// Doorward runs its Postgres itself.
    pub private_postgres: bool,
    /// There and back, for the shortest statement.
    pub round_trip: Duration,
    /// All migrations are applied.
    pub migrated: bool,
    /// The `kid` of the key that signs, and when it was made. None where a shared secret does.
    pub signing_key: Option<(String, DateTime<Utc>)>,
    /// When the next key takes its place by itself, if ever.
    pub rotation_due: Option<DateTime<Utc>>,
}

/// Looks at it now. A handful of statements on small tables.
///
/// # Errors
/// Those of the database; where it is away nobody sees a page.
pub async fn look(app: &App) -> Result<Health, Error> {
    let mut db = app.db().await?;
    let asked = Instant::now();
    db::now(&mut db).await?;
    let round_trip = asked.elapsed();
    drop(db);
    let active = keys::list(app)
        .await?
        .into_iter()
        .find(|key| keys::signs(&app.config, key));
    Ok(Health {
        private_postgres: app.config.database_url.is_none(),
        round_trip,
        migrated: app.ready().await?,
        rotation_due: active
            .as_ref()
            .and_then(|key| keys::rotation_due(&app.config, key)),
        signing_key: active
            .filter(|_| !app.config.signing_alg.is_shared())
            .map(|key| (key.kid, key.created_at)),
    })
}
