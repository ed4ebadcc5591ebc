//! axum and rusqlite, as an engineer would write it in an evening: `POST /invites_api` makes an invite of one row, which is on the
//! disk before the answer, as ours; `GET /healthz` is a constant route. One thread writes, and takes all that wait into one
//! transaction. It knows one key, no limits, no log.
//!
//! `rival DIRECTORY` listens on a free port of loopback, which it prints.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use rusqlite::{Connection, params};
use tokio::sync::{mpsc, oneshot};

/// As many share a transaction at most.
const BATCH: usize = 256;
const KEY: &str = "Bearer site/s3cret";
const WEEK: i64 = 7 * 24 * 60 * 60;

struct Invite {
    token: String,
    until: i64,
    written: oneshot::Sender<bool>,
}

fn open(directory: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(directory.join("rival.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE IF NOT EXISTS invites (
             id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, key TEXT NOT NULL, until INTEGER NOT NULL, used INTEGER);",
    )?;
    Ok(connection)
}

fn write(connection: &mut Connection, batch: &[Invite]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let mut insert = transaction.prepare_cached("INSERT INTO invites (token, key, until) VALUES (?1, 'site', ?2)")?;
    for invite in batch {
        insert.execute(params![invite.token, invite.until])?;
    }
    drop(insert);
    transaction.commit()
}

fn write_all(mut connection: Connection, mut asked: mpsc::Receiver<Invite>) {
    let mut batch = Vec::with_capacity(BATCH);
    while asked.blocking_recv_many(&mut batch, BATCH) > 0 {
        let is_written = write(&mut connection, &batch).is_ok();
        for invite in batch.drain(..) {
            let _ = invite.written.send(is_written);
        }
    }
}

async fn create(State(writer): State<mpsc::Sender<Invite>>, headers: HeaderMap) -> impl IntoResponse {
    if headers.get(header::AUTHORIZATION).is_none_or(|key| key != KEY) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("randomness");
    let token = format!("{:032x}", u128::from_ne_bytes(random));
    let location = format!("https://invite.example.com/invite/{token}");
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    let now = i64::try_from(since.as_secs()).expect("a clock of this age");
    let (written, is_written) = oneshot::channel();
    let invite = Invite { token, until: now + WEEK, written };
    if writer.send(invite).await.is_err() || is_written.await != Ok(true) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    (StatusCode::CREATED, [(header::LOCATION, location)]).into_response()
}

#[tokio::main]
async fn main() {
    let directory = std::env::args_os().nth(1).expect("a directory");
    let connection = open(Path::new(&directory)).expect("a database");
    let (writer, asked) = mpsc::channel(4 * BATCH);
    std::thread::spawn(move || write_all(connection, asked));
    let app = Router::new()
        .route("/invites_api", post(create))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(writer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("http://{}", listener.local_addr().expect("an address"));
    axum::serve(listener, app).await.expect("served");
}
