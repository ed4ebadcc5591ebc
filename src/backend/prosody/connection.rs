//! A connection to Prosody's admin socket: an XML stream on which requests are answered one after the other, in order.
//!
//! Nothing in an answer says which request it is for (but for the id that our own Lua gives back). So whoever goes away
//! before its answer came takes the connection along, and no answer is ever taken for that of another request.
//!
//! Prosody 13 ends a stream with a stanza of more than 16 KiB (0.12: 1 MiB). So whatever is sent goes over in pieces that
//! are put together there, the helper itself included.

use std::collections::VecDeque;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_io::Async;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_channel::oneshot::{Receiver, Sender, channel};
use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};
use rxml::error::EndOrError;
use rxml::{Event, Parse as _, Parser};
use serde_json::Value;

use crate::backend::CallError;

/// Sent once a connection.
const HELPER: &str = include_str!("invited.lua");

/// Gathers pieces of base64, and gives what they make: sent first. `console` is where the shell keeps the names of one
/// connection; what is loaded lives there, too.
const LOADER: &str = r#"
local function R(name) local ok, found = pcall(require, "prosody." .. name) if ok then return found end return require(name) end
local decode, envload, console = R "util.encodings".base64.decode, R "util.envload".envload, getfenv and getfenv() or _ENV
local pieces = {}
function INVITED_PIECE(piece) table.insert(pieces, piece) return "" end
function INVITED_WHOLE(last) local whole = decode(table.concat(pieces) .. last) pieces = {} return whole end
function INVITED_LOAD(last) return assert(envload(INVITED_WHOLE(last), "=invited", console))() end
return "loader""#;

/// A piece of base64: with what stands around it, a stanza is half as long as Prosody 13 allows.
const PIECE_BYTES: usize = 8_000;

/// What the helper says that it is; another one is not ours.
fn helper_version() -> &'static str {
    HELPER.split_once("VERSION = \"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
                      xmlns='xmpp:prosody.im/admin'>";

/// No answer of ours is larger.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// What Prosody answered to one request, or why there is no answer.
type Reply = Result<String, CallError>;

/// A connection; it ends when it is dropped.
pub(super) struct Connection {
    shared: Arc<Shared>,
    sending: async_lock::Mutex<()>,
    next_id: AtomicU64,
}

struct Shared {
    stream: Async<UnixStream>,
    waiting: Mutex<VecDeque<Waiting>>,
    is_over: AtomicBool,
}

/// What the next answer is for.
enum Waiting {
    /// A piece of a request; the answer is empty.
    Piece,
    /// A request, and whoever asked it.
    Request(Sender<Reply>),
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connection; whoever waits is told so.
    fn end(&self, why: &CallError) {
        self.is_over.store(true, Ordering::Release);
        // Fails only if it has ended already.
        let _ = self.stream.get_ref().shutdown(Shutdown::Both);
        for waiting in self.waiting().drain(..) {
            if let Waiting::Request(waiting) = waiting {
                let _ = waiting.send(Err(why.clone()));
            }
        }
    }

    /// Hands on an answer; else says why there is no going on.
    fn answered(&self, answer: Reply) -> Result<(), String> {
        match self.waiting().pop_front() {
            Some(Waiting::Piece) if answer.as_deref() == Ok("") => Ok(()),
            Some(Waiting::Piece) => Err("a piece of a request did not arrive".into()),
            Some(Waiting::Request(waiting)) => {
                // Somebody who went away has taken the connection along.
                let _ = waiting.send(answer);
                Ok(())
            }
            None => Err("an answer came that nobody waits for".into()),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.end(&lost("it was given up"));
    }
}

fn lost(why: impl std::fmt::Display) -> CallError {
    CallError::Unsure(format!("the connection to the admin socket was lost: {why}"))
}

/// Ends the connection unless it is told that all is well.
struct Fragile<'a>(Option<&'a Shared>);

impl Drop for Fragile<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.0 {
            shared.end(&lost("another call got no answer"));
        }
    }
}

impl Connection {
    /// Connects and sends the helper.
    pub(super) async fn open(socket: &Path) -> Result<Self, CallError> {
        let stream = Async::<UnixStream>::connect(socket).await;
        let stream =
            stream.map_err(|error| CallError::Away(format!("cannot connect to {}: {error}", socket.display())))?;
        let shared = Arc::new(Shared { stream, waiting: Mutex::default(), is_over: AtomicBool::new(false) });
        let reader = Arc::clone(&shared);
        async_std::task::spawn(async move {
            let why = read(&reader).await;
            reader.end(&lost(why));
        });
        let connection = Self { shared, sending: async_lock::Mutex::new(()), next_id: AtomicU64::new(1) };
        // They tell what they are instead of doing something: until then nothing was done, whatever goes wrong.
        let told = async {
            let loader = connection.exchange(vec![format!("{HEADER}{}", stanza(LOADER))]).await?;
            if loader != "loader" {
                return Ok(loader);
            }
            connection.exchange(in_pieces("INVITED_LOAD", HELPER.as_bytes())).await
        };
        match told.await {
            Ok(version) if version == helper_version() => Ok(connection),
            Ok(_) => Err(CallError::Away("the admin socket is not that of a Prosody with mod_admin_shell".into())),
            Err(CallError::Unsure(why) | CallError::Away(why)) => Err(CallError::Away(why)),
            Err(error @ CallError::Refused(_)) => Err(error),
        }
    }

    /// Whether it can be used.
    pub(super) fn is_open(&self) -> bool {
        !self.shared.is_over.load(Ordering::Acquire)
    }

    /// Calls the helper; gives its answer, an object.
    pub(super) async fn call(&self, mut request: Value) -> Result<Value, CallError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        request["id"] = id.into();
        let answer = self.exchange(in_pieces("INV", request.to_string().as_bytes())).await?;
        let answer = STANDARD.decode(answer).ok().and_then(|json| serde_json::from_slice::<Value>(&json).ok());
        let answer = answer.filter(|answer| answer["id"].as_u64() == Some(id));
        answer.ok_or_else(|| {
            let why = lost("an answer was none of ours");
            self.shared.end(&why);
            why
        })
    }

    /// Sends a request of one or more stanzas; gives the answer to the last.
    async fn exchange(&self, request: Vec<String>) -> Reply {
        let mut fragile = Fragile(Some(&self.shared));
        let answer = self.send(&request).await?;
        let answer = answer.await.unwrap_or_else(|_| Err(lost("it was closed")));
        if answer.is_ok() {
            fragile.0 = None;
        }
        answer
    }

    /// Sends a request; its answer comes after those to what was sent before.
    async fn send(&self, request: &[String]) -> Result<Receiver<Reply>, CallError> {
        let _turn = self.sending.lock().await;
        let (reply, answer) = channel();
        {
            let mut waiting = self.shared.waiting();
            waiting.extend(request.iter().skip(1).map(|_| Waiting::Piece));
            waiting.push_back(Waiting::Request(reply));
        }
        if !self.is_open() {
            return Err(CallError::Away("the connection to the admin socket was closed".into()));
        }
        (&self.shared.stream).write_all(request.concat().as_bytes()).await.map_err(lost)?;
        Ok(answer)
    }
}

/// Hands on answers until there are no more; gives why.
async fn read(shared: &Shared) -> String {
    let mut parser = Parser::new();
    let mut answers = Answers::default();
    let mut buffer = vec![0; 16 << 10];
    loop {
        let length = match (&shared.stream).read(&mut buffer).await {
            Ok(0) => return "Prosody closed it".into(),
            Ok(length) => length,
            Err(error) => return error.to_string(),
        };
        let mut part = &buffer[..length];
        loop {
            match parser.parse(&mut part, false) {
                Ok(None) => return "Prosody ended the stream".into(),
                Ok(Some(event)) => match answers.take(event) {
                    Ok(None) => {}
                    Ok(Some(answer)) => {
                        if let Err(why) = shared.answered(answer) {
                            return why;
                        }
                    }
                    Err(why) => return why.into(),
                },
                Err(EndOrError::NeedMoreData) => break,
                Err(EndOrError::Error(error)) => return error.to_string(),
            }
        }
    }
}

/// Puts answers together from XML.
#[derive(Default)]
struct Answers {
    depth: usize,
    /// The text of the answer that is being read, and whether it is an error.
    open: Option<(String, bool)>,
}

impl Answers {
    fn take(&mut self, event: Event) -> Result<Option<Reply>, &'static str> {
        match event {
            Event::XmlDeclaration(..) => {}
            Event::StartElement(_, (_, name), attributes) => {
                self.depth += 1;
                match (self.depth, name.as_str()) {
                    (1, "stream") | (2, "repl-output") => {}
                    (2, "repl-result") => {
                        let is_error = attributes.iter().any(|((_, name), value)| name == "type" && value == "error");
                        self.open = Some((String::new(), is_error));
                    }
                    (2, "error") => return Err("Prosody found the stream wrong"),
                    _ => return Err("this is no admin socket"),
                }
            }
            Event::Text(_, text) => {
                if let Some((open, _)) = &mut self.open {
                    if open.len() + text.len() > MAX_ANSWER_BYTES {
                        return Err("an answer was too large");
                    }
                    open.push_str(&text);
                }
            }
            Event::EndElement(_) => {
                self.depth = self.depth.saturating_sub(1);
                if let Some((text, is_error)) = self.open.take() {
                    return Ok(Some(answer(&text, is_error)));
                }
            }
        }
        Ok(None)
    }
}

/// What a shell answer says: `Result: ` and what was returned.
fn answer(text: &str, is_error: bool) -> Reply {
    match text.strip_prefix("Result: ") {
        Some(result) if !is_error => Ok(result.to_owned()),
        _ if text.contains("No module handled this query") => {
            Err(CallError::Away("mod_admin_shell is not loaded (add \"admin_shell\" to modules_enabled)".into()))
        }
        _ => Err(CallError::Away("Prosody could not run what was asked".into())),
    }
}

/// The stanzas that have `function` called with `argument`, none of which is too long.
fn in_pieces(function: &str, argument: &[u8]) -> Vec<String> {
    let argument = STANDARD.encode(argument);
    let pieces: Vec<_> = argument.as_bytes().chunks(PIECE_BYTES).map(String::from_utf8_lossy).collect();
    let (last, before) = pieces.split_last().map_or(("", &[][..]), |(last, before)| (last.as_ref(), before));
    let call = stanza(&format!("return {function}\"{last}\""));
    before.iter().map(|piece| stanza(&format!("return INVITED_PIECE\"{piece}\""))).chain([call]).collect()
}

/// Lua for the shell to run in the global environment, as XML (XML 1.0, 2.4).
fn stanza(code: &str) -> String {
    let code = code.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<repl-input>&gt;{code}</repl-input>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(parts: &[&str]) -> Vec<Result<Option<Reply>, &'static str>> {
        let (mut parser, mut answers, mut all) = (Parser::new(), Answers::default(), Vec::new());
        for part in parts {
            let mut part = part.as_bytes();
            while let Ok(Some(event)) = parser.parse(&mut part, false) {
                match answers.take(event) {
                    Ok(None) => {}
                    other => all.push(other),
                }
            }
        }
        all
    }

    #[test]
    fn answers_are_read_however_they_are_cut() {
        let stream = "<?xml version='1.0'?><stream:stream xmlns='xmpp:prosody.im/admin' xml:lang='en' id='' \
                      xmlns:stream='http://etherx.jabber.org/streams'>";
        let two = "<repl-output>x</repl-output><repl-result>Result: YQ==</repl-result> \
                   <repl-result type='error'>Error: no &lt;</repl-result>";
        let whole = answers(&[stream, two]);
        assert_eq!(whole.len(), 2);
        assert_eq!(whole[0], Ok(Some(Ok("YQ==".into()))));
        assert!(matches!(whole[1], Ok(Some(Err(CallError::Away(_))))));
        let bytes: Vec<_> = [stream, two].concat().chars().map(String::from).collect();
        assert_eq!(answers(&bytes.iter().map(String::as_str).collect::<Vec<_>>()), whole);
        assert_eq!(answers(&[stream, "<stream:error><not-well-formed/>"])[0], Err("Prosody found the stream wrong"));
        assert_eq!(answers(&["<html>"])[0], Err("this is no admin socket"));
        assert_eq!(answers(&[stream, "<foo>"])[0], Err("this is no admin socket"));
    }

    #[test]
    fn whatever_is_sent_goes_over_in_stanzas_that_prosody_13_takes() {
        for length in [0, 1, 5_999, 6_000, 6_001, HELPER.len(), 1 << 20] {
            let sent = vec![b'<'; length];
            let stanzas = in_pieces("INV", &sent);
            assert!(stanzas.iter().all(|stanza| stanza.len() <= 8_192), "{length}");
            let pieces = stanzas.iter().map(|stanza| stanza.split('"').nth(1).unwrap_or_default());
            assert_eq!(STANDARD.decode(pieces.collect::<String>()), Ok(sent), "{length}");
        }
        assert!(stanza(LOADER).len() <= 8_192);
        assert_eq!(in_pieces("INV", b"{}"), ["<repl-input>&gt;return INV\"e30=\"</repl-input>"]);
    }

    #[test]
    fn a_changed_helper_has_another_version() {
        use sha2::{Digest as _, Sha256};
        let digest = STANDARD.encode(Sha256::digest(HELPER));
        // A hook of the same version stays in a running Prosody: whoever changes the helper changes both.
        assert_eq!((helper_version(), &digest[..8]), ("invited-5", "dq3PfIZ+"));
    }

    #[test]
    fn a_missing_shell_is_told() {
        let text = "No module handled this query. Is mod_admin_shell enabled?";
        assert!(matches!(answer(text, true), Err(CallError::Away(why)) if why.contains("admin_shell")));
    }
}
