//! The stream of our account: kept between calls, and opened again when the server has ended it.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use async_lock::Mutex;

use super::invite::{self, Asked};
use super::login::{self, LoginError};
use super::place::{self, ClientPort};
use super::stream::{ClientStream, before};
use crate::backend::{CallError, Refusal};
use crate::clock;
use crate::config::XmppSettings;
use crate::invite::name::{HostName, Username};
use crate::net::Trust;

/// A password that was refused is not tried again for so long: who guards a server against guesses shuts out whoever
/// tries more often.
const REST: Duration = Duration::from_mins(5);

/// A place gets so long for a stream, where there is another one to try before the call's deadline.
const PLACE_TIMEOUT: Duration = Duration::from_secs(1);

/// How the server is reached, and by whom.
pub(super) struct AccountSession {
    host: HostName,
    settings: XmppSettings,
    trust: Trust,
    /// The stream, while nobody uses it.
    stream: Mutex<Option<ClientStream>>,
    refused: std::sync::Mutex<RefusedLogin>,
}

/// The last time that the server refused the account, and why.
#[derive(Default)]
struct RefusedLogin(Option<(Instant, String)>);

impl RefusedLogin {
    /// Why it is not tried now.
    fn rest(&self, now: Instant) -> Result<(), CallError> {
        match &self.0 {
            Some((at, condition)) if now.duration_since(*at) < REST => Err(Self::away(condition)),
            _ => Ok(()),
        }
    }

    fn away(condition: &str) -> CallError {
        let minutes = REST.as_secs() / 60;
        CallError::Away(format!(
            "it refuses the account ({condition}); see jid and password: they are tried again only after {minutes} minutes"
        ).into())
    }
}

impl AccountSession {
    pub(super) fn new(host: &HostName, settings: &XmppSettings) -> Self {
        let (host, settings) = (host.clone(), settings.clone());
        Self {
            host,
            settings,
            trust: Trust::of_system(),
            stream: Mutex::default(),
            refused: std::sync::Mutex::default(),
        }
    }

    /// A stream of nobody's, to the first of its places that takes one.
    pub(super) async fn open(&self) -> Result<ClientStream, CallError> {
        // Names on the wire, in certificates and in DNS are ASCII.
        let domain = idna::domain_to_ascii(self.host.as_str()).unwrap_or_default();
        let tls = self.settings.tls;
        let places = match &self.settings.address {
            Some(address) => vec![ClientPort { address: address.clone(), is_tls: false }],
            None => Box::pin(place::places(&domain, tls)).await?,
        };
        let mut away = CallError::Away("it is nowhere".into());
        for (at, place) in places.iter().enumerate() {
            let stream = Box::pin(ClientStream::open(&self.host, &domain, place, tls, &self.trust));
            // The last one may take all the time that is left.
            let is_last = at + 1 == places.len();
            let late = || {
                Err(CallError::Away(format!("no stream to {place} within {} seconds", PLACE_TIMEOUT.as_secs()).into()))
            };
            let stream =
                if is_last { stream.await } else { clock::within(PLACE_TIMEOUT, stream).await.unwrap_or_else(late) };
            match stream {
                Ok(stream) => return Ok(stream),
                Err(error) => away = error,
            }
        }
        Err(away)
    }

    /// A stream of the account.
    pub(super) async fn log_in(&self) -> Result<ClientStream, CallError> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).rest(clock::instant())?;
        let unread = || CallError::Away("its password is a credential that only the service can read".into());
        let password = self.settings.password.as_ref().ok_or_else(unread)?;
        let mut stream = self.open().await?;
        match stream.login(self.settings.jid.user.as_str(), password.reveal()).await {
            Ok(()) => Ok(stream),
            Err(LoginError::Call(error)) => Err(before(error)),
            Err(LoginError::Refused(condition)) => {
                let error = RefusedLogin::away(&condition);
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner) =
                    RefusedLogin(Some((clock::instant(), condition)));
                Err(error)
            }
        }
    }

    /// Whether the server lets a user in with this password, on a stream of its own that ends there: no resource is bound.
    pub(super) async fn lets_in(&self, username: &Username, password: &str) -> Result<bool, CallError> {
        let mut stream = self.open().await?;
        match stream.authenticate(username.as_str(), password).await {
            Ok(()) => Ok(true),
            Err(LoginError::Call(error)) => Err(before(error)),
            Err(LoginError::Refused(condition)) if login::is_about_user(&condition) => Ok(false),
            Err(LoginError::Refused(condition)) => Err(Refusal::Other(format!("login of a user: {condition}")).into()),
        }
    }

    /// An invite. The stream is put back when all is well: whoever goes away in between takes it along.
    pub(super) async fn invite(&self, username: Option<&Username>) -> Result<Asked, CallError> {
        let mut kept = self.stream.lock().await;
        let (mut stream, is_kept) = match kept.take() {
            Some(stream) => (stream, true),
            None => (self.log_in().await?, false),
        };
        let mut answer = invite::create_account(&mut stream, self.host.as_str(), username).await;
        if is_kept && matches!(answer, Err(CallError::Unsure(_))) {
            // The server had ended it; a token that nobody got to know is none.
            stream = self.log_in().await?;
            answer = invite::create_account(&mut stream, self.host.as_str(), username).await;
        }
        if !matches!(answer, Err(CallError::Unsure(_))) {
            *kept = Some(stream);
        }
        answer.map_err(before)
    }

    /// Sees that there is a stream, and answers what has come in. False if somebody uses it, who attends to it.
    pub(super) async fn keep(&self) -> Result<bool, CallError> {
        let Some(mut kept) = self.stream.try_lock() else { return Ok(false) };
        let mut stream = match kept.take() {
            Some(stream) => stream,
            None => self.log_in().await?,
        };
        if stream.look().await.is_err() {
            // The server has ended it: that is its right, and says nothing yet.
            stream = self.log_in().await?;
        }
        *kept = Some(stream);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_password_rests_for_five_minutes() {
        let now = clock::instant();
        assert_eq!(RefusedLogin::default().rest(now), Ok(()));
        let refused = RefusedLogin(Some((now, "not-authorized".into())));
        let almost = now + Duration::from_secs(299);
        for at in [now, almost] {
            assert!(
                matches!(refused.rest(at), Err(CallError::Away(why)) if why.to_string().contains("(not-authorized)"))
            );
        }
        assert_eq!(refused.rest(now + REST), Ok(()));
    }
}
