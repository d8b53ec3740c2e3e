//! The columns `disabled_*`, which users, devices and refresh tokens have alike.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, change::Change, cut_offs::CutOff, expect_one};
use crate::ids::{ClientId, DeviceId, GrantId, UserId};

/// One of the three things that can be disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A user, with all devices.
    User(UserId),
    /// A device: sign-in and refresh on it.
    Device(DeviceId),
    /// A grant's refresh token.
    Grant(GrantId),
}

impl Subject {
    /// Its bare id.
    pub fn id(self) -> Uuid {
        match self {
            Self::User(id) => id.0,
            Self::Device(id) => id.0,
            Self::Grant(id) => id.0,
        }
    }
}

/// What the verbs must know of a subject, whose row is locked until the change ends.
#[derive(Debug)]
pub struct Locked {
    /// The user itself, or the owner.
    pub user_id: UserId,
    /// The roles of that user.
    pub user_roles: Vec<String>,
    /// Disabled now.
    pub disabled: bool,
    /// Since when, or since when it last was.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it works again by itself.
    pub disabled_until: Option<DateTime<Utc>>,
    /// Why.
    pub disabled_reason: Option<String>,
    /// In what capacity whoever disabled it did so.
    pub disabled_by_kind: Option<String>,
    /// A grant that has ended for good.
    pub ended: bool,
}

/// Locks the subject's row. One statement.
pub async fn lock(change: &mut Change<'_>, subject: Subject) -> Result<Option<Locked>, Error> {
    let now = change.now();
    let db = change.db();
    let locked = match subject {
        Subject::User(id) => {
            sqlx::query_as!(
                Locked,
                r#"
                SELECT id AS "user_id: UserId", roles AS user_roles, disabled_by_kind,
                       disabled_now(disabled_at, disabled_until, $2) AS "disabled!", disabled_at, disabled_until,
                       disabled_reason, false AS "ended!"
                FROM users
                WHERE id = $1
                FOR NO KEY UPDATE
                "#,
                id.0,
                now,
            )
            .fetch_optional(db)
            .await?
        }
        Subject::Device(id) => {
            sqlx::query_as!(
                Locked,
                r#"
                SELECT d.user_id AS "user_id: UserId", u.roles AS user_roles, d.disabled_by_kind,
                       disabled_now(d.disabled_at, d.disabled_until, $2) AS "disabled!", d.disabled_at,
                       d.disabled_until, d.disabled_reason, false AS "ended!"
                FROM devices d
                JOIN users u ON u.id = d.user_id
                WHERE d.id = $1
                FOR NO KEY UPDATE OF d
                "#,
                id.0,
                now,
            )
            .fetch_optional(db)
            .await?
        }
        Subject::Grant(id) => {
            sqlx::query_as!(
                Locked,
                r#"
                SELECT g.user_id AS "user_id: UserId", u.roles AS user_roles, g.disabled_by_kind,
                       disabled_now(g.disabled_at, g.disabled_until, $2) AS "disabled!", g.disabled_at,
                       g.disabled_until, g.disabled_reason, g.ended_at IS NOT NULL AS "ended!"
                FROM refresh_tokens g
                JOIN users u ON u.id = g.user_id
                WHERE g.id = $1
                FOR NO KEY UPDATE OF g
                "#,
                id.0,
                now,
            )
            .fetch_optional(db)
            .await?
        }
    };
    Ok(locked)
}

/// Disables from now on, until `until` or until enabled. One statement.
pub async fn set_disabled(
    change: &mut Change<'_>,
    subject: Subject,
    until: Option<DateTime<Utc>>,
    reason: Option<&str>,
) -> Result<(), Error> {
    change.cuts_off(CutOff::Suspended(subject.id(), until));
    let (now, actor) = (change.now(), change.actor());
    let (by, kind) = (actor.user.map(|user| user.0), actor.kind.as_str());
    let db = change.db();
    let done = match subject {
        Subject::User(id) => {
            sqlx::query!(
                r#"
                UPDATE users
                SET disabled_at = $2, disabled_until = $3, disabled_reason = $4, disabled_by = $5, disabled_by_kind = $6
                WHERE id = $1
                "#,
                id.0,
                now,
                until,
                reason,
                by,
                kind,
            )
            .execute(db)
            .await?
        }
        Subject::Device(id) => {
            sqlx::query!(
                r#"
                UPDATE devices
                SET disabled_at = $2, disabled_until = $3, disabled_reason = $4, disabled_by = $5, disabled_by_kind = $6
                WHERE id = $1
                "#,
                id.0,
                now,
                until,
                reason,
                by,
                kind,
            )
            .execute(db)
            .await?
        }
        Subject::Grant(id) => {
            sqlx::query!(
                r#"
                UPDATE refresh_tokens
                SET disabled_at = $2, disabled_until = $3, disabled_reason = $4, disabled_by = $5, disabled_by_kind = $6
                WHERE id = $1
                "#,
                id.0,
                now,
                until,
                reason,
                by,
                kind,
            )
            .execute(db)
            .await?
        }
    };
    expect_one(done.rows_affected())
}

/// Enables again. One statement.
pub async fn set_enabled(change: &mut Change<'_>, subject: Subject) -> Result<(), Error> {
    change.cuts_off(CutOff::Resumed(subject.id()));
    let db = change.db();
    let done = match subject {
        Subject::User(id) => {
            sqlx::query!(
                r#"
                UPDATE users
                SET disabled_at = NULL, disabled_until = NULL, disabled_reason = NULL,
                    disabled_by = NULL, disabled_by_kind = NULL
                WHERE id = $1
                "#,
                id.0,
            )
            .execute(db)
            .await?
        }
        Subject::Device(id) => {
            sqlx::query!(
                r#"
                UPDATE devices
                SET disabled_at = NULL, disabled_until = NULL, disabled_reason = NULL,
                    disabled_by = NULL, disabled_by_kind = NULL
                WHERE id = $1
                "#,
                id.0,
            )
            .execute(db)
            .await?
        }
        Subject::Grant(id) => {
            sqlx::query!(
                r#"
                UPDATE refresh_tokens
                SET disabled_at = NULL, disabled_until = NULL, disabled_reason = NULL,
                    disabled_by = NULL, disabled_by_kind = NULL
                WHERE id = $1
                "#,
                id.0,
            )
            .execute(db)
            .await?
        }
    };
    expect_one(done.rows_affected())
}

/// What stands against a grant, a sign-in or a client at this moment.
#[derive(Debug)]
pub struct Suspension {
    /// `token`, `device`, `user` or `client`.
    pub what: String,
    /// Since when.
    pub disabled_at: DateTime<Utc>,
    /// When it ends by itself.
    pub disabled_until: Option<DateTime<Utc>>,
    /// Why.
    pub disabled_reason: Option<String>,
    /// In what capacity whoever disabled it did so.
    pub disabled_by_kind: Option<String>,
    /// That user's name, while there is such a user.
    pub disabled_by: Option<String>,
}

/// Which of these are disabled now, and by whom. One statement, four rows by key at the most.
pub async fn list_in_force(
    db: &mut PgConnection,
    (grant, device, user): (Option<GrantId>, Option<DeviceId>, Option<UserId>),
    client: Option<&ClientId>,
    now: DateTime<Utc>,
) -> Result<Vec<Suspension>, Error> {
    Ok(sqlx::query_as!(
        Suspension,
        r#"
        SELECT s.what AS "what!", s.disabled_at AS "disabled_at!", s.disabled_until, s.disabled_reason,
               s.disabled_by_kind, by.username AS "disabled_by?"
        FROM (
            SELECT 'token' AS what, disabled_at, disabled_until, disabled_reason, disabled_by, disabled_by_kind
            FROM refresh_tokens WHERE id = $1
            UNION ALL
            SELECT 'device', disabled_at, disabled_until, disabled_reason, disabled_by, disabled_by_kind
            FROM devices WHERE id = $2
            UNION ALL
            SELECT 'user', disabled_at, disabled_until, disabled_reason, disabled_by, disabled_by_kind
            FROM users WHERE id = $3
            UNION ALL
            SELECT 'client', disabled_at, disabled_until, disabled_reason, disabled_by, disabled_by_kind
            FROM oauth_clients WHERE client_id = $4
        ) AS s
        LEFT JOIN users by ON by.id = s.disabled_by
        WHERE disabled_now(s.disabled_at, s.disabled_until, $5)
        "#,
        grant.map(|id| id.0),
        device.map(|id| id.0),
        user.map(|id| id.0),
        client.map(ClientId::as_str),
        now,
    )
    .fetch_all(db)
    .await?)
}
