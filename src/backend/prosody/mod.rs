//! Prosody 0.12 and 13, by its admin socket (mod_admin_shell); no further module is needed.
//!
//! Whoever can connect to that socket can do everything in Prosody. What we do there is in `lua`: each call is one piece
//! of Lua, during which nothing else happens in Prosody. It also has Prosody ask us about the tokens that apps show
//! ([`Question`]), and holds sign-up with tokens of Prosody's own to one use each.

mod asked;
mod connection;
mod examine;
mod shell;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_io::Timer;
use async_lock::Mutex;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rand::Rng as _;
use serde_json::{Value, json};

use super::{
    Abilities, Adapter, CallError, DEADLINE, Examination, InApp, InAppStep, Mint, Minted, NewAccount, NewPassword,
    Question, Questions, Refusal, TokenDetails, TokenState, Verdict,
};
use crate::clock;
use crate::invite::Kind;
use crate::invite::name::{HostName, Jid, Username};
use crate::log::chain;
use connection::{AdminSocket, OnQuestion};

/// So often it is looked whether the socket is there by now.
const STEP: Duration = Duration::from_millis(50);

/// A host on Prosody.
pub struct Prosody {
    host: HostName,
    socket: PathBuf,
    connection: Mutex<Option<Arc<AdminSocket>>>,
    answering: Option<Answering>,
}

/// How Prosody asks.
struct Answering {
    /// What we are called there: several processes may answer, and each is to know its own.
    name: String,
    on_question: OnQuestion,
}

impl Prosody {
    /// The server whose admin socket is at `socket`. Connects when it is first asked something.
    #[must_use]
    pub fn new(host: &HostName, socket: &Path) -> Self {
        Self { host: host.clone(), socket: socket.to_owned(), connection: Mutex::new(None), answering: None }
    }

    /// The same, and Prosody asks by `questions` what the tokens are that apps show: as long as [`Adapter::keep`] is called.
    #[must_use]
    pub fn asking(mut self, questions: &Questions) -> Self {
        let (host, questions) = (self.host.clone(), questions.clone());
        let on_question = move |id, step: InAppStep| {
            if !questions.put(Question { host: host.clone(), id, step }) {
                tracing::warn!(host = %host, "too many apps show a token at once, some are told to try again");
            }
        };
        let mut name = [0; 12];
        clock::rng().fill_bytes(&mut name);
        let name = URL_SAFE_NO_PAD.encode(name);
        self.answering = Some(Answering { name, on_question: Arc::new(on_question) });
        self
    }

    /// The connection, or a new one where it has ended: by path, for a restarted Prosody makes another socket.
    async fn connection(&self) -> Result<Arc<AdminSocket>, CallError> {
        let mut connection = self.connection.lock().await;
        if let Some(open) = connection.as_ref().filter(|connection| connection.is_open()) {
            return Ok(Arc::clone(open));
        }
        *connection = None;
        let on_question = self.answering.as_ref().map(|answering| Arc::clone(&answering.on_question));
        let open = Arc::new(AdminSocket::open(&self.socket, on_question).await?);
        *connection = Some(Arc::clone(&open));
        Ok(open)
    }

    fn name(&self) -> Option<String> {
        self.answering.as_ref().map(|answering| answering.name.clone())
    }

    /// Calls an operation of `lua/calls.lua`.
    async fn call(&self, op: &'static str, mut request: Value) -> Result<Value, CallError> {
        request["op"] = op.into();
        request["host"] = self.host.as_str().into();
        let mut answer = self.connection().await?.call(request).await?;
        if answer["ok"] == true {
            let result = answer["result"].take();
            if let Some(warning) = result["warning"].as_str() {
                tracing::warn!(host = %self.host, backend = "prosody", error = readable(warning),
                    "Prosody did {op}, but one of its modules failed on the event");
            }
            return Ok(result);
        }
        let what = readable(answer["msg"].as_str().unwrap_or_default());
        Err(match answer["code"].as_str().unwrap_or_default() {
            "user-exists" => Refusal::Taken.into(),
            "no-such-user" => Refusal::NoAccount.into(),
            "token-invalid" => Refusal::NoToken.into(),
            "bad-username" => Refusal::Name.into(),
            "bad-password" => Refusal::Password.into(),
            "unsupported" => Refusal::Unsupported.into(),
            "not-allowed" => Refusal::NotAllowed(what).into(),
            "wait" => Refusal::Later(what).into(),
            "late" => CallError::Away("it took too long".into()),
            "no-such-host" => CallError::Away(format!("it does not serve {}", self.host).into()),
            // The text is Prosody's own, about its storage or its code; what was sent is not in it any more.
            _ => Refusal::Other(format!("{op}: {what}")).into(),
        })
    }

    /// Prosody opens its socket a moment after systemd calls it started: an admin who has just restarted it is not told that it is away.
    async fn wait_for_socket(&self) {
        let end = clock::instant() + DEADLINE;
        while matches!(self.socket.try_exists(), Ok(false)) && clock::instant() < end {
            Timer::after(STEP).await;
        }
    }

    fn state(&self, answer: &Value) -> TokenState {
        match answer["state"].as_str() {
            // What cannot be shown is none of ours, and is shown to nobody.
            Some("live") => self.details(answer).map_or(TokenState::Unused, TokenState::Live),
            Some("used") => {
                let account = answer["by"].as_str().and_then(|name| name.parse().ok());
                if answer["had_account"] == true { TokenState::Befriended(account) } else { TokenState::Used(account) }
            }
            _ => TokenState::Unused,
        }
    }

    fn details(&self, answer: &Value) -> Option<TokenDetails> {
        let username = || answer["username"].as_str().and_then(|name| name.parse::<Username>().ok());
        let kind = match answer["kind"].as_str()? {
            "reset" => Kind::Reset { username: username()? },
            "contact" => {
                let user = answer["contact"].as_str()?.parse().ok()?;
                Kind::Contact { contact: Jid { user, host: self.host.clone() }, username: username() }
            }
            _ => Kind::Account { username: username() },
        };
        let expires_at = moment(&answer["expires"])?;
        Some(TokenDetails { kind, expires_at, reusable: answer["reusable"] == true })
    }
}

/// A text of Prosody's, for the log.
fn readable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Lua has one kind of number.
#[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 are whole and far from any limit")]
fn moment(seconds: &Value) -> Option<Timestamp> {
    Timestamp::from_second(seconds.as_i64().or_else(|| seconds.as_f64().map(|seconds| seconds as i64))?).ok()
}

#[async_trait]
impl Adapter for Prosody {
    fn abilities(&self) -> Abilities {
        let in_app = InApp { account: true, bound: true, contact: true, reset: true };
        Abilities { sign_up: true, reset: true, contacts: true, groups: true, in_app, asks: true }
    }

    async fn examine(&self, base: &str) -> Examination {
        self.wait_for_socket().await;
        match self.call("examine", json!({})).await {
            Ok(answer) => Examination {
                server: Some(format!("Prosody {}", answer["version"].as_str().unwrap_or_default())),
                findings: examine::findings(&self.host, base, &answer),
            },
            Err(error) => {
                let finding = examine::no_way_in(&self.host, &self.socket, base, chain(&error).to_string());
                Examination { server: None, findings: vec![finding] }
            }
        }
    }

    async fn keep(&self) -> Result<(), CallError> {
        self.call("keep", with(json!({}), "as", self.name())).await.map(drop)
    }

    async fn answer(&self, question: &str, verdict: &Verdict) -> Result<bool, CallError> {
        let request = json!({"question": question, "answer": asked::answer(verdict)});
        Ok(self.call("answer", with(request, "as", self.name())).await?["taken"] == true)
    }

    async fn exists(&self, username: &Username) -> Result<bool, CallError> {
        Ok(self.call("exists", json!({"username": username.as_str()})).await?["exists"] == true)
    }

    async fn is_admin(&self, username: &Username) -> Result<bool, CallError> {
        Ok(self.call("is_admin", json!({"username": username.as_str()})).await?["admin"] == true)
    }

    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError> {
        let request = json!({
            "username": account.username.as_str(),
            "password": account.password.reveal(),
            "groups": account.groups,
            "roles": account.roles,
            "not_after": account.not_after.as_second(),
        });
        let request = with(request, "contact", account.contact.map(|contact| contact.user.to_string()));
        let request = with(request, "token", account.token.map(str::to_owned));
        let request = with(request, "ip", account.client.map(|client| client.to_string()));
        self.call("create", request).await.map(drop)
    }

    async fn set_password(&self, reset: &NewPassword<'_>) -> Result<(), CallError> {
        let request = json!({
            "username": reset.username.as_str(),
            "password": reset.password.reveal(),
            "not_after": reset.not_after.as_second(),
        });
        self.call("set_password", with(request, "token", reset.token.map(str::to_owned))).await.map(drop)
    }

    async fn check_password(&self, username: &Username, password: &str) -> Result<bool, CallError> {
        let request = json!({"username": username.as_str(), "password": password});
        Ok(self.call("check_password", request).await?["right"] == true)
    }

    /// None: an app shows the invite's own.
    async fn mint(&self, _wanted: &Mint<'_>) -> Result<Minted, CallError> {
        Err(Refusal::Unsupported.into())
    }

    async fn withdraw(&self, token: &str) -> Result<bool, CallError> {
        Ok(self.call("withdraw", json!({"token": token})).await?["withdrawn"] == true)
    }

    async fn look_up(&self, token: &str) -> Result<TokenState, CallError> {
        Ok(self.state(&self.call("look_up", json!({"token": token})).await?))
    }

    async fn ended(&self, tokens: &[&str]) -> Result<Vec<(usize, TokenState)>, CallError> {
        let answer = self.call("ended", json!({"tokens": tokens})).await?;
        let place = |ended: &Value| usize::try_from(ended["at"].as_u64()?).ok();
        let ended = answer["ended"].as_array().into_iter().flatten();
        Ok(ended.filter_map(|ended| Some((place(ended)?, self.state(ended)))).collect())
    }

    async fn tidy(&self) -> Result<(), CallError> {
        self.call("tidy", json!({})).await.map(drop)
    }
}

/// Prosody's JSON has a null that is true: what there is none of is left out.
fn with(mut request: Value, field: &str, value: Option<String>) -> Value {
    if let Some(value) = value {
        request[field] = value.into();
    }
    request
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use futures_lite::future::{block_on, zip};

    use super::*;

    #[test]
    fn who_looks_at_a_prosody_that_is_starting_waits_for_its_socket() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("prosody.sock");
        let prosody = Prosody::new(&"example.com".parse().unwrap(), &socket);
        let opens = async { drop(UnixListener::bind(&socket).unwrap()) };
        let (looked, ()) = block_on(zip(prosody.examine("https://invite.example.com/"), opens));
        // Somebody was there, and has gone.
        let why = &looked.findings[0].what;
        assert!(why.contains("Connection refused"), "{why}");
    }
}
