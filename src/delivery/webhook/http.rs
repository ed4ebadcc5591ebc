//! Requests to a receiver, over connections that are kept for the next. Redirects are not followed, of an answer no more than its
//! head counts, and nothing that it says is shown to anybody.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response};
use jiff::Timestamp;
use smol_hyper::rt::FuturesIo;
use url::{Position, Url};

use crate::clock;
use crate::elements::AsyncReadWrite;
use crate::log::Cause;
use crate::net::{self, Trust};

/// Of a body so much is read, so that the connection can be kept; and for so long.
const BODY_BYTES: usize = 64 << 10;
const BODY_PATIENCE: Duration = Duration::from_secs(1);

/// A head that is larger is none.
const HEAD_BYTES: usize = 64 << 10;

/// So many connections are kept, for so long.
const KEPT: usize = 16;
const KEPT_FOR: Duration = Duration::from_secs(30);

/// What a receiver answered, as far as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The status.
    pub status: u16,
    retry_after: Option<String>,
}

impl WebhookAnswer {
    /// How long the receiver wants to be left alone (RFC 9110, 10.2.3).
    pub(super) fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = self.retry_after.as_deref()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(at.duration_since(now)).ok()
    }
}

/// A connection that nobody uses.
struct KeptConnection {
    sender: SendRequest<Full<Bytes>>,
    since: Instant,
}

/// Whom messages are sent to.
pub(super) struct Receiver {
    url: Url,
    trust: Option<Trust>,
    /// What its user and password are sent as, if it has any.
    authorization: Option<String>,
    kept: Mutex<Vec<KeptConnection>>,
}

impl Receiver {
    pub(super) fn new(url: Url) -> Self {
        let trust = (url.scheme() == "https").then(Trust::of_system);
        let authorization = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let plain = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<_>>();
            let login = [plain(url.username()), b":".to_vec(), plain(url.password().unwrap_or_default())].concat();
            format!("Basic {}", STANDARD.encode(login))
        });
        Self { url, trust, authorization, kept: Mutex::default() }
    }

    /// Posts a message. On a connection that was kept the receiver may have ended just then; so it is sent again on a new one.
    pub(super) async fn post(&self, headers: &[(&str, &str)], body: Bytes) -> Result<WebhookAnswer, Cause> {
        if let Some(sender) = self.take()
            && let Ok(answer) = self.exchange(sender, headers, body.clone()).await
        {
            return Ok(answer);
        }
        let sender = self.open().await?;
        self.exchange(sender, headers, body).await
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Box<dyn AsyncReadWrite>, Cause> {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or_default();
        let stream = net::tcp(&format!("{host}:{port}")).await?;
        let Some(trust) = &self.trust else { return Ok(Box::new(stream)) };
        Ok(Box::new(trust.connect(host.trim_matches(['[', ']']), stream).await?))
    }

    async fn open(&self) -> Result<SendRequest<Full<Bytes>>, Cause> {
        let stream = self.connect().await?;
        let mut builder = hyper::client::conn::http1::Builder::new();
        builder.max_buf_size(HEAD_BYTES);
        let (sender, connection) = builder.handshake(FuturesIo::new(stream)).await.map_err(Cause::new)?;
        // It ends with its sender, or when the receiver ends it.
        async_std::task::spawn(async {
            let _ = connection.await;
        });
        Ok(sender)
    }

    async fn exchange(
        &self,
        mut sender: SendRequest<Full<Bytes>>,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<WebhookAnswer, Cause> {
        let lost = |error: hyper::Error| Cause::because("no answer", error);
        sender.ready().await.map_err(lost)?;
        let mut request = Request::post(&self.url[Position::BeforePath..Position::AfterQuery])
            .header(HOST, &self.url[Position::BeforeHost..Position::AfterPort])
            .header(USER_AGENT, concat!("invited/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).map_err(Cause::new)?;
        let response = sender.send_request(request).await.map_err(lost)?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let answer = WebhookAnswer { status: response.status().as_u16(), retry_after: retry_after.map(str::to_owned) };
        if clock::within(BODY_PATIENCE, is_read(response)).await == Some(true) {
            self.keep(sender);
        }
        Ok(answer)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<KeptConnection>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last, if it may still be used.
    fn take(&self) -> Option<SendRequest<Full<Bytes>>> {
        let (mut kept, now) = (self.kept(), clock::instant());
        kept.retain(|one| !one.sender.is_closed() && now.duration_since(one.since) < KEPT_FOR);
        kept.pop().map(|one| one.sender)
    }

    fn keep(&self, sender: SendRequest<Full<Bytes>>) {
        let mut kept = self.kept();
        if kept.len() < KEPT && !sender.is_closed() {
            kept.push(KeptConnection { sender, since: clock::instant() });
        }
    }
}

/// Whether all of a body was read, and it was small.
async fn is_read(response: Response<Incoming>) -> bool {
    Limited::new(response.into_body(), BODY_BYTES).collect().await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;

    #[test]
    fn a_receiver_says_in_two_ways_how_long_it_wants_to_be_left_alone() {
        let now = moment("2026-01-01T00:00:00Z");
        let of = |text: &str| WebhookAnswer { status: 503, retry_after: Some(text.into()) }.retry_after(now);
        assert_eq!(of("120"), Some(Duration::from_mins(2)));
        assert_eq!(of("Thu, 01 Jan 2026 00:01:00 GMT"), Some(Duration::from_mins(1)));
        for none in ["Wed, 31 Dec 2025 00:00:00 GMT", "soon", "-1", ""] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn a_user_in_the_url_is_sent_as_such() {
        let receiver = Receiver::new("http://u%3A:p%40@example.com/hook".parse().unwrap());
        assert_eq!(receiver.authorization.as_deref(), Some("Basic dTo6cEA="));
        assert_eq!(Receiver::new("http://example.com".parse().unwrap()).authorization, None);
    }
}
