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
use invited::log::chain;
use serde_json::{Value, json};

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='xmpp:prosody.im/admin' xml:lang='en' id='' \
                      xmlns:stream='http://etherx.jabber.org/streams'>";
const INVITED: &str = concat!(
    include_str!("../../src/backend/prosody/lua/base.lua"),
    include_str!("../../src/backend/prosody/lua/own_tokens.lua"),
    include_str!("../../src/backend/prosody/lua/asks.lua"),
    include_str!("../../src/backend/prosody/lua/calls.lua")
);

/// What is said to a request; nothing, or the end.
#[derive(Clone)]
enum Act {
    Say(String),
    Hang,
    Close,
}

/// Of calls on one connection.
type Script = Box<dyn Fn(&Value) -> Act + Send + Sync>;

/// What is sent to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// What gathers pieces.
    Loader,
    /// A piece of what is too long for one stanza.
    Piece,
    /// The helper, after its pieces.
    Helper,
    /// A call, after its pieces.
    Call,
}

impl Step {
    fn of(code: &str) -> Self {
        match code.split('"').next().unwrap() {
            "return INVITED_LOAD" => Self::Helper,
            "return INV" => Self::Call,
            "return INVITED_PIECE" => Self::Piece,
            _ => Self::Loader,
        }
    }

    /// What a Prosody says to it; to calls nothing.
    fn right(self) -> Act {
        match self {
            Self::Loader => Act::Say(format!("{HEADER}{}", result("loader"))),
            Self::Piece => Act::Say(result("")),
            Self::Helper => Act::Say(result(INVITED.split_once("VERSION = \"").unwrap().1.split('"').next().unwrap())),
            Self::Call => Act::Hang,
        }
    }
}

/// A socket that answers calls as `script` says: it is told which connection it is, counted from 0, and what was called.
struct Fake {
    socket: PathBuf,
    /// What was called on which connection, and the steps before the first call.
    calls: Arc<Mutex<Vec<(usize, String)>>>,
    _dir: tempfile::TempDir,
}

impl Fake {
    fn new(script: impl Fn(usize, &Value) -> Act + Send + Sync + 'static) -> Self {
        Self::stepping(move |at, step, call| if step == Step::Call { script(at, call) } else { step.right() })
    }

    /// The same with a script for every step.
    fn stepping(script: impl Fn(usize, Step, &Value) -> Act + Send + Sync + 'static) -> Self {
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
    script: &dyn Fn(usize, Step, &Value) -> Act,
    heard: &Mutex<Vec<(usize, String)>>,
) {
    let (mut text, mut part, mut pieces) = (String::new(), [0; 4096], String::new());
    while let Ok(length @ 1..) = stream.read(&mut part) {
        text.push_str(&String::from_utf8_lossy(&part[..length]));
        while let Some((request, rest)) = text.split_once("</repl-input>") {
            assert!(request.len() < 16_000, "Prosody 13 takes no stanza of {}", request.len());
            let code = request.split_once("<repl-input>&gt;").unwrap().1;
            let step = Step::of(code);
            let mut call = Value::Null;
            if step != Step::Loader {
                pieces.push_str(code.split('"').nth(1).unwrap());
            }
            match step {
                Step::Helper | Step::Call => {
                    let whole = STANDARD.decode(std::mem::take(&mut pieces)).unwrap();
                    if step == Step::Call {
                        call = serde_json::from_slice(&whole).unwrap();
                    } else {
                        assert!(whole == INVITED.as_bytes(), "the helper arrives whole");
                    }
                }
                Step::Loader | Step::Piece => {}
            }
            if step != Step::Piece {
                heard.lock().unwrap().push((at, call["op"].as_str().map_or(format!("{step:?}"), str::to_owned)));
            }
            text = rest.to_owned();
            match script(at, step, &call) {
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

/// The answer that belongs to a call: whether the name is there is told by its first letter.
fn answer(call: &Value) -> String {
    let exists = call["username"].as_str().unwrap().starts_with('a');
    result(&STANDARD.encode(json!({"id": call["id"], "ok": true, "result": {"exists": exists}}).to_string()))
}

fn name(text: &str) -> Username {
    text.parse().unwrap()
}

/// A call that is given up when the server has heard of so many, this one among them, and answered none.
async fn given_up(fake: &Fake, calls: usize, client: &Prosody, username: &Username) {
    let late = async {
        while fake.calls.lock().unwrap().iter().filter(|(_, call)| call == "exists").count() < calls {
            async_io::Timer::after(Duration::from_millis(1)).await;
        }
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
        let fake = Fake::stepping(move |_, _, _| Act::Say(said.clone()));
        match block_on(fake.client().exists(&name("ann"))) {
            Err(CallError::Away(told)) => assert!(chain(&told).to_string().contains(why), "{told}"),
            other => panic!("{why}: {other:?}"),
        }
        assert_eq!(*fake.calls.lock().unwrap(), [(0, "Loader".into())]);
    }
}

#[test]
fn a_helper_that_does_not_arrive_as_it_is_is_not_called() {
    let wrong = [
        (Step::Piece, result("something"), "a piece of a request did not arrive"),
        (Step::Piece, error("console:1: attempt to call a nil value"), "a piece of a request did not arrive"),
        (Step::Helper, result("invited-0"), "not that of a Prosody"),
        (Step::Helper, error("invited:1: unexpected symbol"), "could not run"),
    ];
    for (at, said, why) in wrong {
        let fake = Fake::stepping(move |_, step, _| if step == at { Act::Say(said.clone()) } else { step.right() });
        match block_on(fake.client().exists(&name("ann"))) {
            Err(CallError::Away(told)) => assert!(chain(&told).to_string().contains(why), "{told}"),
            other => panic!("{why}: {other:?}"),
        }
        assert!(!fake.calls.lock().unwrap().contains(&(0, "exists".into())));
    }
}

#[test]
fn a_call_that_is_given_up_takes_its_connection_along() {
    let fake = Fake::new(|at, call| match (at, call) {
        (0, _) => Act::Hang,
        (_, call) => Act::Say(answer(call)),
    });
    let client = fake.client();
    block_on(async {
        let (ann, bob) = (name("ann"), name("bob"));
        // Nobody knows what became of the other one on that connection.
        let ((), other) = zip(given_up(&fake, 2, &client, &ann), client.exists(&bob)).await;
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
    block_on(given_up(&fake, 1, &client, &name("ann")));
    assert_eq!(block_on(client.exists(&name("bob"))), Ok(false));
    assert_eq!(fake.connections(), 2);
}

#[test]
fn answers_go_to_their_calls_in_order() {
    let waiting = Mutex::new(Vec::new());
    let fake = Fake::new(move |_, call| {
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
