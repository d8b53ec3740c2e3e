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

/// Who starts later, and by how much: steered by who came first the last time, so that the
/// two keep crossing whatever each of them takes on this machine.
#[derive(Default)]
pub struct HeadStart {
    of_change: i32,
}

impl HeadStart {
    /// Lets the requests wait, in [`some_time`], if the change is to have a start on them.
    pub async fn hold_requests(&self, server: &Server) {
        some_time(server, self.of_change.max(0).unsigned_abs() as usize).await;
    }

    /// Lets the change wait if the requests are to have a start on it.
    pub async fn hold_change(&self, server: &Server) {
        some_time(server, self.of_change.min(0).unsigned_abs() as usize).await;
    }

    /// What came of it: how many requests were before the change, and how many after.
    pub fn saw(&mut self, before: usize, after: usize) {
        self.of_change += i32::from(before > after) - i32::from(after > before);
    }
}

/// How often something was recorded.
pub async fn times(server: &Server, action: &str) -> usize {
    let actions = server.actions().await;
    actions.iter().filter(|&found| found == action).count()
}
