//! A request byte by byte, where an HTTP client would put it right.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::Server;

const DEADLINE: Duration = Duration::from_secs(30);

/// Sends `request` as it stands; the answer's head in lower case, and its body.
pub async fn exchange(server: &Server, request: &[u8]) -> (String, String) {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that has read enough may answer and close before everything is sent; and what
    // was received before a connection breaks off counts as well.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server neither answers nor closes");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.to_lowercase(), body.to_owned())
}
