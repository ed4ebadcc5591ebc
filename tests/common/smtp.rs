//! A mail server that is not ours: `tests/mail/server.py`, on aiosmtpd.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};

use serde_json::{Value, json};

use crate::common::{PATIENCE, Process};

/// Who is let in.
pub const USER: &str = "invites@example.com";
pub const PASSWORD: &str = "the \"password\" & more";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Says so if it is not installed.
pub fn is_missing() -> bool {
    let has = std::fs::read_dir(root().join("target/python/lib"))
        .is_ok_and(|mut dirs| dirs.any(|dir| dir.unwrap().path().join("site-packages/aiosmtpd").exists()));
    if !has {
        println!("SKIPPED what needs a mail server: no aiosmtpd in target/python; run tests/run");
    }
    !has
}

/// The server; killed when dropped.
pub struct MailServer {
    process: Process,
    stdin: ChildStdin,
    lines: Receiver<String>,
    pub port: u16,
    mode: &'static str,
    dir: tempfile::TempDir,
}

impl MailServer {
    /// One for `localhost`; `mode` is `smtps` or `starttls`.
    pub fn start(mode: &'static str) -> Self {
        Self::called(mode, "localhost")
    }

    /// One whose certificate says that it is called `name`.
    pub fn called(mode: &'static str, name: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("invited-mail-").tempdir().unwrap();
        let authority = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec![]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let roots = params.self_signed(&authority).unwrap().pem();
        let issuer = rcgen::Issuer::new(params, authority);
        let key = rcgen::KeyPair::generate().unwrap();
        let signed = rcgen::CertificateParams::new(vec![name.into()]).unwrap().signed_by(&key, &issuer).unwrap();
        for (file, text) in [("roots.pem", roots), ("chain.pem", signed.pem()), ("key.pem", key.serialize_pem())] {
            std::fs::write(dir.path().join(file), text).unwrap();
        }
        let mut command = Command::new(root().join("target/python/bin/python"));
        command.args(["-W", "ignore"]).arg(root().join("tests/mail/server.py")).arg(mode);
        command.args([dir.path().join("chain.pem"), dir.path().join("key.pem")]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let process = Process(child);
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let mut server = Self { process, stdin, lines, port: 0, mode, dir };
        server.port = server.told()["port"].as_u64().and_then(|port| port.try_into().ok()).unwrap();
        server
    }

    /// Whom to trust for it.
    pub fn roots(&self) -> PathBuf {
        self.dir.path().join("roots.pem")
    }

    /// The table of the configuration that leads to it.
    pub fn table(&self) -> String {
        self.table_with(PASSWORD)
    }

    /// The same with another password.
    pub fn table_with(&self, password: &str) -> String {
        let scheme = if self.mode == "smtps" { "smtps" } else { "smtp" };
        format!(
            "[mail]\nsmtp = \"{scheme}://{USER}@localhost:{}\"\npassword = {password:?}\nfrom = \"Café Example <{USER}>\"\n",
            self.port
        )
    }

    /// What happens next.
    pub fn told(&self) -> Value {
        serde_json::from_str(&self.lines.recv_timeout(PATIENCE).expect("something from the mail server")).unwrap()
    }

    /// The next mail; what is told of logins in between is left out.
    pub fn mail(&self) -> Value {
        loop {
            let told = self.told();
            match told["event"].as_str() {
                Some("mail") => return told,
                Some("login") => assert_eq!((&told["right"], &told["encrypted"]), (&true.into(), &true.into())),
                _ => panic!("{told}"),
            }
        }
    }

    /// The next refusal that was scripted.
    pub fn refused(&self) -> Value {
        loop {
            let told = self.told();
            match told["event"].as_str() {
                Some("refused") => return told,
                Some("login") => {}
                _ => panic!("{told}"),
            }
        }
    }

    /// Whether nothing has happened that was not asked for yet.
    pub fn is_quiet(&self) -> bool {
        self.lines.try_iter().all(|line| line.contains("\"login\""))
    }

    /// The next `command` (`mail`, `rcpt`, `data`) is answered so.
    pub fn script(&mut self, command: &str, reply: &str) {
        writeln!(self.stdin, "{}", json!({"on": command, "say": reply})).unwrap();
        loop {
            let told = self.told();
            match told["event"].as_str() {
                Some("scripted") => return,
                Some("login") => {}
                _ => panic!("{told}"),
            }
        }
    }
}

/// A header of a mail, decoded; there is one.
pub fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array().unwrap().iter();
    let mut of_name = headers.filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name));
    let value = of_name.next().unwrap_or_else(|| panic!("no {name} in {mail}"))[1].as_str().unwrap();
    assert!(of_name.next().is_none(), "{name} is there twice: {mail}");
    value
}

/// Both parts of a mail: text and HTML.
pub fn parts(mail: &Value) -> [&str; 2] {
    assert_eq!((&mail["type"], &mail["defects"]), (&"multipart/alternative".into(), &json!([])), "{mail}");
    let [text, html] = &mail["parts"].as_array().unwrap()[..] else { panic!("{mail}") };
    assert_eq!((&text["type"], &html["type"]), (&"text/plain".into(), &"text/html".into()));
    [text, html].map(|part| part["text"].as_str().unwrap())
}
