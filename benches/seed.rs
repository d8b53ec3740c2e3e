//! Fills a database: users, a device for each grant, and grants that have been refreshed before.
//! By COPY, and past the foreign keys, which hold by construction.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use chrono::{TimeDelta, Utc};
use doorward::{
    crypto::{
        password::Hasher, refresh_token::RefreshToken, secret::Secret, server_key::ServerKey,
        server_key::ServerKeys,
    },
    db::status_lists::LIST_SIZE,
    ids::GrantId,
};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::{Result, stage};

/// Everybody's password.
pub const PASSWORD: &str = "meadow pilot canyon 47";

/// The generation that every grant has at first.
pub const GENERATION: u64 = 1;

/// Two devices for each user.
const DEVICES_PER_USER: u64 = 2;

/// When the first grant was made, in milliseconds since 1970; one every 260 ms.
const FIRST: u64 = 1_761_000_000_000;
const APART: u64 = 260;

/// How many places a status list has.
const PLACES: u64 = LIST_SIZE.cast_unsigned();

const CHUNK: usize = 1 << 20;

/// The id of the grant with this number, and of its device: a UUIDv7.
pub fn id(number: u64) -> Uuid {
    Uuid::from_u128((u128::from(FIRST + number * APART) << 80) | 0x7000_8000_0000_0000_0000)
}

/// The same as an expression of SQL over `number`.
pub fn id_in_sql(number: &str) -> String {
    format!(
        "(lpad(to_hex({FIRST} + {APART} * ({number})::bigint), 12, '0') || '70008000000000000000')::uuid"
    )
}

/// What pgbench takes for the hash of the secret of a generation.
pub fn hash_in_sql(generation: &str) -> String {
    format!("decode(lpad(to_hex(({generation})::int), 64, '0'), 'hex')")
}

/// How many status lists a server makes for so many grants: half of the places are free.
pub fn status_lists(grants: u64) -> u64 {
    (2 * grants).div_ceil(PLACES)
}

/// Fills an empty, migrated database with this many grants. Of every `each`th the tokens go into the
/// file, shuffled; they have even numbers, and pgbench has those with odd ones. Some may have no place in a status list.
pub async fn fill(
    db: &mut PgConnection,
    grants: u64,
    each: u64,
    tokens: &Path,
    has_place: impl Fn(u64) -> bool,
) -> Result<()> {
    let hasher = Hasher::start(19_456, 2, 1)?;
    let password = hasher.hash(&Secret::new(PASSWORD.to_owned())).await?;
    sqlx::raw_sql("SET session_replication_role = replica; SET synchronous_commit = off; SET statement_timeout = 0")
        .execute(&mut *db)
        .await?;
    copy(
        db,
        "users (id, username, password_hash, created_at)",
        grants.div_ceil(DEVICES_PER_USER),
        |row, number| writeln!(row, "{}\tuser{number}\t{password}\t2026-01-01Z", id(number)),
    )
    .await?;
    // Neither a purge nor an index has anything to do: as after a refresh earlier on the same day.
    let now = Utc::now().format("%Y-%m-%d %H:%M:%SZ");
    copy(
        db,
        "devices (id, user_id, name, kind, created_at, last_used_at)",
        grants,
        |row, number| {
            let user = id(number / DEVICES_PER_USER);
            writeln!(
                row,
                "{}\t{user}\tPhone {number}\tphone\t2026-01-01Z\t{now}",
                id(number)
            )
        },
    )
    .await?;

    let keys = ServerKeys {
        current: ServerKey::new(&Secret::new(stage::SECRET_KEY)),
        previous: None,
    };
    let mut known = Vec::new();
    let sealed = "ab".repeat(60);
    let expires = (Utc::now() + TimeDelta::days(30)).format("%Y-%m-%d %H:%M:%SZ");
    let columns = "refresh_tokens (id, user_id, device_id, client_id, created_at, absolute_expires_at, expires_at, \
                   last_used_at, rotated_at, last_address, last_user_agent, generation, secret_hash, successor_sealed, \
                   status_index)";
    let places = status_lists(grants) * PLACES;
    copy(db, columns, grants, |row, number| {
        let (grant, user) = (id(number), id(number / DEVICES_PER_USER));
        let hash = if number % each == 0 && number % 2 == 0 {
            let token = RefreshToken::first(GrantId(grant)).successor();
            known.push(token.encode(&keys).expose().clone());
            hex(&token.hash())
        } else {
            format!("{GENERATION:064x}")
        };
        // All over the lists, and none twice: the factor is prime.
        let place = number * 1_000_000_007 % places;
        let place = has_place(number).then(|| place.to_string());
        let place = place.as_deref().unwrap_or("\\N");
        writeln!(
            row,
            "{grant}\t{user}\t{grant}\tfirst-party\t2026-01-01Z\t2036-01-01Z\t{expires}\t2026-01-01Z\t2026-01-01Z\t\
             192.0.2.7\tdoorward bench\t{GENERATION}\t\\\\x{hash}\t\\\\x{sealed}\t{place}"
        )
    })
    .await?;
    for statement in [
        "RESET session_replication_role",
        "VACUUM (ANALYZE) users, devices, refresh_tokens",
        "CHECKPOINT",
    ] {
        sqlx::raw_sql(statement).execute(&mut *db).await?;
    }
    shuffle(&mut known);
    let mut file = BufWriter::new(File::create(tokens)?);
    for token in known {
        writeln!(file, "{token}")?;
    }
    Ok(file.flush()?)
}

async fn copy(
    db: &mut PgConnection,
    into: &str,
    rows: u64,
    mut row: impl FnMut(&mut Vec<u8>, u64) -> std::io::Result<()>,
) -> Result<()> {
    let mut sink = db.copy_in_raw(&format!("COPY {into} FROM STDIN")).await?;
    let mut chunk = Vec::with_capacity(CHUNK + 1024);
    for number in 0..rows {
        row(&mut chunk, number)?;
        if chunk.len() >= CHUNK {
            sink.send(std::mem::take(&mut chunk)).await?;
        }
    }
    sink.send(chunk).await?;
    sink.finish().await?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// So that refreshes come from all over the table.
fn shuffle(lines: &mut [String]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for at in (1..lines.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let other = usize::try_from(state >> 33).unwrap_or_default() % (at + 1);
        lines.swap(at, other);
    }
}

/// `cargo bench -- seed`: fills the database of `DATABASE_URL`, which has to be migrated and empty.
pub async fn command(grants: u64) -> Result<()> {
    let url = std::env::var("DATABASE_URL")
        .map_err(|_| "set DATABASE_URL to a migrated, empty database")?;
    let mut db = PgConnection::connect(&url).await?;
    let tokens = Path::new("tokens.txt");
    fill(&mut db, grants, 10, tokens, |_| true).await?;
    println!(
        "{grants} grants; tokens for DOORWARD_SECRET_KEY={} in {}",
        stage::secret_key(),
        tokens.display()
    );
    Ok(())
}
