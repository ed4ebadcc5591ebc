//! The files that follow from the answers.

use std::path::{Path, PathBuf};

use super::answers::SetupAnswers;
use super::machine::{EJABBERD_PASSWORD, EJABBERD_URL, EJABBERD_USER, Machine, ServerKind};
use crate::clock;
use crate::key::opaque;

/// A file that is to be.
pub(super) struct PlannedFile {
    /// Where, on the machine that is set up.
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// Whether only root may read it, and nobody is shown it. One that is there stays as it is.
    pub(super) is_secret: bool,
}

/// What is to be done.
pub(super) struct SetupPlan {
    pub(super) files: Vec<PlannedFile>,
    /// Lines for a shell that have the front end read its file.
    pub(super) enable: &'static [&'static str],
    /// What is left for a person to do.
    pub(super) then: Vec<String>,
}

macro_rules! drop_in {
    ($file:literal) => {
        include_str!(concat!("../../../systemd/drop-ins/", $file))
    };
}

impl SetupPlan {
    pub(super) fn of(answers: &SetupAnswers, machine: &Machine) -> Self {
        let mut plan = Self { files: vec![], enable: &[], then: vec![] };
        plan.file("/etc/invited/conf.d/setup.toml", configuration(answers));
        match answers.server {
            ServerKind::Prosody => plan.prosody(),
            ServerKind::Ejabberd => plan.ejabberd(answers),
            ServerKind::None => {}
        }
        plan.front_end(answers, machine);
        plan
    }

    fn file(&mut self, path: &str, text: String) {
        self.files.push(PlannedFile { path: path.into(), text, is_secret: false });
    }

    fn drop_in(&mut self, unit: &str, name: &str, text: &str) {
        self.file(&format!("/etc/systemd/system/{unit}.d/{name}.conf"), text.to_owned());
    }

    fn prosody(&mut self) {
        self.drop_in("invited.service", "prosody", drop_in!("invited.service.d/prosody.conf"));
        self.drop_in("prosody.service", "invited", "[Service]\nUMask=0007\n");
        self.then.push(
            "add the lines that `invited check --connect` shows to prosody.cfg.lua, then: systemctl restart prosody.service invited.service"
                .into(),
        );
    }

    fn ejabberd(&mut self, answers: &SetupAnswers) {
        self.drop_in("invited.service", "network", drop_in!("invited.service.d/network.conf"));
        let credential = format!("/etc/invited/credentials/{EJABBERD_PASSWORD}");
        let load = format!("[Service]\nLoadCredential={EJABBERD_PASSWORD}:{credential}\n");
        self.drop_in("invited.service", "credentials", &load);
        let secret = opaque::generate_secret(&mut clock::rng());
        self.files.push(PlannedFile {
            path: credential.clone().into(),
            text: format!("{}\n", secret.reveal()),
            is_secret: true,
        });
        self.then.push(format!(
            "create the account that the service calls ejabberd with: ejabberdctl register {EJABBERD_USER} {} \"$(cat {credential})\"",
            answers.host
        ));
        self.then.push(
            "add the lines that `invited check --connect` shows to ejabberd.yml, then: systemctl restart ejabberd.service invited.service"
                .into(),
        );
    }

    fn front_end(&mut self, answers: &SetupAnswers, machine: &Machine) {
        let Some(front_end) = answers.front_end.file(&answers.public_url) else { return };
        let group = drop_in!("invited.socket.d/group.conf");
        self.drop_in(
            "invited.socket",
            "group",
            &group.replace("=www-data", &format!("={}", answers.front_end.group())),
        );
        self.file(front_end.path, front_end.text(&answers.public_url, answers.certificates.as_deref()));
        let is_installed = machine.front_ends.contains(&answers.front_end);
        let name = answers.front_end.name();
        if front_end.enable.is_empty() {
            self.then.push(format!("have {name} read {}: its first lines say how", front_end.path));
        } else if is_installed {
            self.enable = front_end.enable;
        } else {
            self.then.push(format!("install {name}, then:\n{}", front_end.enable.join("\n")));
        }
        let name = answers.public_url.authority();
        if answers.certificates.is_none() && !Path::new(&format!("/etc/ssl/{name}/fullchain.pem")).exists() {
            self.then.push(format!(
                "have a certificate for {name} in /etc/ssl/{name} (fullchain.pem, privkey.pem), or say with --certificates where it is"
            ));
        }
    }
}

/// The configuration of the service.
fn configuration(answers: &SetupAnswers) -> String {
    let (host, url) = (&answers.host, answers.public_url.base());
    let backend = match answers.server {
        ServerKind::Prosody => {
            format!("[hosts.\"{host}\".backend]\nkind = \"prosody\"\nsocket = \"/var/lib/prosody/prosody.sock\"\n")
        }
        ServerKind::Ejabberd => format!(
            "[hosts.\"{host}\".backend]\nkind = \"ejabberd\"\nurl = \"{EJABBERD_URL}\"\nuser = \"{EJABBERD_USER}@{host}\"\n\
             password_file = \"{EJABBERD_PASSWORD}\"\n"
        ),
        ServerKind::None => String::new(),
    };
    format!("public_url = \"{url}\"\n\n[hosts.\"{host}\"]\n{backend}")
}
