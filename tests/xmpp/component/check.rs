//! What `[component]` may not say.

use std::os::unix::fs::PermissionsExt as _;

use crate::common::{CONFIG, Scratch, beside_no_accounts};
use crate::component::place::{NAME, SECRET, configured};

/// What `check` says of a component with other lines than the right ones; it ends with 2.
fn faults(from: &str, to: &str) -> Vec<String> {
    let right = configured(([127, 0, 0, 1], 5347).into());
    assert!(right.contains(from), "{from}");
    let scratch = Scratch::new(&right.replace(from, to));
    let output = scratch.run(&["check"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{to}: {stderr}");
    assert!(!stderr.contains("& <more>"), "{stderr}");
    stderr.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
}

#[test]
fn a_component_that_is_right_is_no_more_than_noted() {
    let scratch = Scratch::new(&configured(([127, 0, 0, 1], 5347).into()));
    // The secret stands in it.
    std::fs::set_permissions(scratch.config(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let output = scratch.run(&["check"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "valid: 1 host, 1 key\n");
    assert_eq!(beside_no_accounts(&output.stderr), "", "it is served");
}

#[test]
fn servers_are_named_in_every_way() {
    let scratch = Scratch::new("");
    for (server, is_near) in [
        ("localhost:5347", true),
        ("[::1]:5347", true),
        ("127.0.0.2:1", true),
        ("xmpp.example.net:65535", false),
        ("[2001:db8::1]:5347", false),
    ] {
        scratch.configure(&configured(([127, 0, 0, 1], 5347).into()).replace("127.0.0.1:5347", server));
        let output = scratch.run(&["check"]);
        assert_eq!(output.status.code(), Some(0), "{server}: {output:?}");
        // What goes there can be read on the way.
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told.contains("component.server is not on loopback"), !is_near, "{server}: {told}");
    }
}

#[test]
fn each_fault_is_told_where_it_is() {
    let lists = |name: &str, entry: &str| {
        let (from, rest) = match name {
            "contact_invites" => ("[\"romeo@example.com\", \"admin@example.com\"]", ", \"admin@example.com\"]"),
            _ => ("account_invites = [\"admin@example.com\"]", "]"),
        };
        let begin = from.split('[').next().unwrap();
        (from.to_owned(), format!("{begin}[{entry:?}{rest}"))
    };
    let mut cases = vec![
        ("host = \"example.com\"".to_owned(), "host = \"other.example\"".to_owned(), "component.host", "other.example"),
        ("host = \"example.com\"".into(), "host = \"exa mple\"".into(), "component.host", "exa mple"),
        (format!("jid = \"{NAME}\""), "jid = \"example.com\"".into(), "component.jid", "example.com"),
        (format!("jid = \"{NAME}\""), "jid = \"EXAMPLE.com\"".into(), "component.jid", "EXAMPLE.com"),
        (format!("jid = \"{NAME}\""), "jid = \"in vites\"".into(), "component.jid", "in vites"),
        (format!("jid = \"{NAME}\""), "jid = \"invites@example.com\"".into(), "component.jid", "invites@example.com"),
        (format!("jid = \"{NAME}\""), "jid = \"\"".into(), "component.jid", ""),
        (format!("secret = {SECRET:?}\n"), String::new(), "component", "secret_file"),
    ];
    for server in
        ["127.0.0.1", "127.0.0.1:", ":5347", "127.0.0.1:many", "127.0.0.1:65536", "unix:/run/x", "http://h:1", ""]
    {
        cases.push(("\"127.0.0.1:5347\"".into(), format!("{server:?}"), "component.server", server));
    }
    for (name, path) in
        [("contact_invites", "component.contact_invites"), ("account_invites", "component.account_invites")]
    {
        for entry in [
            "a b",
            "@example.com",
            "romeo@",
            "romeo",
            "romeo@example.com/phone",
            "a b@example.com",
            "",
            "*",
            // Nobody but users of the host may, so this would be nobody.
            "romeo@other.example",
            "other.example",
            "sub.example.com",
            NAME,
        ] {
            let (from, to) = lists(name, entry);
            cases.push((from, to, path, entry));
        }
    }
    cases.push((
        "account_invites = [".into(),
        "per_user = \"many\"\naccount_invites = [".into(),
        "component.per_user",
        "many",
    ));
    for (from, to, path, names) in cases {
        let told = faults(&from, &to);
        assert!(told.iter().any(|fault| fault.starts_with(path) && fault.contains(names)), "{to}: {told:?}");
        let elsewhere = |fault: &&String| !fault.starts_with("component");
        assert_eq!(told.iter().filter(elsewhere).count(), 0, "{to}: {told:?}");
    }
}

#[test]
fn two_secrets_are_one_too_many() {
    let told = faults("secret = ", "secret_file = \"component\"\nsecret = ");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("component.secret_file") && told[0].contains("exclude each other"), "{told:?}");
    let told = faults(&format!("secret = {SECRET:?}"), "secret_file = \"/nonexistent\"");
    assert!(told[0].starts_with("component.secret_file") && told[0].contains("/nonexistent"), "{told:?}");
    let told = faults(&format!("secret = {SECRET:?}"), "secret_file = \"sub/dir\"");
    assert!(told[0].starts_with("component.secret_file") && told[0].contains("absolute path"), "{told:?}");
}

#[test]
fn all_faults_are_told_at_once() {
    let scratch = Scratch::new(&format!(
        "{CONFIG}[component]\njid = \"example.com\"\nserver = \"here\"\nhost = \"example.com\"\n\
         contact_invites = [\"other.example\"]\naccount_invites = [\"a b\"]\nper_user = \"0\"\ncolour = \"red\"\n"
    ));
    let output = scratch.run(&["check"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    for path in [
        "component.account_invites",
        "component.colour",
        "component.contact_invites",
        "component.jid",
        "component.per_user",
        "component.server",
    ] {
        assert!(stderr.lines().any(|line| line.starts_with(&format!("  {path}"))), "no {path} in\n{stderr}");
    }
}

#[test]
fn a_secret_in_a_file_is_the_line_in_it() {
    let scratch = Scratch::new("");
    let file = scratch.path().join("secret");
    std::fs::write(&file, "hunter2\n").unwrap();
    let with = |line: &str| configured(([127, 0, 0, 1], 5347).into()).replace(&format!("secret = {SECRET:?}"), line);
    scratch.configure(&with(&format!("secret_file = {file:?}")));
    assert_eq!(scratch.ok(&["check"]), "valid: 1 host, 1 key\n");
    scratch.configure(&with("secret_file = \"component\""));
    let output = scratch.run(&["check"]);
    assert_eq!(output.status.code(), Some(0), "outside of the service a credential cannot be judged");
    assert!(String::from_utf8(output.stderr).unwrap().contains("component.secret_file is not checked"));
    assert_eq!(scratch.run(&["serve"]).status.code(), Some(2), "serve cannot do without");
}
