//! XEP-0030, XEP-0050 and XEP-0401 as a client writes and reads them, with nothing smoothed over.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::fmt::Write as _;

use jiff::Timestamp;
use minidom::Element;

pub const INFO: &str = "http://jabber.org/protocol/disco#info";
pub const ITEMS: &str = "http://jabber.org/protocol/disco#items";
pub const COMMANDS: &str = "http://jabber.org/protocol/commands";
pub const DATA: &str = "jabber:x:data";
pub const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
pub const INVITE: &str = "urn:xmpp:invite#invite";
pub const CREATE_ACCOUNT: &str = "urn:xmpp:invite#create-account";

/// Text as it stands in XML, in an attribute or out of it.
pub fn escaped(text: &str) -> String {
    let mut xml = String::new();
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\'' | '"' | '\t' | '\n' | '\r' => write!(xml, "&#{};", u32::from(c)).unwrap(),
            c => xml.push(c),
        }
    }
    xml
}

/// A payload that asks for `ns`, of a node if there is one.
pub fn query(ns: &str, node: Option<&str>) -> String {
    let node = node.map(|node| format!(" node='{node}'")).unwrap_or_default();
    format!("<query xmlns='{ns}'{node}/>")
}

/// A command with further attributes and what is in it.
pub fn command(node: &str, attributes: &str, content: &str) -> String {
    format!("<command xmlns='{COMMANDS}' node='{node}' {attributes}>{content}</command>")
}

/// A form that was filled in.
pub fn submission(fields: &[(&str, &str)]) -> String {
    let field = |(var, value): &(&str, &str)| format!("<field var='{var}'><value>{}</value></field>", escaped(value));
    format!("<x xmlns='{DATA}' type='submit'>{}</x>", fields.iter().map(field).collect::<String>())
}

/// Whoever can ask the component, and is told what it answers.
pub trait Asks {
    /// Sends an iq of that type; gives its answer.
    fn ask(&mut self, kind: &str, payload: &str) -> Element;

    /// The commands that are shown.
    fn commands(&mut self) -> Vec<String> {
        let answer = self.ask("get", &query(ITEMS, Some(COMMANDS)));
        let items = payload(&answer);
        assert_eq!((items.ns().as_str(), items.attr("node")), (ITEMS, Some(COMMANDS)), "{answer:?}");
        items.children().map(|item| item.attr("node").unwrap().to_owned()).collect()
    }

    /// Runs a command, with further attributes and what is in it.
    fn run(&mut self, node: &str, attributes: &str, content: &str) -> Element {
        self.ask("set", &command(node, attributes, content))
    }

    /// Asks for an invite to oneself.
    fn invite(&mut self) -> Element {
        self.run(INVITE, "action='execute'", "")
    }

    /// Begins to make an account; gives the session.
    fn begin(&mut self) -> String {
        let answer = self.run(CREATE_ACCOUNT, "action='execute'", "");
        let command = Command::of(&answer);
        assert_eq!(command.status, "executing", "{answer:?}");
        command.session.unwrap_or_else(|| panic!("no session in {answer:?}"))
    }

    /// Fills in the form of a session.
    fn submit(&mut self, session: &str, fields: &[(&str, &str)]) -> Element {
        let attributes = format!("action='complete' sessionid='{}'", escaped(session));
        self.run(CREATE_ACCOUNT, &attributes, &submission(fields))
    }

    /// Makes an account with that form.
    fn create(&mut self, fields: &[(&str, &str)]) -> Element {
        let session = self.begin();
        self.submit(&session, fields)
    }
}

/// What a result holds.
pub fn payload(answer: &Element) -> &Element {
    assert_eq!(answer.attr("type"), Some("result"), "{answer:?}");
    let mut children = answer.children();
    let (first, second) = (children.next(), children.next());
    assert!(second.is_none(), "{answer:?}");
    first.unwrap_or_else(|| panic!("nothing in {answer:?}"))
}

/// What an error says.
#[derive(Debug)]
pub struct Failure {
    pub kind: String,
    pub condition: String,
    /// Empty if there is none.
    pub text: String,
    /// What XEP-0050 says beside it.
    pub of_command: Option<String>,
}

impl Failure {
    pub fn of(answer: &Element) -> Self {
        assert_eq!(answer.attr("type"), Some("error"), "{answer:?}");
        let error = answer.children().find(|child| child.name() == "error").unwrap();
        let mut failure = Self {
            kind: error.attr("type").unwrap().to_owned(),
            condition: String::new(),
            text: String::new(),
            of_command: None,
        };
        for child in error.children() {
            match (child.name(), child.ns().as_str()) {
                ("text", STANZAS) => failure.text = child.text(),
                (condition, STANZAS) => {
                    assert!(failure.condition.is_empty(), "{answer:?}");
                    condition.clone_into(&mut failure.condition);
                }
                (condition, COMMANDS) => failure.of_command = Some(condition.to_owned()),
                _ => panic!("{answer:?}"),
            }
        }
        failure
    }

    /// Type and condition.
    pub fn what(&self) -> (&str, &str) {
        (&self.kind, &self.condition)
    }
}

/// Type and condition of an error.
pub fn refused(answer: &Element) -> (String, String) {
    let Failure { kind, condition, .. } = Failure::of(answer);
    (kind, condition)
}

/// Asserts that an answer says that there is no such session.
pub fn assert_bad_session(answer: &Element) {
    let failure = Failure::of(answer);
    assert_eq!(failure.what(), ("modify", "bad-request"), "{answer:?}");
    assert_eq!(failure.of_command.as_deref(), Some("bad-sessionid"), "{answer:?}");
}

/// A field of a form.
#[derive(Debug)]
pub struct Field {
    pub var: String,
    pub kind: String,
    pub values: Vec<String>,
    pub is_required: bool,
}

/// A form (XEP-0004), whose fields are not in items.
#[derive(Debug)]
pub struct Form {
    pub kind: String,
    pub fields: Vec<Field>,
}

impl Form {
    fn of(x: &Element) -> Self {
        let fields = x.children().filter(|child| !matches!(child.name(), "title" | "instructions"));
        let fields = fields.map(|field| {
            assert_eq!((field.name(), field.ns().as_str()), ("field", DATA), "{x:?}");
            let values = field.children().filter(|child| child.is("value", DATA));
            Field {
                var: field.attr("var").unwrap().to_owned(),
                kind: field.attr("type").unwrap_or_default().to_owned(),
                values: values.map(Element::text).collect(),
                is_required: field.has_child("required", DATA),
            }
        });
        Self { kind: x.attr("type").unwrap().to_owned(), fields: fields.collect() }
    }

    pub fn field(&self, var: &str) -> &Field {
        let mut fields = self.fields.iter().filter(|field| field.var == var);
        let field = fields.next().unwrap_or_else(|| panic!("no {var} in {self:?}"));
        assert!(fields.next().is_none(), "{var} comes twice: {self:?}");
        field
    }

    pub fn value(&self, var: &str) -> &str {
        let [value] = &*self.field(var).values else { panic!("not one {var} in {self:?}") };
        value
    }
}

/// How a command goes.
#[derive(Debug)]
pub struct Command {
    pub node: String,
    pub status: String,
    pub session: Option<String>,
    /// The one that is meant if none is named, and all.
    pub actions: Option<(Option<String>, Vec<String>)>,
    pub notes: Vec<String>,
    pub form: Option<Form>,
}

impl Command {
    pub fn of(answer: &Element) -> Self {
        let command = payload(answer);
        assert!(command.is("command", COMMANDS), "{answer:?}");
        let text = |name: &str| command.attr(name).map(str::to_owned);
        let mut read = Self {
            node: text("node").unwrap(),
            status: text("status").unwrap_or_else(|| panic!("no status in {answer:?}")),
            session: text("sessionid"),
            actions: None,
            notes: vec![],
            form: None,
        };
        for child in command.children() {
            match (child.name(), child.ns().as_str()) {
                ("actions", COMMANDS) => {
                    let all = child.children().map(|action| action.name().to_owned()).collect();
                    read.actions = Some((child.attr("execute").map(str::to_owned), all));
                }
                ("note", COMMANDS) => read.notes.push(child.text()),
                ("x", DATA) => {
                    assert!(read.form.is_none(), "{answer:?}");
                    read.form = Some(Form::of(child));
                }
                _ => panic!("{answer:?}"),
            }
        }
        read
    }
}

/// An invite as XEP-0401 hands it out.
#[derive(Debug)]
pub struct Made {
    pub uri: String,
    pub landing_page: String,
    pub expires_at: Timestamp,
}

impl Made {
    /// What a command came to, in the form of XEP-0401 0.6.0.
    pub fn of(answer: &Element) -> Self {
        let command = Command::of(answer);
        assert_eq!((command.status.as_str(), &command.actions), ("completed", &None), "{answer:?}");
        let form = command.form.unwrap_or_else(|| panic!("no form in {answer:?}"));
        assert_eq!(form.kind, "result", "{answer:?}");
        assert_eq!(form.field("FORM_TYPE").kind, "hidden", "{answer:?}");
        assert_eq!(form.value("FORM_TYPE"), "urn:xmpp:invite#invitation", "{answer:?}");
        let expires_at = form.value("expire");
        assert!(expires_at.ends_with('Z') && expires_at.contains('T'), "XEP-0082: {expires_at}");
        Self {
            uri: form.value("uri").to_owned(),
            landing_page: form.value("landing-url").to_owned(),
            expires_at: expires_at.parse().unwrap(),
        }
    }

    /// The token of the landing page.
    pub fn token(&self) -> &str {
        let token = self.landing_page.strip_prefix("https://invite.example.com/invite?");
        token.unwrap_or_else(|| panic!("{self:?}"))
    }

    /// The token for apps.
    pub fn app_token(&self) -> &str {
        let token = self.uri.split_once("preauth=").unwrap_or_else(|| panic!("{self:?}")).1;
        token.split(';').next().unwrap()
    }
}
