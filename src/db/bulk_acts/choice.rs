//! What an act is about: found once, and written down.

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{Filter, Kind, Verb};
use crate::{
    db::{Error, audit_events::Actor, expect_one},
    ids::ClientId,
};

/// Somebody looks for something.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// What the act is called.
    pub id: Uuid,
    /// What is looked for.
    pub kind: Kind,
    /// What is to become of it.
    pub verb: Verb,
    /// Like what.
    pub filter: &'a Filter,
    /// The same in words.
    pub told: &'a str,
    /// Who looks.
    pub actor: &'a Actor,
    /// When.
    pub now: DateTime<Utc>,
    /// When what was found is forgotten.
    pub kept_until: DateTime<Utc>,
    /// No more than so many.
    pub limit: i64,
}

impl Look<'_> {
    /// Users with a role are looked at as well.
    fn staff(&self) -> bool {
        self.actor.kind.reaches_staff()
    }
}

/// Opens a transaction in which a statement may take four seconds: a request has five. Each is planned for what it is
/// asked: how best to look for what is not used depends on since when.
///
/// # Errors
/// Those of the database.
pub async fn begin(db: &mut PgConnection) -> Result<Transaction<'_, Postgres>, Error> {
    let mut transaction = db.begin().await?;
    sqlx::query!(
        r#"
        SELECT set_config('statement_timeout', '4s', true) AS time,
               set_config('plan_cache_mode', 'force_custom_plan', true) AS plan
        "#
    )
    .fetch_one(&mut *transaction)
    .await?;
    Ok(transaction)
}

/// Writes down an act with what it finds: of all that would change, at most `limit`. How many these are; `None` when
/// it takes too long to tell, and nothing can be written then. Four statements at the most. The second is a scan where
/// something is to be disabled: no index has what every refresh changes, such as the last use and the address.
pub async fn choose(db: &mut PgConnection, look: &Look<'_>) -> Result<Option<i64>, Error> {
    let made = sqlx::query!(
        r#"
        INSERT INTO bulk_acts (id, subject_kind, verb, filter, unused_since, made_by, made_by_kind, created_at, kept_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        look.id,
        look.kind.as_str(),
        look.verb.as_str(),
        look.told,
        look.filter.unused_since,
        look.actor.user.map(|user| user.0),
        look.actor.kind.as_str(),
        look.now,
        look.kept_until,
    )
    .execute(&mut *db)
    .await?;
    expect_one(made.rows_affected())?;
    let found = match (look.verb, look.kind) {
        (Verb::Disable, kind) => enabled(db, kind, look).await,
        (Verb::Enable, kind) => disabled(db, kind, look).await,
    };
    let found = match found {
        Err(error) if is_cancelled(&error) => return Ok(None),
        found => i64::try_from(found?).unwrap_or(i64::MAX),
    };
    let told = sqlx::query!(
        "UPDATE bulk_acts SET found = $2 WHERE id = $1",
        look.id,
        found
    );
    expect_one(told.execute(db).await?.rows_affected())?;
    Ok(Some(found))
}

fn is_cancelled(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("57014"))
}

/// What can be disabled. First looked for and then written, since Postgres looks with all its cores only where the same
/// statement writes nothing. Two statements.
async fn enabled(db: &mut PgConnection, kind: Kind, look: &Look<'_>) -> Result<u64, sqlx::Error> {
    let found = match kind {
        Kind::Users => users(db, look).await?,
        Kind::Devices => devices(db, look).await?,
        Kind::Tokens => tokens(db, look).await?,
    };
    let written = sqlx::query!(
        r#"
        INSERT INTO bulk_act_subjects (act_id, subject_id)
        SELECT $1, id FROM UNNEST($2::uuid[]) AS found (id) ORDER BY id
        "#,
        look.id,
        &found,
    );
    Ok(written.execute(db).await?.rows_affected())
}

/// Users: never whoever looks. What was not used is asked for by a statement of its own, here and of devices: behind an
/// `OR`, Postgres would look into each row's tokens one after the other.
async fn users(db: &mut PgConnection, look: &Look<'_>) -> Result<Vec<Uuid>, sqlx::Error> {
    macro_rules! found {
        ($also:tt, $($argument:expr),*) => {
            sqlx::query_scalar!(
                r#"
                SELECT t.id
                FROM users t
                WHERE NOT disabled_now(t.disabled_at, t.disabled_until, $1) AND t.id IS DISTINCT FROM $2
                    AND (starts_with(t.username, $3) OR starts_with(t.email, $3))
                    AND ($4::text IS NULL OR CASE $4 WHEN 'none' THEN t.roles = '{}' ELSE $4 = ANY(t.roles) END)
                    "# + $also + r#"
                LIMIT $5
                "#,
                look.now,
                look.actor.user.map(|user| user.0),
                look.filter.prefix,
                look.filter.role,
                look.limit,
                $($argument),*
            )
            .fetch_all(db)
            .await
        };
    }
    match look.filter.unused_since {
        None => found!("",),
        Some(since) => found!(
            "AND t.created_at < $6
            AND NOT EXISTS (SELECT FROM refresh_tokens g WHERE g.user_id = t.id AND g.last_used_at >= $6)
            AND NOT EXISTS (SELECT FROM devices d WHERE d.user_id = t.id AND d.last_used_at >= $6)
            AND NOT EXISTS (SELECT FROM admin_sessions p WHERE p.user_id = t.id AND p.last_used_at >= $6)",
            since
        ),
    }
}

async fn devices(db: &mut PgConnection, look: &Look<'_>) -> Result<Vec<Uuid>, sqlx::Error> {
    macro_rules! found {
        ($also:tt, $($argument:expr),*) => {
            sqlx::query_scalar!(
                r#"
                SELECT d.id
                FROM devices d
                JOIN users u ON u.id = d.user_id
                WHERE NOT disabled_now(d.disabled_at, d.disabled_until, $1)
                    AND ($2 OR u.roles = '{}')
                    AND ($3::text IS NULL OR d.kind = $3)
                    AND ($4::timestamptz IS NULL OR d.last_used_at < $4)
                    "# + $also + r#"
                LIMIT $5
                "#,
                look.now,
                look.staff(),
                look.filter.kind,
                look.filter.not_since,
                look.limit,
                $($argument),*
            )
            .fetch_all(db)
            .await
        };
    }
    match look.filter.unused_since {
        None => found!("",),
        Some(since) => found!(
            "AND d.last_used_at < $6
            AND NOT EXISTS (SELECT FROM refresh_tokens g WHERE g.device_id = d.id AND g.last_used_at >= $6)",
            since
        ),
    }
}

async fn tokens(db: &mut PgConnection, look: &Look<'_>) -> Result<Vec<Uuid>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"
        SELECT g.id
        FROM refresh_tokens g
        JOIN users u ON u.id = g.user_id
        WHERE NOT disabled_now(g.disabled_at, g.disabled_until, $1) AND g.ended_at IS NULL AND g.expires_at > $1
            AND ($2 OR u.roles = '{}')
            AND ($3::text IS NULL OR g.client_id = $3)
            AND ($4::timestamptz IS NULL OR g.created_at < $4)
            AND ($5::timestamptz IS NULL OR g.last_used_at < $5)
            AND ($6::text IS NULL OR g.last_address::inet <<= $6::text::inet)
        LIMIT $7
        "#,
        look.now,
        look.staff(),
        look.filter.client.as_ref().map(ClientId::as_str),
        look.filter.not_since,
        look.filter.unused_since,
        look.filter.network,
        look.limit,
    );
    found.fetch_all(db).await
}

/// What is disabled and can be enabled, each with its suspension: whoever is no administrator undoes only what was done
/// in the same capacity. An index has what is disabled.
async fn disabled(db: &mut PgConnection, kind: Kind, look: &Look<'_>) -> Result<u64, sqlx::Error> {
    let Look { filter, actor, .. } = look;
    macro_rules! found {
        ([$table:tt, $user:tt], $also:tt, $($argument:expr),+) => {
            sqlx::query!(
                r#"
                INSERT INTO bulk_act_subjects
                    (act_id, subject_id, disabled_at, disabled_until, disabled_reason, disabled_by, disabled_by_kind)
                SELECT $1, t.id, t.disabled_at, t.disabled_until, t.disabled_reason, t.disabled_by, t.disabled_by_kind
                FROM "# + $table + " t JOIN users u ON u.id = t." + $user + r#"
                WHERE disabled_now(t.disabled_at, t.disabled_until, $2)
                    AND ($3 OR u.roles = '{}' AND t.disabled_by_kind = $4)
                    AND ($5::timestamptz IS NULL OR t.disabled_at >= $5)
                    AND ($6::timestamptz IS NULL OR t.disabled_at < $6)
                    AND ($7::uuid IS NULL OR t.disabled_by = $7)
                    AND ($8::text IS NULL OR t.disabled_by IS NULL AND t.disabled_by_kind = $8)
                    AND ($9::text IS NULL OR strpos(lower(t.disabled_reason), lower($9)) > 0)
                    AND "# + $also + r#"
                LIMIT $10
                "#,
                look.id,
                look.now,
                look.staff(),
                actor.kind.as_str(),
                filter.disabled_since,
                filter.disabled_before,
                filter.disabled_by.map(|user| user.0),
                filter.disabled_by_kind,
                filter.disabled_reason,
                look.limit,
                $($argument),+
            )
            .execute(db)
            .await?
        };
    }
    let found = match kind {
        Kind::Users => found!(
            ["users", "id"],
            "(starts_with(t.username, $11) OR starts_with(t.email, $11))
            AND ($12::text IS NULL OR CASE $12 WHEN 'none' THEN t.roles = '{}' ELSE $12 = ANY(t.roles) END)",
            filter.prefix,
            filter.role
        ),
        Kind::Devices => found!(
            ["devices", "user_id"],
            "($11::text IS NULL OR t.kind = $11)",
            filter.kind
        ),
        Kind::Tokens => found!(
            ["refresh_tokens", "user_id"],
            "($11::text IS NULL OR t.client_id = $11) AND t.ended_at IS NULL AND t.expires_at > $2",
            filter.client.as_ref().map(ClientId::as_str)
        ),
    };
    Ok(found.rows_affected())
}
