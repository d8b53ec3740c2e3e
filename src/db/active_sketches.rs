//! Table `active_sketches`: about how many different users and devices there were in a slot, all servers together.

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection, Postgres, Transaction};

use super::{Error, rollups::Slot};

/// Of what a sketch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Users.
    Users,
    /// Devices.
    Devices,
}

impl Kind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::Devices => "device",
        }
    }

    fn known(word: &str) -> Self {
        match word {
            "device" => Self::Devices,
            _ => Self::Users,
        }
    }
}

/// The slot, when it begins, and of what. Of minutes, five are together.
pub type Key = (Slot, DateTime<Utc>, Kind);

/// A row.
#[derive(Debug)]
pub struct Stored {
    /// How long the slot is.
    pub slot: Slot,
    /// When it begins.
    pub begins_at: DateTime<Utc>,
    /// Of what.
    pub kind: Kind,
    /// A byte each.
    pub registers: Vec<u8>,
}

/// The columns of some rows.
type Columns = (
    Vec<&'static str>,
    Vec<DateTime<Utc>>,
    Vec<&'static str>,
    Vec<Vec<u8>>,
);

fn columns(rows: &[Stored]) -> Columns {
    let all = rows.iter();
    (
        all.clone().map(|row| row.slot.as_str()).collect(),
        all.clone().map(|row| row.begins_at).collect(),
        all.clone().map(|row| row.kind.as_str()).collect(),
        all.map(|row| row.registers.clone()).collect(),
    )
}

/// Puts these where there is none yet, and locks all until the transaction that it opens ends; what they have. Two
/// statements; servers that do so at once go by the same order, so that none waits in a circle.
///
/// # Errors
/// Those of the database.
pub async fn lock<'a>(
    db: &'a mut PgConnection,
    rows: &[Stored],
) -> Result<(Transaction<'a, Postgres>, Vec<Stored>), Error> {
    let mut transaction = db.begin().await?;
    let (slots, begins_at, kinds, registers) = columns(rows);
    sqlx::query!(
        r#"
        INSERT INTO active_sketches (slot, begins_at, kind, registers)
        SELECT * FROM UNNEST($1::text[], $2::timestamptz[], $3::text[], $4::bytea[]) ORDER BY 1, 2, 3
        ON CONFLICT DO NOTHING
        "#,
        &slots as &[&str],
        &begins_at,
        &kinds as &[&str],
        &registers,
    )
    .execute(&mut *transaction)
    .await?;
    let found = sqlx::query!(
        r#"
        SELECT slot, begins_at, kind, registers FROM active_sketches
        WHERE (slot, begins_at, kind) IN (SELECT * FROM UNNEST($1::text[], $2::timestamptz[], $3::text[]))
        ORDER BY slot, begins_at, kind
        FOR UPDATE
        "#,
        &slots as &[&str],
        &begins_at,
        &kinds as &[&str],
    )
    .fetch_all(&mut *transaction)
    .await?;
    let found = found.into_iter().filter_map(|row| {
        Some(Stored {
            slot: Slot::known(&row.slot)?,
            begins_at: row.begins_at,
            kind: Kind::known(&row.kind),
            registers: row.registers,
        })
    });
    let found = found.collect();
    Ok((transaction, found))
}

/// Puts these in the place of what was locked, and commits. One statement, which writes only what is other now.
///
/// # Errors
/// Those of the database.
pub async fn set(mut locked: Transaction<'_, Postgres>, rows: &[Stored]) -> Result<(), Error> {
    let (slots, begins_at, kinds, registers) = columns(rows);
    sqlx::query!(
        r#"
        UPDATE active_sketches s
        SET registers = merged.registers
        FROM UNNEST($1::text[], $2::timestamptz[], $3::text[], $4::bytea[]) AS merged (slot, begins_at, kind, registers)
        WHERE s.slot = merged.slot AND s.begins_at = merged.begins_at AND s.kind = merged.kind
            AND s.registers <> merged.registers
        "#,
        &slots as &[&str],
        &begins_at,
        &kinds as &[&str],
        &registers,
    )
    .execute(&mut *locked)
    .await?;
    Ok(locked.commit().await?)
}

/// The sketches of the slots that begin within these times, both included. One statement.
pub async fn list(
    db: &mut PgConnection,
    slot: Slot,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(Kind, Vec<u8>)>, Error> {
    let found = sqlx::query!(
        "SELECT kind, registers FROM active_sketches WHERE slot = $1 AND begins_at BETWEEN $2 AND $3",
        slot.as_str(),
        from,
        to,
    )
    .fetch_all(db)
    .await?;
    let rows = found.into_iter();
    Ok(rows
        .map(|row| (Kind::known(&row.kind), row.registers))
        .collect())
}
