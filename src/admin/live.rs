//! `/admin/live`: tells open pages of which kinds things have changed, so that they look again. It holds no connection
//! to the database, and tells no names: what changed is on the pages, for whoever may see them.

use std::{sync::Arc, time::Duration};

use rocket::{
    Shutdown, State,
    futures::stream::{self, Stream},
    get,
    response::stream::Event,
    tokio::select,
};
use tokio::time::{Interval, interval};

use super::fault::Fault;
use crate::{
    app::App,
    db::news::{self, Listener},
    domain::live::Seat,
    guard::session::Reader,
    streams::Unkept,
};

/// However much happens, a page is told once in this time.
const AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// What a stream lives by.
struct Telling {
    seat: Seat,
    news: Listener,
    pace: Interval,
    shutdown: Shutdown,
}

impl Telling {
    /// The next message; none when the session is over or the server stops.
    async fn next(mut self) -> Option<(Event, Self)> {
        let Self {
            seat,
            news,
            pace,
            shutdown,
        } = &mut self;
        let topics = async {
            pace.tick().await;
            news.next().await
        };
        let topics = select! {
            topics = topics => topics?,
            () = seat.ended() => return None,
            () = shutdown => return None,
        };
        pace.reset();
        Some((Event::data(news::told(&topics)), self))
    }
}

/// The kinds of things that have changed, as they do. Whoever has a role may see all of these kinds.
#[get("/admin/live")]
pub fn listen(
    app: &State<Arc<App>>,
    by: Reader,
    shutdown: Shutdown,
) -> Result<Unkept<impl Stream<Item = Event> + Send + use<>>, Fault> {
    let telling = Telling {
        seat: app.live.sit(by.0.session)?,
        news: app.news.listen(),
        pace: interval(AT_MOST_EVERY),
        shutdown,
    };
    Ok(Unkept::new(stream::unfold(telling, Telling::next)))
}
