//! Calls to ejabberd's HTTP API: one connection each, so that no call ever meets what is left of another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_lite::{AsyncRead, AsyncWrite, future};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST};
use serde_json::Value;
use smol_hyper::rt::FuturesIo;
use url::Url;

use crate::backend::CallError;
use crate::backend::net;
use crate::config::Login;
use crate::invite::name::{HostName, Jid};
use crate::log::Cause;
use crate::net::Trust;

/// The largest answer: a list of some ten thousand invites.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// Where the API is, and how to be let in.
pub(super) struct Api {
    url: Url,
    login: Login,
    /// What `Host:` says.
    vhost: String,
    trust: Option<Trust>,
}

/// Where an API is wanted, in ejabberd's words.
pub(super) struct Listener {
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) is_tls: bool,
    pub(super) path: String,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct ApiAnswer {
    pub(super) status: u16,
    /// The body; null if it is no JSON.
    pub(super) body: Value,
    /// Whether the body was larger than any that we take.
    pub(super) is_cut: bool,
}

impl ApiAnswer {
    /// The error code of ejabberd, which is more than the status tells.
    pub(super) fn code(&self) -> Option<i64> {
        self.body.get("code").and_then(Value::as_i64)
    }
}

impl Api {
    pub(super) fn new(host: &HostName, url: &Url, login: &Login) -> Self {
        // ejabberd finds the virtual host by the name; an address is none (and warned of, with every call).
        let is_name = matches!(url.host(), Some(url::Host::Domain(name)) if name != "localhost");
        let vhost = match url.host_str() {
            Some(name) if is_name => url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")),
            _ => idna::domain_to_ascii(host.as_str()).unwrap_or_default(),
        };
        let trust = (url.scheme() == "https").then(Trust::of_system);
        Self { url: url.clone(), login: login.clone(), vhost, trust }
    }

    /// Calls a command.
    pub(super) async fn call(&self, command: &str, arguments: &Value) -> Result<ApiAnswer, CallError> {
        let authorization = self.authorization()?;
        let stream = net::tcp(&self.place()).await?;
        let Some(trust) = &self.trust else { return self.exchange(stream, command, arguments, authorization).await };
        let stream = net::tls(trust, self.url.host_str().unwrap_or_default(), stream).await?;
        self.exchange(stream, command, arguments, authorization).await
    }

    /// The listener that the configuration expects. A name is no address to listen at: ejabberd takes any then.
    pub(super) fn wanted(&self) -> Listener {
        let address = match self.url.host() {
            Some(url::Host::Ipv4(address)) => address.to_string(),
            Some(url::Host::Ipv6(address)) => address.to_string(),
            Some(url::Host::Domain("localhost")) => "127.0.0.1".into(),
            Some(url::Host::Domain(_)) | None => "::".into(),
        };
        let path = format!("/{}", self.url.path().trim_matches('/'));
        let port = self.url.port_or_known_default().unwrap_or(0);
        Listener { address, port, is_tls: self.trust.is_some(), path }
    }

    /// The account that calls; none where a token says who that is.
    pub(super) fn user(&self) -> Option<&Jid> {
        match &self.login {
            Login::Password { user, .. } => Some(user),
            Login::Token(_) => None,
        }
    }

    fn place(&self) -> String {
        format!("{}:{}", self.url.host_str().unwrap_or_default(), self.url.port_or_known_default().unwrap_or(0))
    }

    fn authorization(&self) -> Result<String, CallError> {
        let unread = || CallError::Away("its password or token is a credential that only the service can read".into());
        Ok(match &self.login {
            Login::Password { user, password } => {
                let password = password.as_ref().ok_or_else(unread)?;
                format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.reveal())))
            }
            Login::Token(token) => format!("Bearer {}", token.as_ref().ok_or_else(unread)?.reveal()),
        })
    }

    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send,
        command: &str,
        arguments: &Value,
        authorization: String,
    ) -> Result<ApiAnswer, CallError> {
        let unsure =
            |error: Box<dyn std::error::Error + Send + Sync>| CallError::Unsure(Cause::because(self.place(), error));
        let (mut sender, connection) = hyper::client::conn::http1::handshake(FuturesIo::new(stream))
            .await
            .map_err(|error| unsure(error.into()))?;
        let request = hyper::Request::post(format!("{}/{command}", self.url.path().trim_end_matches('/')))
            .header(HOST, &self.vhost)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json")
            .header(CONNECTION, "close")
            .body(Full::new(Bytes::from(arguments.to_string())))
            .map_err(|error| CallError::Away(Cause::new(error)))?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(|error| unsure(error.into()))?;
            let status = response.status().as_u16();
            match Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await {
                Ok(body) => {
                    let body = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
                    Ok(ApiAnswer { status, body, is_cut: false })
                }
                Err(error) if error.is::<LengthLimitError>() => {
                    Ok(ApiAnswer { status, body: Value::Null, is_cut: true })
                }
                Err(error) => Err(unsure(error)),
            }
        };
        let connection = async {
            // What ends it is told to whoever waits for the answer.
            let _ = connection.await;
            future::pending().await
        };
        future::or(answer, connection).await
    }
}
