//! `invited invite show`: everything about an invite.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::invite_admin::Admin;
use super::invite_create::explain;
use super::outcome::Outcome;
use super::terminal::{is_read_by_a_person, one_line, print, print_json};
use super::time;
use crate::invite::Status;
use crate::invite::code::in_groups;

pub(super) async fn show(admin: &Admin, id: &String, is_json: bool) -> Outcome {
    let mut found = admin.find(std::slice::from_ref(id)).await?;
    let Some(invite) = found.pop() else { return Ok(()) };
    let code = (invite.status(admin.now) == Status::Pending).then(|| admin.invites.code(invite.id));
    let view = admin.view(invite).map_err(|error| explain(&admin.settings, error))?;
    if is_json {
        return print_json(&view);
    }
    let zone = is_read_by_a_person().then(TimeZone::system);
    let fields = serde_json::to_value(&view)?;
    let mut text = String::new();
    for (name, value) in fields.as_object().into_iter().flatten() {
        for line in lines(name, value, admin.now, zone.as_ref()) {
            writeln!(text, "{name:13} {}", one_line(&line))?;
        }
        if let Some(code) = code.as_ref().filter(|_| name == "landing_page") {
            writeln!(text, "{:13} {}", "code", in_groups(code).join(" "))?;
        }
    }
    print(&text)
}

/// The lines of a field. With a zone, times are told as a person in it reads them.
fn lines(name: &str, value: &Value, now: Timestamp, zone: Option<&TimeZone>) -> Vec<String> {
    match value {
        Value::Null => vec![],
        Value::Array(list) => list.iter().flat_map(|one| lines(name, one, now, zone)).collect(),
        Value::Object(parts) => {
            let parts = parts.iter().flat_map(|(name, part)| lines(name, part, now, zone));
            vec![parts.collect::<Vec<_>>().join(", ")]
        }
        Value::String(text) => {
            let at = Some(text).filter(|_| name == "at" || name.ends_with("_at")).and_then(|text| text.parse().ok());
            vec![at.zip(zone).map_or_else(|| text.clone(), |(at, zone)| time::local(at, now, zone))]
        }
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_of_several_has_a_line_of_its_own() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let redemptions = json!([
            { "account": "bob", "at": "2026-01-01T01:00:00Z", "via": "web" },
            { "account": null, "at": "2026-01-02T00:00:00Z", "via": "api" },
        ]);
        let of_a_program = ["bob, 2026-01-01T01:00:00Z, web", "2026-01-02T00:00:00Z, api"];
        assert_eq!(lines("redemptions", &redemptions, now, None), of_a_program);
        let of_a_person = ["bob, 2026-01-01 01:00 UTC (in 60 minutes), web", "2026-01-02 00:00 UTC (in 24 hours), api"];
        assert_eq!(lines("redemptions", &redemptions, now, Some(&TimeZone::UTC)), of_a_person);
        assert_eq!(lines("groups", &json!(["a", "b"]), now, None), ["a", "b"]);
        assert!(lines("groups", &json!([]), now, None).is_empty() && lines("note", &json!(null), now, None).is_empty());
        assert_eq!(lines("uses", &json!(2), now, None), ["2"]);
        assert_eq!(lines("note", &json!("2026-01-01T01:00:00Z"), now, Some(&TimeZone::UTC)), ["2026-01-01T01:00:00Z"]);
    }
}
