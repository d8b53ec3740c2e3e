//! Table `refresh_tokens`: what only those want to know who look into one grant.

use sqlx::PgConnection;

use crate::{db::Error, ids::GrantId};

/// What a grant's rotations have left in its row, beside what everybody sees of it.
#[derive(Debug)]
pub struct Trail {
    /// How often a predecessor came again within the grace and got the same successor.
    pub retries: i32,
    /// From where the last refresh came.
    pub last_address: Option<String>,
    /// With what.
    pub last_user_agent: String,
}

/// The trail of a grant. One statement.
pub async fn find(db: &mut PgConnection, id: GrantId) -> Result<Option<Trail>, Error> {
    Ok(sqlx::query_as!(
        Trail,
        "SELECT retries, last_address, last_user_agent FROM refresh_tokens WHERE id = $1",
        id.0,
    )
    .fetch_optional(db)
    .await?)
}
