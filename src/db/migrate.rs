//! The embedded migrations. They share their bookkeeping, `_sqlx_migrations`, with
//! the plain sqlx CLI, and its lock, so that servers may start together.

use std::{collections::BTreeSet, time::Duration};

use sqlx::{
    PgConnection, PgPool, Postgres,
    migrate::{Migrate, MigrateError, Migrator},
    pool::PoolConnection,
};

use super::Error;

static MIGRATOR: Migrator = sqlx::migrate!();

/// sqlx's own table.
const TABLE: &str = "_sqlx_migrations";

/// One migration and where it stands.
#[derive(Debug)]
pub struct Step {
    /// The number in its file name.
    pub version: i64,
    /// The words in its file name.
    pub description: String,
    /// It is in this database.
    pub applied: bool,
    /// How long that took just now.
    pub took: Duration,
}

/// All migrations that this binary knows, and whether they are applied.
///
/// # Errors
/// [`Error::Migration`] for a database newer than the binary, or one whose migrations were changed.
pub async fn info(pool: &PgPool) -> Result<Vec<Step>, Error> {
    let mut db = pool.acquire().await?;
    let applied = applied(&mut db).await?;
    Ok(forward()
        .map(|(version, description)| {
            step(
                version,
                description,
                applied.contains(&version),
                Duration::ZERO,
            )
        })
        .collect())
}

/// Applies what is missing; what was applied.
///
/// # Errors
/// As [`info`], and [`Error::Migration`] naming the migration that failed.
pub async fn run(pool: &PgPool) -> Result<Vec<Step>, Error> {
    let mut db = locked(pool).await?;
    let done = run_locked(&mut db).await;
    db.close().await?;
    done
}

/// A connection that holds the lock until it is closed, and on which a statement may take
/// its time: building an index, or waiting for whoever migrates already.
async fn locked(pool: &PgPool) -> Result<PoolConnection<Postgres>, Error> {
    let mut db = pool.acquire().await?;
    // Never returned to the pool as it is then.
    db.close_on_drop();
    sqlx::query!("SET statement_timeout = 0")
        .execute(&mut *db)
        .await?;
    db.lock().await.map_err(migration)?;
    Ok(db)
}

async fn run_locked(db: &mut PgConnection) -> Result<Vec<Step>, Error> {
    db.ensure_migrations_table(TABLE).await.map_err(migration)?;
    let applied = applied(db).await?;
    let mut done = Vec::new();
    for found in MIGRATOR
        .iter()
        .filter(|found| found.migration_type.is_up_migration())
    {
        if !applied.contains(&found.version) {
            let took = db.apply(TABLE, found).await.map_err(migration)?;
            done.push(step(found.version, &found.description, true, took));
        }
    }
    Ok(done)
}

/// Undoes the newest one; `None` if there is none.
///
/// # Errors
/// As [`run`].
pub async fn revert(pool: &PgPool) -> Result<Option<Step>, Error> {
    let mut db = locked(pool).await?;
    let done = revert_locked(&mut db).await;
    db.close().await?;
    done
}

async fn revert_locked(db: &mut PgConnection) -> Result<Option<Step>, Error> {
    let applied = applied(db).await?;
    let Some(newest) = applied.last() else {
        return Ok(None);
    };
    let mut down = MIGRATOR
        .iter()
        .filter(|found| found.migration_type.is_down_migration());
    let Some(found) = down.find(|found| found.version == *newest) else {
        return Ok(None);
    };
    let took = db.revert(TABLE, found).await.map_err(migration)?;
    Ok(Some(step(found.version, &found.description, false, took)))
}

/// The versions in the database, if they are all ours and unchanged.
async fn applied(db: &mut PgConnection) -> Result<BTreeSet<i64>, Error> {
    let exists =
        sqlx::query_scalar!(r#"SELECT to_regclass('_sqlx_migrations') IS NOT NULL AS "exists!""#)
            .fetch_one(&mut *db)
            .await?;
    if !exists {
        return Ok(BTreeSet::new());
    }
    if let Some(version) = db.dirty_version(TABLE).await.map_err(migration)? {
        return Err(Error::Migration(format!(
            "migration {version} failed half-way; repair the database, then try again"
        )));
    }
    let mut versions = BTreeSet::new();
    for applied in db.list_applied_migrations(TABLE).await.map_err(migration)? {
        let Some(known) = MIGRATOR
            .iter()
            .find(|known| known.version == applied.version)
        else {
            let version = applied.version;
            return Err(Error::Migration(format!(
                "the database is newer than this doorward: it has migration {version}; start a newer doorward"
            )));
        };
        if known.checksum != applied.checksum {
            let version = applied.version;
            return Err(Error::Migration(format!(
                "migration {version} in the database is not the one of this doorward"
            )));
        }
        versions.insert(applied.version);
    }
    Ok(versions)
}

fn forward() -> impl Iterator<Item = (i64, &'static str)> {
    let up = MIGRATOR
        .iter()
        .filter(|found| found.migration_type.is_up_migration());
    up.map(|found| (found.version, found.description.as_ref()))
}

fn step(version: i64, description: &str, applied: bool, took: Duration) -> Step {
    Step {
        version,
        description: description.to_owned(),
        applied,
        took,
    }
}

fn migration(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) => Error::from(error),
        other => Error::Migration(other.to_string()),
    }
}
