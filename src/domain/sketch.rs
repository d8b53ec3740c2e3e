//! How many different ones there were, about, without keeping any of them: HyperLogLog, with the estimate of
//! Ertl, *New cardinality estimation algorithms for HyperLogLog sketches* (2017), §4, which needs no table of
//! corrections and is as good for a dozen as for a million. Pure; no crate hands out registers to be stored and merged
//! years later, whatever version of it.

use std::sync::atomic::{AtomicU8, Ordering};

use uuid::Uuid;

/// The standard error is 1.04 / √4096, or 1.6 %.
const REGISTERS: usize = 4096;
/// So many bits of a hash say which register; the rest may begin with as many zeros as there are.
const INDEX_BITS: u32 = REGISTERS.trailing_zeros();
const MOST_ZEROS: usize = 64 - INDEX_BITS as usize;

/// Where a hash belongs, and how rare it is.
fn place(id: Uuid) -> (usize, u8) {
    let (high, low) = id.as_u64_pair();
    let hash = mix(mix(high) ^ low);
    // The bit that is put in stops the zeros.
    let rest = (hash << INDEX_BITS) | (1 << (INDEX_BITS - 1));
    let index = usize::try_from(hash >> (64 - INDEX_BITS)).unwrap_or_default();
    let rank = u8::try_from(rest.leading_zeros() + 1).unwrap_or(u8::MAX);
    (index, rank)
}

/// The finalizer of SplitMix64: ids begin with a time, and have a version in the middle. Stored sketches depend on it.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A sketch that many threads add to, with no lock: a register only rises, by one atomic maximum.
pub struct Registers(Box<[AtomicU8]>);

impl Default for Registers {
    fn default() -> Self {
        Self((0..REGISTERS).map(|_| AtomicU8::new(0)).collect())
    }
}

impl Registers {
    /// One more, perhaps seen before.
    pub fn see(&self, id: Uuid) {
        let (index, rank) = place(id);
        if let Some(register) = self.0.get(index)
            // Mostly it is high enough, and then no other core's copy of it is touched.
            && register.load(Ordering::Relaxed) < rank
        {
            register.fetch_max(rank, Ordering::Relaxed);
        }
    }

    /// What was seen since the last time.
    pub fn take(&self) -> Sketch {
        let registers = self.0.iter();
        Sketch(registers.map(|it| it.swap(0, Ordering::Relaxed)).collect())
    }
}

/// What was seen, as stored: a byte for each register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch(Vec<u8>);

impl Default for Sketch {
    fn default() -> Self {
        Self(vec![0; REGISTERS])
    }
}

impl Sketch {
    /// As stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// One more, perhaps seen before.
    pub fn see(&mut self, id: Uuid) {
        let (index, rank) = place(id);
        if let Some(register) = self.0.get_mut(index) {
            *register = rank.max(*register);
        }
    }

    /// Nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|register| *register == 0)
    }

    /// Adds what a stored one has seen, whichever server it is of; whether that was anything new.
    pub fn merge(&mut self, other: &[u8]) -> bool {
        let mut rose = false;
        for (own, other) in self.0.iter_mut().zip(other) {
            rose |= other > own;
            *own = (*own).max(*other);
        }
        rose
    }

    /// About how many different ones.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "counts of 4096 registers, and an estimate that is rounded"
    )]
    pub fn estimate(&self) -> i64 {
        let mut of_rank = [0_u32; MOST_ZEROS + 2];
        for rank in &self.0 {
            of_rank[usize::from(*rank).min(MOST_ZEROS + 1)] += 1;
        }
        let registers = REGISTERS as f64;
        let share = |rank: usize| f64::from(of_rank[rank]) / registers;
        let inner = (1..=MOST_ZEROS).rev();
        let sum = inner.fold(registers * tau(1.0 - share(MOST_ZEROS + 1)), |sum, rank| {
            0.5 * (sum + f64::from(of_rank[rank]))
        });
        let sum = sum + registers * sigma(share(0));
        (registers * registers / (2.0 * std::f64::consts::LN_2 * sum)).round() as i64
    }
}

/// What the registers add that have seen nothing (Ertl, algorithm 6).
fn sigma(share: f64) -> f64 {
    if share >= 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut weight, mut sum) = (share, 1.0, share);
    loop {
        power *= power;
        let before = sum;
        sum += power * weight;
        weight += weight;
        if sum <= before {
            return sum;
        }
    }
}

/// What those add that could rise no further (Ertl, algorithm 6).
fn tau(share: f64) -> f64 {
    if share <= 0.0 || share >= 1.0 {
        return 0.0;
    }
    let (mut root, mut weight, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        root = root.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - root) * (1.0 - root) * weight;
        if sum >= before {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An id of a moment, as [`crate::clock::Clock::id`] makes them: most bits are like those of its neighbours.
    fn id(n: u64) -> Uuid {
        let (high, low) = (0x019a_c000_0000_7000 + (n << 16), 0x8000_0000_0000_0000 + n);
        Uuid::from_u64_pair(high, low)
    }

    #[test]
    fn the_error_is_small_for_none_for_some_and_for_a_million() {
        assert_eq!(Sketch::default().estimate(), 0);
        for (many, percent) in [
            (1_u64, 0.0),
            (2, 0.0),
            (10, 0.0),
            (100, 2.0),
            (1_000, 3.0),
            (5_000, 5.0),
            (10_000, 5.0),
            (100_000, 5.0),
            (1_000_000, 5.0),
        ] {
            // Others each time: the error of one throw would say little.
            let mut squares = 0.0;
            for throw in 1..=10 {
                let registers = Registers::default();
                for n in 0..many {
                    registers.see(id(throw * 10_000_000 + n));
                    registers.see(id(throw * 10_000_000 + n));
                }
                let about = registers.take().estimate();
                #[expect(clippy::cast_precision_loss, reason = "a percentage")]
                let off = 100.0 * (about as f64 - many as f64) / many as f64;
                assert!(off.abs() <= percent, "{many}: {about}");
                squares += off * off;
            }
            let deviation = (squares / 10.0_f64).sqrt();
            assert!(deviation < 2.6, "{many}: {deviation}");
        }
    }

    #[test]
    fn what_two_have_seen_is_merged_and_what_was_taken_is_gone() {
        let (one, other) = (Registers::default(), Registers::default());
        for n in 0..20_000 {
            one.see(id(n));
            other.see(id(n + 10_000));
        }
        let (mut both, other) = (one.take(), other.take());
        assert!(one.take().is_empty());
        assert!(both.merge(other.as_bytes()));
        assert!(!both.merge(other.as_bytes()), "nothing new");
        let mut all = Sketch::default();
        (0..30_000).for_each(|n| all.see(id(n)));
        assert_eq!(both, all);
        assert!((28_500..31_500).contains(&both.estimate()));
    }

    #[test]
    fn threads_lose_nothing_to_one_another() {
        let registers = Registers::default();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let registers = &registers;
                scope.spawn(move || (0..50_000).for_each(|n| registers.see(id(n * 4 + thread))));
            }
        });
        let mut all = Sketch::default();
        (0..200_000).for_each(|n| all.see(id(n)));
        assert_eq!(registers.take(), all);
    }
}
