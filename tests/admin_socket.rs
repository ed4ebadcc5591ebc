//! The adapter for Prosody against an admin socket that does what a real one hardly ever does.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_lite::FutureExt as _;
use futures_lite::future::{block_on, zip};
use invited::backend::prosody::Prosody;
use invited::backend::{Adapter as _, CallError};
use invited::invite::name::Username;
use serde_json::{Value, json};

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='xmpp:prosody.im/admin' xml:lang='en' id='' \
                      xmlns:stream='http://etherx.jabber.org/streams'>";
const INVITED: &str = include_str!("../src/backend/prosody/invited.lua");

/// What is said to a request; nothing, or the end.
#[derive(Clone)]
enum Act {
    Say(String),
    Hang,
    Close,
}

/// Of calls on one connection.
type Script = Box<dyn Fn(&Value) -> Act + Send + Sync>;

/// A socket that answers as `script` says: it is told which connection it is, counted from 0, and what was called; null
/// for the helper.
struct Fake {
    socket: PathBuf,
    /// What was called on which connection.
    calls: Arc<Mutex<Vec<(usize, String)>>>,
    _dir: tempfile::TempDir,
}

impl Fake {
    fn new(script: impl Fn(usize, &Value) -> Act + Send + Sync + 'static) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("prosody.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let (script, calls) = (Arc::new(script), Arc::<Mutex<Vec<_>>>::default());
        let heard = Arc::clone(&calls);
        std::thread::spawn(move || {
            for (at, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                let (script, heard) = (Arc::clone(&script), Arc::clone(&heard));
                std::thread::spawn(move || serve(at, stream, &*script, &heard));
            }
        });
        Self { socket, calls, _dir: dir }
    }

    fn client(&self) -> Prosody {
        Prosody::new(&"example.com".parse().unwrap(), &self.socket)
    }

    fn connections(&self) -> usize {
        self.calls.lock().unwrap().iter().map(|(at, _)| at + 1).max().unwrap_or(0)
    }
}

fn serve(
    at: usize,
    mut stream: UnixStream,
    script: &dyn Fn(usize, &Value) -> Act,
    heard: &Mutex<Vec<(usize, String)>>,
) {
    let (mut text, mut part) = (String::new(), [0; 4096]);
    while let Ok(length @ 1..) = stream.read(&mut part) {
        text.push_str(&String::from_utf8_lossy(&part[..length]));
        while let Some((request, rest)) = text.split_once("</repl-input>") {
            let argument = request.split_once("<repl-input>&gt;INV\"").and_then(|(_, rest)| rest.strip_suffix('"'));
            let call = argument
                .map_or(Value::Null, |base64| serde_json::from_slice(&STANDARD.decode(base64).unwrap()).unwrap());
            heard.lock().unwrap().push((at, call["op"].as_str().unwrap_or("helper").to_owned()));
            text = rest.to_owned();
            match script(at, &call) {
                Act::Say(answer) => _ = stream.write_all(answer.as_bytes()),
                Act::Hang => {}
                Act::Close => return,
            }
        }
    }
}

fn result(text: &str) -> String {
    format!("<repl-result>Result: {text}</repl-result>")
}

fn error(text: &str) -> String {
    format!("<repl-result type='error'>{text}</repl-result>")
}

/// The helper is there.
fn hello() -> Act {
    let version = INVITED.split_once("VERSION = \"").unwrap().1.split('"').next().unwrap();
    Act::Say(format!("{HEADER}{}", result(version)))
}

/// The answer that belongs to a call: whether the name is there is told by its first letter.
fn answer(call: &Value) -> String {
    let exists = call["username"].as_str().unwrap().starts_with('a');
    result(&STANDARD.encode(json!({"id": call["id"], "ok": true, "result": {"exists": exists}}).to_string()))
}

fn name(text: &str) -> Username {
    text.parse().unwrap()
}

/// What becomes of a call that is given up after a moment.
async fn given_up(client: &Prosody, username: &Username) {
    let late = async {
        async_io::Timer::after(Duration::from_millis(200)).await;
        None
    };
    assert_eq!(async { Some(client.exists(username).await) }.or(late).await, None);
}

#[test]
fn whoever_is_no_prosody_of_ours_is_not_called() {
    let answers = [
        (format!("{HEADER}{}", result("invited-0")), "not that of a Prosody"),
        (format!("{HEADER}{}", result("nil")), "not that of a Prosody"),
        (format!("{HEADER}{}", error("No module handled this query. Is mod_admin_shell enabled?")), "\"admin_shell\""),
        (format!("{HEADER}{}", error("console:1: unexpected symbol")), "could not run"),
        ("<html><body/></html>".into(), "no admin socket"),
    ];
    for (said, why) in answers {
        let fake = Fake::new(move |_, _| Act::Say(said.clone()));
        match block_on(fake.client().exists(&name("ann"))) {
            Err(CallError::Away(told)) => assert!(told.contains(why), "{told}"),
            other => panic!("{why}: {other:?}"),
        }
        assert_eq!(*fake.calls.lock().unwrap(), [(0, "helper".into())]);
    }
}

#[test]
fn a_call_that_is_given_up_takes_its_connection_along() {
    let fake = Fake::new(|at, call| match (at, call) {
        (_, Value::Null) => hello(),
        (0, _) => Act::Hang,
        (_, call) => Act::Say(answer(call)),
    });
    let client = fake.client();
    block_on(async {
        let (ann, bob) = (name("ann"), name("bob"));
        // Nobody knows what became of the other one on that connection.
        let ((), other) = zip(given_up(&client, &ann), client.exists(&bob)).await;
        assert!(matches!(other, Err(CallError::Unsure(_))), "{other:?}");
        assert_eq!(client.exists(&bob).await, Ok(false));
        assert_eq!(client.exists(&ann).await, Ok(true));
    });
    assert_eq!(fake.connections(), 2);
}

#[test]
fn a_late_answer_is_nobodys() {
    let first = Mutex::new(Value::Null);
    let fake = Fake::new(move |at, call| match (at, call) {
        (_, Value::Null) => hello(),
        (0, call) => {
            // The first is answered when the second comes; on the same connection it would be taken for that.
            match std::mem::replace(&mut *first.lock().unwrap(), call.clone()) {
                Value::Null => Act::Hang,
                late => Act::Say(answer(&late)),
            }
        }
        (_, call) => Act::Say(answer(call)),
    });
    let client = fake.client();
    block_on(given_up(&client, &name("ann")));
    assert_eq!(block_on(client.exists(&name("bob"))), Ok(false));
    assert_eq!(fake.connections(), 2);
}

#[test]
fn answers_go_to_their_calls_in_order() {
    let waiting = Mutex::new(Vec::new());
    let fake = Fake::new(move |_, call| {
        if call.is_null() {
            return hello();
        }
        let mut waiting = waiting.lock().unwrap();
        waiting.push(answer(call));
        // All at once, so they were sent without waiting for one another.
        if waiting.len() < 3 { Act::Hang } else { Act::Say(waiting.drain(..).collect()) }
    });
    let client = fake.client();
    let (ann, bob, amy) = (name("ann"), name("bob"), name("amy"));
    let all = zip(zip(client.exists(&ann), client.exists(&bob)), client.exists(&amy));
    assert_eq!(block_on(all), ((Ok(true), Ok(false)), Ok(true)));
    assert_eq!(fake.connections(), 1);
}

#[test]
fn an_answer_that_is_not_the_calls_own_ends_the_connection() {
    let own = |call: &Value| answer(call);
    let of_another = |call: &Value| {
        let mut other = call.clone();
        other["id"] = (call["id"].as_u64().unwrap() + 1).into();
        answer(&other)
    };
    let spoilt: [(&str, Script); 8] = [
        ("another id", Box::new(move |call| Act::Say(of_another(call)))),
        ("no id", Box::new(|_| Act::Say(result(&STANDARD.encode("{\"ok\":true}"))))),
        ("no JSON", Box::new(|_| Act::Say(result(&STANDARD.encode("ok"))))),
        ("no base64", Box::new(|_| Act::Say(result("***")))),
        ("too large", Box::new(|_| Act::Say(result(&"A".repeat(2 << 20))))),
        ("the end in the middle", Box::new(|_| Act::Say("<repl-result>Resu</stream:stream>".into()))),
        (
            "a stream error",
            Box::new(|_| Act::Say("<stream:error><not-well-formed/></stream:error></stream:stream>".into())),
        ),
        ("closed", Box::new(|_| Act::Close)),
    ];
    for (what, spoilt) in spoilt {
        let fake = Fake::new(move |at, call| match (at, call) {
            (_, Value::Null) => hello(),
            (0, call) => spoilt(call),
            (_, call) => Act::Say(own(call)),
        });
        let client = fake.client();
        let first = block_on(client.exists(&name("ann")));
        assert!(matches!(first, Err(CallError::Unsure(_))), "{what}: {first:?}");
        assert_eq!(block_on(client.exists(&name("ann"))), Ok(true), "{what}");
        assert_eq!(fake.connections(), 2, "{what}");
    }
}

#[test]
fn an_answer_that_nobody_waits_for_ends_the_connection() {
    let fake = Fake::new(|at, call| match (at, call) {
        (_, Value::Null) => hello(),
        // A stray one would be the next call's.
        (0, call) => Act::Say(format!("{}{}", answer(call), answer(call))),
        (_, call) => Act::Say(answer(call)),
    });
    let client = fake.client();
    block_on(async {
        assert_eq!(client.exists(&name("ann")).await, Ok(true));
        let mut second = client.exists(&name("bob")).await;
        if second.is_err() {
            second = client.exists(&name("bob")).await;
        }
        assert_eq!(second, Ok(false));
    });
}
