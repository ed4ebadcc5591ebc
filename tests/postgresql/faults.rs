//! A ledger in PostgreSQL, of which a part fails while several clients create invites at two nodes: each repeats its request
//! with the same Idempotency-Key until it has an answer. Whatever was answered is there, and nothing is twice.

use crate::common;
use crate::common::postgres;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use common::http::request;
use common::{CONFIG, Client, KEY, PATIENCE, Scratch, Served, now};
use postgres::{Pooler, Postgres, url_of};
use serde_json::json;

const CLIENTS: usize = 6;

/// So many invites each client creates before a fault, and after it.
const EACH: usize = 4;

/// Two nodes with this ledger.
fn nodes(url: &str) -> ([Scratch; 2], [Served; 2]) {
    let scratches = [(); 2].map(|()| Scratch::new(""));
    let key = scratches[0].path().join("shared.key");
    let ledger = format!("[ledger]\nurl = {url:?}\nkey_file = \"{}\"\n", key.display());
    // One after the other: the first one creates the ledger.
    let served = [&scratches[0], &scratches[1]].map(|scratch| {
        scratch.configure(&format!("{CONFIG}{ledger}"));
        let served = scratch.serve();
        create(std::slice::from_ref(&served), 0, &format!("first of {}", scratch.path().display()));
        served
    });
    (scratches, served)
}

/// Asks once for an invite with this note; nothing if no answer came.
fn ask(served: &Served, note: &str) -> Option<(u16, String)> {
    let headers = [
        &format!("Authorization: Bearer {KEY}"),
        "Content-Type: application/json",
        &format!("Idempotency-Key: {note}"),
    ];
    let mut client = Client::try_tcp(served.address()).ok()?;
    client.try_send(request("POST", "/api/v1/invites", &headers, &json!({ "note": note }).to_string())).ok()?;
    let answer = client.try_read(false).ok()??;
    let id = answer.json()["id"].as_str().unwrap_or_default().to_owned();
    Some((answer.status, id))
}

/// Asks one node after the other until there is the invite; gives its id.
fn create(nodes: &[Served], first: usize, note: &str) -> String {
    let deadline = now() + PATIENCE;
    for turn in first.. {
        let served = &nodes[turn % nodes.len()];
        match ask(served, note) {
            Some((201, id)) => return id,
            Some((503, _)) | None => assert!(now() < deadline, "{note}: {}", served.log()),
            Some((other, _)) => panic!("{note}: {other}: {}", served.log()),
        }
        thread::sleep(Duration::from_millis(20));
    }
    unreachable!()
}

/// What clients create while one fault comes after the other, each when all of them had answers: ids by notes, which begin
/// with `name`. Says how long it took until somebody was served again.
fn under_load(name: &str, nodes: &[Served], faults: &mut [&mut dyn FnMut()]) -> BTreeMap<String, String> {
    let (is_over, answered) = (AtomicBool::new(false), [(); CLIENTS].map(|()| AtomicUsize::new(0)));
    let counts = || answered.each_ref().map(|count| count.load(Ordering::SeqCst));
    let work = |client: usize| {
        let mut created = BTreeMap::new();
        for turn in 0.. {
            if is_over.load(Ordering::SeqCst) {
                break;
            }
            let note = format!("{name} {client} {turn}");
            let id = create(nodes, client + turn, &note);
            created.insert(note, id);
            answered[client].fetch_add(1, Ordering::SeqCst);
        }
        created
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || work(client))).collect();
        let wait = |until: &dyn Fn([usize; CLIENTS]) -> bool| {
            while !until(counts()) {
                assert!(!clients.iter().any(thread::ScopedJoinHandle::is_finished), "a client gave up");
                thread::sleep(Duration::from_millis(5));
            }
        };
        let wait_each = || {
            let begun = counts();
            wait(&|now| now.iter().zip(begun).all(|(now, begun)| *now >= begun + EACH));
        };
        wait_each();
        for (index, fault) in faults.iter_mut().enumerate() {
            fault();
            let (began, before) = (now(), counts());
            wait(&|now| now.iter().sum::<usize>() > before.iter().sum());
            println!("{name}: served again {:?} after fault {index}", began.elapsed());
            wait_each();
        }
        is_over.store(true, Ordering::SeqCst);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

/// How often each note is in the ledger of a server.
fn notes(server: &Postgres) -> BTreeMap<String, usize> {
    let rows = server.ask("SELECT note, count(*) FROM invite GROUP BY note");
    let row = |row: &str| row.rsplit_once('|').map(|(note, count)| (note.to_owned(), count.parse().unwrap()));
    rows.lines().map(|line| row(line).unwrap()).collect()
}

/// Each is there once, and whoever asks again gets the same, wherever.
fn assert_there_once(server: &Postgres, nodes: &[Served], created: &BTreeMap<String, String>) {
    let there = notes(server);
    assert!(there.values().all(|count| *count == 1), "{there:?}");
    let lost: Vec<_> = created.keys().filter(|note| !there.contains_key(*note)).collect();
    assert!(lost.is_empty(), "answered with 201, and lost: {lost:?}");
    for (note, id) in created.iter().step_by(5) {
        for first in 0..nodes.len() {
            assert_eq!(create(nodes, first, note), *id, "{note}");
        }
    }
    assert_eq!(notes(server), there);
}

/// A primary that waits for its replica.
fn synchronous() -> (Postgres, Postgres) {
    let primary = Postgres::start();
    let replica = primary.replica();
    primary.commit_with_replica();
    (primary, replica)
}

#[test]
fn a_synchronous_primary_that_is_killed_takes_nothing_along() {
    let (mut primary, replica) = synchronous();
    let (_scratches, nodes) = nodes(&url_of(&[primary.place(), replica.place()]));
    let mut kill = || {
        primary.kill();
        replica.promote();
    };
    let created = under_load("killed", &nodes, &mut [&mut kill]);
    assert_there_once(&replica, &nodes, &created);
}

#[test]
fn a_synchronous_primary_that_freezes_takes_nothing_along() {
    let (primary, replica) = synchronous();
    let (_scratches, nodes) = nodes(&url_of(&[primary.place(), replica.place()]));
    let primary = Mutex::new(primary);
    let mut freeze = || {
        primary.lock().unwrap().freeze();
        replica.promote();
    };
    let mut thaw = || primary.lock().unwrap().thaw();
    let created = under_load("frozen", &nodes, &mut [&mut freeze, &mut thaw]);
    assert_there_once(&replica, &nodes, &created);
}

/// Stands between nodes and a server, and hands on what is sent; or, while it is cut, keeps it.
struct Link {
    place: String,
    state: Arc<(Mutex<LinkState>, Condvar)>,
}

#[derive(Default)]
struct LinkState {
    is_cut: bool,
    is_over: bool,
    streams: Vec<TcpStream>,
}

impl Link {
    fn to(server: &Postgres) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let (state, target) = (Arc::<(Mutex<LinkState>, Condvar)>::default(), server.place());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                if shared.0.lock().unwrap().is_over {
                    return;
                }
                let shared = Arc::clone(&shared);
                let target = target.clone();
                thread::spawn(move || Self::connect(&shared, client, &target));
            }
        });
        Self { place, state }
    }

    fn connect(state: &Arc<(Mutex<LinkState>, Condvar)>, client: TcpStream, target: &str) {
        Self::wait_whole(state);
        let Ok(server) = TcpStream::connect(target) else { return };
        let ends = [client.try_clone().unwrap(), server.try_clone().unwrap()];
        state.0.lock().unwrap().streams.extend(ends.iter().map(|end| end.try_clone().unwrap()));
        let [back_to, back_from] = ends;
        let shared = Arc::clone(state);
        thread::spawn(move || Self::hand_on(&shared, back_from, back_to));
        Self::hand_on(state, client, server);
    }

    fn hand_on(state: &(Mutex<LinkState>, Condvar), mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            Self::wait_whole(state);
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }

    fn wait_whole(state: &(Mutex<LinkState>, Condvar)) {
        let _whole = state.1.wait_while(state.0.lock().unwrap(), |state| state.is_cut && !state.is_over).unwrap();
    }

    fn cut(&self) {
        self.state.0.lock().unwrap().is_cut = true;
    }

    fn mend(&self) {
        self.state.0.lock().unwrap().is_cut = false;
        self.state.1.notify_all();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut state = self.state.0.lock().unwrap();
        state.is_over = true;
        for stream in &state.streams {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        self.state.1.notify_all();
        // So that it takes no more.
        let _ = TcpStream::connect(&self.place);
    }
}

#[test]
fn a_primary_that_is_cut_off_takes_nothing_along_and_is_refused_when_it_is_back() {
    let (primary, replica) = synchronous();
    let link = Link::to(&primary);
    let (_scratches, nodes) = nodes(&url_of(&[link.place.clone(), replica.place()]));
    let mut cut = || {
        link.cut();
        replica.promote();
    };
    // It has gone on all the time, and can be written.
    let mut mend = || link.mend();
    let created = under_load("cut off", &nodes, &mut [&mut cut, &mut mend]);
    assert_there_once(&replica, &nodes, &created);
    for node in &nodes {
        node.wait_log("can be written and is refused: this server is from the past");
    }
    let later = under_load("later", &nodes, &mut []);
    assert_there_once(&replica, &nodes, &later);
    assert!(notes(&primary).keys().all(|note| !note.starts_with("later")));
}

#[test]
fn an_asynchronous_primary_that_is_killed_takes_along_what_its_replica_had_not_received() {
    let mut primary = Postgres::start();
    let replica = primary.replica();
    let (_scratches, nodes) = nodes(&url_of(&[primary.place(), replica.place()]));
    let before = under_load("received", &nodes, &mut []);
    let deadline = now() + PATIENCE;
    let received = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()";
    while primary.sql("postgres", received) != "1" {
        assert!(now() < deadline, "{}", primary.log());
        thread::sleep(Duration::from_millis(20));
    }
    let mut kill = || {
        primary.kill();
        replica.promote();
    };
    under_load("killed", &nodes, &mut [&mut kill]);
    assert_there_once(&replica, &nodes, &before);
    let after = under_load("after", &nodes, &mut []);
    assert_there_once(&replica, &nodes, &after);
}

#[test]
fn a_server_that_starts_again_has_all_and_nothing_twice() {
    let mut database = Postgres::start();
    let (_scratches, nodes) = nodes(&database.tcp_url());
    let mut restart = || {
        database.kill();
        database.run();
    };
    let created = under_load("restarted", &nodes, &mut [&mut restart]);
    assert_there_once(&database, &nodes, &created);
}

#[test]
fn a_pooler_that_starts_again_loses_nothing() {
    let database = Postgres::start();
    for mode in ["session", "transaction"] {
        let mut pooler = Pooler::start(&database, mode, 16);
        let (_scratches, nodes) = nodes(&pooler.url());
        let mut restart = || pooler.restart(&database);
        let created = under_load(mode, &nodes, &mut [&mut restart]);
        assert_there_once(&database, &nodes, &created);
        drop(nodes);
        // The next two have another ledger key.
        database.ask("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }
}

#[test]
fn a_full_disk_of_the_server_is_503_and_heals() {
    let Some(database) = Postgres::start_small() else {
        println!("SKIPPED a_full_disk_of_the_server_is_503_and_heals: needs root, to mount a disk");
        return;
    };
    let (_scratches, nodes) = nodes(&database.url());
    let mut created = under_load("before", &nodes, &mut []);
    database.fill();
    for turn in 0.. {
        let note = format!("full {turn}");
        match ask(&nodes[turn % 2], &note).unwrap() {
            (201, id) => _ = created.insert(note, id),
            (503, _) => break,
            (other, _) => panic!("{other}"),
        }
    }
    database.free();
    created.extend(under_load("after", &nodes, &mut []));
    assert_there_once(&database, &nodes, &created);
}
