//! Signing a guest up in-band, with a token (XEP-0445, XEP-0077), and what servers say no for.

use minidom::Element;

use super::stream::{ClientStream, before};
use crate::backend::{CallError, NewAccount, Refusal};
use crate::clock;
use crate::elements::{StanzaError, element};

const REGISTER: &str = "jabber:iq:register";
const PREAUTH: &str = "urn:xmpp:pars:0";

/// Creates the account, on a stream of nobody's.
pub(super) async fn sign_up(
    stream: &mut ClientStream,
    host: &str,
    token: &str,
    account: &NewAccount<'_>,
) -> Result<(), CallError> {
    let preauth = element("preauth", PREAUTH, &[("token", token)]);
    stream.ask("set", Some(host), preauth).await.map_err(before)?.map_err(|error| token_refused(&error))?;
    if clock::now() > account.not_after {
        return Err(CallError::Away("it took too long".into()));
    }
    let mut query = Element::bare("query", REGISTER);
    for (name, value) in [("username", account.username.as_str()), ("password", account.password.reveal())] {
        let mut field = Element::bare(name, REGISTER);
        field.append_text(value);
        query.append_child(field);
    }
    stream.ask("set", Some(host), query).await?.map(drop).map_err(|error| account_refused(&error))
}

/// Which of `tokens` the server does not take any more, by their places: they are shown to it, as an app does before it signs
/// somebody up, and nobody is signed up. That uses none (XEP-0445, 3).
pub(super) async fn gone(stream: &mut ClientStream, host: &str, tokens: &[&str]) -> Result<Vec<usize>, CallError> {
    let shown = tokens.iter().map(|token| element("preauth", PREAUTH, &[("token", token)])).collect();
    let answers = stream.ask_all("set", Some(host), shown).await.map_err(before)?;
    let is_gone = |answer: &Result<Element, StanzaError>| answer.as_ref().is_err_and(is_unknown);
    Ok((0..).zip(&answers).filter(|(_, answer)| is_gone(answer)).map(|(at, _)| at).collect())
}

/// Whether the server says of a token that there is none, and not that it cannot tell, or takes nobody for now. Whoever
/// closes registration says `not-allowed`, which is no word on the token.
fn is_unknown(error: &StanzaError) -> bool {
    !error.is_passing() && matches!(error.condition.as_ref(), "item-not-found" | "forbidden")
}

/// Prosody says `forbidden` to a token that it does not know, ejabberd `item-not-found`.
fn token_refused(error: &StanzaError) -> CallError {
    match error.condition.as_ref() {
        _ if error.is_passing() => asks_to_wait("preauth", error),
        "item-not-found" | "forbidden" | "not-allowed" => Refusal::NoToken.into(),
        condition => Refusal::Other(format!("preauth: {condition}")).into(),
    }
}

/// Whatever else an error says, it is about the password: for that there is no condition.
fn is_of_password(error: &StanzaError) -> bool {
    error.text.as_ref().is_some_and(|text| text.to_lowercase().contains("password"))
}

fn account_refused(error: &StanzaError) -> CallError {
    match error.condition.as_ref() {
        _ if error.is_passing() => asks_to_wait("registration", error),
        "not-acceptable" | "not-allowed" | "bad-request" if is_of_password(error) => Refusal::Password.into(),
        "conflict" => Refusal::Taken.into(),
        "not-acceptable" | "not-allowed" | "jid-malformed" | "bad-request" => Refusal::Name.into(),
        "item-not-found" => Refusal::NoToken.into(),
        condition => Refusal::Other(format!("registration: {condition}")).into(),
    }
}

/// Servers bound how many accounts one address creates; for them all guests come from ours. The server is there all the same.
fn asks_to_wait(step: &str, error: &StanzaError) -> CallError {
    Refusal::Later(format!("{step}: {}; see its limits on registration", error.condition)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(condition: &'static str) -> StanzaError {
        StanzaError::new("cancel", condition)
    }

    fn passing(condition: &'static str) -> StanzaError {
        StanzaError::new("wait", condition)
    }

    #[test]
    fn a_token_is_redeemed_only_if_the_server_says_so() {
        for condition in ["item-not-found", "forbidden", "not-allowed"] {
            assert_eq!(token_refused(&error(condition)), Refusal::NoToken.into());
            assert!(matches!(token_refused(&passing(condition)), CallError::Refused(Refusal::Later(_))), "{condition}");
        }
        for condition in ["service-unavailable", "internal-server-error", "undefined-condition", "conflict"] {
            let expected = Refusal::Other(format!("preauth: {condition}"));
            assert_eq!(token_refused(&error(condition)), expected.into());
        }
    }

    #[test]
    fn a_token_is_gone_only_if_the_server_knows_none() {
        for (condition, is_gone) in [
            ("item-not-found", true),
            ("forbidden", true),
            ("not-allowed", false),
            ("service-unavailable", false),
            ("internal-server-error", false),
        ] {
            assert_eq!(is_unknown(&error(condition)), is_gone, "{condition}");
            assert!(!is_unknown(&passing(condition)), "{condition}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_account_is_told_apart() {
        for (condition, refusal) in [
            ("conflict", Refusal::Taken),
            ("not-acceptable", Refusal::Name),
            ("jid-malformed", Refusal::Name),
            ("item-not-found", Refusal::NoToken),
            ("gone", Refusal::Other("registration: gone".into())),
        ] {
            assert_eq!(account_refused(&error(condition)), refusal.into());
        }
        let weak = error("not-acceptable").because("The Password is too weak");
        assert_eq!(account_refused(&weak), Refusal::Password.into());
        // Whatever type is said with it.
        assert!(matches!(account_refused(&error("resource-constraint")), CallError::Refused(Refusal::Later(_))));
    }
}
