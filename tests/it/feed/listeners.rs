//! Many who listen, some who are gone, and some who are slow.

use std::time::Duration;

use doorward::db::disabling::Subject;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::{Listener, gateway, refused};
use crate::support::{Server, spawn, wait};

/// Signs so many events into the feed, past the API.
async fn happen(server: &Server, times: usize) {
    let phone = server
        .user(&format!("u{}", server.clock.id().simple()))
        .await
        .sign_in("phone")
        .await;
    let device = Subject::Device(doorward::ids::DeviceId(phone.device_id.parse().unwrap()));
    for _ in 0..times {
        let disabling = doorward::domain::disable::Disabling::default();
        doorward::domain::disable::disable(&server.app, &server.operator(), device, &disabling)
            .await
            .unwrap();
    }
}

/// A connection that has asked for the feed, in no chunks, and reads nothing yet.
async fn connect(server: &Server, token: &str) -> TcpStream {
    let address = server.url.strip_prefix("http://").unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let request =
        format!("GET /events HTTP/1.0\r\nHost: doorward\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Waits until so many listen.
async fn listening(server: &Server, many: usize) {
    wait::until("all listen, or none", async || {
        (server.app.feed.listeners() == many).then_some(())
    })
    .await;
}

/// Reads until so many events have come; their numbers.
async fn read(stream: &mut TcpStream, many: usize) -> Vec<i64> {
    let (mut numbers, mut text, mut piece) = (Vec::new(), String::new(), [0; 16_384]);
    while numbers.len() <= many {
        let read = tokio::time::timeout(Duration::from_mins(1), stream.read(&mut piece)).await;
        let read = read.unwrap().unwrap();
        assert!(read > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&piece[..read]));
        // Whole lines.
        let rest = text.split_off(text.rfind('\n').map_or(0, |end| end + 1));
        let ids = text.lines().filter_map(|line| line.strip_prefix("id:"));
        numbers.extend(ids.map(|id| id.trim().parse::<i64>().unwrap()));
        text = rest;
    }
    numbers
}

#[tokio::test]
async fn a_thousand_hear_of_each_once_and_leave_nothing_behind() {
    let server = spawn().await;
    let gateway = gateway(&server).await;
    let token = gateway.own_token().await;
    let mut listeners = Vec::new();
    for _ in 0..1_000 {
        listeners.push(connect(&server, &token).await);
    }
    listening(&server, 1_000).await;
    let mut first = Listener::open(&server, &token, None).await;
    happen(&server, 1).await;
    first.hear(1).await;
    happen(&server, 9).await;
    for listener in &mut listeners {
        let numbers = read(listener, 10).await;
        let all: Vec<i64> = (numbers[0]..=numbers[0] + 10).collect();
        assert_eq!(numbers, all);
    }
    drop(listeners);
    drop(first);
    listening(&server, 0).await;
}

#[tokio::test]
async fn a_slow_reader_misses_nothing_and_holds_nobody_up() {
    let server = spawn().await;
    let gateway = gateway(&server).await;
    let token = gateway.own_token().await;
    let mut slow = connect(&server, &token).await;
    let mut quick = Listener::open(&server, &token, None).await;
    listening(&server, 2).await;
    // More than is kept in memory, and more than fits into the buffers of a connection.
    let many = 2_500;
    let (heard, ()) = tokio::join!(quick.hear(many), happen(&server, many));
    assert_eq!(heard.len(), many);
    let numbers = read(&mut slow, many).await;
    let all: Vec<i64> = (numbers[0]..).take(many + 1).collect();
    assert_eq!(numbers, all);
}

#[tokio::test]
async fn there_are_only_so_many_places() {
    let server = spawn().await;
    let gateway = gateway(&server).await;
    let token = gateway.own_token().await;
    let mut listeners = Vec::new();
    for _ in 0..doorward::domain::feed::SEATS {
        listeners.push(server.app.feed.take_place());
    }
    let answer = refused(&server, &token, None).await;
    answer.refused(503, "temporarily_unavailable", "");
    assert_eq!(answer.header("retry-after"), "1");
    listeners.pop();
    Listener::open(&server, &token, None).await;
    let desk = server.administrator().await;
    desk.post("/logout", &json!({})).await.expect(204);
}
