use domain::base::iana::Class;
use domain::base::message_builder::AnswerBuilder;
use domain::rdata::Cname;
use futures_lite::future::block_on;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::log::chain;

type Query = Message<Vec<u8>>;
type Replies = Vec<Vec<u8>>;

/// A name server on a port of its own, which answers by `udp` and by `tcp`.
fn server(udp: fn(&Query) -> Replies, tcp: fn(&Query) -> Replies) -> SocketAddr {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Whatever stands at the same number for UDP is not in the way of many.
    let Ok(socket) = UdpSocket::bind(address) else { return server(udp, tcp) };
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            for reply in udp(&Message::from_octets(buffer[..length].to_vec()).unwrap()) {
                socket.send_to(&reply, from).unwrap();
            }
        }
    });
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut query = vec![0; u16::from_be_bytes(length).into()];
            stream.read_exact(&mut query).unwrap();
            for reply in tcp(&Message::from_octets(query).unwrap()) {
                let _ = stream.write_all(&u16::try_from(reply.len()).unwrap().to_be_bytes());
                let _ = stream.write_all(&reply);
            }
        }
    });
    address
}

fn never(_: &Query) -> Replies {
    vec![]
}

fn name(text: &str) -> Name<Vec<u8>> {
    text.parse().unwrap()
}

fn begin(query: &Query, code: Rcode) -> AnswerBuilder<Vec<u8>> {
    MessageBuilder::new_vec().start_answer(query, code).unwrap()
}

fn push(answer: &mut AnswerBuilder<Vec<u8>>, owner: &str, port: u16, target: &str) {
    let data = Record::new(10, 20, port, name(target));
    answer.push((name(owner), Class::IN, 60, data)).unwrap();
}

const OWNER: &str = "_xmpp-client._tcp.example.com";

/// A right answer, with one record.
fn right(query: &Query) -> Replies {
    let mut answer = begin(query, Rcode::NOERROR);
    push(&mut answer, OWNER, 5_222, "xmpp.example.com");
    vec![answer.finish()]
}

fn truncated(query: &Query) -> Replies {
    let mut answer = begin(query, Rcode::NOERROR);
    answer.header_mut().set_tc(true);
    vec![answer.finish()]
}

fn right_records() -> Vec<Srv> {
    vec![Srv::new(10, 20, 5_222, Some("xmpp.example.com"))]
}

fn ask_all(servers: &[SocketAddr]) -> Result<Vec<Srv>, String> {
    let resolver = Resolver { servers: servers.to_vec() };
    block_on(resolver.srv("_xmpp-client._tcp", "example.com")).map_err(|error| chain(&error).to_string())
}

#[test]
fn resolv_conf_says_who_is_asked() {
    let servers = |text| Resolver::of_text(text).servers.iter().map(ToString::to_string).collect::<Vec<_>>();
    let text = "# nameserver 192.0.2.9\nsearch example.com\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 x\n\
                nameserver fe80::1%2\nnameserver 192.0.2.4\n";
    assert_eq!(servers(text), ["192.0.2.1:53", "[2001:db8::1]:53", "[fe80::1%2]:53"]);
    for text in ["", "nameserver\nnameserver example.com\noptions rotate\n;nameserver 192.0.2.1"] {
        assert_eq!(servers(text), ["127.0.0.1:53", "[::1]:53"]);
    }
    assert_eq!(Resolver::of_file(Path::new("/nowhere")), Resolver::of_text(""));
}

#[test]
fn answers_are_read() {
    assert_eq!(ask_all(&[server(right, never)]).unwrap(), right_records());
    assert_eq!(ask_all(&[server(|query| vec![begin(query, Rcode::NXDOMAIN).finish()], never)]).unwrap(), []);
    assert_eq!(ask_all(&[server(|query| vec![begin(query, Rcode::NOERROR).finish()], never)]).unwrap(), []);
    let alias = |query: &Query| {
        let mut answer = begin(query, Rcode::NOERROR);
        answer.push((name(OWNER), Class::IN, 60, Cname::new(name("alias.example.net")))).unwrap();
        push(&mut answer, "alias.example.net", 5_223, ".");
        push(&mut answer, "other.example.net", 5_224, "xmpp.example.net");
        vec![answer.finish()]
    };
    assert_eq!(ask_all(&[server(alias, never)]).unwrap(), [Srv::new(10, 20, 5_223, None)]);
}

#[test]
fn what_does_not_fit_into_a_datagram_comes_by_tcp() {
    let large = |query: &Query| {
        let mut answer = begin(query, Rcode::NOERROR);
        for at in 0..900 {
            push(&mut answer, OWNER, at, "xmpp.example.com");
        }
        let answer = answer.finish();
        assert!(answer.len() > 50_000);
        vec![answer]
    };
    let records = ask_all(&[server(truncated, large)]).unwrap();
    assert_eq!((records.len(), records[0].port, records[63].port), (MAX_RECORDS, 0, 63), "and is bounded");
    let other = |query: &Query| {
        let mut message = right(query).remove(0);
        message[0] ^= 1;
        vec![message]
    };
    for tcp in [never, other, |_: &Query| vec![vec![]], |_: &Query| vec![vec![7; 300]]] {
        assert_eq!(ask_all(&[server(truncated, tcp), server(right, never)]).unwrap(), right_records());
    }
}

#[test]
fn what_is_no_answer_is_not_taken_for_one() {
    let guesses = |query: &Query| {
        let changed = |at: usize, by: u8| {
            let mut message = begin(query, Rcode::NOERROR);
            push(&mut message, OWNER, 1, "evil.example.net");
            let mut message = message.finish();
            message[at] ^= by;
            message
        };
        // Another number, no response, another name, another type; then garbage; then an answer.
        let mut replies = vec![changed(0, 1), changed(1, 0x80), changed(2, 0x80), changed(14, 0x02), changed(44, 1)];
        replies.extend([vec![], vec![0; 11], vec![0xff; 512], query.as_slice().to_vec()]);
        replies.extend(right(query));
        replies
    };
    assert_eq!(ask_all(&[server(guesses, never)]).unwrap(), right_records());
    let no_hosts = |query: &Query| {
        let mut answer = begin(query, Rcode::NOERROR);
        for target in [r"a\032b.example.com", r"\047etc", r"evil\.example.com", r"a\000b", "a:b", "[c]"] {
            push(&mut answer, OWNER, 1, target);
        }
        push(&mut answer, "_xmpp-server._tcp.example.com", 2, "evil.example.net");
        push(&mut answer, OWNER, 5_222, "xmpp.example.com");
        vec![answer.finish()]
    };
    assert_eq!(ask_all(&[server(no_hosts, never)]).unwrap(), right_records());
}

#[test]
fn a_server_that_is_of_no_use_is_followed_by_the_next() {
    let refused = |query: &Query| vec![begin(query, Rcode::SERVFAIL).finish()];
    let loops = |query: &Query| {
        let mut answer = begin(query, Rcode::NOERROR);
        answer.push((name(OWNER), Class::IN, 60, Cname::new(name(OWNER)))).unwrap();
        vec![answer.finish()]
    };
    let cut = |query: &Query| {
        let mut message = right(query).remove(0);
        message.truncate(message.len() - 3);
        vec![message]
    };
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for first in [server(refused, never), server(loops, never), server(cut, never), server(never, never), nobody] {
        assert_eq!(ask_all(&[first, server(right, never)]).unwrap(), right_records());
    }
    for (udp, why) in [
        (never as fn(&Query) -> Replies, "no answer"),
        (refused, "it says SERVFAIL"),
        (loops, "its aliases have no end"),
        (cut, "what it says cannot be read"),
    ] {
        let server = server(udp, never);
        let error = ask_all(&[server]).unwrap_err();
        assert!(error.contains("no name server of /etc/resolv.conf answered") && error.contains(why), "{error}");
    }
    let resolver = Resolver { servers: vec![server(right, never)] };
    for domain in ["a..b", &"a".repeat(64), &"a.".repeat(127)] {
        assert!(matches!(block_on(resolver.srv("_xmpp-client._tcp", domain)), Err(DnsError::Name)), "{domain}");
    }
}

#[test]
fn numbers_of_questions_are_not_known_beforehand() {
    let echo = |query: &Query| {
        let mut answer = begin(query, Rcode::NOERROR);
        push(&mut answer, OWNER, query.header().id(), "xmpp.example.com");
        vec![answer.finish()]
    };
    let server = server(echo, never);
    let ids: std::collections::BTreeSet<_> = (0..16).map(|_| ask_all(&[server]).unwrap()[0].port).collect();
    assert!(ids.len() > 12, "{ids:?}");
}

#[test]
fn the_order_is_by_priority_and_then_by_weight() {
    let mut rng = StdRng::seed_from_u64(1);
    let records = || {
        [(20, 0, "last"), (10, 0, "never first"), (10, 30, "light"), (10, 70, "heavy")]
            .map(|(priority, weight, target)| (Srv::new(priority, weight, 1, Some(target)), ()))
            .to_vec()
    };
    let mut firsts = std::collections::BTreeMap::<_, u32>::new();
    for _ in 0..10_000 {
        let ordered = in_order(records(), &mut rng);
        let targets: Vec<_> = ordered.into_iter().filter_map(|(record, ())| record.target).collect();
        assert_eq!((targets.len(), targets[3].as_str()), (4, "last"));
        *firsts.entry(targets[0].clone()).or_default() += 1;
    }
    let share = |target: &str| firsts.get(target).copied().unwrap_or_default();
    assert!((6_700..7_100).contains(&share("heavy")) && (2_800..3_200).contains(&share("light")), "{firsts:?}");
    assert!(share("never first") < 200, "{firsts:?}");
    assert_eq!(in_order(Vec::<(Srv, ())>::new(), &mut rng), []);
}
