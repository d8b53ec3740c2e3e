//! argon2id in a loop on all cores, with memory that is kept: the limit of sign-ins.

use std::{
    thread,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::Result;

/// Hashes per second, with Doorward's parameters.
pub fn hashes_per_second(for_so_long: Duration) -> Result<f64> {
    let cores = thread::available_parallelism()?.get();
    let began = Instant::now();
    let threads: Vec<_> = (0..cores)
        .map(|_| thread::spawn(move || hash_for(for_so_long)))
        .collect();
    let mut hashes = 0;
    for thread in threads {
        hashes += thread.join().map_err(|_| "a hashing thread panicked")??;
    }
    Ok(f64::from(hashes) / began.elapsed().as_secs_f64())
}

fn hash_for(so_long: Duration) -> Result<u32> {
    let params = Params::new(19_456, 2, 1, None).map_err(|error| error.to_string())?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (began, mut hashes) = (Instant::now(), 0);
    while began.elapsed() < so_long {
        let mut out = [0; 32];
        argon2
            .hash_password_into_with_memory(
                crate::seed::PASSWORD.as_bytes(),
                b"sixteen bytes...",
                &mut out,
                &mut memory,
            )
            .map_err(|error| error.to_string())?;
        hashes += 1;
    }
    Ok(hashes)
}
