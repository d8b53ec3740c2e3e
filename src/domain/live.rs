//! Who looks at the panel live: how many may, and when a stream is over because its session is. Nobody asks the
//! database for himself: one look serves all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;
use uuid::Uuid;

use super::{admin_session, error::Error};
use crate::app::App;

/// How many streams a session may have: browsers hold a handful to one server, and one that has just been left
/// counts until its next heartbeat.
pub const OF_A_SESSION: usize = 12;

/// How many streams there may be in all.
const IN_ALL: usize = 256;

/// The streams of this server.
#[derive(Default)]
pub struct Live {
    // Whose they are; gone with the stream. Held for a moment, by streams that begin and by the look at all.
    streams: Mutex<Vec<(Uuid, Weak<Notify>)>>,
}

/// The place of a stream among the others; free again when it is dropped.
#[derive(Debug)]
pub struct Seat(Arc<Notify>);

impl Seat {
    /// Waits until the session is over.
    pub async fn ended(&self) {
        self.0.notified().await;
    }
}

impl Live {
    /// A place for a session's stream.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when it has too many, or all together.
    pub fn sit(&self, session: Uuid) -> Result<Seat, Error> {
        let mut streams = self.streams();
        let own = streams.iter().filter(|(of, _)| *of == session).count();
        if own >= OF_A_SESSION || streams.len() >= IN_ALL {
            return Err(Error::Overloaded);
        }
        let seat = Arc::new(Notify::new());
        streams.push((session, Arc::downgrade(&seat)));
        Ok(Seat(seat))
    }

    /// Those that go on.
    fn streams(&self) -> MutexGuard<'_, Vec<(Uuid, Weak<Notify>)>> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|(_, seat)| seat.strong_count() > 0);
        streams
    }

    fn sessions(&self) -> Vec<Uuid> {
        let mut sessions: Vec<Uuid> = self.streams().iter().map(|(of, _)| *of).collect();
        sessions.sort_unstable();
        sessions.dedup();
        sessions
    }

    fn end(&self, session: Uuid) {
        let streams = self.streams();
        let of = streams.iter().filter(|(of, _)| *of == session);
        for seat in of.filter_map(|(_, seat)| seat.upgrade()) {
            seat.notify_one();
        }
    }
}

/// Ends the streams of sessions that are over, or whose user is disabled, gone or without a role. One statement for
/// all of them, and none when nobody looks.
///
/// # Errors
/// Those of the database; then they go on until the next look.
pub async fn end_those_over(app: &App) -> Result<(), Error> {
    let sessions = app.live.sessions();
    if sessions.is_empty() {
        return Ok(());
    }
    let good = admin_session::still_good(app, &sessions).await?;
    for session in sessions.iter().filter(|session| !good.contains(session)) {
        app.live.end(*session);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_free_again_when_a_stream_is_gone() {
        let (live, session) = (Live::default(), Uuid::from_u128(0));
        let mut seats: Vec<Seat> = (0..OF_A_SESSION)
            .map(|_| live.sit(session).unwrap())
            .collect();
        assert!(matches!(live.sit(session), Err(Error::Overloaded)));
        seats.pop();
        seats.push(live.sit(session).unwrap());
        let others = (OF_A_SESSION..IN_ALL).map(|n| Uuid::from_u128(n as u128));
        seats.extend(others.map(|other| live.sit(other).unwrap()));
        assert!(matches!(live.sit(Uuid::max()), Err(Error::Overloaded)));
        drop(seats);
        assert!(live.sessions().is_empty());
    }
}
