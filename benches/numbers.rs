//! The numbers that are promised, each beside its baseline from the same run.
//!
//! `cargo bench` measures all of them; `cargo bench -- creates memory` some; `--quick` makes it short and rough. Rounds
//! alternate between what is measured and its baseline, and medians are told, because whatever else the machine does
//! moves both. A number that is below what was asked is no failure: it is printed as such.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that fails says so by ending")]

#[path = "numbers/admin.rs"]
mod admin;
#[path = "numbers/asks.rs"]
mod asks;
#[path = "numbers/backends.rs"]
mod backends;
#[path = "numbers/capacity.rs"]
mod capacity;
#[path = "../tests/common/mod.rs"]
mod common;
#[path = "numbers/crowd.rs"]
mod crowd;
#[path = "numbers/distance.rs"]
mod far;
#[path = "numbers/jwt.rs"]
mod jwt;
#[path = "numbers/load.rs"]
mod load;
#[path = "numbers/manage.rs"]
mod manage;
#[path = "numbers/rival.rs"]
mod rival;
#[path = "numbers/service.rs"]
mod service;
#[path = "numbers/size.rs"]
mod size;
#[path = "numbers/webhooks.rs"]
mod webhooks;

use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::time::Duration;

use invited::clock;
use invited::invite::InviteId;

use load::{CONNECTIONS, Load, THREADS};
use service::{CONSTANT, KEY, Scratch, Service, constant, page, post, request};

/// Pending invites of a ledger that is called full.
const FULL: i64 = 200_000;
/// Keys of a state directory that is called full.
const KEYS: usize = 1_000;

/// How much is measured.
struct Effort {
    rounds: usize,
    /// Of one load.
    time: Duration,
    /// Of what is timed once a round.
    starts: usize,
    /// Before memory is looked at.
    creates: usize,
    /// By each client, once a round.
    sign_ups: usize,
}

const THOROUGH: Effort =
    Effort { rounds: 7, time: Duration::from_millis(1500), starts: 15, creates: 200_000, sign_ups: 50 };
const QUICK: Effort = Effort { rounds: 3, time: Duration::from_millis(500), starts: 5, creates: 20_000, sign_ups: 20 };

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has(CONSTANT) {
        return service::be_constant();
    }
    // `cargo test --all-targets` runs benches too, without this argument and without optimisation.
    if !has("--bench") {
        return println!("run it with: cargo bench --bench numbers");
    }
    let effort = if has("--quick") { QUICK } else { THOROUGH };
    let all = !arguments.iter().any(|argument| !argument.starts_with("--"));
    let wanted = |name: &str| all || has(name);

    println!("{} processors, shared by the service and the load.", std::thread::available_parallelism().unwrap());
    println!("Load: {CONNECTIONS} keep-alive connections from {THREADS} threads, each with one request under way.");
    println!("State: {}, SQLite with full sync.", env!("CARGO_TARGET_TMPDIR"));
    println!("Log: as shipped, to a file there. In brackets: the lowest and highest of the rounds.\n");
    disk();
    println!("{:<44}{:>12}{:>12}{:>8}  {:<15}{:<9}", "", "measured", "baseline", "", "asked", "");
    let full = ["creates", "json", "manage", "start"].into_iter().any(wanted).then(|| pending_ledger(FULL));
    if let Some(full) = &full {
        if wanted("creates") {
            creates(&effort, full);
        }
        if wanted("json") {
            json(&effort, full);
        }
        if wanted("manage") {
            manage::measure(full);
        }
        if wanted("start") {
            start(&effort, full);
        }
    }
    if wanted("memory") {
        memory(&effort);
    }
    if wanted("keys") {
        keys(&effort);
    }
    if wanted("jwts") {
        jwts(&effort);
    }
    if wanted("asks") {
        asks::measure(&effort);
    }
    if wanted("backends") {
        backends::measure(&effort);
    }
    if wanted("distance") {
        far::measure(&effort);
    }
    if wanted("capacity") {
        capacity::measure(&effort);
    }
    if wanted("rival") {
        rival::measure(&effort);
    }
    if wanted("pages") {
        pages(&effort);
    }
    if wanted("webhooks") {
        webhooks::measure(&effort);
    }
    if wanted("size") {
        size::measure(&effort, if has("--quick") { 1_000_000 } else { 5_000_000 });
        size::closed_connections();
        size::keys(&effort);
    }
    if wanted("crowd") {
        crowd::idle();
        crowd::wrong_keys(&effort);
    }
}

/// What several rounds gave.
struct Rounds(Vec<f64>);

impl Rounds {
    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    fn median(&self) -> f64 {
        self.sorted()[self.0.len() / 2]
    }

    fn range(&self) -> (f64, f64) {
        let sorted = self.sorted();
        (sorted[0], sorted[sorted.len() - 1])
    }

    /// Each round against the same round of `other`.
    fn pairs(&self, other: &Self, with: impl Fn(f64, f64) -> f64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| with(*one, *other)).collect())
    }
}

fn verdict(holds: bool) -> &'static str {
    if holds { "PASS" } else { "below" }
}

/// A rate and its baseline; `least` is the ratio that is asked.
fn tell_ratio(what: &str, measured: &Rounds, baseline: &Rounds, least: Option<f64>) {
    let ratios = measured.pairs(baseline, |measured, baseline| measured / baseline);
    let (low, high) = ratios.range();
    let (asked, holds) = match least {
        Some(least) => (format!("at least {least:.2}"), verdict(ratios.median() >= least)),
        None => (String::new(), ""),
    };
    println!(
        "{what:<44}{:>10.0}/s{:>10.0}/s{:>8.3}  {asked:<15}{holds:<7}[{low:.3} to {high:.3}]",
        measured.median(),
        baseline.median(),
        ratios.median(),
    );
}

/// Something that may be at most so much; with a baseline, so much more than that.
fn tell_most(what: &str, measured: &Rounds, baseline: Option<&Rounds>, most: f64, unit: &str) {
    let judged = baseline.map(|baseline| measured.pairs(baseline, |measured, baseline| measured - baseline));
    let judged = judged.as_ref().unwrap_or(measured);
    let (low, high) = judged.range();
    let (beside, more) = match baseline {
        Some(baseline) => (format!("{:.1} {unit}", baseline.median()), format!("{:+.1}", judged.median())),
        None => (String::new(), String::new()),
    };
    let asked = format!("at most {}{most} {unit}", if baseline.is_some() { "+" } else { "" });
    println!(
        "{what:<44}{:>12}{beside:>12}{more:>8}  {asked:<15}{:<7}[{low:.1} to {high:.1}]",
        format!("{:.1} {unit}", measured.median()),
        verdict(judged.median() <= most),
    );
}

/// What the disk itself does: no group commit is faster than its sync.
fn disk() {
    const WRITES: u64 = 200;
    let file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let sync = |offset: u64| {
        file.write_all_at(&[7; 16 << 10], offset).unwrap();
        let began = clock::instant();
        file.sync_data().unwrap();
        clock::instant().duration_since(began).as_secs_f64() * 1e3
    };
    let growing = Rounds((0..WRITES).map(|at| sync(at << 14)).collect());
    let in_place = Rounds((0..WRITES).map(|at| sync(at << 14)).collect());
    println!(
        "Disk: fdatasync after 16 KiB takes {:.2} ms where the file grows, {:.2} ms in place (medians of {WRITES}).\n",
        growing.median(),
        in_place.median(),
    );
}

/// The rate of one load, and the processor time that the service took for an answer, in microseconds.
fn rate(service: &Service, load: &Load, effort: &Effort) -> (f64, f64) {
    let (mut before, mut after) = (Duration::ZERO, Duration::ZERO);
    let begin = || before = service.processor_time();
    let end = || after = service.processor_time();
    let rate = load.rate(effort.time, begin, end);
    (rate, after.saturating_sub(before).as_secs_f64() * 1e6 / (rate * effort.time.as_secs_f64()))
}

/// Rates of several rounds, and what an answer cost.
#[derive(Default)]
struct Rates {
    rates: Vec<f64>,
    costs: Vec<f64>,
}

impl Rates {
    fn add(&mut self, (rate, cost): (f64, f64)) {
        self.rates.push(rate);
        self.costs.push(cost);
    }

    fn done(self) -> (Rounds, f64) {
        (Rounds(self.rates), Rounds(self.costs).median())
    }
}

fn to_create(service: &Service) -> Load {
    Load { address: service.address, requests: vec![post("/invites_api", KEY)], status: 201 }
}

/// Durable creates against what the same accept loop and tide answer without a ledger; in an empty and a full one.
fn creates(effort: &Effort, full: &Scratch) {
    let bare = constant();
    let [mut constants, mut nothings, mut empties, mut fulls] = std::array::from_fn(|_| Rates::default());
    for _ in 0..effort.rounds {
        constants.add(rate(&bare, &to_create(&bare), effort));
        let scratch = Scratch::new();
        let service = scratch.serve();
        service.first_answer();
        let nowhere = Load { address: service.address, requests: vec![post("/nowhere", KEY)], status: 404 };
        nothings.add(rate(&service, &nowhere, effort));
        empties.add(rate(&service, &to_create(&service), effort));
        drop(service);
        let scratch = full.copy();
        let service = scratch.serve();
        service.first_answer();
        fulls.add(rate(&service, &to_create(&service), effort));
    }
    let [(constant, of_constant), (nothing, of_nothing), (empty, of_empty), (full, of_full)] =
        [constants, nothings, empties, fulls].map(Rates::done);
    tell_ratio("1 durable creates, of a constant route", &empty, &constant, Some(0.3));
    tell_ratio("  durable creates, of our own 404", &empty, &nothing, None);
    tell_ratio("  our own 404, of a constant route", &nothing, &constant, None);
    tell_ratio("2 creates beside 200,000 pending, of empty", &full, &empty, Some(0.8));
    println!(
        "  processor time per answer, in µs: constant {of_constant:.1}, 404 {of_nothing:.1}, create {of_empty:.1}, \
         full {of_full:.1}"
    );
}

/// Creates with JWTs, by Ed25519, against an opaque key. Tokens for one use have a commit of their own before the invite's.
fn jwts(effort: &Effort) {
    /// More than are asked for.
    const PER_SECOND: usize = 20_000;
    let [mut many, mut once, mut opaque] = std::array::from_fn(|_| Rates::default());
    let scratch = Scratch::new();
    let signer = jwt::Signer::declare(&scratch);
    let service = scratch.serve();
    service.first_answer();
    let asking = |requests| Load { address: service.address, requests, status: 201 };
    for _ in 0..effort.rounds {
        opaque.add(rate(&service, &to_create(&service), effort));
        many.add(rate(&service, &asking(vec![signer.request(false)]), effort));
        let seconds = usize::try_from(effort.time.as_secs() + 1).unwrap();
        let requests = (0..PER_SECOND * seconds).map(|_| signer.request(true)).collect();
        once.add(rate(&service, &asking(requests), effort));
    }
    let [(many, of_many), (once, of_once), (opaque, of_opaque)] = [many, once, opaque].map(Rates::done);
    tell_ratio("6 creates by a JWT, of an opaque key", &many, &opaque, Some(0.5));
    tell_ratio("  creates by JWTs for one use, of an opaque key", &once, &opaque, Some(0.5));
    println!("  processor time per answer, in µs: JWT {of_many:.1}, for one use {of_once:.1}, opaque {of_opaque:.1}");
}

/// The landing page against the constant route. Every request is for another invite than the one before.
fn pages(effort: &Effort) {
    const INVITES: usize = 1_000;
    let (bare, scratch) = (constant(), Scratch::new());
    let made = scratch.run(&["invite", "create", "--count", &INVITES.to_string()]);
    let service = scratch.serve();
    service.first_answer();
    let load = Load { address: service.address, requests: made.lines().map(page).collect(), status: 200 };
    // What every answer of the service costs: its middleware, and a line in the log.
    let least = Load { address: service.address, requests: vec![request("GET", "/healthz", KEY, "")], status: 200 };
    let [mut constants, mut healths, mut landings] = std::array::from_fn(|_| Rates::default());
    for _ in 0..effort.rounds {
        constants.add(rate(&bare, &to_create(&bare), effort));
        healths.add(rate(&service, &least, effort));
        landings.add(rate(&service, &load, effort));
    }
    let [(constant, of_constant), (health, of_health), (landing, of_landing)] =
        [constants, healths, landings].map(Rates::done);
    tell_ratio("13 landing pages, of a constant route", &landing, &constant, Some(0.4));
    tell_ratio("   of /healthz, which is logged, too", &landing, &health, None);
    println!(
        "  processor time per answer, in µs: constant {of_constant:.1}, /healthz {of_health:.1}, landing page \
         {of_landing:.1}"
    );
}

/// `/api/v1` against `/invites_api`, its lists, and many invites in one call.
fn json(effort: &Effort, full: &Scratch) {
    const COUNT: usize = 1_000;
    let [mut json, mut plain] = std::array::from_fn(|_| Rates::default());
    let [mut alone, mut together] = std::array::from_fn(|_| Rounds(vec![]));
    let scratch = Scratch::new();
    let service = scratch.serve();
    service.first_answer();
    let path = "/api/v1/invites";
    let create = Load { address: service.address, requests: vec![post(path, KEY)], status: 201 };
    let many = request("POST", path, KEY, &format!("{{\"count\":{COUNT}}}"));
    let per_second = |count: usize, took: Vec<Duration>| {
        f64::from(u32::try_from(count).unwrap()) / took.iter().sum::<Duration>().as_secs_f64()
    };
    for _ in 0..effort.rounds {
        plain.add(rate(&service, &to_create(&service), effort));
        json.add(rate(&service, &create, effort));
        alone.0.push(per_second(COUNT, service.ask(&post(path, KEY), 201, COUNT)));
        together.0.push(per_second(5 * COUNT, service.ask(&many, 201, 5)));
    }
    let [(json, of_json), (plain, of_plain)] = [json, plain].map(Rates::done);
    tell_ratio("7 creates by the JSON API, of /invites_api", &json, &plain, Some(0.8));
    println!("  processor time per answer, in µs: JSON {of_json:.1}, /invites_api {of_plain:.1}");
    tell_ratio("8 invites by 1,000, of one after the other", &together, &alone, Some(20.0));
    drop(service);

    let service = full.serve();
    service.first_answer();
    let mut lists = Rounds(vec![]);
    for query in ["?limit=100", "?limit=100&status=pending", "?limit=100&key=site"] {
        let took = service.ask(&request("GET", &format!("{path}{query}"), KEY, ""), 200, 200);
        let mut took: Vec<_> = took.iter().map(|took| took.as_secs_f64() * 1e3).collect();
        took.sort_by(f64::total_cmp);
        lists.0.push(took[took.len() * 99 / 100]);
    }
    tell_most("9 a page of 100 out of 200,000, p99", &lists, None, 5.0, "ms");
}

/// From exec to the first 201.
fn start(effort: &Effort, full: &Scratch) {
    let (mut firsts, mut versions) = (Rounds(vec![]), Rounds(vec![]));
    let took = |work: &mut dyn FnMut()| {
        let began = clock::instant();
        work();
        clock::instant().duration_since(began).as_secs_f64() * 1e3
    };
    for _ in 0..effort.starts {
        versions.0.push(took(&mut service::version));
        let mut service = None;
        firsts.0.push(took(&mut || service.insert(full.serve()).first_answer()));
        service.unwrap().stop();
    }
    tell_most("3 first 201 with 200,000, over --version", &firsts, Some(&versions), 30.0, "ms");
}

/// Resident memory.
fn memory(effort: &Effort) {
    let scratch = Scratch::new();
    let service = scratch.serve();
    service.first_answer();
    let settle = || std::thread::sleep(Duration::from_millis(1500));
    settle();
    tell_most("4 memory when idle", &Rounds(vec![service.memory("VmRSS")]), None, 12.0, "MiB");
    let took = to_create(&service).times(effort.creates);
    settle();
    tell_most(
        &format!("  memory after {} creates", effort.creates),
        &Rounds(vec![service.memory("VmRSS")]),
        None,
        24.0,
        "MiB",
    );
    println!(
        "  of which not backed by files: {:.1} MiB; peak {:.1} MiB; the creates took {:.1} s",
        service.memory("RssAnon"),
        service.memory("VmHWM"),
        took.as_secs_f64(),
    );
}

/// Many keys in the state directory.
fn keys(effort: &Effort) {
    let [one, many] = [1, KEYS].map(|count| {
        let scratch = Scratch::new();
        let keys = state_keys(&scratch, count);
        (scratch, keys)
    });
    let mut lists = Rounds(vec![]);
    for _ in 0..effort.starts {
        let began = clock::instant();
        let list = many.0.run(&["key", "list"]);
        lists.0.push(clock::instant().duration_since(began).as_secs_f64() * 1e3);
        // And the declared one.
        assert_eq!(list.lines().count(), KEYS + 1);
    }
    tell_most("5 key list with 1,000 keys", &lists, None, 50.0, "ms");

    let [mut ones, mut ones_of_many, mut manys] = std::array::from_fn(|_| Rates::default());
    for _ in 0..effort.rounds {
        for ((scratch, keys), used, rates) in
            [(&one, 1, &mut ones), (&many, 1, &mut ones_of_many), (&many, KEYS, &mut manys)]
        {
            let service = scratch.serve();
            // The last of them, so that a search from the first would be seen.
            let requests = keys.iter().rev().take(used).map(|key| post("/invites_api", key)).collect();
            service.first_answer();
            rates.add(rate(&service, &Load { address: service.address, requests, status: 201 }, effort));
            service.stop();
        }
    }
    let [(ones, of_one), (ones_of_many, of_one_of_many), (manys, of_many)] =
        [ones, ones_of_many, manys].map(Rates::done);
    tell_ratio("  creates under 1,000 state keys, of under 1", &ones_of_many, &ones, Some(0.95));
    tell_ratio("  creates by 1,000 state keys in turn, of 1", &manys, &ones, None);
    println!(
        "  processor time per answer, in µs: one key {of_one:.1}, one of 1,000 {of_one_of_many:.1}, each of 1,000 \
         {of_many:.1}"
    );
}

/// Makes state keys as `key create` stores them, without its fsync each; gives `ID/SECRET` of each.
fn state_keys(scratch: &Scratch, count: usize) -> Vec<String> {
    let first = scratch.run(&["key", "create", "the first"]);
    let dir = scratch.state().join("keys");
    let (id, secret) = first.trim_end().split_once('/').unwrap();
    let template = std::fs::read_to_string(dir.join(format!("{id}.toml"))).unwrap();
    let digest_of = |secret: &str| invited::config::value::Sha256::of(secret).to_string();
    let digest = digest_of(secret);
    assert!(template.contains(&digest));
    let mut keys = vec![first.trim_end().to_owned()];
    for number in 1..count {
        let (id, secret) = (format!("key-{number:04}"), format!("{secret}{number}"));
        let mut file = std::fs::File::options();
        let mut file = file.create_new(true).write(true).mode(0o600).open(dir.join(format!("{id}.toml"))).unwrap();
        file.write_all(template.replace(&digest, &digest_of(&secret)).as_bytes()).unwrap();
        keys.push(format!("{id}/{secret}"));
    }
    keys
}

/// A ledger with so many pending invites of the last five days, most without a name.
fn pending_ledger(rows: i64) -> Scratch {
    let scratch = Scratch::new();
    scratch.run(&["invite", "create"]);
    let mut ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    let day = 24 * 3_600 * 1_000;
    let (now, step) = (clock::now().as_millisecond(), 5 * day / rows.max(1));
    let transaction = ledger.transaction().unwrap();
    {
        let sql = "INSERT INTO invite (id, kind, host, source, username, uses, created_at, expires_at) \
                   VALUES (?1, 'account', 'example.com', 'key/site', ?2, 1, ?3, ?4)";
        let mut insert = transaction.prepare(sql).unwrap();
        for number in 0..rows {
            let created = now - 5 * day + number * step;
            let moment = jiff::Timestamp::from_millisecond(created).unwrap();
            let random = u32::try_from(number).unwrap().wrapping_mul(2_654_435_761);
            let id = InviteId::after(None, moment, random).to_row();
            let username = (number % 10 == 0).then(|| format!("guest{number}"));
            insert.execute(rusqlite::params![id, username, created, created + 7 * day]).unwrap();
        }
    }
    transaction.commit().unwrap();
    ledger.close().unwrap();
    scratch
}
