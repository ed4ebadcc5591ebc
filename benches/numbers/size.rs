//! A ledger of millions: limits by what is pending, lists, the command line, what is counted each minute; many connections that
//! come and go; many keys.

use std::fs::File;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use invited::clock;

use crate::crowd::{ask, connect_from, open_more_files};
use crate::load::Load;
use crate::service::{KEY, Scratch, Service, page, post, request};
use crate::{Effort, Rates, Rounds, rate, state_keys, tell_most, tell_ratio, to_create};

/// A key that may have only so many pending invites, with as many as the issue of it, and as many that ended.
const CAPPED: &str = "capped/s3cret";
const PENDING: i64 = 100_000;
const ENDED: i64 = 90_000;
/// State keys of a directory that is called large.
const KEYS: usize = 10_000;
/// Connections that come and go.
const CONNECTIONS: u32 = 10_000;
/// What is asked of a list, beside nothing and beside lists.
const LISTS: [&str; 12] = [
    "",
    "?status=pending",
    "?status=expired",
    "?status=redeemed",
    "?status=revoked",
    "?kind=reset",
    "?kind=account",
    "?username=name1000005",
    "?host=small.example",
    "?key=site",
    "?inviter=nobody@example.com",
    "?host=example.com&kind=reset&status=expired",
];

/// A ledger of so many, over sixty days; of some kinds there are few.
fn ledger(rows: i64) -> Scratch {
    let scratch = Scratch::new();
    scratch.configure_more(
        "[hosts.\"small.example\"]\n[keys.uncapped]\nallow = [\"create\", \"read\"]\n\
         sha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\n\
         [keys.capped]\nallow = [\"create\", \"read\"]\nmax_pending = 2000000\n\
         sha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\n",
    );
    scratch.run(&["invite", "create", "--host", "example.com"]);
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    let (day, now) = (24 * 3_600 * 1_000, clock::now().as_millisecond());
    ledger.pragma_update(None, "synchronous", false).unwrap();
    ledger.pragma_update(None, "cache_size", -400_000).unwrap();
    ledger
        .execute(
            "WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < ?1 - 1), \
             spread (n, at) AS (SELECT n, ?2 - 60 * ?3 + (60 * ?3 * n) / ?1 FROM number) \
             INSERT INTO invite (id, kind, host, source, username, uses, used, created_at, expires_at, revoked_at, spent_at) \
             SELECT n + 1, CASE n % 250000 WHEN 33 THEN 'reset' ELSE 'account' END, \
             CASE n % 250000 WHEN 17 THEN 'small.example' ELSE 'example.com' END, \
             CASE WHEN n >= ?1 - ?4 - ?5 THEN 'key/capped' WHEN n % 1000 = 11 THEN 'xmpp/u' || n % 5000 || '@example.com' \
             ELSE 'key/site' END, \
             CASE WHEN n % 250000 = 33 OR n % 100 = 5 THEN 'name' || n END, 1, n % 50 = 9, at, \
             CASE WHEN n >= ?1 - ?4 THEN ?2 + 30 * ?3 WHEN n >= ?1 - ?4 - ?5 THEN ?2 - n WHEN n % 2 THEN at + 120 * ?3 \
             ELSE at + 7 * ?3 END, CASE n % 500000 WHEN 78 THEN at END, CASE n % 50 WHEN 9 THEN at END FROM spread",
            (rows, now, day, PENDING, ENDED),
        )
        .unwrap();
    ledger
        .execute_batch(
            "DELETE FROM pending_count; INSERT INTO pending_count (source, host, pending) SELECT source, host, count(*) \
             FROM invite WHERE used < uses AND revoked_at IS NULL AND expires_at > (SELECT until FROM counted) \
             GROUP BY source, host",
        )
        .unwrap();
    ledger.close().unwrap();
    scratch
}

pub fn measure(effort: &Effort, rows: i64) {
    println!("18 a ledger of {rows} invites");
    let scratch = ledger(rows);
    let links = scratch.run(&["invite", "create", "--host", "example.com", "--count", "500"]);
    let service = scratch.serve();
    let asked = |target: &str, key: &str| request("GET", &format!("/api/v1{target}"), key, "");
    ask(&TcpStream::connect(service.address).unwrap(), &asked("/self", KEY));
    limits(effort, &service);
    for query in LISTS {
        let mut took: Vec<_> = service.ask(&asked(&format!("/invites{query}"), KEY), 200, 200);
        took.sort_unstable();
        let p99 = Rounds(vec![took[took.len() * 99 / 100].as_secs_f64() * 1e3]);
        tell_most(
            &format!("   a list of {}, p99", if query.is_empty() { "all" } else { query }),
            &p99,
            None,
            5.0,
            "ms",
        );
    }
    beside_lists(effort, &service, &links);
    drop(service);
    command_line(&scratch);
}

/// Creates and what a key is told of itself, with many pending invites and a limit of them.
fn limits(effort: &Effort, service: &Service) {
    let load = |requests, status| Load { address: service.address, requests, status };
    let create = |key| load(vec![post("/invites_api?host=example.com", key)], 201);
    let own = |key| load(vec![request("GET", "/api/v1/self", key, "")], 200);
    let [mut capped, mut free, mut capped_self, mut free_self] = std::array::from_fn(|_| Rates::default());
    for _ in 0..effort.rounds {
        for (load, rates) in [
            (create(CAPPED), &mut capped),
            (create("uncapped/s3cret"), &mut free),
            (own(CAPPED), &mut capped_self),
            (own("uncapped/s3cret"), &mut free_self),
        ] {
            rates.add(rate(service, &load, effort));
        }
    }
    let [capped, free, capped_self, free_self] = [capped, free, capped_self, free_self].map(|rates| rates.done().0);
    tell_ratio("   creates with max_pending, of without", &capped, &free, Some(0.9));
    tell_ratio("   GET /self with 100,000 pending, of few", &capped_self, &free_self, Some(0.9));
}

/// Landing pages while four clients list without a pause.
fn beside_lists(effort: &Effort, service: &Service, links: &str) {
    let load = Load { address: service.address, requests: links.lines().map(page).collect(), status: 200 };
    let [mut with, mut without] = std::array::from_fn(|_| Rates::default());
    for _ in 0..effort.rounds {
        without.add(rate(service, &load, effort));
        let enough = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for query in ["?status=revoked", "?kind=reset", "?username=name1000005", "?host=small.example"] {
                let (enough, request) = (&enough, request("GET", &format!("/api/v1/invites{query}"), KEY, ""));
                scope.spawn(move || {
                    while !enough.load(Ordering::Relaxed) {
                        service.ask(&request, 200, 10);
                    }
                });
            }
            with.add(rate(service, &load, effort));
            enough.store(true, Ordering::Relaxed);
        });
    }
    let [with, without] = [with, without].map(|rates| rates.done().0);
    tell_ratio("   landing pages beside four lists, of without", &with, &without, Some(0.9));
}

/// The most memory that a process has had, in MiB, until it ends.
fn peak(child: &mut Child) -> f64 {
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0.0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let found = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        peak = found.map_or(peak, |found| found / 1024.0);
        std::thread::sleep(Duration::from_millis(5));
    }
    peak
}

fn command_line(scratch: &Scratch) {
    for arguments in [&["invite", "list"][..], &["invite", "list", "--json"]] {
        let output = File::create(scratch.path().join("output")).unwrap();
        let began = clock::instant();
        let mut child = scratch.start(arguments, output);
        let peak = Rounds(vec![peak(&mut child)]);
        assert!(child.wait().unwrap().success());
        tell_most(&format!("   {}, memory", arguments.join(" ")), &peak, None, 40.0, "MiB");
        println!("   it took {:.1} s", clock::instant().duration_since(began).as_secs_f64());
    }
}

/// What is left of the memory of connections that were closed.
pub fn closed_connections() {
    open_more_files();
    let scratch = Scratch::new();
    scratch.configure_more(&format!("[http]\nidle_timeout = \"1h\"\nmax_connections = {}\n", CONNECTIONS + 1_000));
    let service = scratch.serve();
    service.first_answer();
    std::thread::sleep(Duration::from_millis(1500));
    let before = service.memory("VmRSS");
    let connections: Vec<_> = (0..CONNECTIONS).map(|number| connect_from(number, &service)).collect();
    for connection in &connections {
        ask(connection, &request("GET", "/healthz", KEY, ""));
    }
    std::thread::sleep(Duration::from_secs(5));
    let each = (service.memory("VmRSS") - before) * 1024.0 / f64::from(CONNECTIONS);
    tell_most("19 memory for each of 10,000 idle", &Rounds(vec![each]), None, 12.0, "KiB");
    drop(connections);
    std::thread::sleep(Duration::from_mins(1));
    let left = Rounds(vec![service.memory("VmRSS") - before]);
    tell_most("   a minute after all were closed, over idle", &left, None, 8.0, "MiB");
}

/// What many keys cost while nobody asks, and while some are created.
pub fn keys(effort: &Effort) {
    let scratch = Scratch::new();
    state_keys(&scratch, KEYS);
    let service = scratch.serve();
    service.first_answer();
    std::thread::sleep(Duration::from_secs(3));
    let (before, time) = (service.processor_time(), Duration::from_secs(10));
    std::thread::sleep(time);
    let used = service.processor_time().saturating_sub(before).as_secs_f64() / time.as_secs_f64() * 100.0;
    tell_most("20 of a core for 10,000 state keys", &Rounds(vec![used]), None, 0.5, "%");
    let [mut with, mut without] = std::array::from_fn(|_| Rates::default());
    let template = scratch.run(&["key", "create", "another"]);
    let id = template.trim_end().split_once('/').unwrap().0;
    let dir = scratch.state().join("keys");
    let text = std::fs::read(dir.join(format!("{id}.toml"))).unwrap();
    let create = |number: usize| write_key(&dir, number, &text);
    let mut number = 0;
    for _ in 0..effort.rounds {
        without.add(rate(&service, &to_create(&service), effort));
        let enough = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    number += 1;
                    create(number);
                    std::thread::sleep(Duration::from_millis(100));
                }
            });
            with.add(rate(&service, &to_create(&service), effort));
            enough.store(true, Ordering::Relaxed);
        });
    }
    let [with, without] = [with, without].map(|rates| rates.done().0);
    tell_ratio("   creates beside ten new keys a second, of none", &with, &without, Some(0.9));
}

/// As `key create` does.
fn write_key(dir: &Path, number: usize, text: &[u8]) {
    let temporary = dir.join(format!(".new-{number}"));
    let mut file = File::create(&temporary).unwrap();
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    file.write_all(text).unwrap();
    file.sync_all().unwrap();
    std::fs::rename(temporary, dir.join(format!("another{number}.toml"))).unwrap();
}
