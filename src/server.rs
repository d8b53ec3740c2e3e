//! Puts the doors that speak HTTP together, and what runs beside them.

use std::{pin::pin, sync::Arc, time::Duration};

use rocket::{
    Build, Data, Request, Rocket, Route, Shutdown,
    config::{self, Sig},
    fairing::AdHoc,
    figment::Figment,
    futures::future::poll_immediate,
    http::Status,
    route::{Handler, Outcome},
    shield::Shield,
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, interval_at, timeout};

use crate::{
    admin,
    api::{self, error::Wire},
    app::App,
    domain::{
        Actor, ActorKind, Caller, admin_session::Refused, audit_chain, audit_months, bulk, feed,
        keys, live, purge, rollups, status_lists,
    },
    guard::{attempt, params},
    headers::Headers,
};

/// How long a request may take in all.
const DEADLINE: Duration = Duration::from_secs(5);
const ANCHOR_EVERY: Duration = Duration::from_mins(1);
const FOLLOW_AGAIN_AFTER: Duration = Duration::from_millis(250);
const ROTATE_WHEN_DUE_EVERY: Duration = Duration::from_mins(1);
/// An event waits so long for its seal, at the most, while all is well.
const SEAL_EVERY: Duration = Duration::from_secs(1);
const MAKE_MONTHS_EVERY: Duration = Duration::from_hours(1);
/// Acts on many that a request, or a server that is no more, has left.
const CARRY_ON_EVERY: Duration = Duration::from_secs(1);
/// A page whose session has ended hears nothing more after this.
const END_STREAMS_EVERY: Duration = Duration::from_secs(2);
/// So many sign-ins would have to come in it that the lists get full.
const GROW_STATUS_LISTS_EVERY: Duration = Duration::from_mins(1);
const LOOK_FOR_IDLE_EVERY: Duration = Duration::from_mins(10);
const PURGE_EVERY: Duration = Duration::from_hours(1);
/// What a crash can lose of the counts.
const WRITE_COUNTS_EVERY: Duration = Duration::from_secs(5);
/// Just after a start everybody comes back: no moment to clean up.
const PURGE_FIRST_AFTER: Duration = Duration::from_mins(1);

/// A server for `app`, ready to be launched. Ctrl-C and SIGTERM end it after the requests under way.
pub fn build(app: &Arc<App>, figment: Figment) -> Rocket<Build> {
    let shutdown = config::Shutdown {
        ctrlc: true,
        signals: [Sig::Term].into(),
        grace: 5,
        mercy: 2,
        ..config::Shutdown::default()
    };
    rocket::custom(figment.merge(("shutdown", shutdown)))
        .manage(Arc::clone(app))
        // Rocket's own would put on JSON what only pages need.
        .attach(Shield::new())
        .attach(Headers)
        .attach(months(app))
        .attach(background(app))
        .mount("/", bounded(api::routes()))
        .mount("/", bounded(admin::routes()))
        .register("/", api::catchers())
        .register("/admin", admin::catchers())
}

/// Lets no handler see a parameter that is there twice, and gives each a deadline: a database that takes a statement and never answers must
/// not hold a request for ever. What was committed by then stands, and a refresh that is
/// tried again gets the same successor.
fn bounded(mut routes: Vec<Route>) -> Vec<Route> {
    for route in &mut routes {
        route.handler = Box::new(Bounded(route.handler.clone()));
    }
    routes
}

#[derive(Clone)]
struct Bounded(Box<dyn Handler>);

#[rocket::async_trait]
impl Handler for Bounded {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let mut answer = pin!(async {
            if params::is_ambiguous(request) {
                refuse_ambiguous(request).await
            } else {
                self.0.handle(request, data).await
            }
        });
        // What answers at once, as a bearer check does, needs no timer.
        if let Some(outcome) = poll_immediate(answer.as_mut()).await {
            return outcome;
        }
        match timeout(DEADLINE, answer).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Error(Status::ServiceUnavailable),
        }
    }
}

/// No guard sees it, so that what the guards keep of a form of the panel that is refused is kept here.
async fn refuse_ambiguous<'r>(request: &Request<'_>) -> Outcome<'r> {
    let mut wire = Wire::invalid_request("A parameter is there twice.");
    if request.uri().path().starts_with("/admin")
        && let Err(error) = attempt::keep(request, Refused::Unreadable).await
    {
        wire = error;
    }
    Outcome::Error(wire.leave(request))
}

/// Has the audit log's months there before anybody comes; an event without its month would have to be moved.
fn months(app: &Arc<App>) -> AdHoc {
    let app = Arc::clone(app);
    AdHoc::on_ignite("Months of the audit log", move |rocket| {
        Box::pin(async move {
            make_months(&app).await;
            rocket
        })
    })
}

async fn make_months(app: &App) {
    if let Err(error) = audit_months::make_ahead(app).await {
        tracing::warn!(%error, "the making of the audit log's months was put off");
    }
}

/// Keeps the clock by the database's, makes months, carries on acts on many, writes the counts and purges, for as long as the server runs.
fn background(app: &Arc<App>) -> AdHoc {
    let app = Arc::clone(app);
    AdHoc::on_liftoff("Background tasks", move |rocket| {
        Box::pin(async move {
            let shutdown = rocket.shutdown();
            tokio::spawn(repeat(
                shutdown.clone(),
                interval(ANCHOR_EVERY),
                Arc::clone(&app),
                async |app: &App| {
                    if let Err(error) = app.anchor_clock().await {
                        tracing::warn!(%error, "the clock goes on without the database");
                    }
                },
            ));
            tokio::spawn(repeat(
                shutdown.clone(),
                interval(ROTATE_WHEN_DUE_EVERY),
                Arc::clone(&app),
                async |app: &App| {
                    if let Err(error) = keys::rotate_when_due(app).await {
                        tracing::warn!(%error, "the rotation of the signing keys was put off");
                    }
                },
            ));
            tokio::spawn(repeat(
                shutdown.clone(),
                interval(FOLLOW_AGAIN_AFTER),
                Arc::clone(&app),
                async |app: &App| {
                    if let Err(error) = app.follow().await {
                        tracing::warn!(%error, "what other servers do is not heard for now");
                    }
                },
            ));
            tokio::spawn(repeat(
                shutdown.clone(),
                interval(SEAL_EVERY),
                Arc::clone(&app),
                async |app: &App| {
                    if let Err(error) = audit_chain::seal(app).await {
                        tracing::warn!(%error, "events of the audit log wait for their seal");
                    }
                },
            ));
            tokio::spawn(repeat(
                shutdown.clone(),
                interval_at(Instant::now() + MAKE_MONTHS_EVERY, MAKE_MONTHS_EVERY),
                Arc::clone(&app),
                make_months,
            ));
            many_at_once(&shutdown, &app);
            room_in_lists(&shutdown, &app);
            streams(&shutdown, &app);
            tokio::spawn(tell(shutdown.clone(), Arc::clone(&app)));
            tokio::spawn(write_counts(shutdown.clone(), Arc::clone(&app)));
            let purges = interval_at(Instant::now() + PURGE_FIRST_AFTER, PURGE_EVERY);
            tokio::spawn(repeat(shutdown, purges, app, async |app: &App| {
                let caller = Caller {
                    address: None,
                    user_agent: "doorward".to_owned(),
                    request_id: app.clock.id(),
                };
                let actor = Actor {
                    kind: ActorKind::System,
                    user: None,
                    caller,
                };
                if let Err(error) = purge::purge(app, &actor).await {
                    tracing::warn!(%error, "purging was put off");
                }
            }));
        })
    })
}

/// Carries on acts on many, and begins that of the night.
fn many_at_once(shutdown: &Shutdown, app: &Arc<App>) {
    tokio::spawn(repeat(
        shutdown.clone(),
        interval(CARRY_ON_EVERY),
        Arc::clone(app),
        async |app: &App| {
            if let Err(error) = bulk::carry_all_on(app).await {
                tracing::warn!(%error, "acts on many are carried on later");
            }
        },
    ));
    tokio::spawn(repeat(
        shutdown.clone(),
        interval_at(Instant::now() + PURGE_FIRST_AFTER, LOOK_FOR_IDLE_EVERY),
        Arc::clone(app),
        async |app: &App| {
            if let Err(error) = bulk::disable_idle(app).await {
                tracing::warn!(%error, "devices that nobody uses are disabled later");
            }
        },
    ));
}

/// Sees to it that half of the places in the status lists are free.
fn room_in_lists(shutdown: &Shutdown, app: &Arc<App>) {
    tokio::spawn(repeat(
        shutdown.clone(),
        interval(GROW_STATUS_LISTS_EVERY),
        Arc::clone(app),
        async |app: &App| {
            if let Err(error) = status_lists::grow(app).await {
                tracing::warn!(%error, "the status lists grow later");
            }
        },
    ));
}

/// Ends the streams of the panel whose sessions are over.
fn streams(shutdown: &Shutdown, app: &Arc<App>) {
    tokio::spawn(repeat(
        shutdown.clone(),
        interval(END_STREAMS_EVERY),
        Arc::clone(app),
        async |app: &App| {
            if let Err(error) = live::end_those_over(app).await {
                tracing::warn!(%error, "streams of sessions that are over go on for now");
            }
        },
    ));
}

/// Tells those who listen to the feed, as soon as there is something.
async fn tell(shutdown: Shutdown, app: Arc<App>) {
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = app.feed.woken() => {}
            () = &mut shutdown => return,
        }
        if let Err(error) = feed::tell(&app).await {
            tracing::warn!(%error, "those who listen to the feed are told later");
        }
    }
}

/// Until the server stops; what is counted then is written after the last request. A writing that is under
/// way is not cut short: the last one waits for it, and would else write the same again.
async fn write_counts(shutdown: Shutdown, app: Arc<App>) {
    let mut ticks = interval(WRITE_COUNTS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = &mut shutdown => return,
        }
        if let Err(error) = rollups::write(&app).await {
            tracing::warn!(%error, "the counts are written later");
        }
    }
}

async fn repeat(shutdown: Shutdown, mut ticks: Interval, app: Arc<App>, task: impl AsyncFn(&App)) {
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = &mut shutdown => return,
        }
        // A purge that is cut short rolls back.
        tokio::select! {
            () = task(&app) => {}
            () = &mut shutdown => return,
        }
    }
}
