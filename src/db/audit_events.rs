//! Table `audit_events`: who did what to whom, in the words of [`vocabulary`].

mod vocabulary;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Error, cursor::Page, expect_one};
use crate::ids::UserId;

pub use vocabulary::{Action, Actor, ActorKind, Caller, Event};

/// An event as stored, with the names that its ids have now.
#[derive(Debug)]
pub struct StoredEvent {
    /// Its id; events sort by it.
    pub id: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What.
    pub action: String,
    /// In what capacity.
    pub actor_kind: String,
    /// Who.
    pub actor_id: Option<Uuid>,
    /// The actor's name, while there is such a user.
    pub actor_username: Option<String>,
    /// `user`, `device`, `token`, `client` or `server`.
    pub subject_kind: String,
    /// To what.
    pub subject_id: Option<Uuid>,
    /// Whose that was.
    pub user_id: Option<Uuid>,
    /// That user's name, while there is such a user.
    pub username: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Further facts.
    pub details: Value,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Uuid,
}

/// Which events a list shows.
#[derive(Debug, Default)]
pub struct Filter {
    /// Done by this user.
    pub actor: Option<Uuid>,
    /// Done to this user, device or grant, or to anything of this user.
    pub subject: Option<Uuid>,
    /// Of this kind.
    pub action: Option<String>,
    /// Not before.
    pub since: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// The event after which the page begins.
    pub before: Option<Uuid>,
}

/// Stores an event. Only [`super::change::Change::commit`] calls it. One statement.
pub(super) async fn insert(
    db: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
    actor: &Actor,
    event: &Event,
) -> Result<(), Error> {
    let done = sqlx::query!(
        r#"
        INSERT INTO audit_events (id, created_at, action, actor_kind, actor_id, subject_kind, subject_id,
                                  user_id, reason, details, address, user_agent, request_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        "#,
        id,
        now,
        event.action.as_str(),
        actor.kind.as_str(),
        actor.user.map(|user| user.0),
        event.subject_kind,
        event.subject_id,
        event.user.map(|user| user.0),
        event.reason,
        event.details,
        actor.caller.address_text(),
        actor.caller.user_agent,
        actor.caller.request_id,
    )
    .execute(db)
    .await?;
    expect_one(done.rows_affected())
}

/// Events, newest first. One statement.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Page<StoredEvent>, Error> {
    let events = sqlx::query_as!(
        StoredEvent,
        r#"
        SELECT e.id, e.created_at, e.action, e.actor_kind, e.actor_id, a.username AS "actor_username?",
               e.subject_kind, e.subject_id, e.user_id, u.username AS "username?", e.reason, e.details,
               e.address, e.user_agent, e.request_id
        FROM audit_events e
        LEFT JOIN users a ON a.id = e.actor_id
        LEFT JOIN users u ON u.id = e.user_id
        WHERE ($1::uuid IS NULL OR e.actor_id = $1)
            AND ($2::uuid IS NULL OR e.subject_id = $2 OR e.user_id = $2)
            AND ($3::text IS NULL OR e.action = $3)
            AND ($4::timestamptz IS NULL OR e.created_at >= $4)
            AND ($5::timestamptz IS NULL OR e.created_at < $5)
            AND ($6::uuid IS NULL OR e.id < $6)
        ORDER BY e.id DESC
        LIMIT $7
        "#,
        filter.actor,
        filter.subject,
        filter.action,
        filter.since,
        filter.until,
        filter.before,
        limit + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(Page::cut(events, limit, |event| event.id.to_string()))
}

/// Takes address and user agent of a deleted person out of the events. One statement.
pub async fn forget_person(db: &mut PgConnection, user: UserId) -> Result<u64, Error> {
    let done = sqlx::query!(
        r#"
        UPDATE audit_events
        SET address = NULL, user_agent = NULL
        WHERE actor_id = $1 OR (user_id = $1 AND actor_kind = 'anonymous')
        "#,
        user.0,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
