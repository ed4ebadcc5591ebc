//! An XMPP server that is none: streams, logins and what it takes to sign somebody up, with the command of XEP-0401 as
//! each version of it and each server has it.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};
use minidom::Element;
use ring::{digest, hmac, pbkdf2};

pub const HOST: &str = "example.com";
pub const USER: &str = "invites-admin";
pub const PASSWORD: &str = "the admin's \"password\" & more";

const COMMANDS: &str = "http://jabber.org/protocol/commands";
const CREATE_ACCOUNT: &str = "urn:xmpp:invite#create-account";
const ROUNDS: u32 = 4_096;

/// How the command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Completed at once; 0.12 calls the answer a form.
    Prosody,
    /// XEP-0401 0.5.0: a form, and an answer in an item.
    V0_5,
    /// 0.6.0: flat, with a type of form.
    V0_6,
    /// As 0.6.0, but the form has no type.
    Ejabberd,
    /// A form whose name must be given.
    NameRequired,
    /// A form with a field that nobody knows.
    OddField,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// Type, condition and text.
    Error(&'static str, &'static str, &'static str),
    /// The connection ends before it is done.
    Lost,
    /// It is done, and the connection ends.
    DoneAndLost,
}

pub struct State {
    pub style: Style,
    /// As the server calls itself.
    pub name: &'static str,
    pub is_listed: bool,
    pub mechanisms: &'static [&'static str],
    pub tls: Option<Arc<ServerConfig>>,
    /// TLS begins with the connection (XEP-0368).
    pub is_direct: bool,
    /// For which protocol connections were by their TLS (ALPN).
    pub protocols: Vec<Option<Vec<u8>>>,
    /// Nobody is let in who does not know it; a server that says so without knowing it has another.
    pub password: &'static str,
    /// What is answered to every login.
    pub login_failure: Option<&'static str>,
    /// What the challenge of SCRAM says instead of the iterations that are done.
    pub iterations: Option<&'static str>,
    /// The server does not prove that it knows the password.
    pub is_impostor: bool,
    pub accounts: BTreeMap<String, String>,
    /// Who wanted to log in by SCRAM.
    pub users: Vec<String>,
    /// Whom it is for, if for one alone, and whether it was used.
    pub tokens: BTreeMap<String, (Option<String>, bool)>,
    pub connections: usize,
    pub logins: usize,
    /// What was asked: `bind`, `ping`, `execute`, `complete`, `cancel`, `preauth`, `register` and so on.
    pub heard: Vec<String>,
    /// Stanzas that answer what the server asked.
    pub answers: Vec<Element>,
    scripts: BTreeMap<&'static str, VecDeque<Reply>>,
    /// The connections of those who are logged in.
    streams: Vec<TcpStream>,
}

/// The server; it lives as long as the test.
pub struct FakeXmpp {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl FakeXmpp {
    pub fn start(style: Style) -> Self {
        Self::start_at("127.0.0.1:0", style)
    }

    pub fn start_at(address: &str, style: Style) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            style,
            name: if style == Style::Prosody { "Prosody" } else { "a server" },
            is_listed: true,
            mechanisms: &["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"],
            tls: None,
            is_direct: false,
            protocols: vec![],
            password: PASSWORD,
            login_failure: None,
            iterations: None,
            is_impostor: false,
            accounts: BTreeMap::new(),
            users: vec![],
            tokens: BTreeMap::new(),
            connections: 0,
            logins: 0,
            heard: vec![],
            answers: vec![],
            scripts: BTreeMap::new(),
            streams: vec![],
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                shared.lock().unwrap().connections += 1;
                let state = Arc::clone(&shared);
                std::thread::spawn(move || Connection::new(socket, state).run());
            }
        });
        Self { address, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next request of that name is answered so.
    pub fn script(&self, request: &'static str, reply: Reply) {
        self.state().scripts.entry(request).or_default().push_back(reply);
    }

    pub fn count(&self, request: &str) -> usize {
        self.state().heard.iter().filter(|heard| *heard == request).count()
    }

    /// What an app does: signs up with a token. False if the server refuses.
    pub fn sign_up_in_app(&self, token: &str, name: &str) -> bool {
        let mut state = self.state();
        let is_good = matches!(state.tokens.get(token), Some((_, false))) && !state.accounts.contains_key(name);
        if is_good {
            state.tokens.insert(token.into(), (None, true));
            state.accounts.insert(name.into(), "chosen in the app".into());
        }
        is_good
    }

    /// Sends something to all who are logged in.
    pub fn push(&self, xml: &str) {
        for mut stream in &self.state().streams {
            stream.write_all(xml.as_bytes()).unwrap();
        }
    }

    /// Ends the streams of all who are logged in.
    pub fn close_streams(&self) {
        for mut stream in self.state().streams.drain(..) {
            let _ = stream.write_all(b"</stream:stream>");
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// A certificate for `name`, and its authority's as PEM.
pub fn certificate(name: &str) -> (Arc<ServerConfig>, String) {
    let authority = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = params.self_signed(&authority).unwrap().pem();
    let issuer = rcgen::Issuer::new(params, authority);
    let key = rcgen::KeyPair::generate().unwrap();
    let signed = rcgen::CertificateParams::new(vec![name.into()]).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.der().clone()], key.into())
        .unwrap();
    (Arc::new(config), root)
}

trait Both: Read + Write + Send {}
impl<T: Read + Write + Send> Both for T {}

struct Connection {
    io: Box<dyn Both>,
    /// Of the same connection.
    socket: TcpStream,
    state: Arc<Mutex<State>>,
    is_encrypted: bool,
    is_logged_in: bool,
    /// What is left of a login that is under way.
    scram: Option<Scram>,
    token: Option<String>,
    unread: String,
}

/// A stream has ended.
struct Ended;

impl Connection {
    fn new(socket: TcpStream, state: Arc<Mutex<State>>) -> Self {
        let io = Box::new(socket.try_clone().unwrap());
        let (scram, token, unread) = (None, None, String::new());
        Self { io, socket, state, is_encrypted: false, is_logged_in: false, scram, token, unread }
    }

    fn run(mut self) {
        let config = {
            let state = self.state.lock().unwrap();
            state.tls.clone().filter(|_| state.is_direct)
        };
        if let Some(config) = config {
            let mut tls = ServerConnection::new(config).unwrap();
            let _ = tls.complete_io(&mut self.socket);
            self.state.lock().unwrap().protocols.push(tls.alpn_protocol().map(<[_]>::to_vec));
            self.io = Box::new(StreamOwned::new(tls, self.socket.try_clone().unwrap()));
            self.is_encrypted = true;
        }
        while self.step().is_ok() {}
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
    }

    fn send(&mut self, xml: &str) -> Result<(), Ended> {
        self.io.write_all(xml.as_bytes()).and_then(|()| self.io.flush()).map_err(|_| Ended)
    }

    /// Reads on, and answers what is complete.
    fn step(&mut self) -> Result<(), Ended> {
        let mut buffer = [0; 4_096];
        let length = self.io.read(&mut buffer).map_err(|_| Ended)?;
        if length == 0 {
            return Err(Ended);
        }
        self.unread += std::str::from_utf8(&buffer[..length]).unwrap();
        if let Some(at) = self.unread.find("<stream:stream") {
            let Some(end) = self.unread[at..].find('>') else { return Ok(()) };
            self.unread.drain(..=at + end);
            self.open_stream()?;
        }
        let wrapped = format!("<all xmlns='jabber:client'>{}</all>", self.unread);
        if let Ok(all) = wrapped.parse::<Element>() {
            self.unread.clear();
            for stanza in all.children() {
                self.answer(stanza)?;
            }
        }
        Ok(())
    }

    fn open_stream(&mut self) -> Result<(), Ended> {
        let features = {
            let state = self.state.lock().unwrap();
            let mechanisms = state.mechanisms.iter().map(|name| format!("<mechanism>{name}</mechanism>"));
            let login = format!(
                "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</mechanisms><register xmlns='urn:xmpp:ibr-token:0'/>",
                mechanisms.collect::<String>()
            );
            match (&state.tls, self.is_encrypted, self.is_logged_in) {
                (Some(_), false, _) => {
                    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>".to_owned()
                }
                (_, _, true) => "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>".into(),
                _ => login,
            }
        };
        self.send(&format!(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
             id='s' from='{HOST}' version='1.0'><stream:features>{features}</stream:features>"
        ))
    }

    fn answer(&mut self, stanza: &Element) -> Result<(), Ended> {
        let data = String::from_utf8(STANDARD.decode(stanza.text().trim()).unwrap_or_default()).unwrap();
        match stanza.name() {
            "starttls" => {
                self.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")?;
                let config = self.state.lock().unwrap().tls.clone().unwrap();
                let tls = ServerConnection::new(config).unwrap();
                self.io = Box::new(StreamOwned::new(tls, self.socket.try_clone().unwrap()));
                self.is_encrypted = true;
                Ok(())
            }
            "auth" => self.begin_login(stanza.attr("mechanism").unwrap(), &data),
            "response" => {
                let scram = self.scram.take().unwrap();
                let proof = scram.check(&data);
                self.end_login(proof)
            }
            "iq" => self.answer_iq(stanza),
            other => panic!("what is {other}?"),
        }
    }

    fn begin_login(&mut self, mechanism: &str, data: &str) -> Result<(), Ended> {
        let (failure, iterations) = {
            let mut state = self.state.lock().unwrap();
            state.logins += 1;
            (state.login_failure, state.iterations)
        };
        if let Some(condition) = failure {
            return self.send(&format!("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><{condition}/></failure>"));
        }
        if mechanism == "PLAIN" {
            assert!(self.is_encrypted, "a password in the clear");
            let [authzid, user, password] = data.split('\0').collect::<Vec<_>>()[..] else { panic!("{data:?}") };
            let is_right =
                authzid.is_empty() && self.state.lock().unwrap().password_of(user).as_deref() == Some(password);
            return self.end_login(is_right.then(String::new));
        }
        // To whoever is nobody it says no at the end, as to a wrong password.
        let password_of = |user: &str| {
            let mut state = self.state.lock().unwrap();
            state.users.push(user.to_owned());
            state.password_of(user).unwrap_or_else(|| "nobody's\0password".into())
        };
        let (scram, mut challenge) = Scram::begin(mechanism, data, password_of);
        if let Some(iterations) = iterations {
            challenge = challenge.replace(&format!("i={ROUNDS}"), &format!("i={iterations}"));
        }
        self.scram = Some(scram);
        self.send(&format!(
            "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</challenge>",
            STANDARD.encode(challenge)
        ))
    }

    /// `proof` is what a server says that knows the password, to a client that does.
    fn end_login(&mut self, proof: Option<String>) -> Result<(), Ended> {
        let Some(mut proof) = proof else {
            return self.send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
        };
        {
            let mut state = self.state.lock().unwrap();
            if state.is_impostor {
                proof = format!("v={}", STANDARD.encode([0; 32]));
            }
            state.streams.push(self.socket.try_clone().unwrap());
        }
        self.is_logged_in = true;
        self.send(&format!("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</success>", STANDARD.encode(proof)))
    }

    fn answer_iq(&mut self, iq: &Element) -> Result<(), Ended> {
        let id = iq.attr("id").unwrap();
        if matches!(iq.attr("type"), Some("result" | "error")) {
            self.state.lock().unwrap().answers.push(iq.clone());
            return Ok(());
        }
        let payload = iq.children().next().unwrap();
        let request = match (payload.name(), payload.attr("action")) {
            ("command", Some(action)) => action,
            ("query", _) if payload.ns() == "jabber:iq:register" => "register",
            ("query", _) => {
                payload.ns().rsplit('#').next().map_or("", |part| if part == "info" { "info" } else { "items" })
            }
            (name, _) => name,
        }
        .to_owned();
        let scripted = {
            let mut state = self.state.lock().unwrap();
            state.heard.push(request.clone());
            state.scripts.get_mut(&*request).and_then(VecDeque::pop_front)
        };
        let answer = match scripted {
            Some(Reply::Error(kind, condition, text)) => Err((kind, condition, text)),
            Some(Reply::Lost) => return Err(Ended),
            Some(Reply::DoneAndLost) => {
                let _ = self.carry_out(&request, payload);
                return Err(Ended);
            }
            None => self.carry_out(&request, payload),
        };
        let answer = match answer {
            Ok(payload) => format!("<iq type='result' id='{id}' from='{HOST}'>{payload}</iq>"),
            Err((kind, condition, text)) => format!(
                "<iq type='error' id='{id}' from='{HOST}'><error type='{kind}'><{condition} \
                 xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>{text}</text></error></iq>"
            ),
        };
        self.send(&answer)
    }

    fn carry_out(
        &mut self,
        request: &str,
        payload: &Element,
    ) -> Result<String, (&'static str, &'static str, &'static str)> {
        let mut state = self.state.lock().unwrap();
        match request {
            "bind" => Ok(format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{USER}@{HOST}/r</jid></bind>")),
            "info" => Ok(format!(
                "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im' name='{}'/></query>",
                state.name
            )),
            "items" => {
                let item = if state.is_listed {
                    format!("<item jid='{HOST}' node='{CREATE_ACCOUNT}'/>")
                } else {
                    String::new()
                };
                Ok(format!("<query xmlns='http://jabber.org/protocol/disco#items' node='{COMMANDS}'>{item}</query>"))
            }
            "execute" | "complete" | "cancel" if !self.is_logged_in => Err(("auth", "forbidden", "")),
            "execute" if state.style == Style::Prosody => Ok(state.mint(None)),
            "execute" => Ok(state.form()),
            "cancel" => Ok(format!("<command xmlns='{COMMANDS}' status='canceled' node='{CREATE_ACCOUNT}'/>")),
            "complete" => state.complete(payload),
            "preauth" => {
                let token = payload.attr("token").unwrap();
                if !matches!(state.tokens.get(token), Some((_, false))) {
                    return Err(("cancel", "item-not-found", ""));
                }
                self.token = Some(token.to_owned());
                Ok(String::new())
            }
            "register" => {
                let text = |name: &str| payload.get_child(name, "jabber:iq:register").unwrap().text();
                let (user, token) = (text("username"), self.token.clone().ok_or(("auth", "forbidden", ""))?);
                if state.accounts.contains_key(&user) {
                    return Err(("cancel", "conflict", ""));
                }
                match state.tokens.get_mut(&token) {
                    Some((Some(name), false)) if *name != user => return Err(("modify", "not-allowed", "")),
                    Some((_, is_used @ false)) => *is_used = true,
                    _ => return Err(("cancel", "item-not-found", "")),
                }
                state.accounts.insert(user, text("password"));
                Ok(String::new())
            }
            _ => Err(("cancel", "service-unavailable", "")),
        }
    }
}

impl State {
    fn password_of(&self, user: &str) -> Option<String> {
        if user == USER { Some(self.password.into()) } else { self.accounts.get(user).cloned() }
    }

    fn mint(&mut self, username: Option<String>) -> String {
        let token = format!("token{:04}", self.tokens.len());
        self.tokens.insert(token.clone(), (username, false));
        let fields = format!(
            "<field var='landing-url'/><field var='uri'><value>xmpp:{HOST}?register;preauth={token}</value></field>\
             <field var='expire'><value>2099-12-24T00:00:00Z</value></field>"
        );
        let kind = "<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:invite#invitation</value></field>";
        let form = match self.style {
            Style::Prosody => format!("<x xmlns='jabber:x:data' type='form'>{fields}</x>"),
            Style::V0_5 => format!("<x xmlns='jabber:x:data' type='result'><item>{fields}</item></x>"),
            Style::V0_6 | Style::Ejabberd | Style::NameRequired | Style::OddField => {
                format!("<x xmlns='jabber:x:data' type='result'>{kind}{fields}</x>")
            }
        };
        format!("<command xmlns='{COMMANDS}' status='completed' node='{CREATE_ACCOUNT}'>{form}</command>")
    }

    fn form(&self) -> String {
        let kind = "<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:invite#create-account</value></field>";
        let name = "<field var='username' type='text-single' label='Username'/>";
        let roster = "<field var='roster-subscription' type='boolean'><value>0</value></field>";
        let fields = match self.style {
            Style::Prosody => unreachable!(),
            Style::V0_5 => format!("{name}{roster}"),
            Style::V0_6 => format!("{kind}{name}{roster}"),
            Style::Ejabberd => format!("{name}<field var='roster-subscription' type='boolean'/>"),
            Style::NameRequired => {
                format!("{kind}<field var='username' type='text-single'><required/></field>{roster}")
            }
            Style::OddField => format!("{kind}{name}<field var='shoe-size' type='text-single'><required/></field>"),
        };
        format!(
            "<command xmlns='{COMMANDS}' status='executing' sessionid='a&amp;b' node='{CREATE_ACCOUNT}'><actions \
             execute='complete'><complete/></actions><x xmlns='jabber:x:data' type='form'><title>Invite</title>{fields}</x></command>"
        )
    }

    fn complete(&mut self, command: &Element) -> Result<String, (&'static str, &'static str, &'static str)> {
        let form = command.get_child("x", "jabber:x:data").filter(|form| form.attr("type") == Some("submit"));
        let (Some(form), Some("a&b")) = (form, command.attr("sessionid")) else {
            return Err(("modify", "bad-request", ""));
        };
        let value = |name: &str| {
            let field = form.children().find(|field| field.attr("var") == Some(name))?;
            Some(field.get_child("value", "jabber:x:data")?.text())
        };
        let has_type = value("FORM_TYPE").as_deref() == Some(CREATE_ACCOUNT);
        if has_type != matches!(self.style, Style::V0_6 | Style::NameRequired) {
            return Err(("modify", "bad-request", ""));
        }
        let username = value("username").filter(|name| !name.is_empty());
        match &username {
            None if self.style == Style::NameRequired => return Err(("modify", "bad-request", "")),
            Some(name) if self.accounts.contains_key(name) => return Err(("cancel", "conflict", "")),
            _ => {}
        }
        Ok(self.mint(username))
    }
}

/// The server's part of RFC 5802.
struct Scram {
    is_256: bool,
    salted: Vec<u8>,
    /// The client's first message without its header, and the server's.
    messages: String,
}

impl Scram {
    fn begin(mechanism: &str, data: &str, password_of: impl FnOnce(&str) -> String) -> (Self, String) {
        let is_256 = mechanism == "SCRAM-SHA-256";
        let bare = data.strip_prefix("n,,").unwrap();
        let (user, nonce) = bare.strip_prefix("n=").unwrap().split_once(",r=").unwrap();
        let password = password_of(&user.replace("=2C", ",").replace("=3D", "="));
        let challenge = format!("r={nonce}server,s={},i={ROUNDS}", STANDARD.encode("salt"));
        let (algorithm, length) =
            if is_256 { (pbkdf2::PBKDF2_HMAC_SHA256, 32) } else { (pbkdf2::PBKDF2_HMAC_SHA1, 20) };
        let mut salted = vec![0; length];
        let rounds = std::num::NonZeroU32::new(ROUNDS).unwrap();
        pbkdf2::derive(algorithm, rounds, b"salt", password.as_bytes(), &mut salted);
        (Self { is_256, salted, messages: format!("{bare},{challenge}") }, challenge)
    }

    fn mac(&self, key: &[u8], text: &[u8]) -> Vec<u8> {
        let algorithm = if self.is_256 { hmac::HMAC_SHA256 } else { hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY };
        hmac::sign(&hmac::Key::new(algorithm, key), text).as_ref().to_vec()
    }

    /// The server's proof, if the client's is right.
    fn check(&self, data: &str) -> Option<String> {
        let (without_proof, proof) = data.split_once(",p=").unwrap();
        let message = format!("{},{without_proof}", self.messages);
        let client = self.mac(&self.salted, b"Client Key");
        let algorithm = if self.is_256 { &digest::SHA256 } else { &digest::SHA1_FOR_LEGACY_USE_ONLY };
        let signature = self.mac(digest::digest(algorithm, &client).as_ref(), message.as_bytes());
        let expected: Vec<_> = client.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        if STANDARD.decode(proof).unwrap() != expected {
            return None;
        }
        let server = self.mac(&self.salted, b"Server Key");
        Some(format!("v={}", STANDARD.encode(self.mac(&server, message.as_bytes()))))
    }
}
