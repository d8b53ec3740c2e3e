//! Tables `bulk_acts`, `bulk_act_subjects` and `bulk_act_lanes`: acts on many things at once, from the preview to the undoing.

mod batch;
mod choice;
mod examples;
mod lanes;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Error,
    audit_events::Actor,
    change::Change,
    cursor::{Page, next_id},
    expect_one,
};
use crate::ids::{ClientId, UserId};

pub use batch::{Touched, be_brief, disable, disable_again, enable};
pub use choice::{Look, begin, choose};
pub use examples::{Example, examples};
pub use lanes::{LANES, are_through, lock, lock_lane, make as make_lanes};

/// What an act is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Users.
    Users,
    /// Devices.
    Devices,
    /// The refresh tokens of live grants.
    Tokens,
}

impl Kind {
    /// One of them, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::Devices => "device",
            Self::Tokens => "token",
        }
    }

    fn known(word: &str) -> Self {
        match word {
            "user" => Self::Users,
            "token" => Self::Tokens,
            _ => Self::Devices,
        }
    }
}

/// What an act does; what undoes it does the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verb {
    /// Disables what is not disabled.
    #[default]
    Disable,
    /// Enables what is.
    Enable,
}

impl Verb {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
        }
    }

    fn known(word: &str) -> Self {
        match word {
            "enable" => Self::Enable,
            _ => Self::Disable,
        }
    }
}

/// What is looked for: among what is not disabled, or among what is.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Users whose name or e-mail begins so; empty for all.
    pub prefix: String,
    /// Users with this role, or `none` for those without any.
    pub role: Option<&'static str>,
    /// Devices that the app calls so.
    pub kind: Option<String>,
    /// Tokens given to this client.
    pub client: Option<ClientId>,
    /// Tokens last used from this network, in CIDR.
    pub network: Option<String>,
    /// Those whose last sign-in was before.
    pub not_since: Option<DateTime<Utc>>,
    /// Those not used, by a sign-in or a refresh, at this time or later.
    pub unused_since: Option<DateTime<Utc>>,
    /// Those disabled at this time or later.
    pub disabled_since: Option<DateTime<Utc>>,
    /// Those disabled before.
    pub disabled_before: Option<DateTime<Utc>>,
    /// Those disabled by this user.
    pub disabled_by: Option<UserId>,
    /// Those disabled by no user, but in this capacity.
    pub disabled_by_kind: Option<&'static str>,
    /// Those disabled for a reason in which this stands, in whatever case.
    pub disabled_reason: Option<String>,
}

/// An act, with the names that its ids have now.
#[derive(Debug)]
pub struct BulkAct {
    /// Its id.
    pub id: Uuid,
    /// What it is about.
    pub subject_kind: String,
    /// What it does.
    pub verb: String,
    /// What was looked for, in words.
    pub filter: String,
    /// What was used at this time or later is left alone.
    pub unused_since: Option<DateTime<Utc>>,
    /// Who looked, and who alone may begin; none: Doorward itself.
    pub made_by: Option<UserId>,
    /// In what capacity.
    pub made_by_kind: String,
    /// That user's name, while there is such a user.
    pub made_by_name: Option<String>,
    /// When it was looked.
    pub created_at: DateTime<Utc>,
    /// When purging may take it.
    pub kept_until: DateTime<Utc>,
    /// How many were found.
    pub found: i64,
    /// What is being done: what the act does, or the other while it is undone.
    pub under_way: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When they work again by themselves.
    pub disabled_until: Option<DateTime<Utc>>,
    /// The request that began it.
    pub request_id: Option<Uuid>,
    /// When it was begun; none: it is a preview.
    pub begun_at: Option<DateTime<Utc>>,
    /// When all had been gone through.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many it disabled.
    pub disabled: i64,
    /// Why it was undone.
    pub undo_reason: Option<String>,
    /// By whom.
    pub undone_by: Option<UserId>,
    /// In what capacity.
    pub undone_by_kind: Option<String>,
    /// That user's name, while there is such a user.
    pub undone_by_name: Option<String>,
    /// The request that began the undoing.
    pub undo_request_id: Option<Uuid>,
    /// When that was.
    pub undo_begun_at: Option<DateTime<Utc>>,
    /// When all had been gone through.
    pub undone_at: Option<DateTime<Utc>>,
    /// How many were enabled again.
    pub enabled: i64,
}

impl BulkAct {
    /// What it is about.
    pub fn kind(&self) -> Kind {
        Kind::known(&self.subject_kind)
    }

    /// What it does.
    pub fn verb(&self) -> Verb {
        Verb::known(&self.verb)
    }

    /// What is being done.
    pub fn doing(&self) -> Option<Verb> {
        self.under_way.as_deref().map(Verb::known)
    }

    /// Whether what it did is being undone.
    pub fn is_being_undone(&self) -> bool {
        self.doing().is_some_and(|doing| doing != self.verb())
    }
}

macro_rules! acts {
    ($which:tt, $($argument:expr),+) => {
        sqlx::query_as!(
            BulkAct,
            r#"
        SELECT a.id, a.subject_kind, a.verb, a.filter, a.unused_since, a.made_by AS "made_by: UserId",
               a.made_by_kind, made.username AS "made_by_name?", a.created_at, a.kept_until, a.found, a.under_way, a.reason,
               a.disabled_until, a.request_id, a.begun_at, a.finished_at, a.undo_reason,
               a.undone_by AS "undone_by: UserId", a.undone_by_kind, undone.username AS "undone_by_name?",
               a.undo_request_id, a.undo_begun_at, a.undone_at, l.disabled AS "disabled!", l.enabled AS "enabled!"
        FROM bulk_acts a
        LEFT JOIN users made ON made.id = a.made_by
        LEFT JOIN users undone ON undone.id = a.undone_by
        CROSS JOIN LATERAL (
            SELECT COALESCE(sum(disabled), 0)::bigint AS disabled, COALESCE(sum(enabled), 0)::bigint AS enabled
            FROM bulk_act_lanes WHERE act_id = a.id
        ) AS l
        "# + $which,
            $($argument),+
        )
    };
}

/// One act. One statement.
pub async fn find(db: &mut PgConnection, id: Uuid) -> Result<Option<BulkAct>, Error> {
    Ok(acts!("WHERE a.id = $1", id).fetch_optional(db).await?)
}

/// Acts that were begun, the newest first. One statement.
pub async fn list(
    db: &mut PgConnection,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Page<BulkAct>, Error> {
    let last = before.map_or(Uuid::max(), |id| next_id(id, false));
    let acts = acts!(
        "WHERE a.begun_at IS NOT NULL AND a.id <= $1 ORDER BY a.id DESC LIMIT $2",
        last,
        limit + 1
    );
    let acts = acts.fetch_all(db).await?;
    Ok(Page::cut(acts, limit, |act| act.id.to_string()))
}

/// Those that are to be carried on. One statement.
pub async fn under_way(db: &mut PgConnection) -> Result<Vec<Uuid>, Error> {
    let ids =
        sqlx::query_scalar!("SELECT id FROM bulk_acts WHERE under_way IS NOT NULL ORDER BY id");
    Ok(ids.fetch_all(db).await?)
}

/// What Doorward itself has looked for since. One statement.
pub async fn of_system_since(
    db: &mut PgConnection,
    since: DateTime<Utc>,
) -> Result<Option<Uuid>, Error> {
    let id = sqlx::query_scalar!(
        "SELECT id FROM bulk_acts WHERE made_by_kind = 'system' AND created_at >= $1 ORDER BY id DESC LIMIT 1",
        since,
    );
    Ok(id.fetch_optional(db).await?)
}

/// Whether no other server looks on Doorward's own behalf until the transaction ends. One statement.
pub async fn try_alone(db: &mut PgConnection) -> Result<bool, Error> {
    let locked = sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock('bulk_acts'::regclass::bigint) AS "locked!""#
    );
    Ok(locked.fetch_one(db).await?)
}

/// What was found is to be disabled, or enabled. One statement.
pub async fn set_begun(
    change: &mut Change<'_>,
    id: Uuid,
    reason: Option<&str>,
    until: Option<DateTime<Utc>>,
    kept_until: DateTime<Utc>,
) -> Result<(), Error> {
    let (now, request) = (change.now(), change.actor().caller.request_id);
    let done = sqlx::query!(
        r#"
        UPDATE bulk_acts
        SET under_way = verb, begun_at = $2, request_id = $3, reason = $4, disabled_until = $5, kept_until = $6
        WHERE id = $1
        "#,
        id,
        now,
        request,
        reason,
        until,
        kept_until,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// What was done is to be undone. Two statements.
pub async fn set_undo_begun(
    change: &mut Change<'_>,
    id: Uuid,
    reason: Option<&str>,
) -> Result<(), Error> {
    lanes::start_over(change, id).await?;
    let (now, actor) = (change.now(), change.actor());
    let Actor { kind, user, caller } = actor;
    let done = sqlx::query!(
        r#"
        UPDATE bulk_acts
        SET under_way = CASE verb WHEN 'disable' THEN 'enable' ELSE 'disable' END, undo_begun_at = $2,
            undo_request_id = $3, undo_reason = $4, undone_by = $5, undone_by_kind = $6
        WHERE id = $1
        "#,
        id,
        now,
        caller.request_id,
        reason,
        user.map(|user| user.0),
        kind.as_str(),
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}

/// What was under way is done. One statement.
pub async fn set_done(change: &mut Change<'_>, id: Uuid) -> Result<(), Error> {
    let now = change.now();
    let done = sqlx::query!(
        r#"
        UPDATE bulk_acts
        SET finished_at = CASE under_way WHEN verb THEN $2 ELSE finished_at END,
            undone_at = CASE under_way WHEN verb THEN undone_at ELSE $2 END,
            under_way = NULL
        WHERE id = $1
        "#,
        id,
        now,
    )
    .execute(change.db())
    .await?;
    expect_one(done.rows_affected())
}
