//! Lines of the log on their way to the standard error. Written one by one, each would cost a
//! system call, which is as much as a tenth of what it takes to verify an access token.

use std::{
    io::{self, Write, stderr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

use crossbeam_utils::CachePadded;
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line may wait for others. Warnings and errors do not wait.
const WAIT: Duration = Duration::from_millis(50);

const CAPACITY: usize = 64 * 1024;

/// Where lines wait. Threads that answer requests have one each, or two cores would take one from each
/// other at every request.
type Waiting = CachePadded<Mutex<Vec<u8>>>;

/// How many there are, where the order of lines of different threads does not matter: they have times.
const MANY: usize = 8;

/// The way out; dropping the last of it writes what is left.
#[derive(Clone)]
pub struct Lines {
    waiting: Arc<[Waiting]>,
    writer: Thread,
}

impl Lines {
    /// Starts the thread that writes what waits; in the order of their coming, or of each thread's.
    ///
    /// # Errors
    /// Those of the system, when there is no thread to be had.
    pub fn start(in_order: bool) -> io::Result<Self> {
        let places = if in_order { 1 } else { MANY };
        let waiting: Arc<[Waiting]> = (0..places).map(|_| Waiting::default()).collect();
        let its = Arc::downgrade(&waiting);
        let writer = thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                loop {
                    thread::park();
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "a wait that the next line cannot cut short, of a thread that does nothing else"
                    )]
                    thread::sleep(WAIT);
                    let Some(waiting) = its.upgrade() else { return };
                    flush_all(&waiting);
                }
            })?;
        Ok(Self {
            waiting,
            writer: writer.thread().clone(),
        })
    }

    /// A line of its own.
    pub fn line(&self, urgent: bool) -> Line<'_> {
        let waiting = lock(&self.waiting[number_of_this_thread() % self.waiting.len()]);
        if waiting.is_empty() && !urgent {
            self.writer.unpark();
        }
        Line { waiting, urgent }
    }
}

fn number_of_this_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed));
    NUMBER.with(|number| *number)
}

/// Writes what is left when the server ends.
pub struct Rest(pub Lines);

impl Drop for Rest {
    fn drop(&mut self) {
        flush_all(&self.0.waiting);
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        self.line(true)
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a> {
        self.line(*metadata.level() <= Level::WARN)
    }
}

/// One line.
pub struct Line<'a> {
    waiting: MutexGuard<'a, Vec<u8>>,
    urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if self.urgent || self.waiting.len() >= CAPACITY {
            flush(&mut self.waiting);
        }
    }
}

fn lock(waiting: &Waiting) -> MutexGuard<'_, Vec<u8>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

fn flush_all(waiting: &[Waiting]) {
    for waiting in waiting {
        flush(&mut lock(waiting));
    }
}

/// Writes whole lines, which no other thread's come between. There is no other place to complain than the
/// one that cannot be written to.
fn flush(waiting: &mut Vec<u8>) {
    if !waiting.is_empty() {
        let _ = stderr().lock().write_all(waiting);
        waiting.clear();
    }
}
