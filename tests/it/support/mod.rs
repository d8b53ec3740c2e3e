//! The stage: a real server on a real port, with its own database and a clock that is
//! moved by hand, and the actors on it.

pub mod browser;
pub mod child;
pub mod chromium;
pub mod client;
pub mod database;
pub mod forge;
pub mod front;
pub mod key;
pub mod phone;
pub mod proxy;
pub mod reply;
pub mod wait;
pub mod wire;

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use doorward::{
    app::App,
    clock::Clock,
    config::{self, Config},
    crypto::secret::Secret,
    domain::{
        Actor, ActorKind, Caller,
        users::{self, NewUser},
    },
    ids::UserId,
    server,
};
use rocket::fairing::AdHoc;
use serde_json::Value;
use sqlx::{PgPool, postgres::PgConnectOptions};
use tokio::{
    runtime::{self, Runtime},
    sync::oneshot,
};

use database::Database;
use phone::Phone;
use reply::Reply;

/// A password that all rules allow.
pub const PASSWORD: &str = "meadow pilot canyon 47";

/// A running Doorward.
pub struct Server {
    pub app: Arc<App>,
    pub clock: Clock,
    pub url: String,
    /// Method and path of every route that is mounted, such as `GET /users/<id>`.
    pub routes: Vec<String>,
    /// A second way to the rows, past the server.
    pub rows: PgPool,
    client: reqwest::Client,
    shutdown: rocket::Shutdown,
    runtime: Option<Runtime>,
    // Last: dropped when nothing uses it any more.
    pub database: Database,
}

/// A server with the default configuration.
pub async fn spawn() -> Server {
    spawn_with(|_| {}).await
}

/// A server with another configuration. The address that a test wants to come from goes
/// into `X-Forwarded-For`: the loopback is a trusted proxy here.
pub async fn spawn_with(configure: impl FnOnce(&mut Config)) -> Server {
    spawn_on(Database::create().await, clock(), configure).await
}

/// A clock that stands still until a test moves it.
pub fn clock() -> Clock {
    Clock::manual(DateTime::from_timestamp(1_900_000_000, 0).unwrap())
}

/// A server on a database that is there already: a second replica, or the same one restarted.
pub async fn spawn_on(
    database: Database,
    clock: Clock,
    configure: impl FnOnce(&mut Config),
) -> Server {
    let options = database.options();
    spawn_through(database, options, clock, configure).await
}

/// A server that reaches its database by a way of the test's own.
pub async fn spawn_through(
    database: Database,
    options: PgConnectOptions,
    clock: Clock,
    configure: impl FnOnce(&mut Config),
) -> Server {
    let figment = config::figment().merge(("port", 0)).merge(("workers", 2));
    let mut config = Config::load(&figment).unwrap();
    "http://doorward.test".clone_into(&mut config.issuer);
    config.secret_key = Some(Secret::new([7; 32]));
    // Tests move the clock by years; keys are rotated where that is meant.
    config.signing_key_rotation = Duration::ZERO;
    config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    configure(&mut config);

    // A runtime of its own: the server goes on while a test waits for another process.
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let at = clock.clone();
    let starting = runtime.spawn(async move {
        let pool = doorward::db::connect(options, config.database_connections)
            .await
            .unwrap();
        let app = Arc::new(App::open(config, pool, at).await.unwrap());
        let (tell_port, port) = oneshot::channel();
        let rocket = server::build(&app, figment)
            .attach(AdHoc::on_liftoff("Port", |rocket| {
                Box::pin(async move { tell_port.send(rocket.config().port).unwrap() })
            }))
            .ignite()
            .await
            .unwrap();
        let routes = rocket.routes();
        let routes = routes.map(|route| format!("{} {}", route.method, route.uri.path()));
        let routes: Vec<String> = routes.collect();
        let shutdown = rocket.shutdown();
        tokio::spawn(rocket.launch());
        (app, routes, shutdown, port.await.unwrap())
    });
    let (app, routes, shutdown, port) = starting.await.unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let rows = PgPool::connect_with(database.options()).await.unwrap();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    Server {
        app,
        clock,
        url,
        routes,
        rows,
        client,
        shutdown,
        runtime: Some(runtime),
        database,
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A user that a test has made.
pub struct User<'a> {
    pub server: &'a Server,
    pub id: UserId,
    pub name: String,
}

impl Server {
    /// A request to be filled and sent; see [`Reply::of`].
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request("GET", path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.request("POST", path).json(body)).await
    }

    /// A user with [`PASSWORD`] and no role.
    pub async fn user(&self, name: &str) -> User<'_> {
        self.user_with_roles(name, &[]).await
    }

    pub async fn user_with_roles(&self, name: &str, roles: &[&str]) -> User<'_> {
        let roles: Vec<String> = roles.iter().map(|&role| role.to_owned()).collect();
        let password = Secret::new(PASSWORD.to_owned());
        let new = NewUser {
            username: name,
            password: Some(&password),
            email: None,
            roles: &roles,
        };
        let (id, _) = users::create(&self.app, &self.operator(), &new)
            .await
            .unwrap();
        User {
            server: self,
            id,
            name: name.to_owned(),
        }
    }

    /// An administrator, signed in.
    pub async fn administrator(&self) -> Phone<'_> {
        self.user_with_roles("root-of-trust", &["admin"])
            .await
            .sign_in("desk")
            .await
    }

    /// Whoever sits at the command line.
    pub fn operator(&self) -> Actor {
        let caller = Caller {
            address: None,
            user_agent: "tests".to_owned(),
            request_id: self.clock.id(),
        };
        Actor {
            kind: ActorKind::Operator,
            user: None,
            caller,
        }
    }

    /// Begins to stop, as at a signal.
    pub fn stop(&self) {
        self.shutdown.clone().notify();
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// One value out of the database.
    pub async fn scalar<T>(&self, sql: &'static str) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        sqlx::query_scalar(sql).fetch_one(&self.rows).await.unwrap()
    }

    /// Changes rows past the server; how many.
    pub async fn execute(&self, sql: &'static str) -> u64 {
        let done = sqlx::query(sql).execute(&self.rows).await.unwrap();
        done.rows_affected()
    }

    /// All audit events, oldest first.
    pub async fn events(&self) -> Vec<Value> {
        sqlx::query_scalar("SELECT to_jsonb(e) FROM audit_events e ORDER BY id")
            .fetch_all(&self.rows)
            .await
            .unwrap()
    }

    /// The actions of all audit events, oldest first.
    pub async fn actions(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT action FROM audit_events ORDER BY id")
            .fetch_all(&self.rows)
            .await
            .unwrap()
    }
}

impl<'a> User<'a> {
    /// Signs in on a new device.
    pub async fn sign_in(&self, device: &str) -> Phone<'a> {
        let body = serde_json::json!({
            "username": self.name, "password": PASSWORD, "device": { "name": device, "kind": "phone" },
        });
        Phone::from_answer(
            self.server,
            self.id,
            &self.server.post("/login", &body).await.expect(200),
        )
    }
}
