//! What the status lists say: the places of the grants that were cut off lately, and how many lists there are.
//! A grant's place is in its row, or, if that was deleted, in the table `status_indexes_ended`.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Error;
use crate::ids::ClientId;

/// How many places a list has.
pub const LIST_SIZE: i64 = 1 << 20;

/// The constraint that no two grants have the same place.
pub const INDEX_KEY: &str = "refresh_tokens_status_index_key";

/// A place whose grant was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutOff {
    /// Where in its list.
    pub position: i64,
    /// For good; else it is disabled.
    pub ended: bool,
}

/// The grants of a list that were cut off since a time and still are, but for those whose client was. One statement;
/// what it says of 1970 is what three indexes are for.
pub async fn list_cut_off(
    db: &mut PgConnection,
    list: i64,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<CutOff>, Error> {
    // The list is computed, so that Postgres does not go by the index on the place: of a list it would read all.
    // A grant that was not used since has no access token that is still good.
    Ok(sqlx::query_as!(
        CutOff,
        r#"
        SELECT cut_off.status_index % $4 AS "position!", cut_off.ended AS "ended!"
        FROM (
            SELECT status_index, true AS ended FROM refresh_tokens WHERE ended_at > $2
            UNION ALL
            SELECT status_index, true FROM status_indexes_ended WHERE ended_at > $2
            UNION ALL
            SELECT status_index, false FROM refresh_tokens
            WHERE disabled_at > $2 AND disabled_at > '1970-01-01 00:00+00'
                AND disabled_now(disabled_at, disabled_until, $3)
            UNION ALL
            SELECT g.status_index, false FROM devices d JOIN refresh_tokens g ON g.device_id = d.id
            WHERE d.disabled_at > $2 AND d.disabled_at > '1970-01-01 00:00+00'
                AND disabled_now(d.disabled_at, d.disabled_until, $3) AND g.last_used_at > $2
            UNION ALL
            SELECT g.status_index, false FROM users u JOIN refresh_tokens g ON g.user_id = u.id
            WHERE u.disabled_at > $2 AND u.disabled_at > '1970-01-01 00:00+00'
                AND disabled_now(u.disabled_at, u.disabled_until, $3) AND g.last_used_at > $2
        ) AS cut_off
        WHERE cut_off.status_index / $4 = $1
        "#,
        list,
        since,
        now,
        LIST_SIZE,
    )
    .fetch_all(db)
    .await?)
}

/// The clients that were disabled since a time and still are. One statement, of a small table.
pub async fn list_disabled_clients(
    db: &mut PgConnection,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<ClientId>, Error> {
    let clients = sqlx::query_scalar!(
        r#"
        SELECT client_id AS "client_id: ClientId" FROM oauth_clients
        WHERE disabled_at > $1 AND disabled_now(disabled_at, disabled_until, $2)
        "#,
        since,
        now,
    );
    Ok(clients.fetch_all(db).await?)
}

/// The grants of clients that were used since a time, as cut off. One statement, by the places: it reads the grants of
/// one list at the most, however many the clients have.
pub async fn list_of_clients(
    db: &mut PgConnection,
    list: i64,
    clients: &[ClientId],
    since: DateTime<Utc>,
) -> Result<Vec<CutOff>, Error> {
    let clients: Vec<&str> = clients.iter().map(ClientId::as_str).collect();
    Ok(sqlx::query_as!(
        CutOff,
        r#"
        SELECT status_index - $1 AS "position!", false AS "ended!"
        FROM refresh_tokens
        WHERE status_index >= $1 AND status_index < $2 AND client_id = ANY($3::text[]) AND last_used_at > $4
        "#,
        list * LIST_SIZE,
        (list + 1) * LIST_SIZE,
        clients as Vec<&str>,
        since,
    )
    .fetch_all(db)
    .await?)
}

/// How many lists there are. One statement.
pub async fn count(db: &mut PgConnection) -> Result<i64, Error> {
    let count = sqlx::query_scalar!(
        r#"SELECT COALESCE(max(status_lists), 0)::bigint AS "count!" FROM installation"#
    );
    Ok(count.fetch_one(db).await?)
}

/// Makes so many lists that half of their places are free, as far as Postgres knows how many grants there are; whether
/// that took more. One statement.
pub async fn grow(db: &mut PgConnection) -> Result<bool, Error> {
    let done = sqlx::query!(
        r#"
        UPDATE installation SET status_lists = needed
        FROM (
            SELECT ceil(2 * reltuples / $1::bigint)::integer AS needed FROM pg_class
            WHERE oid = 'refresh_tokens'::regclass
        ) AS estimate
        WHERE needed > status_lists
        "#,
        LIST_SIZE,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
