//! What an act is about, shown by example.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Kind;
use crate::{
    db::Error,
    ids::{DeviceId, UserId},
};

/// One of the things that an act is about, by the user, or by the device that it is or is on.
#[derive(Debug)]
pub struct Example {
    /// The user, or whose it is.
    pub user_id: UserId,
    /// That user's name.
    pub username: String,
    /// The device; none for a user.
    pub device_id: Option<DeviceId>,
    /// Its name.
    pub device_name: Option<String>,
    /// The last sign-in or refresh.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When an act that disables did so; since when it was disabled, where an act enables.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When an act that enables did so.
    pub enabled_at: Option<DateTime<Utc>>,
    /// Disabled now, by whatever.
    pub disabled: bool,
}

/// Some of what an act is about, the first made first. One statement.
pub async fn examples(
    db: &mut PgConnection,
    (id, kind): (Uuid, Kind),
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Example>, Error> {
    macro_rules! examples {
        ($device:tt, $from:tt) => {
            sqlx::query_as!(
                Example,
                r#"
                SELECT u.id AS "user_id: UserId", u.username, "# + $device + r#",
                       s.disabled_at, s.enabled_at, disabled_now(t.disabled_at, t.disabled_until, $3) AS "disabled!"
                FROM bulk_act_subjects s
                "# + $from + r#"
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
        };
    }
    Ok(match kind {
        Kind::Users => examples!(
            r#"NULL::uuid AS "device_id: DeviceId", NULL AS device_name,
               (SELECT max(g.last_used_at) FROM refresh_tokens g WHERE g.user_id = u.id) AS last_used_at"#,
            "JOIN users t ON t.id = s.subject_id JOIN users u ON u.id = t.id"
        ),
        Kind::Devices => examples!(
            r#"t.id AS "device_id?: DeviceId", t.name AS "device_name?",
               GREATEST(t.last_used_at, (SELECT max(g.last_used_at) FROM refresh_tokens g WHERE g.device_id = t.id))
                   AS last_used_at"#,
            "JOIN devices t ON t.id = s.subject_id JOIN users u ON u.id = t.user_id"
        ),
        Kind::Tokens => examples!(
            r#"d.id AS "device_id?: DeviceId", d.name AS "device_name?", t.last_used_at AS "last_used_at?""#,
            "JOIN refresh_tokens t ON t.id = s.subject_id JOIN devices d ON d.id = t.device_id
             JOIN users u ON u.id = t.user_id"
        ),
    })
}
