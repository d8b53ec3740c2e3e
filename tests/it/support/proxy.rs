//! A Postgres that can be taken away: a socket that passes everything on to the real one,
//! until it is cut or frozen.

use std::{path::PathBuf, sync::Arc};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixListener, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// How the way to Postgres is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    /// Connections break, new ones are refused.
    Cut,
    /// Connections stay and nothing comes through.
    Frozen,
}

/// The way to a Postgres.
pub struct Proxy {
    directory: tempfile::TempDir,
    way: Arc<watch::Sender<Way>>,
    accepting: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    /// A way to the Postgres that `real` leads to.
    pub fn to(real: &PgConnectOptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join(".s.PGSQL.5432")).unwrap();
        let way = Arc::new(watch::Sender::new(Way::Open));
        let (real, ways) = (real.clone(), Arc::clone(&way));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *ways.borrow() != Way::Cut {
                    tokio::spawn(pass(client, real.clone(), ways.subscribe()));
                }
            }
        });
        Self {
            directory,
            way,
            accepting,
        }
    }

    /// How to connect through it.
    pub fn options(&self, real: &PgConnectOptions) -> PgConnectOptions {
        real.clone().socket(self.directory.path()).port(5432)
    }

    pub fn cut(&self) {
        self.way.send_replace(Way::Cut);
    }

    pub fn freeze(&self) {
        self.way.send_replace(Way::Frozen);
    }

    pub fn heal(&self) {
        self.way.send_replace(Way::Open);
    }
}

async fn pass(client: UnixStream, real: PgConnectOptions, way: watch::Receiver<Way>) {
    let (from_client, to_client) = client.into_split();
    if let Some(directory) = real.get_socket() {
        let socket: PathBuf = directory.join(format!(".s.PGSQL.{}", real.get_port()));
        let (from, to) = UnixStream::connect(socket).await.unwrap().into_split();
        both(
            copy(from_client, to, way.clone()),
            copy(from, to_client, way),
        )
        .await;
    } else {
        let address = (real.get_host(), real.get_port());
        let (from, to) = TcpStream::connect(address).await.unwrap().into_split();
        both(
            copy(from_client, to, way.clone()),
            copy(from, to_client, way),
        )
        .await;
    }
}

/// The end of either direction ends the connection.
async fn both(there: impl Future<Output = ()>, back: impl Future<Output = ()>) {
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut way: watch::Receiver<Way>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = tokio::select! {
            read = from.read(&mut buffer) => read.unwrap_or(0),
            _ = way.wait_for(|way| *way == Way::Cut) => return,
        };
        if length == 0 {
            return;
        }
        let Ok(now) = way
            .wait_for(|way| *way != Way::Frozen)
            .await
            .map(|way| *way)
        else {
            return;
        };
        if now == Way::Cut || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
