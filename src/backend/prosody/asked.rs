//! What Prosody asks by what it prints on our connection, and the answers (`lua/asks.lua`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::backend::question::{InAppRefusal, InAppStep, Verdict, Welcome};
use crate::invite::Kind;

/// A question and its id, if `printed` is one.
pub(super) fn question(printed: &str) -> Option<(String, InAppStep)> {
    let question = STANDARD.decode(printed.strip_prefix("invited ")?).ok()?;
    let question: Value = serde_json::from_slice(&question).ok()?;
    let text = |field: &str| question[field].as_str().map(str::to_owned);
    let step = match question["of"].as_str()? {
        "preauth" => InAppStep::Preauth { token: text("token")? },
        "register" => InAppStep::Register { token: text("token")?, username: text("username")? },
        "subscribe" => {
            InAppStep::Subscribe { token: text("token")?, inviter: text("inviter")?, contact: text("contact")? }
        }
        "registered" => {
            InAppStep::Registered { reservation: text("reservation")?, created: question["created"].as_bool()? }
        }
        _ => return None,
    };
    Some((text("id").unwrap_or_default(), step))
}

/// An answer, as Prosody reads it. Its JSON has a null that is true: what there is none of is left out.
pub(super) fn answer(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Unknown => json!({"is": "unknown"}),
        Verdict::Later => json!({"is": "later"}),
        Verdict::Instead(token) => json!({"is": "instead", "token": token}),
        Verdict::Reserved(reservation) => json!({"is": "reserved", "reservation": reservation}),
        Verdict::Refused(why) => json!({"is": "refused", "why": word(*why)}),
        Verdict::Welcome(welcome) => welcomed(welcome),
    }
}

fn welcomed(Welcome { kind, groups, roles, spares_admins }: &Welcome) -> Value {
    let mut answer = json!({"is": "welcome", "groups": groups, "roles": roles, "spares_admins": spares_admins});
    match kind {
        Kind::Account { username } => set(&mut answer, "username", username.as_ref()),
        Kind::Contact { contact, .. } => set(&mut answer, "contact", Some(&contact.user)),
        Kind::Reset { username } => set(&mut answer, "reset", Some(username)),
    }
    answer
}

fn set(answer: &mut Value, field: &str, value: Option<&impl ToString>) {
    if let Some(value) = value {
        answer[field] = value.to_string().into();
    }
}

fn word(why: InAppRefusal) -> &'static str {
    match why {
        InAppRefusal::Ended => "ended",
        InAppRefusal::OtherName => "other-name",
        InAppRefusal::ReservedName => "reserved-name",
        InAppRefusal::Name => "name",
        InAppRefusal::Taken => "taken",
        InAppRefusal::Closed => "closed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(question: &Value) -> String {
        format!("invited {}", STANDARD.encode(question.to_string()))
    }

    #[test]
    fn what_is_no_question_is_passed_over() {
        let whole = json!({"id": "q", "of": "register", "token": "T", "username": "anna"});
        let Some((id, InAppStep::Register { token, username })) = question(&printed(&whole)) else { panic!("{whole}") };
        assert_eq!([id.as_str(), &token, &username], ["q", "T", "anna"]);
        let mut partial = whole.clone();
        partial["username"] = json!(7);
        let other = json!({"id": "q", "of": "weather"});
        for text in ["", "invited", "invited !", "Hello", &printed(&partial), &printed(&other), &printed(&json!([]))] {
            assert!(question(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_answer_leaves_out_what_there_is_none_of() {
        let welcome = |kind| {
            let welcome = Welcome { kind, groups: vec![], roles: vec!["member".into()], spares_admins: true };
            answer(&Verdict::Welcome(Box::new(welcome)))
        };
        let with = |more: Value| {
            let mut whole = json!({"is": "welcome", "groups": [], "roles": ["member"], "spares_admins": true});
            whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            whole
        };
        assert_eq!(welcome(Kind::Account { username: None }), with(json!({})));
        let anna = || "anna".parse().unwrap();
        assert_eq!(welcome(Kind::Account { username: Some(anna()) }), with(json!({"username": "anna"})));
        let contact = "anna@example.com".parse().unwrap();
        assert_eq!(welcome(Kind::Contact { contact, username: None }), with(json!({"contact": "anna"})));
        assert_eq!(welcome(Kind::Reset { username: anna() }), with(json!({"reset": "anna"})));
        assert_eq!(answer(&Verdict::Refused(InAppRefusal::OtherName)), json!({"is": "refused", "why": "other-name"}));
    }
}
