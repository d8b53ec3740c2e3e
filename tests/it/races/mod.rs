//! What happens at once: many requests for one row, and requests that cross a change under
//! way. The claims are those of invariants I3 to I5: they hold in every interleaving.

mod administrators;
mod cut_off;
mod refresh;
mod sign_in;

use doorward::config::Config;
use uuid::Uuid;

use crate::support::{Server, phone::Phone};

/// Hashes that cost next to nothing: here it is the interleaving that counts.
pub fn cheap_hashes(config: &mut Config) {
    (config.argon2_memory_kib, config.argon2_iterations) = (64, 1);
}

/// A grant's row, as far as races can spoil it.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Grant {
    pub generation: i32,
    pub retries: i32,
    pub ended_reason: Option<String>,
}

impl Grant {
    pub async fn of(phone: &Phone<'_>) -> Self {
        let sql = "SELECT generation, retries, ended_reason FROM refresh_tokens WHERE id = $1";
        sqlx::query_as(sql)
            .bind(Uuid::parse_str(&phone.grant_id()).unwrap())
            .fetch_one(&phone.server.rows)
            .await
            .unwrap()
    }
}

/// Lets some time go by, in round trips to the server: where in the other request this one
/// falls changes from round to round.
pub async fn some_time(server: &Server, round_trips: usize) {
    for _ in 0..round_trips {
        server.get("/health/live").await.expect(200);
    }
}

/// How often something was recorded.
pub async fn times(server: &Server, action: &str) -> usize {
    let actions = server.actions().await;
    actions.iter().filter(|&found| found == action).count()
}
