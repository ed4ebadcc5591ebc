//! What a look at Prosody showed: what is missing there, and the lines that mend it.

use std::path::Path;

use serde_json::Value;

use crate::backend::Finding;
use crate::invite::name::HostName;

/// What is wrong with a host, by what the helper tells of it.
pub(super) fn findings(host: &HostName, answer: &Value) -> Vec<Finding> {
    let fault = |what: String, mend: String| Finding { is_fault: true, what, mend };
    match answer["type"].as_str() {
        Some("local") => {}
        Some(_) => return vec![fault(format!("{host} is a component, and has no accounts"), String::new())],
        None => {
            let mend = format!("prosody.cfg.lua:\nVirtualHost \"{host}\"");
            return vec![fault(format!("it does not serve {host}"), mend)];
        }
    }
    let is_loaded = |module: &str| answer["loaded"][module] == true;
    let enable = |modules: &str| format!("prosody.cfg.lua, for {host}:\nmodules_enabled = {{ {modules} }}");
    if !is_loaded("invites") {
        let what = "mod_invites is not loaded: no sign-up in apps, and no invites of its own are shown";
        return vec![fault(what.into(), enable("\"invites\"; \"invites_register\""))];
    }
    let mut findings = Vec::new();
    if !is_loaded("invites_register") {
        let what = "mod_invites_register is not loaded: apps cannot sign up with an invite";
        findings.push(fault(what.into(), enable("\"invites_register\"")));
    }
    let mut advise = |what: String, mend: String| findings.push(Finding { is_fault: false, what, mend });
    if answer["storage"] == "internal" {
        let [pending, lapsed, milliseconds] =
            ["pending", "lapsed", "read_ms"].map(|field| answer[field].as_u64().unwrap_or(0));
        let what = format!(
            "storage is \"internal\": there is one file of {pending} pending and {lapsed} lapsed invites, and all of \
             Prosody waits while it is read ({milliseconds} ms now) or written (twice that), and it grows with each"
        );
        advise(what, sql_lines(host));
    }
    // 13 knows the option by itself.
    let leads_here = answer["has_page"] == true && (answer["is_13"] == true || is_loaded("invites_page"));
    if !leads_here {
        advise("invites that users make in their apps do not lead here".into(), page_lines(answer["is_13"] == true));
    } else if !is_loaded("invites_adhoc") {
        advise(
            "users make no invites in their apps: mod_invites_adhoc is not loaded".into(),
            enable("\"invites_adhoc\""),
        );
    }
    if !is_loaded("invites_groups") {
        let what = "groups of invites do nothing: mod_invites_groups is not loaded (it is in prosody-modules, not in Debian's)";
        advise(what.into(), enable("\"invites_groups\""));
    }
    findings
}

/// Nobody answers at the socket.
pub(super) fn no_way_in(socket: &Path, why: String) -> Finding {
    let mend = format!(
        "prosody.cfg.lua:\nmodules_enabled = {{ \"admin_shell\" }} -- beside those that are there\numask = \"007\"\n\
         admin_socket = \"{}\"\nsystemctl edit prosody.service:\n[Service]\nUMask=0007\n\
         systemctl edit invited.service:\n[Service]\nSupplementaryGroups=prosody",
        socket.display()
    );
    Finding { is_fault: true, what: why, mend }
}

fn page_lines(is_13: bool) -> String {
    let option = "invites_page = \"https://invite.example.com/invite?{invite.token}\"";
    if is_13 {
        return format!("prosody.cfg.lua:\n{option}");
    }
    format!(
        "prosody.cfg.lua (mod_invites_page is in prosody-modules):\nmodules_enabled = {{ \"invites_page\" }}\n{option}\n\
         invites_page_external = true"
    )
}

/// How to get from files to a database with everything that is there.
fn sql_lines(host: &HostName) -> String {
    format!(
        "prosody.cfg.lua (Debian: apt install lua-dbi-sqlite3):\nstorage = \"sql\"\n\
         sql = {{ driver = \"SQLite3\", database = \"prosody.sqlite\" }}\n\
         migrator.cfg.lua, in the list of stores for {host}, beside those that are there:\n\
         \"roles\"; \"invite_token\"; \"invited_tokens\";\n\
         systemctl stop prosody && prosody-migrator && systemctl start prosody"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(answer: &Value) -> Vec<(bool, String)> {
        let findings = findings(&"example.com".parse().unwrap(), answer);
        findings.into_iter().map(|finding| (finding.is_fault, format!("{}\n{}", finding.what, finding.mend))).collect()
    }

    #[test]
    fn a_server_that_has_everything_is_left_alone() {
        let modules = json!({"invites": true, "invites_register": true, "invites_adhoc": true, "invites_groups": true});
        let mut answer = json!({"type": "local", "storage": "sql", "loaded": modules, "has_page": true, "is_13": true});
        assert_eq!(told(&answer), []);
        answer["is_13"] = false.into();
        let told_12 = told(&answer);
        assert!(
            told_12[0].1.contains("\"invites_page\"") && told_12.len() == 1,
            "0.12 needs a module for it: {told_12:?}"
        );
        answer["loaded"]["invites_page"] = true.into();
        assert_eq!(told(&answer), []);
        for (module, is_fault) in [("invites_groups", false), ("invites_adhoc", false), ("invites_register", true)] {
            answer["loaded"][module] = false.into();
            assert!(told(&answer).iter().any(|(fault, text)| *fault == is_fault && text.contains(module)), "{module}");
        }
    }

    #[test]
    fn what_files_cost_is_told_with_the_way_out() {
        let answer = json!({"type": "local", "storage": "internal", "loaded": {"invites": true}, "pending": 1500,
            "lapsed": 20, "read_ms": 31});
        let text = &told(&answer).iter().find(|(_, text)| text.contains("internal")).unwrap().1.clone();
        for part in
            ["1500 pending", "20 lapsed", "31 ms", "storage = \"sql\"", "prosody-migrator", "\"invited_tokens\""]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_host_that_is_none_is_told() {
        assert!(told(&json!({"type": "component"}))[0].1.contains("component"));
        assert!(told(&json!({}))[0].1.contains("VirtualHost \"example.com\""));
    }
}
