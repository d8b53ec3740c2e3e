//! Lines of the log on their way to the standard error. Written one by one, each would cost a
//! system call, which is as much as a tenth of what it takes to verify an access token.

use std::{
    io::{self, BufWriter, Stderr, Write, stderr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, Thread},
    time::Duration,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line may wait for others. Warnings and errors do not wait.
const WAIT: Duration = Duration::from_millis(50);

const CAPACITY: usize = 64 * 1024;

/// The way out; dropping the last of it writes what is left.
#[derive(Clone)]
pub struct Lines {
    waiting: Arc<Mutex<BufWriter<Stderr>>>,
    writer: Thread,
}

impl Lines {
    /// Starts the thread that writes what waits.
    ///
    /// # Errors
    /// Those of the system, when there is no thread to be had.
    pub fn start() -> io::Result<Self> {
        let waiting = Arc::new(Mutex::new(BufWriter::with_capacity(CAPACITY, stderr())));
        let its = Arc::downgrade(&waiting);
        let writer = thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                loop {
                    thread::park();
                    thread::park_timeout(WAIT);
                    let Some(waiting) = its.upgrade() else { return };
                    flush(&mut lock(&waiting));
                }
            })?;
        Ok(Self {
            waiting,
            writer: writer.thread().clone(),
        })
    }

    /// A line of its own.
    pub fn line(&self, urgent: bool) -> Line<'_> {
        let waiting = lock(&self.waiting);
        if waiting.buffer().is_empty() && !urgent {
            self.writer.unpark();
        }
        Line { waiting, urgent }
    }
}

/// Writes what is left when the server ends.
pub struct Rest(pub Lines);

impl Drop for Rest {
    fn drop(&mut self) {
        flush(&mut lock(&self.0.waiting));
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
    waiting: MutexGuard<'a, BufWriter<Stderr>>,
    urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.waiting.flush()
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if self.urgent {
            flush(&mut self.waiting);
        }
    }
}

fn lock(waiting: &Mutex<BufWriter<Stderr>>) -> MutexGuard<'_, BufWriter<Stderr>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// There is no other place to complain than the one that cannot be written to.
fn flush(waiting: &mut BufWriter<Stderr>) {
    let _ = waiting.flush();
}
