//! A way to a Doorward, known before the Doorward is: it can be its issuer. It counts what is
//! asked, and can lose an answer, break one off or give one of its own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use chrono::Utc;
use doorward::{clock::Clock, config::Config};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    select,
    sync::Notify,
    task::JoinHandle,
};

use super::{Server, database::Database, spawn_on};

/// What a front knows.
#[derive(Default)]
struct State {
    /// Where the Doorward is.
    address: Option<String>,
    /// How often each request line, such as `POST /token`, has come.
    asked: HashMap<String, usize>,
    /// How often a good answer to it has begun to arrive.
    answered: HashMap<String, usize>,
    /// Ends what is under way.
    cut: Arc<Notify>,
    /// Of which request the next answer is lost.
    loses: Option<String>,
    /// A request that is answered here, and the body of the answer.
    says: Option<(String, String)>,
}

/// The way to a Doorward.
pub struct Front {
    pub url: String,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Front {
    /// A way that leads nowhere yet.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let known = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, Arc::clone(&known)));
            }
        });
        Self {
            url,
            state,
            accepting,
        }
    }

    /// From now on it leads to this server.
    pub fn lead_to(&self, server: &Server) {
        let address = server.url.strip_prefix("http://").unwrap().to_owned();
        self.state.lock().unwrap().address = Some(address);
    }

    /// Nobody is there any more, and what is being answered breaks off.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.address = None;
        state.cut.notify_waiters();
    }

    /// The next answer to `asked`, such as `POST /token`, is given and never arrives.
    pub fn lose(&self, asked: &str) {
        self.state.lock().unwrap().loses = Some(asked.to_owned());
    }

    /// From now on `asked` is answered with this body, or by the Doorward again.
    pub fn say(&self, asked: &str, body: Option<&str>) {
        let says = body.map(|body| (asked.to_owned(), body.to_owned()));
        self.state.lock().unwrap().says = says;
    }

    /// Whether there is nothing to be lost any more.
    pub fn has_lost(&self) -> bool {
        self.state.lock().unwrap().loses.is_none()
    }

    /// How often that was asked.
    pub fn asked(&self, what: &str) -> usize {
        let state = self.state.lock().unwrap();
        state.asked.get(what).copied().unwrap_or_default()
    }

    /// How often the Doorward has begun to answer that, and well.
    pub fn answered(&self, what: &str) -> usize {
        let state = self.state.lock().unwrap();
        state.answered.get(what).copied().unwrap_or_default()
    }
}

/// A Doorward whose issuer leads to it, at the time that other programs have.
pub async fn behind(front: &Front, configure: impl FnOnce(&mut Config)) -> Server {
    let clock = Clock::manual(Utc::now());
    let server = spawn_on(Database::create().await, clock, |config| {
        config.issuer.clone_from(&front.url);
        configure(config);
    })
    .await;
    front.lead_to(&server);
    server
}

/// One request, one answer, and the connection ends.
async fn pass(mut client: TcpStream, state: Arc<Mutex<State>>) {
    let Some((line, request)) = read(&mut client).await else {
        return;
    };
    let (address, lost, said, cut) = {
        let mut state = state.lock().unwrap();
        *state.asked.entry(line.clone()).or_default() += 1;
        let Some(address) = state.address.clone() else {
            return;
        };
        let lost = state.loses.take_if(|asked| *asked == line).is_some();
        let said = state.says.clone().filter(|(asked, _)| *asked == line);
        (address, lost, said, Arc::clone(&state.cut))
    };
    if let Some((_, body)) = said {
        let length = body.len();
        let typ = if body.starts_with("retry:") {
            "Content-Type: text/event-stream\r\n"
        } else {
            ""
        };
        let answer = format!(
            "HTTP/1.1 200 OK\r\n{typ}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        client.write_all(answer.as_bytes()).await.ok();
        return;
    }
    let cut = cut.notified();
    let mut server = TcpStream::connect(address).await.unwrap();
    server.write_all(&request).await.unwrap();
    if lost {
        server.read_to_end(&mut Vec::new()).await.ok();
        return;
    }
    let answer = async {
        let mut begin = [0; 4096];
        let length = server.read(&mut begin).await?;
        if begin.starts_with(b"HTTP/1.1 200") {
            *state.lock().unwrap().answered.entry(line).or_default() += 1;
        }
        client.write_all(&begin[..length]).await?;
        copy(&mut server, &mut client).await
    };
    // A client that has gone away is its own business.
    select! {
        _ = answer => {}
        () = cut => {}
    }
}

/// A request's method and path, and its bytes, which ask the server to close the connection.
async fn read(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    let (head, mut body) = loop {
        let length = client.read(&mut buffer).await.ok().filter(|&it| it > 0)?;
        bytes.extend(&buffer[..length]);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let body = bytes.split_off(end + 4);
            break (String::from_utf8(bytes).unwrap(), body);
        }
    };
    let mut length = 0;
    let mut request = String::new();
    for line in head.trim_end().split("\r\n") {
        let name = line.split(':').next().unwrap().to_ascii_lowercase();
        if name == "content-length" {
            length = line.split(':').nth(1).unwrap().trim().parse().unwrap();
        }
        if name != "connection" {
            request.push_str(line);
            request.push_str("\r\n");
        }
    }
    request.push_str("Connection: close\r\n\r\n");
    while body.len() < length {
        let length = client.read(&mut buffer).await.ok().filter(|&it| it > 0)?;
        body.extend(&buffer[..length]);
    }
    let line = head.split(" HTTP/").next().unwrap();
    let line = line.split('?').next().unwrap().to_owned();
    Some((line, [request.into_bytes(), body].concat()))
}
