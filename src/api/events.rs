//! `GET /events`: the live feed of security event tokens, for gateways that want to be told (RFC 8417).

use std::{collections::VecDeque, sync::Arc, time::Instant};

use rocket::{
    Shutdown, State,
    futures::stream::{self, Stream, StreamExt},
    get,
    request::{FromRequest, Outcome, Request},
    response::stream::Event,
    tokio::{select, time::sleep_until},
};

use super::error::Wire;
use crate::{
    app::App,
    crypto::verified::VerifiedToken,
    domain::{
        feed::{self, Refusal, Seat, Told},
        standing,
    },
    guard::role::FeedListener,
    streams::Unkept,
};

/// After which event somebody goes on listening; from now on where it is left out.
pub struct LastEventId(Option<i64>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LastEventId {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match request.headers().get_one("Last-Event-ID") {
            None | Some("") => Outcome::Success(Self(None)),
            Some(id) => match id.parse() {
                Ok(number) if number >= 0 => Outcome::Success(Self(Some(number))),
                _ => Wire::from(Refusal::Unknown).fail(request),
            },
        }
    }
}

impl From<Refusal> for Wire {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unknown => {
                Self::invalid_request("Last-Event-ID: this is the id of no event of this feed.")
            }
            Refusal::Gone => Self::gone(
                "missed_events",
                "Some of what came after that event is not kept any more. Listen anew without Last-Event-ID; what was cut off meanwhile is in the status lists.",
            ),
        }
    }
}

/// One who listens.
struct Listening {
    app: Arc<App>,
    claims: Arc<VerifiedToken>,
    seat: Seat,
    told: VecDeque<Arc<Told>>,
    // By this machine's own time: when the access token ends.
    ends_at: Instant,
    shutdown: Shutdown,
}

impl Listening {
    /// Whether the access token is still good.
    fn may_listen(&self) -> bool {
        let now = self.app.clock.now();
        now < self.claims.expires_at() && standing::heard_of(&self.app, &self.claims, now).is_none()
    }

    /// The next event; none when the access token is not good any more, the server stops or the database is away.
    async fn next(mut self) -> Option<(Event, Self)> {
        loop {
            if let Some(told) = self.told.pop_front() {
                let Some(text) = &told.text else { continue };
                if !self.may_listen() {
                    return None;
                }
                let event = Event::data(text.clone()).id(told.number.to_string());
                return Some((event, self));
            }
            select! {
                told = self.seat.next(&self.app) => self.told = told.ok()?.into(),
                () = sleep_until(self.ends_at.into()) => return None,
                () = &mut self.shutdown => return None,
            }
        }
    }
}

/// What was cut off and what is good again, as it happens: security event tokens, as server-sent events.
///
/// Each `data` is a JWT of the type `secevent+jwt` (RFC 8417), signed with a key of the JWKS; its `events` has one
/// member, of CAEP or RISC. The stream ends with the access token. Come again with a new one and with the `id` that
/// came last in `Last-Event-ID`: nothing is missed within a day. What was cut off before somebody listens is in the
/// status lists.
#[utoipa::path(
    params(("Last-Event-ID" = Option<String>, Header)),
    responses(
        (status = 200, description = "The events, until the access token ends.", content_type = "text/event-stream", body = String,
            headers(("Cache-Control" = String, description = "`no-store`."))),
        (status = 403, description = "`role_required`; `scope_required`: a client needs the scope `events`."),
        (status = 404, description = "`no_such_path`: with HS256 there is no feed."),
        (status = 410, description = "`missed_events`: not all is kept that came after that event. Listen anew."),
    ),
    security(("bearer" = ["admin", "support", "auditor"])),
)]
#[get("/events")]
pub async fn listen(
    app: &State<Arc<App>>,
    by: FeedListener,
    last: LastEventId,
    shutdown: Shutdown,
) -> Result<Unkept<impl Stream<Item = Event> + Send + use<>>, Wire> {
    if !feed::is_there(&app.config) {
        return Err(Wire::no_such_path());
    }
    let seat = feed::listen(app, last.0).await??;
    let FeedListener(claims) = by;
    let left = (claims.expires_at() - app.clock.now()).to_std();
    // A listener who has heard nothing yet can go on from here as well.
    let begins = stream::iter([Event::empty().id(seat.after.to_string())]);
    let listening = Listening {
        app: Arc::clone(app),
        claims,
        seat,
        told: VecDeque::new(),
        ends_at: Instant::now() + left.unwrap_or_default(),
        shutdown,
    };
    Ok(Unkept::new(
        begins.chain(stream::unfold(listening, Listening::next)),
    ))
}
