//! argon2id (RFC 9106) on threads of its own, which keep and reuse their memory:
//! one hash per core at a time and a short queue (invariant I7), so that a flood of
//! sign-ins neither slows anything else down nor exhausts memory.

use std::{
    num::NonZero,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use aws_lc_rs::constant_time;
use thiserror::Error;
use tokio::sync::oneshot;
use zxcvbn::{Score, zxcvbn};

use super::{random, secret::Secret};

/// How many hashes may wait for each core. At some 30 ms each, the last one waits about a quarter of a second.
const QUEUE_PER_CORE: usize = 8;

/// How many characters of a new password are judged.
const JUDGED: usize = 32;

/// The dearest parameters that a stored hash may ask for: a row must not be able to exhaust the machine.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_ITERATIONS: u32 = 32;

/// Why nothing was hashed.
#[derive(Debug, Error)]
pub enum Error {
    /// The queue is full; try again in a second or so.
    #[error("too many passwords are being checked")]
    Overloaded,
    /// The configured parameters are impossible.
    #[error("argon2: {0}")]
    Parameters(argon2::Error),
    /// A stored hash is no argon2id hash, or asks for more than is allowed.
    #[error("a stored password hash cannot be checked")]
    Unreadable,
    /// A hashing thread is gone.
    #[error("the hashing threads have stopped")]
    Stopped,
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// The password is the one that was hashed.
    pub matches: bool,
    /// The hash was made with other parameters than those configured now.
    pub outdated: bool,
}

enum Task {
    Judge(Vec<String>),
    Hash,
    Compare(String),
}

enum Done {
    Judged(bool),
    Hash(String),
    Comparison(Comparison),
}

struct Job {
    password: Secret<String>,
    task: Task,
    reply: oneshot::Sender<Result<Done, Error>>,
}

/// The hashing threads. Dropping it ends them.
pub struct Hasher {
    queue: SyncSender<Job>,
    decoy: String,
}

impl Hasher {
    /// Starts one thread per core and makes the decoy.
    ///
    /// # Errors
    /// [`Error::Parameters`] for values that argon2 refuses, [`Error::Stopped`] when no thread can be started.
    pub fn start(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, Error> {
        let params = Params::new(
            memory_kib,
            iterations,
            parallelism,
            Some(Params::DEFAULT_OUTPUT_LEN),
        )
        .map_err(Error::Parameters)?;
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let (queue, jobs) = sync_channel::<Job>(cores * QUEUE_PER_CORE);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..cores {
            let (jobs, params) = (Arc::clone(&jobs), params.clone());
            thread::Builder::new()
                .name(format!("argon2-{number}"))
                .spawn(move || Worker::new(params).run(&jobs))
                .map_err(|_| Error::Stopped)?;
        }
        let nobody = Secret::new(format!("{:x?}", random::<32>()));
        let decoy = Worker::new(params).hash(&nobody)?;
        Ok(Self { queue, decoy })
    }

    /// Whether a password is among the first that are guessed; `words` are the user's own.
    /// Judging can cost as much as a hash, so it waits in the same queue.
    ///
    /// # Errors
    /// [`Error::Overloaded`] at once when the queue is full.
    pub async fn is_guessable(
        &self,
        password: &Secret<String>,
        words: Vec<String>,
    ) -> Result<bool, Error> {
        match self.submit(password, Task::Judge(words)).await? {
            Done::Judged(guessable) => Ok(guessable),
            _ => Err(Error::Stopped),
        }
    }

    /// Hashes a password into a PHC string with the configured parameters. Costs one hash.
    ///
    /// # Errors
    /// [`Error::Overloaded`] at once when the queue is full.
    pub async fn hash(&self, password: &Secret<String>) -> Result<String, Error> {
        match self.submit(password, Task::Hash).await? {
            Done::Hash(hash) => Ok(hash),
            _ => Err(Error::Stopped),
        }
    }

    /// Compares a password with a PHC string; without one, with the decoy, so that
    /// someone who does not exist costs what everybody costs. Costs one hash.
    ///
    /// # Errors
    /// [`Error::Overloaded`] at once when the queue is full, [`Error::Unreadable`] for a hash that is none.
    pub async fn compare(
        &self,
        password: &Secret<String>,
        hash: Option<&str>,
    ) -> Result<Comparison, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        match self.submit(password, Task::Compare(hash)).await? {
            Done::Comparison(found) => Ok(Comparison {
                matches: found.matches && known,
                ..found
            }),
            _ => Err(Error::Stopped),
        }
    }

    async fn submit(&self, password: &Secret<String>, task: Task) -> Result<Done, Error> {
        let (reply, answer) = oneshot::channel();
        self.queue
            .try_send(Job {
                password: password.clone(),
                task,
                reply,
            })
            .map_err(|error| match error {
                TrySendError::Full(_) => Error::Overloaded,
                TrySendError::Disconnected(_) => Error::Stopped,
            })?;
        answer.await.map_err(|_| Error::Stopped)?
    }
}

/// The beginning of a password is judged, where guessing begins too: the work grows with
/// the square of the length and worse, and what begins with 32 good characters is good.
fn is_guessable(password: &Secret<String>, words: &[String]) -> bool {
    let beginning = Secret::new(password.expose().chars().take(JUDGED).collect::<String>());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    zxcvbn(beginning.expose(), &words).score() < Score::Three
}

/// A hashing thread's own: its parameters and its memory.
struct Worker {
    params: Params,
    memory: Vec<Block>,
}

impl Worker {
    fn new(params: Params) -> Self {
        Self {
            params,
            memory: Vec::new(),
        }
    }

    fn run(mut self, jobs: &Mutex<Receiver<Job>>) {
        loop {
            // The lock is held while waiting, so that one idle thread waits and the others queue behind it.
            let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = job else { return };
            if job.reply.is_closed() {
                continue;
            }
            let done = match &job.task {
                Task::Judge(words) => Ok(Done::Judged(is_guessable(&job.password, words))),
                Task::Hash => self.hash(&job.password).map(Done::Hash),
                Task::Compare(hash) => self.compare(&job.password, hash).map(Done::Comparison),
            };
            // Nobody waits any more when the caller hung up: nothing is lost.
            let _ = job.reply.send(done);
        }
    }

    fn hash(&mut self, password: &Secret<String>) -> Result<String, Error> {
        let params = self.params.clone();
        let salt = random::<16>();
        let output = self.derive(&params, password, &salt)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(|_| Error::Unreadable)?,
            salt: Some(Salt::new(&salt).map_err(|_| Error::Unreadable)?),
            hash: Some(Output::new(&output).map_err(|_| Error::Unreadable)?),
        };
        Ok(hash.to_string())
    }

    fn compare(&mut self, password: &Secret<String>, hash: &str) -> Result<Comparison, Error> {
        let stored = PasswordHash::new(hash).map_err(|_| Error::Unreadable)?;
        let params = Params::try_from(&stored).map_err(|_| Error::Unreadable)?;
        let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
            return Err(Error::Unreadable);
        };
        let ours = stored.algorithm == Algorithm::Argon2id.ident()
            && stored.version == Some(Version::V0x13.into());
        if !ours || params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_ITERATIONS {
            return Err(Error::Unreadable);
        }
        let output = self.derive(&params, password, salt)?;
        Ok(Comparison {
            matches: constant_time::verify_slices_are_equal(&output, expected.as_bytes()).is_ok(),
            outdated: (params.m_cost(), params.t_cost(), params.p_cost())
                != (
                    self.params.m_cost(),
                    self.params.t_cost(),
                    self.params.p_cost(),
                ),
        })
    }

    fn derive(
        &mut self,
        params: &Params,
        password: &Secret<String>,
        salt: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let blocks = params.block_count();
        self.memory
            .resize(blocks.max(self.memory.len()), Block::default());
        let mut output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
            .hash_password_into_with_memory(
                password.expose().as_bytes(),
                salt,
                &mut output,
                &mut self.memory[..blocks],
            )
            .map_err(Error::Parameters)?;
        if blocks > self.params.block_count() {
            // An old hash with dearer parameters must not make the process larger for good.
            self.memory = Vec::new();
        }
        Ok(output)
    }
}

#[cfg(test)]
#[path = "password_tests.rs"]
mod tests;
