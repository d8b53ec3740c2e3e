//! What an act is about: found once, written down, and shown by example.

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{Filter, Kind};
use crate::{
    db::{Error, audit_events::Actor, expect_one},
    ids::{ClientId, DeviceId, UserId},
};

/// One of the things that an act is about, by the device that it is or is on.
#[derive(Debug)]
pub struct Example {
    /// The device.
    pub device_id: DeviceId,
    /// Its name.
    pub device_name: String,
    /// Whose it is.
    pub user_id: UserId,
    /// That user's name.
    pub username: String,
    /// The last sign-in or refresh.
    pub last_used_at: DateTime<Utc>,
    /// When the act disabled it.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Disabled now, by whatever.
    pub disabled: bool,
}

/// Opens a transaction in which a statement may take four seconds: a request has five.
///
/// # Errors
/// Those of the database.
pub async fn begin(db: &mut PgConnection) -> Result<Transaction<'_, Postgres>, Error> {
    let mut transaction = db.begin().await?;
    sqlx::query!("SET LOCAL statement_timeout = '4s'")
        .execute(&mut *transaction)
        .await?;
    Ok(transaction)
}

/// Writes down an act with what it finds: of all that would change, at most `limit`. How many these are; `None` when
/// it takes too long to tell, and nothing can be written then. Three statements, of which the second is a scan: no index
/// has what every refresh changes, such as the last use and the address.
pub async fn choose(
    db: &mut PgConnection,
    (id, kind, actor): (Uuid, Kind, &Actor),
    (filter, told): (&Filter, &str),
    (now, kept_until): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Option<i64>, Error> {
    let made = sqlx::query!(
        r#"
        INSERT INTO bulk_acts (id, subject_kind, filter, unused_since, made_by, made_by_kind, created_at, kept_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        id,
        kind.as_str(),
        told,
        filter.unused_since,
        actor.user.map(|user| user.0),
        actor.kind.as_str(),
        now,
        kept_until,
    )
    .execute(&mut *db)
    .await?;
    expect_one(made.rows_affected())?;
    let staff = actor.kind.reaches_staff();
    let found = match kind {
        Kind::Devices => devices(db, id, filter, staff, now, limit).await,
        Kind::Tokens => tokens(db, id, filter, staff, now, limit).await,
    };
    let found = match found {
        Err(error) if is_cancelled(&error) => return Ok(None),
        found => i64::try_from(found?).unwrap_or(i64::MAX),
    };
    let told = sqlx::query!("UPDATE bulk_acts SET found = $2 WHERE id = $1", id, found);
    expect_one(told.execute(db).await?.rows_affected())?;
    Ok(Some(found))
}

fn is_cancelled(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("57014"))
}

async fn devices(
    db: &mut PgConnection,
    id: Uuid,
    filter: &Filter,
    staff: bool,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let found = sqlx::query!(
        r#"
        INSERT INTO bulk_act_subjects (act_id, subject_id)
        SELECT $1, d.id
        FROM devices d
        JOIN users u ON u.id = d.user_id
        WHERE NOT disabled_now(d.disabled_at, d.disabled_until, $2)
            AND ($3 OR u.roles = '{}')
            AND ($4::text IS NULL OR d.kind = $4)
            AND ($5::timestamptz IS NULL OR d.last_used_at < $5)
            AND ($6::timestamptz IS NULL OR d.last_used_at < $6
                AND NOT EXISTS (SELECT FROM refresh_tokens g WHERE g.device_id = d.id AND g.last_used_at >= $6))
        LIMIT $7
        "#,
        id,
        now,
        staff,
        filter.kind,
        filter.not_since,
        filter.unused_since,
        limit,
    );
    Ok(found.execute(db).await?.rows_affected())
}

async fn tokens(
    db: &mut PgConnection,
    id: Uuid,
    filter: &Filter,
    staff: bool,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let found = sqlx::query!(
        r#"
        INSERT INTO bulk_act_subjects (act_id, subject_id)
        SELECT $1, g.id
        FROM refresh_tokens g
        JOIN users u ON u.id = g.user_id
        WHERE NOT disabled_now(g.disabled_at, g.disabled_until, $2) AND g.ended_at IS NULL AND g.expires_at > $2
            AND ($3 OR u.roles = '{}')
            AND ($4::text IS NULL OR g.client_id = $4)
            AND ($5::timestamptz IS NULL OR g.created_at < $5)
            AND ($6::timestamptz IS NULL OR g.last_used_at < $6)
            AND ($7::text IS NULL OR g.last_address::inet <<= $7::text::inet)
        LIMIT $8
        "#,
        id,
        now,
        staff,
        filter.client.as_ref().map(ClientId::as_str),
        filter.not_since,
        filter.unused_since,
        filter.network,
        limit,
    );
    Ok(found.execute(db).await?.rows_affected())
}

/// Some of what an act is about, the first signed in on first. One statement.
pub async fn examples(
    db: &mut PgConnection,
    (id, kind): (Uuid, Kind),
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Example>, Error> {
    let found = match kind {
        Kind::Devices => {
            sqlx::query_as!(
                Example,
                r#"
                SELECT d.id AS "device_id: DeviceId", d.name AS device_name, u.id AS "user_id: UserId", u.username,
                       GREATEST(d.last_used_at, (SELECT max(g.last_used_at) FROM refresh_tokens g WHERE g.device_id = d.id))
                           AS "last_used_at!",
                       s.disabled_at, disabled_now(d.disabled_at, d.disabled_until, $3) AS "disabled!"
                FROM bulk_act_subjects s
                JOIN devices d ON d.id = s.subject_id
                JOIN users u ON u.id = d.user_id
                WHERE s.act_id = $1
                ORDER BY s.subject_id
                LIMIT $2
                "#,
                id,
                limit,
                now,
            )
            .fetch_all(db)
            .await?
        }
        Kind::Tokens => {
            sqlx::query_as!(
                Example,
                r#"
                SELECT d.id AS "device_id: DeviceId", d.name AS device_name, u.id AS "user_id: UserId", u.username,
                       g.last_used_at, s.disabled_at, disabled_now(g.disabled_at, g.disabled_until, $3) AS "disabled!"
                FROM bulk_act_subjects s
                JOIN refresh_tokens g ON g.id = s.subject_id
                JOIN devices d ON d.id = g.device_id
                JOIN users u ON u.id = g.user_id
                WHERE s.act_id = $1
                ORDER BY s.subject_id
                LIMIT $2
                "#,
                id,
                limit,
                now,
            )
            .fetch_all(db)
            .await?
        }
    };
    Ok(found)
}
