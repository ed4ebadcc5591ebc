//! What a look at Prosody showed: what is missing there, and the lines that mend it.

use std::path::Path;

use serde_json::Value;

use crate::backend::Finding;
use crate::invite::name::HostName;

/// What is wrong with a host, by what the helper tells of it.
pub(super) fn findings(host: &HostName, base: &str, answer: &Value) -> Vec<Finding> {
    let fault = |what: String, mend: String| Finding { is_fault: true, what, mend };
    match answer["type"].as_str() {
        Some("local") => {}
        Some(_) => return vec![fault(format!("{host} is a component, and has no accounts"), String::new())],
        None => return vec![fault(format!("it does not serve {host}"), then_restart(&virtual_host(host)))],
    }
    let is_loaded = |module: &str| answer["loaded"][module] == true;
    if !is_loaded("invites") {
        let what = "mod_invites is not loaded: no sign-up in apps, and no invites of its own are shown";
        return vec![fault(what.into(), then_restart(&add(&["invites", "invites_register"])))];
    }
    let mut findings = Vec::new();
    if !is_loaded("invites_register") {
        let what = "mod_invites_register is not loaded: apps cannot sign up with an invite";
        findings.push(fault(what.into(), then_restart(&add(&["invites_register"]))));
    }
    let mut advise = |what: String, mend: String| findings.push(Finding { is_fault: false, what, mend });
    if answer["storage"] == "internal" {
        let [pending, lapsed, milliseconds] =
            ["pending", "lapsed", "read_ms"].map(|field| answer[field].as_u64().unwrap_or(0));
        let what = format!(
            "storage is \"internal\": Prosody keeps one file of the invites that it creates itself, {pending} pending and \
             {lapsed} lapsed, and all of it waits while that is read ({milliseconds} ms now) or written (twice that)"
        );
        advise(what, sql_lines(host));
    }
    let is_13 = answer["is_13"] == true;
    let page = answer["page"].as_str();
    // 13 knows the option by itself.
    let module = if is_13 || is_loaded("invites_page") { String::new() } else { add(&["invites_page"]) + "\n" };
    if page != Some(&page_of(base)) || !module.is_empty() {
        let what = match page {
            Some(page) if page != page_of(base) => format!("invites that users create in their apps lead to {page}"),
            _ => "invites that users create in their apps do not lead here".into(),
        };
        advise(what, then_restart(&format!("{module}{}", page_lines(base, is_13))));
    } else if is_13 && answer["resets_lead"] != true {
        let what = "links for a new password that admins make in Prosody do not lead here";
        advise(what.into(), then_restart(&page_lines(base, is_13)));
    } else if !is_loaded("invites_adhoc") {
        let what = "users create no invites in their apps: mod_invites_adhoc is not loaded";
        advise(what.into(), then_restart(&add(&["invites_adhoc"])));
    }
    if !is_loaded("invites_groups") {
        let what = "groups of invites do nothing: mod_invites_groups is not loaded (it is in prosody-modules, not in Debian's)";
        advise(what.into(), then_restart(&add(&["invites_groups"])));
    }
    findings
}

/// Nobody answers at the socket. Nothing can be seen then, so everything is listed that there should be: one restart will do.
pub(super) fn no_way_in(host: &HostName, socket: &Path, base: &str, why: String) -> Finding {
    let modules = add(&["admin_shell", "invites", "invites_register", "invites_adhoc"]);
    let page = page_lines(base, true);
    let mend = format!(
        "{modules}\n{page}\numask = \"007\"\nadmin_socket = \"{}\"\n{}\n\
         /etc/systemd/system/prosody.service.d/invited.conf:\n[Service]\nUMask=0007\n\
         /etc/systemd/system/invited.service.d/prosody.conf:\n[Service]\nSupplementaryGroups=prosody",
        socket.display(),
        virtual_host(host),
    );
    Finding { is_fault: true, what: why, mend: then_restart(&mend) }
}

/// What is to be added to a list that is there, and never written in its place.
fn add(modules: &[&str]) -> String {
    let modules: Vec<_> = modules.iter().map(|module| format!("{module:?};")).collect();
    format!("prosody.cfg.lua, in modules_enabled, what is not in it yet:\n{}", modules.join(" "))
}

fn virtual_host(host: &HostName) -> String {
    format!("prosody.cfg.lua, at the end, if it is not there yet:\nVirtualHost \"{host}\"")
}

fn then_restart(mend: &str) -> String {
    format!(
        "{mend}\nthen:\nsystemctl daemon-reload && systemctl restart prosody.service && systemctl try-restart invited.service"
    )
}

/// Where invites of users lead, in the words of Prosody's option.
fn page_of(base: &str) -> String {
    format!("{base}invite?{{invite.token}}")
}

/// Which kinds of invites lead here is asked for since 13.
fn page_lines(base: &str, is_13: bool) -> String {
    let option = format!("prosody.cfg.lua, above the first VirtualHost:\ninvites_page = {:?}\n", page_of(base));
    if is_13 {
        return option + "invites_page_supports = { \"account\"; \"account-and-contact\"; \"password-reset\" }";
    }
    option + "invites_page_external = true -- for mod_invites_page, which is in prosody-modules"
}

/// How to get from files to a database with everything that is there.
fn sql_lines(host: &HostName) -> String {
    format!(
        "prosody.cfg.lua, above the first VirtualHost (Debian: apt install lua-dbi-sqlite3):\nstorage = \"sql\"\n\
         sql = {{ driver = \"SQLite3\", database = \"prosody.sqlite\" }}\n\
         migrator.cfg.lua, in the list of stores for {host}, beside those that are there:\n\
         \"roles\"; \"invite_token\"; \"invited_tokens\";\n\
         then:\nsystemctl stop prosody && prosody-migrator && systemctl start prosody"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const BASE: &str = "https://example.com/invited/";

    fn findings_of(answer: &Value) -> Vec<(bool, String)> {
        let findings = findings(&"example.com".parse().unwrap(), BASE, answer);
        findings.into_iter().map(|finding| (finding.is_fault, format!("{}\n{}", finding.what, finding.mend))).collect()
    }

    #[test]
    fn a_server_that_has_everything_is_left_alone() {
        let modules = json!({"invites": true, "invites_register": true, "invites_adhoc": true, "invites_groups": true});
        let mut answer = json!({"type": "local", "storage": "sql", "loaded": modules, "is_13": true,
            "page": "https://example.com/invited/invite?{invite.token}", "resets_lead": true});
        assert_eq!(findings_of(&answer), []);
        for (field, value) in
            [("page", json!("https://elsewhere.example/{invite.token}")), ("resets_lead", json!(false))]
        {
            let before = std::mem::replace(&mut answer[field], value);
            let [(false, text)] = &findings_of(&answer)[..] else { panic!("{field}") };
            assert!(text.contains("invites_page = \"https://example.com/invited/invite?{invite.token}\""), "{text}");
            assert!(text.contains("\"password-reset\""), "{text}");
            answer[field] = before;
        }
        answer["is_13"] = false.into();
        let lines_12 = findings_of(&answer);
        assert!(
            lines_12[0].1.contains("\"invites_page\";") && lines_12.len() == 1,
            "0.12 needs a module for it: {lines_12:?}"
        );
        answer["loaded"]["invites_page"] = true.into();
        assert_eq!(findings_of(&answer), []);
        for (module, is_fault) in [("invites_groups", false), ("invites_adhoc", false), ("invites_register", true)] {
            answer["loaded"][module] = false.into();
            assert!(
                findings_of(&answer).iter().any(|(fault, text)| *fault == is_fault && text.contains(module)),
                "{module}"
            );
        }
    }

    #[test]
    fn what_is_told_never_replaces_a_list_that_is_there() {
        let answers = [json!({}), json!({"type": "local"}), json!({"type": "local", "loaded": {"invites": true}})];
        let host = "example.com".parse().unwrap();
        let away = no_way_in(&host, Path::new("/nowhere"), BASE, String::new());
        let all = answers.iter().flat_map(|answer| findings(&host, BASE, answer)).chain([away]);
        for finding in all {
            assert!(!finding.mend.contains("modules_enabled ="), "{}", finding.mend);
        }
    }

    #[test]
    fn what_files_cost_is_told_with_the_way_out() {
        let answer = json!({"type": "local", "storage": "internal", "loaded": {"invites": true}, "pending": 1500,
            "lapsed": 20, "read_ms": 31});
        let text = &findings_of(&answer).iter().find(|(_, text)| text.contains("internal")).unwrap().1.clone();
        for part in
            ["1500 pending", "20 lapsed", "31 ms", "storage = \"sql\"", "prosody-migrator", "\"invited_tokens\""]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_host_that_is_none_is_told() {
        assert!(findings_of(&json!({"type": "component"}))[0].1.contains("component"));
        assert!(findings_of(&json!({}))[0].1.contains("VirtualHost \"example.com\""));
    }
}
