//! The tide app: its middleware and the route table. Its state is the desk.

mod envelope;

use std::sync::Arc;

use tide::http::{Method, headers};
use tide::{Middleware, Response};

use crate::api::invites_api;
use crate::caller::Request;
use crate::desk::Desk;
use crate::pages::landing;
use crate::problem::Problem;

/// The pattern of the route that answered; the log has it instead of the path, which may hold a token.
#[derive(Clone, Copy)]
struct Route(&'static str);

/// Builds the app for one configuration.
#[must_use]
pub fn build(desk: Arc<Desk>) -> tide::Server<Arc<Desk>> {
    let settings = desk.settings();
    let prefix = settings.public_url.as_ref().map_or("", |url| url.prefix()).to_owned();
    let invites_api = settings.http.invites_api.clone();
    let cors = invites_api::Cors::new(&settings.cors_origins);

    let mut app = tide::with_state(desk);
    app.with(envelope::Envelope);
    let mut table = Table { app, prefix };
    // The route table.
    table.route(&invites_api, "/invites_api", &[Method::Get, Method::Post], invites_api::create, Some(cors));
    table.route("/invite", "/invite", &[Method::Get, Method::Head], landing::get, None::<invites_api::Cors>);
    table.app
}

struct Table {
    app: tide::Server<Arc<Desk>>,
    prefix: String,
}

impl Table {
    /// Puts `handler` at `path` for `methods`; other methods are told which there are.
    fn route<F, Fut, M>(
        &mut self,
        path: &str,
        name: &'static str,
        methods: &[Method],
        handler: F,
        middleware: Option<M>,
    ) where
        F: Fn(Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
        M: Middleware<Arc<Desk>>,
    {
        let mut route = self.app.at(&format!("{}{path}", self.prefix));
        if let Some(middleware) = middleware {
            route.with(middleware);
        }
        for method in methods {
            let handler = handler.clone();
            route.method(*method, move |request| {
                let answer = handler(request);
                async move { Ok(stamp(answer.await, name)) }
            });
        }
        let allow = allow(methods);
        let options = allow.clone();
        route.method(Method::Options, move |_| {
            let mut response = Response::new(204);
            response.insert_header(headers::ALLOW, &*options);
            async move { Ok(stamp(Ok(response), name)) }
        });
        route.all(move |_| {
            let allow = allow.clone();
            async move { Ok(stamp(Err(Problem::Method(allow)), name)) }
        });
    }
}

/// What `Allow` says.
fn allow(methods: &[Method]) -> String {
    let names: Vec<_> = methods.iter().chain(&[Method::Options]).map(AsRef::as_ref).collect();
    names.join(", ")
}

fn stamp(answer: Result<Response, Problem>, route: &'static str) -> Response {
    let mut response = answer.unwrap_or_else(refusal);
    response.insert_ext(Route(route));
    response
}

/// A response that the envelope will give its body.
pub(crate) fn refusal(problem: Problem) -> Response {
    let mut response = Response::new(problem.status());
    response.insert_ext(problem);
    response
}
