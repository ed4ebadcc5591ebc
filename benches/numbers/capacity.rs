//! What one machine does, in an empty ledger and beside a million pending invites: the figures of docs/capacity.md.

use invited::clock;

use crate::load::Load;
use crate::service::{Scratch, Service, page, post, request};
use crate::{Effort, Rates, far, pending_ledger, rate, tell_ratio};

const PENDING: i64 = 1_000_000;
/// May redeem, too.
const KEY: &str = "trusted/s3cret";

/// What is asked, of a service on the ledger of `scratch`.
fn loads(scratch: &Scratch, service: &Service) -> [(&'static str, Load); 5] {
    let links = scratch.run(&["invite", "create", "--count", "1000"]);
    let many = scratch.run(&["invite", "create", "--count", "100", "--uses", "10000"]);
    let redeem = |link: &str| {
        let (_, token) = link.split_once('?').unwrap();
        request("POST", "/api/v1/redeem", KEY, &format!("{{\"token\":{token:?}}}"))
    };
    let pages: Vec<_> = links.lines().map(page).collect();
    let of = |requests, status| Load { address: service.address, requests, status };
    [
        ("create by /invites_api", of(vec![post("/invites_api", KEY)], 201)),
        ("create by /api/v1", of(vec![post("/api/v1/invites", KEY)], 201)),
        ("landing page", of(pages, 200)),
        ("redeem", of(many.lines().map(redeem).collect(), 200)),
        ("list of 100", of(vec![request("GET", "/api/v1/invites?limit=100&status=pending", KEY, "")], 200)),
    ]
}

pub fn measure(effort: &Effort) {
    println!("21 a ledger of {PENDING} pending invites, of an empty one");
    let [(empty, few), (full, many)] = [0, PENDING].map(|rows| {
        let scratch = pending_ledger(rows);
        scratch.configure_more(
            "[keys.trusted]\nallow = [\"create\", \"read\", \"redeem\"]\n\
             sha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\n",
        );
        let size = std::fs::metadata(scratch.state().join("ledger.db")).unwrap().len();
        let began = clock::instant();
        let service = scratch.serve();
        service.first_answer();
        let started = clock::instant().duration_since(began).as_secs_f64() * 1e3;
        std::thread::sleep(std::time::Duration::from_millis(1500));
        let [resident, own] = ["VmRSS", "RssAnon"].map(|name| service.memory(name));
        println!(
            "   {rows}: {:.1} MiB on disk, first 201 after {started:.0} ms, {resident:.1} MiB resident, of which \
             {own:.1} not of files",
            f64::from(u32::try_from(size >> 10).unwrap()) / 1024.0
        );
        (scratch, service)
    });
    let (on_empty, on_full) = (loads(&empty, &few), loads(&full, &many));
    for ((what, on_empty), (_, on_full)) in on_empty.iter().zip(&on_full) {
        let [mut beside_none, mut beside_many] = std::array::from_fn(|_| Rates::default());
        for _ in 0..effort.rounds {
            beside_none.add(rate(&few, on_empty, effort));
            beside_many.add(rate(&many, on_full, effort));
        }
        let [(beside_none, of_none), (beside_many, of_many)] = [beside_none, beside_many].map(Rates::done);
        tell_ratio(&format!("   {what}"), &beside_many, &beside_none, Some(0.95));
        println!("   processor time, in µs: {of_many:.1}, beside none {of_none:.1}");
    }
    drop((few, many));
    far::nodes(effort);
}
