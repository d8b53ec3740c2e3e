//! How a command gets at the database: the one of `DATABASE_URL`, the private one of a
//! running server, or the private one started for as long as the command runs.

use sqlx::{PgPool, postgres::PgConnectOptions};

use super::{Failure, output};
use crate::{
    app::App,
    clock::Clock,
    config::{self, Config},
    crypto::secret::Secret,
    db,
    domain::{Actor, ActorKind, Caller},
    private_postgres::{PrivatePostgres, resolve_data_dir},
};

/// A database, with the configuration that led to it.
pub(super) struct Database {
    pub(super) config: Config,
    pub(super) pool: PgPool,
    url: Secret<String>,
    private: Option<PrivatePostgres>,
}

impl Database {
    /// Starts a private cluster and stays its owner, or connects to `DATABASE_URL`.
    pub(super) async fn own() -> Result<Self, Failure> {
        Self::open(true).await
    }

    /// Joins a private cluster that runs, starts one that does not, or connects to `DATABASE_URL`.
    pub(super) async fn join() -> Result<Self, Failure> {
        Self::open(false).await
    }

    async fn open(own: bool) -> Result<Self, Failure> {
        let mut config = Config::load(&config::figment())?;
        for warning in &config.warnings {
            output::notice(warning);
        }
        let private = if config.database_url.is_some() {
            None
        } else {
            let (data_dir, moved) = resolve_data_dir(&config.data_dir);
            config.data_dir = data_dir;
            if let Some(moved) = moved {
                output::notice(&moved);
            }
            Some(if own {
                PrivatePostgres::start(&config.data_dir).await?
            } else {
                PrivatePostgres::join_or_start(&config.data_dir).await?
            })
        };
        let (url, options) = match (&private, &config.database_url) {
            (Some(private), _) => (Secret::new(private.url()), private.connect_options()),
            (None, Some(url)) => (url.clone(), parse(url)?),
            (None, None) => return Err(Failure::Other("there is no database".to_owned())),
        };
        match db::connect(options, config.database_connections).await {
            Ok(pool) => Ok(Self {
                config,
                pool,
                url,
                private,
            }),
            Err(error) => {
                if let Some(private) = private {
                    private.stop().await?;
                }
                Err(error.into())
            }
        }
    }

    /// The address, with its password.
    pub(super) fn url(&self) -> &str {
        self.url.expose()
    }

    /// Opens Doorward on it. A database that lacks migrations is refused.
    pub(super) async fn app(&self) -> Result<App, Failure> {
        if db::migrate::info(&self.pool)
            .await?
            .iter()
            .any(|step| !step.applied)
        {
            let way_out = "the database is not up to date: run `doorward migrate run`";
            return Err(Failure::Other(way_out.to_owned()));
        }
        Ok(App::open(self.config.clone(), self.pool.clone(), Clock::system()).await?)
    }

    /// Closes the connections, and the cluster if it is ours.
    pub(super) async fn close(self) -> Result<(), Failure> {
        self.pool.close().await;
        match self.private {
            Some(private) => Ok(private.stop().await?),
            None => Ok(()),
        }
    }
}

/// Runs `work` on a migrated database, and closes it whatever came of that.
pub(super) async fn with_app(
    work: impl AsyncFnOnce(&App, &Actor) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let database = Database::join().await?;
    let done = match prepare(&database).await {
        Ok(app) => {
            let actor = operator(&app.clock);
            work(&app, &actor).await
        }
        Err(failure) => Err(failure),
    };
    database.close().await?;
    done
}

/// A first command on an empty database finds it as the server would leave it.
async fn prepare(database: &Database) -> Result<App, Failure> {
    if db::migrate::info(&database.pool)
        .await?
        .iter()
        .all(|step| !step.applied)
    {
        db::migrate::run(&database.pool).await?;
    }
    database.app().await
}

/// Whoever may run commands here.
fn operator(clock: &Clock) -> Actor {
    let caller = Caller {
        address: None,
        user_agent: "doorward command line".to_owned(),
        request_id: clock.id(),
    };
    Actor {
        kind: ActorKind::Operator,
        user: None,
        caller,
    }
}

fn parse(url: &Secret<String>) -> Result<PgConnectOptions, Failure> {
    // The parser's own message could quote the address, and with it the password.
    url.expose().parse().map_err(|_| {
        let form = "write postgres://USER:PASSWORD@HOST/DATABASE";
        Failure::Other(format!("DATABASE_URL is no address of a Postgres: {form}"))
    })
}
