//! Table `refusals`: refresh tokens that are presented although they, their device or their user are disabled.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::{
    db::Error,
    ids::{DeviceId, UserId},
};

/// Somebody who goes on presenting a refresh token that is cut off.
#[derive(Debug)]
pub struct Try {
    /// Whose it is.
    pub user_id: UserId,
    /// That user's name.
    pub username: String,
    /// Of which device.
    pub device_id: DeviceId,
    /// What that is called.
    pub device: String,
    /// Why it is refused: the `reason` of the answer.
    pub reason: String,
    /// How often since then; of more than are kept, as many as are kept.
    pub times: i64,
    /// The last time.
    pub created_at: DateTime<Utc>,
    /// From where, then.
    pub address: Option<String>,
    /// With what, then.
    pub user_agent: Option<String>,
}

/// The latest try of each token, from among the latest refusals, which are one walk or few along an index; all
/// else is by primary keys. What is enabled again, or was refused before it was last disabled, is no try.
macro_rules! tries {
    ($latest:tt, $($argument:expr),*) => {
        sqlx::query_as!(
            Try,
            r#"
        SELECT t.user_id AS "user_id!: UserId", t.username AS "username!", t.device_id AS "device_id!: DeviceId",
               t.device AS "device!", t.reason AS "reason!", t.created_at AS "created_at!", t.address, t.user_agent,
               (SELECT count(*) FROM refusals k
                WHERE k.subject_id = t.grant_id AND k.reason = t.reason AND k.created_at >= t.since) AS "times!"
        FROM (
            SELECT DISTINCT ON (r.grant_id, r.reason) r.*, u.username, d.name AS device, s.since
            FROM ("# + $latest + r#") AS r
            JOIN users u ON u.id = r.user_id
            JOIN devices d ON d.id = r.device_id
            JOIN refresh_tokens g ON g.id = r.grant_id
            JOIN LATERAL (VALUES ('token_disabled', g.disabled_at, g.disabled_until),
                                 ('device_disabled', d.disabled_at, d.disabled_until),
                                 ('user_disabled', u.disabled_at, u.disabled_until))
                AS s (reason, since, until) ON s.reason = r.reason
            WHERE disabled_now(s.since, s.until, $1) AND r.created_at >= s.since
            ORDER BY r.grant_id, r.reason, r.id DESC
        ) AS t
        ORDER BY t.id DESC
        LIMIT $2
        "#,
            $($argument),*
        )
    };
}

/// The latest of everybody. One statement.
pub async fn latest(
    db: &mut PgConnection,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Try>, Error> {
    let tries = tries!(
        "(SELECT * FROM refusals
          WHERE (reason, id) >= ('token_disabled', '00000000-0000-0000-0000-000000000000')
              AND (reason, id) <= ('token_disabled', 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          ORDER BY reason DESC, id DESC LIMIT 50)
         UNION ALL
         (SELECT * FROM refusals
          WHERE (reason, id) >= ('device_disabled', '00000000-0000-0000-0000-000000000000')
              AND (reason, id) <= ('device_disabled', 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          ORDER BY reason DESC, id DESC LIMIT 50)
         UNION ALL
         (SELECT * FROM refusals
          WHERE (reason, id) >= ('user_disabled', '00000000-0000-0000-0000-000000000000')
              AND (reason, id) <= ('user_disabled', 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          ORDER BY reason DESC, id DESC LIMIT 50)",
        now,
        limit
    );
    Ok(tries.fetch_all(db).await?)
}

/// Those of a user's tokens. One statement.
pub async fn of_user(
    db: &mut PgConnection,
    user: UserId,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Try>, Error> {
    let tries = tries!(
        "SELECT * FROM refusals
         WHERE (user_id, id) >= ($3, '00000000-0000-0000-0000-000000000000')
             AND (user_id, id) <= ($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
         ORDER BY user_id DESC, id DESC LIMIT 200",
        now,
        limit,
        user.0
    );
    Ok(tries.fetch_all(db).await?)
}
