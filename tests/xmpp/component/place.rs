//! `invited` as a component, beside a real Prosody with users.

use std::net::SocketAddr;

use minidom::Element;
use serde_json::Value;

use crate::common::prosody::{CLIENT_MODULES, HOST, Prosody};
use crate::common::slixmpp::User;
use crate::common::{CONFIG, Scratch, Served, docs};
use crate::component::adhoc::Asks;

pub const NAME: &str = "invites.example.com";
pub const SECRET: &str = "the component's \"secret\" & <more>";
pub const PASSWORD: &str = "a long password";

/// Romeo may invite contacts, and the admin may do everything.
pub const LISTS: &str =
    "contact_invites = [\"romeo@example.com\", \"admin@example.com\"]\naccount_invites = [\"admin@example.com\"]\n";

/// `[component]` for a server, without its lists of users.
pub fn section(server: SocketAddr) -> String {
    format!("[component]\njid = \"{NAME}\"\nserver = \"{server}\"\nsecret = {SECRET:?}\nhost = \"{HOST}\"\n")
}

/// [`CONFIG`] with that and [`LISTS`].
pub fn configured(server: SocketAddr) -> String {
    format!("{CONFIG}{}{LISTS}", section(server))
}

/// A Prosody that takes the component.
pub fn prosody() -> Prosody {
    let lines = format!("Component \"{NAME}\"\ncomponent_secret = {SECRET:?}\n");
    Prosody::with_components(CLIENT_MODULES, &lines)
}

/// A block of the page about users' own apps.
pub fn lines_of_the_page(language: &str) -> &'static str {
    docs::block(docs::section("docs/any-server.md", "Invites from users' own apps"), language)
}

/// `invited` as the page has it for a server, with the secret that the lines for the server have; and what it is to be
/// run with.
pub fn as_told(server: SocketAddr, tables: &str, secret: &str) -> (Scratch, Vec<(&'static str, String)>) {
    let toml = lines_of_the_page("toml");
    let written: toml::Table = toml.parse().unwrap();
    let component = &written["component"];
    let toml = toml.replace(component["server"].as_str().unwrap(), &server.to_string());
    let scratch = Scratch::new(&format!("{CONFIG}{tables}{toml}"));
    let credential = component["secret_file"].as_str().unwrap();
    assert!(!credential.contains('/'), "a credential, as the package has them: {credential}");
    std::fs::write(scratch.path().join(credential), format!("{secret}\n")).unwrap();
    let directory = scratch.path().display().to_string();
    (scratch, vec![("CREDENTIALS_DIRECTORY", directory)])
}

/// All invites, the newest first.
pub fn invites(scratch: &Scratch) -> Vec<Value> {
    let listed: Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    listed["invites"].as_array().unwrap().clone()
}

/// `invited` beside a Prosody, connected.
pub struct Place {
    pub prosody: Prosody,
    pub scratch: Scratch,
    pub served: Served,
}

impl Place {
    /// With these lists of users and other settings of the component.
    pub fn new(lists: &str) -> Self {
        Self::with(|_| String::new(), lists)
    }

    /// Where the same Prosody is the host's backend.
    pub fn with_backend(lists: &str) -> Self {
        let backend = |prosody: &Prosody| {
            format!("[hosts.\"{HOST}\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n", prosody.socket().display())
        };
        Self::with(backend, lists)
    }

    /// With tables of its own, too.
    pub fn with(tables: impl Fn(&Prosody) -> String, lists: &str) -> Self {
        let prosody = prosody();
        for name in ["admin", "romeo", "tybalt"] {
            prosody.add_user(name, PASSWORD);
        }
        let scratch = Scratch::new(&format!("{CONFIG}{}{}{lists}", tables(&prosody), section(prosody.component())));
        let served = scratch.serve();
        let place = Self { prosody, scratch, served };
        place.wait_until_connected();
        place
    }

    pub fn wait_until_connected(&self) {
        self.served.wait_log("invites.example.com is connected");
    }

    /// `admin`, `romeo` or `tybalt`, on a session of its own.
    pub fn user(&self, name: &str) -> User {
        User::log_in(self.prosody.address(), name, PASSWORD)
    }

    pub fn invites(&self) -> Vec<Value> {
        invites(&self.scratch)
    }

    /// The newest invite, of so many.
    pub fn newest(&self, count: usize) -> Value {
        let all = self.invites();
        assert_eq!(all.len(), count, "{all:?}");
        all[0].clone()
    }
}

impl Asks for User {
    fn ask(&mut self, kind: &str, payload: &str) -> Element {
        self.ask(kind, NAME, payload)
    }
}
