//! One connection: hyper parses what the gate lets through, the tide app answers it.

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_lite::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};
use tide::http::{Body, Method, Request, Response, Url};

use super::answer::AnswerBody;
use super::gate::RequestGate;
use super::gate_io::GateIo;
use super::head::{self, read_method};
use super::place::ConnectionPlace;
use super::refused::{ConnectionEnd, RefusedFields};
use super::slots::Admitted;
use super::target::{NO_SUCH_PATH, has_dot_segment, is_routable, stand_in};
use super::{FixedHeaders, ReadyPart, RequestError, Server, ServerState, ServerWide, UnroutedPath, proxy_protocol};
use crate::clock::within;
use crate::config::HttpSettings;

/// hyper's buffer for a connection: more than the longest head.
const BUFFER_BYTES: usize = 32 << 10;
/// What is read and thrown away after a refusal, so that the answer is not lost to a reset (RFC 9112, 9.6).
const LINGER_BYTES: usize = 256 << 10;
const LINGER: Duration = Duration::from_secs(1);

/// Serves a connection to its end; every answer has `fixed`, too.
pub(super) async fn serve<State, S>(
    server: Server<State>,
    stream: S,
    peer: Option<SocketAddr>,
    fixed: FixedHeaders,
    admitted: Admitted,
) where
    State: Clone + Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shared = Arc::clone(&server.0);
    let limits = shared.limits.load_full();
    let place = &admitted.place;
    let mut gate = RequestGate::new(stream, Arc::clone(place), &shared.stop, Arc::clone(&limits));
    loop {
        // hyper takes buffers as soon as it waits for a head. Whoever only connects, or has nothing to ask for now, is to cost less.
        if std::future::poll_fn(|cx| gate.poll_head(cx)).await.is_err() {
            return;
        }
        let service = hyper::service::service_fn(|request| {
            let (shared, limits, place) = (Arc::clone(&shared), Arc::clone(&limits), Arc::clone(place));
            Box::pin(async move { Ok::<_, Infallible>(answer(&shared, &limits, &place, request, peer, fixed).await) })
        });
        let mut connection = hyper::server::conn::http1::Builder::new()
            .half_close(true)
            .max_buf_size(BUFFER_BYTES)
            .max_headers(100)
            .writev(false)
            // Clients of mod_invites_api that read header fields as text look for `Location:`.
            .title_case_headers(true)
            .serve_connection(GateIo(gate), service);
        // An error here is the client's going away; whoever is to know was told in the answer.
        let _ = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
        gate = connection.into_parts().io.0;
        if !gate.wake() {
            break;
        }
    }
    let (stream, end) = gate.into_parts();
    // In memory of its own, which a connection that is idle for long does not have.
    Box::pin(finish(&shared, &limits, place, stream, end, fixed)).await;
    drop(admitted);
}

/// Answers what is to be answered last, and closes.
async fn finish<State, S>(
    shared: &ServerState<State>,
    limits: &HttpSettings,
    place: &ConnectionPlace,
    mut stream: S,
    end: ConnectionEnd,
    fixed: FixedHeaders,
) where
    State: Clone + Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let unread = end.unread || end.refusal.is_some();
    if let Some(refusal) = end.refusal {
        if refusal == head::PROXIED {
            proxy_protocol::tell_unexpected(&shared.proxy_notice);
        }
        place.work();
        let is_head = end.fields.is_head;
        let response = refuse(shared, refusal, end.fields).await;
        let bytes = encode(response, fixed, is_head).await;
        let write = async { stream.write_all(&bytes).await.and(stream.flush().await) };
        if within(limits.idle_timeout.0, write).await.is_none_or(|result| result.is_err()) {
            return;
        }
    }
    place.idle();
    within(LINGER, async {
        if stream.close().await.is_ok() && unread {
            linger(&mut stream).await;
        }
    })
    .await;
}

/// Waits until the client has ended its side, too.
async fn linger(stream: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = [0; 4096];
    let mut left = LINGER_BYTES;
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        left = left.saturating_sub(read);
        if left == 0 {
            return;
        }
    }
}

/// Asks the app, and converts both ways.
async fn answer<State: Clone + Send + Sync + 'static>(
    shared: &ServerState<State>,
    limits: &HttpSettings,
    place: &Arc<ConnectionPlace>,
    request: hyper::Request<Incoming>,
    peer: Option<SocketAddr>,
    fixed: FixedHeaders,
) -> hyper::Response<AnswerBody> {
    let (head, body) = request.into_parts();
    // Nothing after a chunked body is read as a request; see gate.rs.
    let mut last = head.headers.contains_key(TRANSFER_ENCODING);
    let response = match convert(&head, body, limits, peer).await {
        Ok(request) => ask(shared, place.mark(request)).await,
        Err(refusal) => {
            last = true;
            let field = |name: &HeaderName| Some(head.headers.get(name)?.to_str().ok()?.to_owned());
            refuse(shared, refusal, RefusedFields::found_by(field)).await
        }
    };
    let mut response = to_hyper(response, fixed).await.map(|body| AnswerBody::of(place, body));
    if last || shared.stop.is_cancelled() || place.is_wanted() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn ask<State: Clone + Send + Sync + 'static>(shared: &ServerState<State>, request: Request) -> Response {
    shared.requests.fetch_add(1, Ordering::Relaxed);
    let Some(app) = shared.app.load_full() else { return Response::new(503) };
    match app.respond(request).await {
        Ok(response) => response,
        Err(error) => Response::new(error.status()),
    }
}

/// Has the app word a refusal.
async fn refuse<State: Clone + Send + Sync + 'static>(
    shared: &ServerState<State>,
    refusal: RequestError,
    fields: RefusedFields,
) -> Response {
    let Ok(url) = Url::parse(BASE) else { return Response::new(400) };
    let mut request = Request::new(Method::Get, url);
    request.ext_mut().insert(refusal);
    for (name, value) in fields.present() {
        request.insert_header(name.as_str(), value);
    }
    ask(shared, request).await
}

/// tide wants whole URLs. What the client calls us plays no part in any answer.
const BASE: &str = "http://localhost";

async fn convert(
    head: &hyper::http::request::Parts,
    body: Incoming,
    limits: &HttpSettings,
    peer: Option<SocketAddr>,
) -> Result<Request, RequestError> {
    let method = read_method(head.method.as_str())?;
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let server_wide = head.method == hyper::Method::OPTIONS && target == "*";
    let mut url = Url::parse(&format!("{BASE}{}", if server_wide { "/" } else { target }))
        .map_err(|_| RequestError::Malformed("The request target is malformed."))?;
    let mut unrouted = None;
    if has_dot_segment(head.uri.path()) {
        url.set_path(NO_SUCH_PATH);
    } else if !is_routable(url.path()) {
        let path = url.path().to_owned();
        url.set_path(&stand_in(&path));
        unrouted = Some(UnroutedPath(path));
    }
    let mut converted = Request::new(method, url);
    if let Some(unrouted) = unrouted {
        converted.ext_mut().insert(unrouted);
    }
    converted.set_peer_addr(peer);
    if server_wide {
        converted.ext_mut().insert(ServerWide);
    }
    for (name, value) in &head.headers {
        if let Ok(value) = tide::http::headers::HeaderValue::from_str(&readable(value)) {
            converted.append_header(name.as_str(), value);
        }
    }
    if !body.is_end_stream() {
        let most = usize::try_from(limits.max_body.0).unwrap_or(usize::MAX);
        let bytes =
            within(limits.body_timeout.0, Limited::new(body, most).collect()).await.ok_or(RequestError::Timeout)?;
        let bytes = bytes.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
            Some(_) => RequestError::BodyTooLarge,
            None => RequestError::Malformed("The request's body is malformed."),
        })?;
        let has_type = converted.header(CONTENT_TYPE.as_str()).is_some();
        converted.set_body(bytes.to_bytes().to_vec());
        if !has_type {
            // The client did not say what it is; http-types does.
            converted.remove_header(CONTENT_TYPE.as_str());
        }
    }
    Ok(converted)
}

/// http-types takes ASCII only. Any other octet means nothing to us (RFC 9110, 5.5), but must not turn into something that does:
/// DEL stands for it, which hyper lets through in no value.
fn readable(value: &HeaderValue) -> Cow<'_, str> {
    let in_ascii = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '\x7f' };
    value.to_str().map_or_else(|_| value.as_bytes().iter().map(in_ascii).collect(), Cow::from)
}

async fn to_hyper(mut response: Response, fixed: FixedHeaders) -> hyper::Response<Bytes> {
    let ready = response.ext_mut().remove::<ReadyPart>();
    let (of_kind, body) = match ready {
        Some(ReadyPart { headers, body }) => (headers, body),
        None => (&[][..], read(response.take_body()).await),
    };
    let empty = body.is_empty();
    let mut converted = hyper::Response::new(body);
    *converted.status_mut() =
        hyper::StatusCode::from_u16(response.status().into()).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = converted.headers_mut();
    headers.reserve(response.header_names().count() + of_kind.len() + fixed.len());
    for (name, values) in &response {
        let Ok(name) = HeaderName::from_bytes(name.as_str().as_bytes()) else { continue };
        // hyper knows the length; and http-types makes bytes of nothing.
        if name == CONTENT_LENGTH || empty && name == CONTENT_TYPE {
            continue;
        }
        for value in values {
            if let Ok(value) = HeaderValue::from_str(value.as_str()) {
                headers.append(&name, value);
            }
        }
    }
    for (name, value) in of_kind.iter().chain(fixed) {
        headers.insert(name, value.clone());
    }
    converted
}

async fn read(mut body: Body) -> Bytes {
    // With room for all of it, and for seeing its end, it is copied once.
    let mut bytes = Vec::with_capacity(body.len().unwrap_or_default() + 32);
    body.read_to_end(&mut bytes).await.map(|_| bytes).unwrap_or_default().into()
}

/// A header field's name as hyper writes it here, too: `Content-Type`.
fn title_case(name: &str) -> impl Iterator<Item = u8> {
    let before = std::iter::once(b'-').chain(name.bytes());
    name.bytes().zip(before).map(|(byte, before)| if before == b'-' { byte.to_ascii_uppercase() } else { byte })
}

/// An answer as bytes, for where hyper has left the connection; to HEAD, without its body.
async fn encode(response: Response, fixed: FixedHeaders, is_head: bool) -> Vec<u8> {
    let response = to_hyper(response, fixed).await;
    let (parts, body) = response.into_parts();
    let mut bytes = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend(title_case(name.as_str()));
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let date = crate::clock::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
    bytes.extend_from_slice(
        format!("Date: {date}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).as_bytes(),
    );
    if !is_head {
        bytes.extend_from_slice(&body);
    }
    bytes
}
