//! Logging in on a stream (RFC 6120, 6 and 7), by what tells the password to nobody: SCRAM (RFC 5802, 7677), or PLAIN
//! with TLS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minidom::Element;
use sasl::client::mechanisms::{Plain, Scram};
use sasl::client::{Mechanism, MechanismError};
use sasl::common::scram::{Sha1, Sha256};
use sasl::common::{ChannelBinding, Credentials};

use super::stream::ClientStream;
use crate::backend::CallError;
use crate::elements::element;
use crate::log::Cause;

const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";

/// A server may have the password hashed so often at most (RFC 5802, 5.1, has no limit). Servers say 4,096 to 10,000, and
/// 600,000 is what is advised for passwords that people choose. This many take a thread a quarter of a second; the
/// 4,294,967,295 that can be said take it a quarter of an hour.
const MAX_ITERATIONS: u32 = 1_000_000;

/// Why an account is not logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LoginError {
    /// The server does not take the name or the password, and would not take them again; its condition.
    Refused(String),
    /// Something else.
    Call(CallError),
}

impl From<CallError> for LoginError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl ClientStream {
    /// Logs in and binds a resource.
    pub(super) async fn login(&mut self, user: &str, password: &str) -> Result<(), LoginError> {
        self.authenticate(user, password).await?;
        self.start().await?;
        let bound = self.ask("set", None, Element::bare("bind", BIND)).await?;
        bound
            .map(drop)
            .map_err(|error| CallError::Away(format!("no resource could be bound ({})", error.condition).into()).into())
    }

    /// Shows the server that the user has this password, and sees that it knows it.
    pub(super) async fn authenticate(&mut self, user: &str, password: &str) -> Result<(), LoginError> {
        let mut mechanism = self.mechanism(user, password)?;
        let wrong = |error: MechanismError| CallError::Away(Cause::because("cannot log in", error));
        let mut auth = element("auth", SASL, &[("mechanism", mechanism.name())]);
        auth.append_text(STANDARD.encode(mechanism.initial()));
        self.write(&auth).await?;
        loop {
            let answer = self.read().await?;
            let data = STANDARD.decode(answer.text().trim()).unwrap_or_default();
            match answer.name() {
                "challenge" => {
                    check_iterations(&data)?;
                    // It takes too long for a thread that others wait for.
                    let answered = blocking::unblock(move || {
                        let text = mechanism.response(&data);
                        (mechanism, text)
                    });
                    let text;
                    (mechanism, text) = answered.await;
                    let mut response = Element::bare("response", SASL);
                    response.append_text(STANDARD.encode(text.map_err(wrong)?));
                    self.write(&response).await?;
                }
                "success" => {
                    mechanism.success(&data).map_err(wrong)?;
                    return Ok(());
                }
                _ => {
                    let condition = answer.children().next().map_or("failure", Element::name).to_owned();
                    // RFC 6120, 6.5: all others say that the same would come of it.
                    return Err(match condition.as_str() {
                        "temporary-auth-failure" | "aborted" => {
                            CallError::Away(format!("it refuses the account for now ({condition})").into()).into()
                        }
                        _ => LoginError::Refused(condition),
                    });
                }
            }
        }
    }

    /// The best one of those that the server offers.
    fn mechanism(&self, user: &str, password: &str) -> Result<Box<dyn Mechanism + Send>, CallError> {
        let offered: Vec<String> = self
            .features
            .get_child("mechanisms", SASL)
            .into_iter()
            .flat_map(Element::children)
            .map(Element::text)
            .collect();
        let offers = |name: &str| offered.iter().any(|offered| offered == name);
        let credentials = |user: &str| {
            Credentials::default()
                .with_username(user)
                .with_password(password)
                .with_channel_binding(ChannelBinding::None)
        };
        let away = |error: MechanismError| CallError::Away(Cause::new(error));
        if offers("SCRAM-SHA-256") {
            Ok(Box::new(Scram::<Sha256>::from_credentials(credentials(&scram_name(user))).map_err(away)?))
        } else if offers("SCRAM-SHA-1") {
            Ok(Box::new(Scram::<Sha1>::from_credentials(credentials(&scram_name(user))).map_err(away)?))
        } else if offers("PLAIN") && self.is_encrypted {
            Ok(Box::new(Plain::from_credentials(credentials(user)).map_err(away)?))
        } else {
            let why = "it offers no way to log in that is safe here (SCRAM, or PLAIN with TLS)";
            Err(CallError::Away(why.into()))
        }
    }
}

/// A name as SCRAM has it (RFC 5802, 5.1): else what stands behind a comma in one would be attributes of the message, and the
/// name another user's.
fn scram_name(user: &str) -> String {
    user.replace('=', "=3D").replace(',', "=2C")
}

/// Whether a refusal says that this user is not let in with this password, and not that nobody is (RFC 6120, 6.5).
pub(super) fn is_about_user(condition: &str) -> bool {
    matches!(
        condition,
        "account-disabled" | "credentials-expired" | "incorrect-encoding" | "malformed-request" | "not-authorized"
    )
}

/// Refuses a challenge of SCRAM by its iterations, before they are done. Whoever reads it takes one `i`, and may take any.
fn check_iterations(challenge: &[u8]) -> Result<(), CallError> {
    for part in challenge.split(|byte| *byte == b',') {
        let Some(count) = part.strip_prefix(b"i=") else { continue };
        let count = std::str::from_utf8(count).ok().and_then(|count| count.parse::<u32>().ok());
        if !count.is_some_and(|count| (1..=MAX_ITERATIONS).contains(&count)) {
            let said =
                count.map_or_else(|| "a number of iterations that is none".into(), |n| format!("{n} iterations"));
            return Err(CallError::Away(format!(
                "cannot log in: the server asks for {said} of SCRAM, and 1 to {MAX_ITERATIONS} are done here; lower the \
                 iteration count of its authentication settings and set the account's password again"
            ).into()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterations_are_refused_before_they_are_done() {
        for good in ["r=a,s=c2FsdA==,i=1", "r=i=9,s=c2FsdA==,i=1000000", "r=a,s=b", "v=xyz", ""] {
            assert_eq!(check_iterations(good.as_bytes()), Ok(()), "{good}");
        }
        for (bad, said) in [
            ("r=a,s=c2FsdA==,i=1000001", "1000001 iterations"),
            ("r=a,s=c2FsdA==,i=4294967295", "4294967295 iterations"),
            ("i=4096,i=4294967295,i=4096", "4294967295 iterations"),
            ("r=a,i=0", "0 iterations"),
            ("r=a,i=4294967296", "is none"),
            ("r=a,i=-1", "is none"),
            ("i=", "is none"),
        ] {
            let Err(CallError::Away(why)) = check_iterations(bad.as_bytes()) else { panic!("{bad}") };
            let why = why.to_string();
            assert!(why.contains(said) && why.contains("1 to 1000000"), "{why}");
        }
    }
}
