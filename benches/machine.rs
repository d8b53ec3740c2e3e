//! The machine that is measured on (Linux): its memory, huge pages for Postgres, and what others take of it.

use std::{fs, io};

use crate::Result;

const HUGE_PAGES: &str = "/proc/sys/vm/nr_hugepages";

/// What Postgres shares between its processes beside the buffers, in megabytes.
const BESIDE_THE_BUFFERS: u32 = 600;

/// All of the memory.
pub fn megabytes() -> Result<u32> {
    Ok(u32::try_from(
        kilobytes("/proc/meminfo", "MemTotal:")? / 1024,
    )?)
}

/// What a file of `/proc` says of something, in kilobytes.
pub fn kilobytes(file: &str, what: &str) -> Result<u64> {
    let text = fs::read_to_string(file)?;
    let said = text.lines().find_map(|line| line.strip_prefix(what));
    let said = said.ok_or_else(|| format!("{file} has no {what}"))?;
    Ok(said.trim().trim_end_matches(" kB").parse()?)
}

/// The processors' time so far, in ticks.
pub struct Ticks {
    all: u64,
    stolen: u64,
}

impl Ticks {
    /// Now.
    pub fn now() -> Result<Self> {
        let text = fs::read_to_string("/proc/stat")?;
        let line = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("cpu "));
        let line = line.ok_or("/proc/stat does not begin with the processors' time")?;
        let ticks: Vec<u64> = line
            .split_whitespace()
            .take(8)
            .map(str::parse)
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self {
            all: ticks.iter().sum(),
            stolen: ticks.get(7).copied().unwrap_or_default(),
        })
    }

    /// How much a virtual machine's host has kept for others since, in hundredths of the whole: it comes in
    /// pieces of ten milliseconds and more, in which nothing is answered.
    #[expect(clippy::cast_precision_loss, reason = "some ten million")]
    pub fn percent_stolen_since(&self) -> Result<f64> {
        let now = Self::now()?;
        let all = (now.all - self.all).max(1);
        Ok((now.stolen - self.stolen) as f64 / all as f64 * 100.0)
    }
}

/// The huge pages that there are, until this is dropped: with pages of 4 KB each connection of Postgres
/// maps millions of them, and the processor keeps forgetting where they are.
pub struct HugePages {
    before: String,
    /// How much memory they are.
    pub megabytes: u32,
}

impl HugePages {
    /// Enough of them for a Postgres with so many megabytes of shared buffers. None, and a line that says
    /// so, where the machine does not give them: it asks for root, and for memory that is in one piece.
    pub fn ask(buffers: u32) -> Option<Self> {
        let asked = || -> Result<Self> {
            let before = fs::read_to_string(HUGE_PAGES)?;
            let kilobytes = kilobytes("/proc/meminfo", "Hugepagesize:")?;
            let megabytes = buffers + BESIDE_THE_BUFFERS;
            let pages = u64::from(megabytes) * 1024 / kilobytes;
            fs::write(HUGE_PAGES, pages.to_string())?;
            let given = Self { before, megabytes };
            if fs::read_to_string(HUGE_PAGES)?.trim().parse::<u64>()? < pages {
                return Err(io::Error::other("too few in one piece").into());
            }
            Ok(given)
        };
        asked()
            .inspect_err(|error| println!("Postgres gets no huge pages: {HUGE_PAGES}: {error}"))
            .ok()
    }
}

impl Drop for HugePages {
    fn drop(&mut self) {
        if let Err(error) = fs::write(HUGE_PAGES, &self.before) {
            println!("{HUGE_PAGES} was {}: {error}", self.before.trim());
        }
    }
}
