//! A connection to Prosody's admin socket: an XML stream on which requests are answered one after the other, in order.
//!
//! Nothing in an answer says which request it is for (but for the id that our own Lua gives back). So whoever goes away
//! before its answer came takes the connection along, and no answer is ever taken for that of another request.

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
use serde_json::Value;

use super::asked;
use super::shell::{self, HEADER, HELPER, LOADER, ShellAnswer, ShellOutput, helper_version, in_pieces, stanza};
use crate::backend::{CallError, InAppStep};
use crate::elements::{Reader, StreamError};
use crate::log::Cause;

/// No answer of ours is larger.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// A connection; it ends when it is dropped.
pub(super) struct AdminSocket {
    shared: Arc<SharedSocket>,
    sending: async_lock::Mutex<()>,
    next_id: AtomicU64,
}

struct SharedSocket {
    stream: Async<UnixStream>,
    waiting: Mutex<VecDeque<Waiting>>,
    is_over: AtomicBool,
}

/// Who is told what Prosody asks: its id, and what it is.
pub(super) type OnQuestion = Arc<dyn Fn(String, InAppStep) + Send + Sync>;

/// What the next answer is for.
enum Waiting {
    /// A piece of a request; the answer is empty.
    Piece,
    /// A request, and whoever asked it.
    Request(Sender<ShellAnswer>),
}

impl SharedSocket {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connection; whoever waits learns why.
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
    fn answered(&self, answer: ShellAnswer) -> Result<(), Cause> {
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

impl Drop for AdminSocket {
    fn drop(&mut self) {
        self.shared.end(&lost("it was given up"));
    }
}

fn lost(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CallError {
    CallError::Unsure(Cause::because("the connection to the admin socket was lost", why))
}

/// Ends the connection unless it learns that all is well.
struct Fragile<'a>(Option<&'a SharedSocket>);

impl Drop for Fragile<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.0 {
            shared.end(&lost("another call got no answer"));
        }
    }
}

impl AdminSocket {
    /// Connects and sends the helper.
    pub(super) async fn open(socket: &Path, on_question: Option<OnQuestion>) -> Result<Self, CallError> {
        let stream = Async::<UnixStream>::connect(socket).await;
        let stream = stream.map_err(|error| {
            CallError::Away(Cause::because(format!("cannot connect to {}", socket.display()), error))
        })?;
        let shared = Arc::new(SharedSocket { stream, waiting: Mutex::default(), is_over: AtomicBool::new(false) });
        let reader = Arc::clone(&shared);
        async_std::task::spawn(async move {
            let why = read(&reader, on_question.as_deref()).await;
            reader.end(&lost(why));
        });
        let connection = Self { shared, sending: async_lock::Mutex::new(()), next_id: AtomicU64::new(1) };
        // They tell what they are instead of doing something: until then nothing was done, whatever goes wrong.
        let said = async {
            let loader = connection.exchange(vec![format!("{HEADER}{}", stanza(LOADER))]).await?;
            if loader != "loader" {
                return Ok(loader);
            }
            connection.exchange(in_pieces("INVITED_LOAD", HELPER.as_bytes())).await
        };
        match said.await {
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
    async fn exchange(&self, request: Vec<String>) -> ShellAnswer {
        let mut fragile = Fragile(Some(&self.shared));
        let answer = self.send(&request).await?;
        let answer = answer.await.unwrap_or_else(|_| Err(lost("it was closed")));
        if answer.is_ok() {
            fragile.0 = None;
        }
        answer
    }

    /// Sends a request; its answer comes after those to what was sent before.
    async fn send(&self, request: &[String]) -> Result<Receiver<ShellAnswer>, CallError> {
        let _sending = self.sending.lock().await;
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
async fn read(shared: &SharedSocket, on_question: Option<&(dyn Fn(String, InAppStep) + Send + Sync)>) -> Cause {
    let mut answers = Answers::default();
    let mut buffer = vec![0; 16 << 10];
    loop {
        match (&shared.stream).read(&mut buffer).await {
            Ok(0) => return "Prosody closed it".into(),
            Ok(length) => answers.reader.feed(&buffer[..length]),
            Err(error) => return Cause::new(error),
        }
        loop {
            match answers.next() {
                Ok(Some(ShellOutput::Answer(answer))) => {
                    if let Err(why) = shared.answered(answer) {
                        return why;
                    }
                }
                Ok(Some(ShellOutput::Printed(text))) => {
                    if let (Some(tell), Some((id, step))) = (on_question, asked::question(&text)) {
                        tell(id, step);
                    }
                }
                Ok(None) => break,
                Err(why) => return why,
            }
        }
    }
}

/// Takes answers from what has arrived.
struct Answers {
    reader: Reader,
    is_opened: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self { reader: Reader::new(MAX_ANSWER_BYTES), is_opened: false }
    }
}

impl Answers {
    /// What is said next, nothing if more must arrive; else why there is no more.
    fn next(&mut self) -> Result<Option<ShellOutput>, Cause> {
        if !self.is_opened {
            match self.reader.opening() {
                Ok(Some(opening)) if opening.name() == "stream" => self.is_opened = true,
                Ok(Some(_)) | Err(StreamError::Xml(_)) => return Err(shell::NO_ADMIN_SOCKET.into()),
                Ok(None) => return Ok(None),
                Err(error) => return Err(ended(error)),
            }
        }
        match self.reader.element().map_err(ended)? {
            Some(element) => Ok(Some(shell::said(&element)?)),
            None => Ok(None),
        }
    }
}

fn ended(error: StreamError) -> Cause {
    match error {
        StreamError::Ended => "Prosody ended the stream".into(),
        StreamError::TooLarge(_) | StreamError::Endless => "an answer was too large".into(),
        error @ (StreamError::Io(_) | StreamError::Closed | StreamError::Xml(_)) => Cause::new(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of these parts, as they arrive.
    fn answers(parts: &[&str]) -> Vec<Result<ShellOutput, String>> {
        let (mut answers, mut all) = (Answers::default(), Vec::new());
        for part in parts {
            answers.reader.feed(part.as_bytes());
            loop {
                match answers.next() {
                    Ok(Some(answer)) => all.push(Ok(answer)),
                    Ok(None) => break,
                    Err(why) => {
                        all.push(Err(why.to_string()));
                        return all;
                    }
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
        assert_eq!(whole.len(), 3);
        assert_eq!(whole[0], Ok(ShellOutput::Printed("x".into())));
        assert_eq!(whole[1], Ok(ShellOutput::Answer(Ok("YQ==".into()))));
        assert!(matches!(whole[2], Ok(ShellOutput::Answer(Err(CallError::Away(_))))));
        let bytes: Vec<_> = [stream, two].concat().chars().map(String::from).collect();
        assert_eq!(answers(&bytes.iter().map(String::as_str).collect::<Vec<_>>()), whole);
        let first = |parts: &[&str]| answers(parts)[0].clone().unwrap_err();
        let error = "<stream:error><not-well-formed/></stream:error>";
        assert_eq!(first(&[stream, error]), "Prosody found the stream wrong");
        for other in ["<html>", "<html xmlns='http://www.w3.org/1999/xhtml'>", "HTTP/1.1 400 Bad Request\r\n"] {
            assert_eq!(first(&[other]), "this is no admin socket", "{other}");
        }
        assert_eq!(first(&[stream, "<foo/>"]), "this is no admin socket");
        assert_eq!(first(&[stream, "</stream:stream>"]), "Prosody ended the stream");
        let large = format!("<repl-result>{}</repl-result>", "x".repeat(MAX_ANSWER_BYTES));
        assert_eq!(first(&[stream, &large]), "an answer was too large");
    }
}
