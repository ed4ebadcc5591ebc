//! PostgreSQL, near and at a distance: creates of one node and of three, each against PostgreSQL's own pgbench with one row a
//! transaction by as many clients, over the same way. The server is this bench's own, and so is the distance.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use invited::clock;

use crate::common::distance::Distance;
use crate::common::postgres::{Postgres, url_of};
use crate::load::{CONNECTIONS, Load, THREADS};
use crate::service::{KEY, Scratch, Service, post, request};
use crate::{Effort, Rounds, tell_most, tell_ratio, verdict};

/// What is asked of each at 10 ms.
const CLIENTS: usize = 400;
const EACH: usize = 2;

/// A node; all of them share the key of the first.
fn node(place: &str, key_of: Option<&Scratch>) -> Scratch {
    let scratch = Scratch::new();
    let key = key_of.unwrap_or(&scratch).path().join("shared.key");
    let url = url_of(&[place.to_owned()]);
    scratch.configure_more(&format!(
        "[keys.limited]\nsha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\n\
         limit = \"1000000/h\"\n[ledger]\nurl = {url:?}\nkey_file = \"{}\"\n",
        key.display()
    ));
    scratch
}

fn serve(scratch: &Scratch) -> Service {
    let service = scratch.serve();
    service.first_answer();
    service
}

fn creates(service: &Service, key: &str) -> Load {
    Load { address: service.address, requests: vec![post("/invites_api", key)], status: 201 }
}

/// Creates a second of all of them together.
fn together(services: &[&Service], clients: usize, effort: &Effort) -> f64 {
    std::thread::scope(|scope| {
        let rates: Vec<_> = services
            .iter()
            .map(|service| scope.spawn(|| creates(service, KEY).rate_of(clients, effort.time, || (), || ())))
            .collect();
        rates.into_iter().map(|rate| rate.join().unwrap()).sum()
    })
}

/// Transactions a second of pgbench: one row each, into a table as ours.
fn pgbench(database: &Postgres, address: std::net::SocketAddr, effort: &Effort) -> f64 {
    let script = database.path().join("one-row.sql");
    let row = "\\set id random(1, 9000000000000000000)\nINSERT INTO baseline (id, kind, host, source, uses, created_at, expires_at) \
               VALUES (:id, 'account', 'example.com', 'key/site', 1, 1800000000000, 1800000000000);\n";
    std::fs::write(&script, row).unwrap();
    let seconds = effort.time.as_secs().max(2).to_string();
    let mut command = database.client("pgbench");
    command.args(["--no-vacuum", "--protocol=prepared", "--client", &CONNECTIONS.to_string()]);
    command.args(["--jobs", &THREADS.to_string(), "--time", &seconds, "--file"]).arg(script);
    let output = command.arg(url_of(&[address.to_string()])).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    rate.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// The statuses that so many clients get who ask at the same time, each a few times.
fn crowd(service: &Service) -> Vec<u16> {
    let ask = || {
        let mut stream = TcpStream::connect(service.address).unwrap();
        let one = |_| {
            stream.write_all(&post("/invites_api", KEY)).unwrap();
            let (mut answer, mut filled) = ([0; 8 << 10], 0);
            while !answer[..filled].windows(4).any(|end| end == b"\r\n\r\n") {
                filled += stream.read(&mut answer[filled..]).unwrap();
            }
            std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap()
        };
        (0..EACH).map(one).collect::<Vec<u16>>()
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

/// Creates of one to three nodes together, at a PostgreSQL on the same machine.
pub fn nodes(effort: &Effort) {
    let database = Postgres::start();
    let place = database.socket_address().to_string();
    let first = node(&place, None);
    let scratches = [node(&place, Some(&first)), node(&place, Some(&first))];
    let services: Vec<_> = std::iter::once(&first).chain(&scratches).map(serve).collect();
    let mut rates = [(); 3].map(|()| Rounds(vec![]));
    for _ in 0..effort.rounds {
        for (number, rates) in rates.iter_mut().enumerate() {
            rates.0.push(together(&services.iter().take(number + 1).collect::<Vec<_>>(), CONNECTIONS, effort));
        }
    }
    for (number, several) in rates.iter().enumerate() {
        tell_ratio(&format!("   creates of {} at PostgreSQL, of one", number + 1), several, &rates[0], None);
    }
}

pub fn measure(effort: &Effort) {
    let database = Postgres::start();
    let near = database.socket_address();
    let first = node(&near.to_string(), None);
    let near_node = serve(&first);
    database.ask("CREATE TABLE baseline (LIKE invite INCLUDING ALL)");
    let ways = [1, 10].map(|ms| Distance::to(near, Duration::from_millis(ms)));
    let far: Vec<_> = (0..3).map(|_| node(&ways[0].place(), Some(&first))).collect();
    let far_nodes: Vec<_> = far.iter().map(serve).collect();

    let [mut one, mut many, mut limited, mut base, mut far_one, mut far_many, mut far_base, mut far_three] =
        [(); 8].map(|()| Vec::new());
    for _ in 0..effort.rounds {
        base.push(pgbench(&database, near, effort));
        one.push(together(&[&near_node], CONNECTIONS, effort));
        many.push(together(&[&near_node], 4 * CONNECTIONS, effort));
        limited.push(creates(&near_node, "limited/s3cret").rate(effort.time, || (), || ()));
        far_base.push(pgbench(&database, ways[0].address(), effort));
        far_one.push(together(&[&far_nodes[0]], CONNECTIONS, effort));
        far_many.push(together(&[&far_nodes[0]], 4 * CONNECTIONS, effort));
        far_three.push(together(&far_nodes.iter().collect::<Vec<_>>(), CONNECTIONS, effort));
    }
    let [one, many, limited, base, far_one, far_many, far_base, far_three] =
        [one, many, limited, base, far_one, far_many, far_base, far_three].map(Rounds);
    tell_ratio("16 creates in PostgreSQL, of pgbench", &one, &base, Some(2.0));
    tell_ratio("   by four times as many clients", &many, &base, None);
    tell_ratio("   by a key with a limit", &limited, &base, None);
    tell_ratio("   1 ms away each way, of pgbench there", &far_one, &far_base, Some(1.5));
    tell_ratio("   by four times as many clients", &far_many, &far_base, None);
    tell_ratio("   three nodes 1 ms away, of one nearby", &far_three, &one, Some(0.9));

    let farther = serve(&node(&ways[1].place(), Some(&first)));
    let many = request("POST", "/api/v1/invites", KEY, "{\"count\":1000}");
    let times = farther.ask(&many, 201, effort.rounds.max(5));
    tell_most(
        "   10 ms away each way: 1,000 in a request",
        &Rounds(times.iter().map(|time| time.as_secs_f64() * 1e3).collect()),
        None,
        1_000.0,
        "ms",
    );
    let began = clock::instant();
    let statuses = crowd(&farther);
    let refused = statuses.iter().filter(|status| **status != 201).count();
    println!(
        "   {CLIENTS} clients there, {EACH} requests each: {refused} refused, in {:.0} ms; asked: none  {}",
        clock::instant().duration_since(began).as_secs_f64() * 1e3,
        verdict(refused == 0)
    );
}
