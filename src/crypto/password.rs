//! argon2id (RFC 9106) on threads of its own, which keep and reuse their memory:
//! one hash per core at a time and a short queue (invariant I7), so that a flood of
//! sign-ins neither slows anything else down nor exhausts memory.

use std::{
    num::NonZero,
    sync::{Arc, mpsc},
    thread,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use aws_lc_rs::constant_time;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use zxcvbn::{Score, zxcvbn};

use super::{
    cores,
    free_core::FreeCore,
    hashing_queue::Queue,
    random,
    refresh_rate::{Rate, Refreshes},
    secret::Secret,
};

/// How many sign-ins of apps each core has a place for. At some 15 ms each, the last one waits
/// about an eighth of a second.
const PLACES_PER_CORE: usize = 8;

/// How many places each core keeps for the panel and for new passwords, however many apps sign in.
const KEPT_PER_CORE: usize = 2;

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

/// A place in the queue of the hashing threads, held until the work is done. To be had before
/// anything else is done for a sign-in: whoever cannot be served is refused at next to no cost.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

struct Job {
    password: Secret<String>,
    task: Task,
    reply: oneshot::Sender<Result<Done, Error>>,
    place: Place,
}

/// The hashing threads. Dropping it ends them.
pub struct Hasher {
    queue: Arc<Queue<Job>>,
    places: Arc<Semaphore>,
    kept: Arc<Semaphore>,
    refreshes: Arc<Refreshes>,
    free_core: Arc<FreeCore>,
    decoy: String,
}

impl Hasher {
    /// Starts one thread per core and makes the decoy: the hash of nothing that anybody knows.
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
        let queue = Arc::new(Queue::default());
        let refreshes = Arc::new(Refreshes::default());
        let (tell, told) = mpsc::channel();
        let free_core =
            FreeCore::start(told, Arc::clone(&refreshes)).map_err(|_| Error::Stopped)?;
        for number in 0..cores {
            let (queue, worker) = (Arc::clone(&queue), Worker::new(params.clone()));
            let (free_core, tell) = (Arc::clone(&free_core), tell.clone());
            // The first is there for everything that the others leave, and stands back for refreshes.
            let is_first = number == 0;
            let spare = (cores > 1 && is_first).then(|| Arc::clone(&refreshes));
            thread::Builder::new()
                .name(format!("argon2-{number}"))
                .spawn(move || {
                    let idle = if is_first {
                        cores::give_way()
                    } else {
                        cores::run_idle()
                    };
                    if let Err(error) = idle {
                        tracing::warn!(%error, "sign-ins may slow refreshes down");
                    }
                    if !is_first && let Some(id) = cores::own_id() {
                        let _ = tell.send(id);
                    }
                    drop(tell);
                    worker.run(&queue, spare.as_deref(), &free_core);
                })
                .map_err(|_| Error::Stopped)?;
        }
        let decoy = phc(&params, &random::<16>(), &random::<32>())?;
        Ok(Self {
            queue,
            places: Arc::new(Semaphore::new(cores * PLACES_PER_CORE)),
            kept: Arc::new(Semaphore::new(cores * KEPT_PER_CORE)),
            refreshes,
            free_core,
            decoy,
        })
    }

    /// Tells of a refresh: where there are many, one core is left to them.
    pub fn stand_back(&self) {
        self.refreshes.count();
    }

    /// A place for an app's sign-in.
    ///
    /// # Errors
    /// [`Error::Overloaded`] at once when all are taken.
    pub fn place_for_app(&self) -> Result<Place, Error> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_or(Err(Error::Overloaded), |permit| {
            Ok(Place { _permit: permit })
        })
    }

    /// A place for whatever else takes a password.
    ///
    /// # Errors
    /// [`Error::Overloaded`] at once when all are taken.
    pub fn place(&self) -> Result<Place, Error> {
        let place = Arc::clone(&self.kept).try_acquire_owned();
        place.map_or(Err(Error::Overloaded), |permit| {
            Ok(Place { _permit: permit })
        })
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
        match self
            .submit(self.place()?, password, Task::Judge(words))
            .await?
        {
            Done::Judged(guessable) => Ok(guessable),
            _ => Err(Error::Stopped),
        }
    }

    /// Hashes a password into a PHC string with the configured parameters. Costs one hash.
    ///
    /// # Errors
    /// [`Error::Overloaded`] at once when the queue is full.
    pub async fn hash(&self, password: &Secret<String>) -> Result<String, Error> {
        match self.submit(self.place()?, password, Task::Hash).await? {
            Done::Hash(hash) => Ok(hash),
            _ => Err(Error::Stopped),
        }
    }

    /// Compares a password with a PHC string; without one, with the decoy, so that
    /// someone who does not exist costs what everybody costs. Costs one hash.
    ///
    /// # Errors
    /// [`Error::Unreadable`] for a hash that is none.
    pub async fn compare(
        &self,
        place: Place,
        password: &Secret<String>,
        hash: Option<&str>,
    ) -> Result<Comparison, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        match self.submit(place, password, Task::Compare(hash)).await? {
            Done::Comparison(found) => Ok(Comparison {
                matches: found.matches && known,
                ..found
            }),
            _ => Err(Error::Stopped),
        }
    }

    async fn submit(
        &self,
        place: Place,
        password: &Secret<String>,
        task: Task,
    ) -> Result<Done, Error> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            password: password.clone(),
            task,
            reply,
            place,
        };
        self.queue.push(job);
        answer.await.map_err(|_| Error::Stopped)?
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.queue.close();
        self.free_core.close();
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

    /// Works until the hasher is dropped. A spare thread stands back when there are many refreshes.
    fn run(mut self, queue: &Queue<Job>, spare: Option<&Refreshes>, free_core: &FreeCore) {
        let mut rate = spare.map(Rate::begin);
        let mut stands_back = || match (&mut rate, spare) {
            (Some(rate), Some(refreshes)) => rate.is_high(refreshes),
            _ => false,
        };
        while let Some(job) = queue.next(&mut stands_back) {
            let Job {
                password,
                task,
                reply,
                place,
            } = job;
            if reply.is_closed() {
                continue;
            }
            let done = free_core.during(|| match &task {
                Task::Judge(words) => Ok(Done::Judged(is_guessable(&password, words))),
                Task::Hash => self.hash(&password).map(Done::Hash),
                Task::Compare(hash) => self.compare(&password, hash).map(Done::Comparison),
            });
            drop(place);
            // Nobody waits any more when the caller hung up: nothing is lost.
            let _ = reply.send(done);
        }
    }

    fn hash(&mut self, password: &Secret<String>) -> Result<String, Error> {
        let params = self.params.clone();
        let salt = random::<16>();
        let output = self.derive(&params, password, &salt)?;
        phc(&params, &salt, &output)
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

/// A hash as it is stored.
fn phc(params: &Params, salt: &[u8], output: &[u8]) -> Result<String, Error> {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|_| Error::Unreadable)?,
        salt: Some(Salt::new(salt).map_err(|_| Error::Unreadable)?),
        hash: Some(Output::new(output).map_err(|_| Error::Unreadable)?),
    };
    Ok(hash.to_string())
}

#[cfg(test)]
#[path = "password_tests.rs"]
mod tests;
