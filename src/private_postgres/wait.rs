//! Waiting for what only another process can bring about: the one place that sleeps.

use std::time::Duration;

use tokio::time::Instant;

/// Between two looks. Short, because a first start waits for it several times.
const INTERVAL: Duration = Duration::from_millis(20);

/// Looks again and again until `look` answers `Some`, or `patience` has passed.
/// Always looks at least once.
pub(super) async fn until<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if !pause(deadline).await {
            return None;
        }
    }
}

/// A moment's rest between two looks that have to be awaited; false once `deadline` has passed.
#[expect(
    clippy::disallowed_methods,
    reason = "another process tells nobody that it has got somewhere; the caller has a deadline"
)]
pub(super) async fn pause(deadline: Instant) -> bool {
    tokio::time::sleep(INTERVAL).await;
    Instant::now() < deadline
}
