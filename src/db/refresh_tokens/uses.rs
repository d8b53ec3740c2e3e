//! Table `refresh_tokens`: how devices were used by all their grants that are kept, ended ones among them, and until
//! when the access tokens of it all are good.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    db::{Error, disabling::Subject},
    ids::DeviceId,
};

/// How a device was used since its first sign-in that is kept.
#[derive(Debug)]
pub struct Uses {
    /// The device.
    pub device_id: DeviceId,
    /// How often it refreshed.
    pub refreshes: i64,
    /// How often an answer was asked for again and given again.
    pub retries: i64,
    /// When it last refreshed, if ever.
    pub refreshed_at: Option<DateTime<Utc>>,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
}

/// How some devices were used, in no order; nothing of those that have no grant. One statement over these devices'
/// grants.
pub async fn list_of_devices(
    db: &mut PgConnection,
    devices: &[DeviceId],
) -> Result<Vec<Uses>, Error> {
    let devices: Vec<Uuid> = devices.iter().map(|id| id.0).collect();
    Ok(sqlx::query_as!(
        Uses,
        r#"
        SELECT device_id AS "device_id: DeviceId", sum(generation) AS "refreshes!", sum(retries) AS "retries!",
               max(last_used_at) FILTER (WHERE generation > 0) AS refreshed_at,
               (array_agg(last_address ORDER BY last_used_at DESC) FILTER (WHERE generation > 0))[1] AS address,
               (array_agg(last_user_agent ORDER BY last_used_at DESC) FILTER (WHERE generation > 0))[1] AS user_agent
        FROM refresh_tokens
        WHERE device_id = ANY($1)
        GROUP BY device_id
        "#,
        &devices,
    )
    .fetch_all(db)
    .await?)
}

/// When the last access token expires that each of some users, devices and grants got, by what `exp` says: one comes
/// with every sign-in and every refresh, and none outlives its grant. One statement over the grants of these.
pub async fn access_until(
    db: &mut PgConnection,
    subjects: &[Subject],
    access_token_ttl: Duration,
) -> Result<HashMap<Uuid, DateTime<Utc>>, Error> {
    let (mut users, mut devices, mut grants) = (Vec::new(), Vec::new(), Vec::new());
    for subject in subjects {
        match subject {
            Subject::User(id) => users.push(id.0),
            Subject::Device(id) => devices.push(id.0),
            Subject::Grant(id) => grants.push(id.0),
        }
    }
    let found = sqlx::query!(
        r#"
        SELECT id AS "id!", until AS "until!"
        FROM (
            SELECT user_id, max(LEAST(last_used_at + make_interval(secs => $4), absolute_expires_at))
            FROM refresh_tokens WHERE user_id = ANY($1) GROUP BY user_id
            UNION ALL
            SELECT device_id, max(LEAST(last_used_at + make_interval(secs => $4), absolute_expires_at))
            FROM refresh_tokens WHERE device_id = ANY($2) GROUP BY device_id
            UNION ALL
            SELECT id, LEAST(last_used_at + make_interval(secs => $4), absolute_expires_at)
            FROM refresh_tokens WHERE id = ANY($3)
        ) AS found (id, until)
        "#,
        &users,
        &devices,
        &grants,
        access_token_ttl.as_secs_f64(),
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|row| (row.id, row.until)).collect())
}
