//! An ejabberd that is none: its HTTP API, command by command, as it answers in 23.01, 26.01 and 26.07, for faults that a
//! real one cannot be brought to at will, and for 26.01, which no package brings. `tests/xmpp/ejabberd_fake.rs` holds it against
//! the real 26.07.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use invited::clock;
use jiff::Timestamp;
use serde_json::{Value, json};

/// As of [`crate::common::ejabberd`].
const LOGIN: (&str, &str) = (crate::common::ejabberd::ADMIN, crate::common::ejabberd::PASSWORD);
const HOST: &str = crate::common::ejabberd::HOST;

/// Where a command belongs that is not in every version, and what it takes.
const COMMANDS: [(&str, Version, &[&str]); 14] = [
    ("add_rosteritem", Version::V23_01, &["localuser", "localhost", "user", "host", "nick", "groups", "subs"]),
    ("change_password", Version::V23_01, &["user", "host", "newpass"]),
    ("check_account", Version::V23_01, &["user", "host"]),
    ("check_password", Version::V23_01, &["user", "host", "password"]),
    ("register", Version::V23_01, &["user", "host", "password"]),
    ("registered_vhosts", Version::V23_01, &[]),
    ("status", Version::V23_01, &[]),
    ("generate_invite", Version::V26_01, &["host"]),
    ("generate_invite_with_username", Version::V26_01, &["username", "host"]),
    ("list_invites", Version::V26_01, &["host"]),
    ("cleanup_expired_invite_tokens", Version::V26_01, &[]),
    ("generate_reset_token", Version::V26_07, &["username", "host"]),
    ("expire_invite_by_token", Version::V26_07, &["host", "token"]),
    ("delete_invite_by_token", Version::V26_07, &["host", "token"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V23_01,
    V26_01,
    V26_07,
}

/// Status and body.
type Answer = (u16, String);

pub struct State {
    version: Version,
    /// What is answered to a command that there is not.
    pub unknown: Answer,
    /// Of `token_expire_seconds`.
    pub ttl: Duration,
    /// Of mod_invites.
    pub landing_page: &'static str,
    /// A list is so long under way.
    pub slow: Duration,
    pub accounts: BTreeMap<String, String>,
    pub tokens: Vec<Token>,
    /// What was asked, in order, with the arguments.
    pub calls: Vec<(String, Value)>,
    scripts: BTreeMap<&'static str, VecDeque<Answer>>,
    always: BTreeMap<&'static str, Answer>,
    minted: usize,
}

pub struct Token {
    pub text: String,
    pub kind: &'static str,
    /// A user, or nobody for those of the API.
    pub inviter: &'static str,
    /// Who has used it, as a JID; else nobody.
    pub invitee: String,
    pub account: String,
    pub expires: Timestamp,
    /// Whether a user's invite for the roster makes an account, too.
    pub ibr: bool,
}

/// The server; it lives as long as the test.
pub struct FakeEjabberd {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl FakeEjabberd {
    pub fn start(version: Version) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            version,
            unknown: (404, r#"{"status":"error","code":40,"message":"Endpoint not found."}"#.into()),
            ttl: Duration::from_hours(5 * 24),
            landing_page: "https://invite.example.com/invite?",
            slow: Duration::ZERO,
            accounts: BTreeMap::new(),
            tokens: vec![],
            calls: vec![],
            scripts: BTreeMap::new(),
            always: BTreeMap::new(),
            minted: 0,
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || drop(serve(&stream, &state)));
            }
        });
        Self { address, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next call of `command` is answered so.
    pub fn script(&self, command: &'static str, status: u16, body: &str) {
        self.state().scripts.entry(command).or_default().push_back((status, body.into()));
    }

    /// Every call of `command` is answered so.
    pub fn always(&self, command: &'static str, status: u16, body: &str) {
        self.state().always.insert(command, (status, body.into()));
    }

    /// How often a command was called.
    pub fn count(&self, command: &str) -> usize {
        self.state().calls.iter().filter(|(called, _)| called == command).count()
    }

    /// How often any command of mod_invites was called.
    pub fn calls_of_invites(&self) -> usize {
        let is_of_invites =
            |command: &str| COMMANDS.iter().any(|(name, since, _)| *name == command && *since > Version::V23_01);
        self.state().calls.iter().filter(|(called, _)| is_of_invites(called)).count()
    }

    /// What an app's stream does first (XEP-0445): whether the token is let in.
    pub fn preauth(&self, token: &str) -> bool {
        self.state().find(token).is_some_and(Token::is_valid)
    }

    /// What it does then: it is not asked again whether the token has expired in between.
    pub fn register_in_app(&self, token: &str, user: &str) -> bool {
        let mut state = self.state();
        let is_free = |row: &&mut Token| row.text == token && row.invitee.is_empty();
        let Some(row) = state.tokens.iter_mut().find(is_free) else { return false };
        if row.kind == "roster_only" {
            row.account = user.into();
        } else {
            row.invitee = format!("{user}@{HOST}");
        }
        state.accounts.insert(user.into(), "chosen in the app".into());
        true
    }

    /// A token that the server made by itself.
    pub fn own_token(&self, text: &str, kind: &'static str, by: &'static str) {
        let expires = clock::now() + Duration::from_hours(1);
        let (invitee, account, ibr) = (String::new(), String::new(), false);
        self.state().tokens.push(Token { text: text.into(), kind, inviter: by, invitee, account, expires, ibr });
    }

    /// A user's invite for the roster.
    pub fn own_roster_token(&self, text: &str, by: &'static str, ibr: bool) {
        self.own_token(text, "roster_only", by);
        self.state().tokens.last_mut().unwrap().ibr = ibr;
    }

    /// Somebody who has an account shows such an invite to whoever made it.
    pub fn add_contact(&self, token: &str, user: &str) {
        let mut state = self.state();
        state.tokens.iter_mut().find(|row| row.text == token).unwrap().invitee = format!("{user}@{HOST}");
    }
}

impl Token {
    fn is_valid(&self) -> bool {
        self.invitee.is_empty() && self.expires > clock::now()
    }

    fn uri(&self) -> String {
        let of = |user: &str| if user.is_empty() { HOST.into() } else { format!("{user}@{HOST}") };
        match self.kind {
            "roster_only" => {
                format!(
                    "xmpp:{}?roster;preauth={}{}",
                    of(self.inviter),
                    self.text,
                    if self.ibr { ";ibr=y" } else { "" }
                )
            }
            _ => format!("xmpp:{}?register;preauth={}", of(&self.account), self.text),
        }
    }
}

fn error(status: u16, code: u32, message: &str) -> Answer {
    (status, json!({"status": "error", "code": code, "message": message}).to_string())
}

fn text(status: u16, text: &str) -> Answer {
    (status, json!(text).to_string())
}

impl State {
    fn find(&self, token: &str) -> Option<&Token> {
        self.tokens.iter().find(|row| row.text == token)
    }

    fn answer(&mut self, command: &str, arguments: &Value) -> Answer {
        if let Some(answer) = self.scripts.get_mut(command).and_then(VecDeque::pop_front) {
            return answer;
        }
        if let Some(answer) = self.always.get(command) {
            return answer.clone();
        }
        let known = COMMANDS.iter().find(|(name, since, _)| *name == command && *since <= self.version);
        let Some((_, _, names)) = known else { return self.unknown.clone() };
        let mut given: Vec<_> = arguments.as_object().unwrap().keys().map(String::as_str).collect();
        // A list that is not there is an empty one.
        let missing = names.iter().find(|name| !given.contains(*name) && **name != "groups");
        if let Some(missing) = missing {
            return text(400, &format!("Request have missing argument: {missing}"));
        }
        given.retain(|name| !names.contains(name));
        if !given.is_empty() {
            return text(400, &format!("Request have unknown arguments: [{}]", given.join(", ")));
        }
        if self.version >= Version::V26_07 && arguments.get("host").is_some_and(|host| host != HOST) {
            return error(403, 32, "AccessRules: Account does not have the right to perform the operation.");
        }
        let argument = |name: &str| arguments[name].as_str().unwrap_or_default().to_owned();
        match command {
            "registered_vhosts" => (200, json!([HOST]).to_string()),
            "status" => {
                let version = match self.version {
                    Version::V23_01 => "23.01",
                    Version::V26_01 => "26.01",
                    Version::V26_07 => "26.07",
                };
                let told = format!("The node nonode@nohost is started. Status: started\nejabberd {version} is running");
                text(200, &format!("{told} in that node"))
            }
            "check_account" => (200, u8::from(!self.accounts.contains_key(&argument("user"))).to_string()),
            "check_password" => {
                let is_right = self.accounts.get(&argument("user")) == Some(&argument("password"));
                (200, u8::from(!is_right).to_string())
            }
            "register" => self.register(&argument("user"), &argument("password")),
            "change_password" => match self.accounts.get_mut(&argument("user")) {
                Some(password) => {
                    *password = argument("newpass");
                    (200, "0".into())
                }
                None => text(404, "unknown_user"),
            },
            "generate_invite" if self.count() >= 1_000 => text(400, "num_invites_exceeded"),
            "generate_invite" => self.generate("account_only", String::new()),
            "generate_reset_token" if self.accounts.contains_key(&argument("username")) => {
                self.generate("reset_token", argument("username"))
            }
            "generate_reset_token" => text(400, "User does not exist"),
            "list_invites" => (200, self.tokens.iter().map(|token| self.row(token)).collect::<Value>().to_string()),
            "expire_invite_by_token" => {
                let Some(row) = self.tokens.iter_mut().find(|row| row.text == argument("token")) else {
                    return text(404, "not_found");
                };
                row.expires = Timestamp::from_second(1).unwrap();
                (200, "0".into())
            }
            "delete_invite_by_token" => {
                let before = self.tokens.len();
                self.tokens.retain(|row| row.text != argument("token"));
                if self.tokens.len() < before { (200, "0".into()) } else { text(404, "not_found") }
            }
            _ => (200, "0".into()),
        }
    }

    /// What belongs to nobody; the fake has nobody who came by one of these and invited others.
    fn count(&self) -> usize {
        self.tokens.iter().filter(|row| row.inviter.is_empty()).count()
    }

    fn register(&mut self, user: &str, password: &str) -> Answer {
        if user.contains([' ', '@']) {
            return error(500, 10_001, "Can't register user at node ejabberd@localhost: invalid_jid");
        }
        if self.accounts.contains_key(user) {
            return error(409, 10_090, &format!("User {user}@{HOST} already registered"));
        }
        self.accounts.insert(user.into(), password.into());
        text(200, &format!("User {user}@{HOST} successfully registered"))
    }

    fn generate(&mut self, kind: &'static str, account: String) -> Answer {
        self.minted += 1;
        let token = format!("tokenofthefakeserver{:04}", self.minted);
        let expires = clock::now() + self.ttl;
        let token = Token { text: token, kind, inviter: "", invitee: String::new(), account, expires, ibr: false };
        let answer = json!({"landing_page": self.page(&token), "invite_uri": token.uri()});
        self.tokens.push(token);
        (200, answer.to_string())
    }

    fn page(&self, token: &Token) -> String {
        if self.landing_page.is_empty() { String::new() } else { format!("{}{}", self.landing_page, token.text) }
    }

    fn row(&self, token: &Token) -> Value {
        let inviter = if token.inviter.is_empty() { HOST.into() } else { format!("{}@{HOST}", token.inviter) };
        json!({
            "token": token.text, "valid": token.is_valid().to_string(), "type": token.kind, "inviter": inviter,
            "invitee": token.invitee, "account_name": token.account, "created_at": "2026-07-01T00:00:00Z",
            "expires": token.expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "token_uri": token.uri(),
            "landing_page": self.page(token),
        })
    }
}

/// Answers one request, and ends the connection.
fn serve(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let command = line.split(' ').nth(1).unwrap_or_default().trim_start_matches("/api/").to_owned();
    let (mut length, mut login) = (0, String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => login = value.into(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let arguments: Value = serde_json::from_slice(&body).unwrap();
    let expected = format!("Basic {}", STANDARD.encode(format!("{}:{}", LOGIN.0, LOGIN.1)));
    let ((status, body), slow) = {
        let mut state = state.lock().unwrap();
        state.calls.push((command.clone(), arguments.clone()));
        let slow = if command == "list_invites" { state.slow } else { Duration::ZERO };
        if login == expected {
            (state.answer(&command, &arguments), slow)
        } else {
            (error(401, 10, "You are not authorized to call this command."), slow)
        }
    };
    std::thread::sleep(slow);
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
