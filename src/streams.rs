//! Server-sent events, as all of ours are sent.

use std::{
    future::{Ready, ready},
    time::Duration,
};

use rocket::{
    futures::stream::{self, Chain, Once, Stream, StreamExt},
    http::Header,
    response::stream::{Event, EventStream},
};

/// When somebody comes again after a stream that has ended.
const COME_AGAIN_AFTER: Duration = Duration::from_secs(3);

/// By a comment, so that no proxy takes a stream for dead, and that we learn which listeners have gone.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);

/// A stream of events that nobody keeps, and that no proxy holds back.
#[derive(rocket::Responder)]
pub struct Unkept<T> {
    stream: EventStream<Chain<Once<Ready<Event>>, T>>,
    cache: Header<'static>,
    buffering: Header<'static>,
}

impl<T: Stream<Item = Event>> Unkept<T> {
    /// Of these events, until they end.
    pub fn new(events: T) -> Self {
        let begins = stream::once(ready(Event::retry(COME_AGAIN_AFTER)));
        Self {
            stream: EventStream::from(begins.chain(events)).heartbeat(HEARTBEAT_EVERY),
            cache: Header::new("Cache-Control", "no-store"),
            buffering: Header::new("X-Accel-Buffering", "no"),
        }
    }
}
