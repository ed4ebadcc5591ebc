//! `invited check --connect` as root, run as systemd runs the service. What root can connect to says nothing: the service
//! has another user, other groups, other credentials and, without a drop-in, no network.
//!
//! A process of our own that gave up root would have to imitate all that, with dynamic users and credentials among it. So
//! systemd does it: it says what is in force for the unit, drop-ins included, and runs the check in a transient unit with
//! these settings. It gets no state directory. Where that cannot be, it is said that the check was root's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::check_report::Reporter;
use super::global::Global;

const UNIT: &str = "invited.service";

/// Settings that decide whether a server can be reached (systemd.exec(5), systemd.resource-control(5)), as both
/// `systemctl show` and `systemd-run` have them.
const SETTINGS: [&str; 15] = [
    "User",
    "DynamicUser",
    "Group",
    "SupplementaryGroups",
    "CapabilityBoundingSet",
    "Environment",
    "PrivateNetwork",
    "RestrictAddressFamilies",
    "IPAddressAllow",
    "IPAddressDeny",
    "PrivateTmp",
    "ProtectHome",
    "BindPaths",
    "BindReadOnlyPaths",
    "InaccessiblePaths",
];

/// Those that `systemctl show` has no text for; they are read in the unit's files.
const CREDENTIALS: [&str; 2] = ["LoadCredential", "LoadCredentialEncrypted"];

/// A check that runs so and finds something ends with this above what it would end with: what `systemd-run` ends with, when
/// it cannot run it, is less.
pub(super) const ABOVE: u8 = 10;
/// From here on they are systemd's own (systemd.exec(5), "Process Exit Codes"): the service itself would not start.
const OF_SYSTEMD: i32 = 200;

/// What became of trying it as the service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tried {
    /// The check ran, said what there is to say, and ended with this status.
    As(u8),
    /// It did not: the caller is to run the check as itself.
    Not,
}

/// Tries the configuration's servers as the service would, if root asks.
///
/// # Errors
/// When systemd would not start the service, either.
pub(super) fn try_out(global: &Global, report: &mut Reporter) -> anyhow::Result<Tried> {
    if !rustix::process::geteuid().is_root() {
        return Ok(Tried::Not);
    }
    let unit = match Unit::in_force() {
        Ok(unit) => unit,
        Err(why) => return Ok(not(report, &why)),
    };
    let mut command = match unit.command(global) {
        Ok(command) => command,
        Err(error) => return Ok(not(report, &format!("cannot find this program to run it as the service ({error})"))),
    };
    let ended = if report.is_json() {
        command.arg("--json").stderr(Stdio::inherit()).output().map(|output| (output.status, output.stdout))
    } else {
        command.status().map(|status| (status, vec![]))
    };
    let (status, found) = match ended {
        Ok((status, found)) => (status.code(), found),
        Err(error) => return Ok(not(report, &format!("cannot run systemd-run ({error})"))),
    };
    match status {
        Some(code @ OF_SYSTEMD..) => {
            anyhow::bail!(
                "systemd cannot start a process as {UNIT} (status {code}, see systemd.exec(5)), so the service cannot start"
            )
        }
        Some(code) if code == 0 || code >= i32::from(ABOVE) => {
            report.note(&unit.shown());
            if report.is_json() {
                report.add(
                    serde_json::from_slice(&found).context("the check as the service said nothing that it should")?,
                );
            }
            Ok(Tried::As(u8::try_from(code).map_or(1, |code| code.saturating_sub(ABOVE))))
        }
        _ => Ok(not(report, "systemd-run failed; it needs the system's D-Bus (on Debian: apt-get install dbus)")),
    }
}

/// Notes why it was not tried so.
fn not(report: &mut Reporter, why: &str) -> Tried {
    report.note(&format!("tried as root, which proves nothing about the service: {why}"));
    Tried::Not
}

/// A process that gets nothing that is meant for us alone.
fn process(program: &str) -> Command {
    let mut command = Command::new(program);
    for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    command
}

/// What systemd says, or why it says nothing.
fn systemctl(arguments: &[&str]) -> Result<String, String> {
    let shown = process("systemctl").args(arguments).stdin(Stdio::null()).output();
    let shown = shown.map_err(|error| format!("cannot run systemctl ({error})"))?;
    if !shown.status.success() {
        let why = String::from_utf8_lossy(&shown.stderr).lines().next().unwrap_or_default().to_owned();
        return Err(format!("systemd does not show the settings of {UNIT} ({why})"));
    }
    Ok(String::from_utf8_lossy(&shown.stdout).into_owned())
}

/// The service's process, if it runs.
pub(super) fn main_pid() -> Option<u32> {
    // sd_booted(3)
    if !std::path::Path::new("/run/systemd/system").is_dir() {
        return None;
    }
    let shown = systemctl(&["show", "--property=MainPID", "--value", UNIT]).ok()?;
    shown.trim().parse().ok().filter(|pid| *pid != 0)
}

/// Whether systemd passes a credential of that name to the service.
pub(super) fn gets_credential(name: &str) -> bool {
    Unit::in_force().is_ok_and(|unit| unit.has_credential(name))
}

/// The settings of the service's unit that are in force.
#[derive(Debug, PartialEq, Eq)]
struct Unit(BTreeMap<String, Vec<String>>);

impl Unit {
    /// As systemd has it, or why that is not known.
    fn in_force() -> Result<Self, String> {
        let properties = ["LoadState", "NeedDaemonReload"].into_iter().chain(SETTINGS).collect::<Vec<_>>().join(",");
        let mut unit = Self::read(&systemctl(&["show", "--property", &properties, UNIT])?);
        if unit.first("LoadState") != "loaded" {
            return Err(format!("systemd has no {UNIT}"));
        }
        unit.add_credentials(&systemctl(&["cat", UNIT])?);
        Ok(unit)
    }

    /// Lines of `NAME=VALUE`; what is one line for each of a list has several.
    fn read(shown: &str) -> Self {
        let mut settings = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in shown.lines().filter_map(|line| line.split_once('=')) {
            settings.entry(name.to_owned()).or_default().push(value.to_owned());
        }
        Self(settings)
    }

    /// All files of the unit, in order; an empty value resets the setting (systemd.syntax(7)).
    fn add_credentials(&mut self, files: &str) {
        for (name, value) in files.lines().filter_map(|line| line.split_once('=')) {
            let (name, value) = (name.trim(), value.trim());
            if CREDENTIALS.contains(&name) {
                let values = self.0.entry(name.to_owned()).or_default();
                if value.is_empty() { values.clear() } else { values.push(value.to_owned()) }
            }
        }
    }

    /// The first part of each is its name (systemd.exec(5)).
    fn has_credential(&self, name: &str) -> bool {
        let mut values = CREDENTIALS.iter().filter_map(|setting| self.0.get(*setting)).flatten();
        values.any(|value| value.split(':').next() == Some(name))
    }

    fn first(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    fn is_set(&self, name: &str) -> bool {
        self.first(name) == "yes"
    }

    /// What `systemd-run` is told; what is empty is as it is by default, but for capabilities, which then are none.
    fn properties(&self) -> Vec<String> {
        let mut properties = Vec::new();
        for name in SETTINGS.into_iter().chain(CREDENTIALS) {
            for value in self.0.get(name).into_iter().flatten() {
                if !value.is_empty() || name == "CapabilityBoundingSet" {
                    properties.push(format!("--property={name}={value}"));
                }
            }
        }
        properties
    }

    /// The check once more, as the service.
    fn command(&self, global: &Global) -> std::io::Result<Command> {
        let mut command = process("systemd-run");
        command.args(["--quiet", "--collect", "--wait", "--pipe"]);
        command.args(self.properties()).arg("--").arg(std::env::current_exe()?);
        for (flag, paths) in
            [("--config", global.sources.files.as_slice()), ("--state-dir", global.sources.state_dir.as_slice())]
        {
            for path in paths {
                let path = std::path::absolute(path)?;
                // systemd would put a variable in place of its name.
                let path = path.to_str().map(|path| path.replace('$', "$$"));
                let not_text = || std::io::Error::other("the path of the configuration is not UTF-8");
                command.arg(flag).arg(path.ok_or_else(not_text)?);
            }
        }
        command.args(["check", "--connect", "--only-connect"]);
        Ok(command)
    }

    /// As whom it was tried.
    fn shown(&self) -> String {
        let user = match self.first("User") {
            "" if self.is_set("DynamicUser") => "a dynamic user",
            "" => "user root",
            user => &format!("user {user}"),
        };
        let groups = ["Group", "SupplementaryGroups"].iter().flat_map(|name| self.first(name).split_whitespace());
        // A dynamic user has a group of its own, of the same name.
        let groups: Vec<_> = groups.filter(|group| *group != self.first("User")).collect();
        let mut text = format!("tried as {user}");
        let _ = match groups.as_slice() {
            [] => Ok(()),
            [group] => write!(text, " with group {group}"),
            groups => write!(text, " with groups {}", groups.join(", ")),
        };
        if self.is_set("PrivateNetwork") {
            text += " and without network (its drop-in network.conf opens that)";
        }
        let _ = write!(text, ", as systemd runs {UNIT}");
        if self.is_set("NeedDaemonReload") {
            text += "; its files have changed since: `systemctl daemon-reload`, and try again";
        }
        let ours = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let ours: Vec<_> = ours.filter(|name| name.starts_with("INVITED_")).collect();
        if !ours.is_empty() {
            let _ = write!(text, "; without {}, which the service does not have", ours.join(", "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "\
LoadState=loaded
NeedDaemonReload=no
User=invited
DynamicUser=yes
Group=invited
SupplementaryGroups=prosody ssl-cert
CapabilityBoundingSet=
PrivateNetwork=yes
RestrictAddressFamilies=AF_UNIX
IPAddressDeny=0.0.0.0/0 ::/0
";

    const FILES: &str = "\
# /usr/lib/systemd/system/invited.service
[Service]
ExecStart=/usr/bin/invited serve
LoadCredential=old:/old

# /etc/systemd/system/invited.service.d/credentials.conf
[Service]
#LoadCredential=ledger.key:/etc/invited/credentials/ledger.key
LoadCredential=
LoadCredential=website:/etc/invited/credentials/website
LoadCredential = xmpp:/etc/invited/credentials/xmpp
";

    #[test]
    fn what_is_in_force_is_what_it_is_tried_with() {
        let mut unit = Unit::read(SHOWN);
        unit.add_credentials(FILES);
        let expected = [
            "--property=User=invited",
            "--property=DynamicUser=yes",
            "--property=Group=invited",
            "--property=SupplementaryGroups=prosody ssl-cert",
            "--property=CapabilityBoundingSet=",
            "--property=PrivateNetwork=yes",
            "--property=RestrictAddressFamilies=AF_UNIX",
            "--property=IPAddressDeny=0.0.0.0/0 ::/0",
            "--property=LoadCredential=website:/etc/invited/credentials/website",
            "--property=LoadCredential=xmpp:/etc/invited/credentials/xmpp",
        ];
        assert_eq!(unit.properties(), expected);
        assert!(["website", "xmpp"].iter().all(|name| unit.has_credential(name)));
        assert!(["old", "ledger.key", "/etc/invited/credentials/xmpp"].iter().all(|name| !unit.has_credential(name)));
    }

    #[test]
    fn it_is_said_as_whom_it_was_tried() {
        for (shown, text) in [
            (
                SHOWN,
                "tried as user invited with groups prosody, ssl-cert and without network (its drop-in \
                 network.conf opens that), as systemd runs invited.service",
            ),
            (
                "User=xmpp\nSupplementaryGroups=prosody\nNeedDaemonReload=yes",
                "tried as user xmpp with group prosody, as systemd runs invited.service; its files have changed \
                 since: `systemctl daemon-reload`, and try again",
            ),
            ("DynamicUser=yes\nUser=\nGroup=", "tried as a dynamic user, as systemd runs invited.service"),
            ("", "tried as user root, as systemd runs invited.service"),
        ] {
            assert_eq!(Unit::read(shown).shown(), text);
        }
    }
}
