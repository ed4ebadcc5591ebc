//! The tide app: its middleware and the route table.

mod answers;
mod envelope;
mod path_tokens;
mod stripped;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use tide::http::Method::{self, Delete, Get, Head, Patch, Post};
use tide::{Middleware, Next, Response};

use crate::api::call::needs;
use crate::api::cors::Cors;
use crate::api::{self, invites, invites_api, openapi, ops, redeem, this_key, tree};
use crate::caller::AppState;
use crate::config::{CorsOrigins, MAX_PATH_PART_BYTES, Prefixes, Scope, Settings};
use crate::ledger;
use crate::log::Cause;
use crate::metrics::{self, Metrics};
use crate::pages::offered::Cards;
use crate::pages::{api_docs, assets, enter, landing, manage, old_links, qr, register, reset, setup};
use crate::problem::Problem;
use crate::server::Presence;
use crate::waiting;
use answers::{allow, options, stamp};
use path_tokens::PathTokens;
use stripped::{StrippedPrefix, first_part};

/// Builds the app for one configuration.
#[must_use]
pub fn build(state: Arc<AppState>, metrics: Arc<Metrics>) -> tide::Server<Arc<AppState>> {
    let settings = Arc::clone(&state.settings);
    let (prefixes, paths) = (&settings.prefixes, &settings.http.paths);
    let cors = Cors::new(&settings.cors_origins, prefixes, &paths.invites_api);
    let mut table = Table::new(state, metrics, prefixes, Some(cors));
    table.app.with(PathTokens::below(prefixes, &paths.invite));
    let cards = Arc::new(Cards::default());
    for prefix in prefixes.iter() {
        prefix.clone_into(&mut table.prefix);
        fill(&mut table, &settings, &cards);
    }
    table.starts.insert(first_part(&paths.invite).to_owned());
    if let Some(stripped) = StrippedPrefix::of(prefixes, std::mem::take(&mut table.starts)) {
        table.app.with(stripped);
    }
    table.app
}

/// The route table, below one prefix.
fn fill(table: &mut Table<Arc<AppState>>, settings: &Settings, cards: &Arc<Cards>) {
    let paths = &settings.http.paths;
    table.at(&paths.invites_api, "/invites_api").on([Get, Post], invites_api::create).done();
    table
        .at(invites::PATH, invites::PATH)
        .on([Get, Head], needs(&[Scope::Read], invites::list))
        .on([Post], needs(&[Scope::Create, Scope::Reset], invites::create))
        .done();
    table
        .at("/api/v1/invites/:id", "/api/v1/invites/{id}")
        .on([Get, Head], needs(&[Scope::Read], invites::get))
        .on([Patch], needs(&[Scope::Create], invites::change))
        .on([Delete], needs(&[Scope::Revoke], invites::revoke))
        .done();
    table.at(redeem::PATH, redeem::PATH).on([Post], needs(&[Scope::Redeem], redeem::redeem)).done();
    let register_path = api::register::PATH;
    table.at(register_path, register_path).on([Post], needs(&[Scope::Register], api::register::register)).done();
    table.at(tree::PATH, tree::PATH).on([Get, Head], needs(&[Scope::Read], tree::list)).done();
    table.at(this_key::PATH, this_key::PATH).on([Get, Head], needs(&[], this_key::get)).done();
    table.at(openapi::PATH, openapi::PATH).on([Get, Head], openapi::get).done();
    let docs = |request| async move { api_docs::get(&request, &openapi::of(&request)) };
    table.at(openapi::PAGE, openapi::PAGE).on([Get, Head], docs).done();
    table.at("/", "/").on([Get, Head], enter::get).done();
    let cards = Arc::clone(cards);
    let landing = move |request| landing::get(request, Arc::clone(&cards));
    table.at("/invite", "/invite").on([Get, Head], landing).done();
    table.at("/invite/qr", "/invite/qr").on([Get, Head], qr::get).done();
    table.at("/invite/setup/:app", "/invite/setup/{app}").on([Get, Head], setup::get).done();
    table.at("/register", "/register").on([Get, Head], register::get).on([Post], register::post).done();
    table.at("/reset", "/reset").on([Get, Head], reset::get).on([Post], reset::post).done();
    if !paths.invites_page.is_empty() {
        table.at(&paths.invites_page, "/invites_page").on([Get, Head], old_links::invites_page).done();
    }
    if !paths.invites_register_web.is_empty() {
        let to_form = old_links::invites_register_web;
        table.at(&paths.invites_register_web, "/invites_register_web").on([Get, Head], to_form).done();
    }
    if settings.has_manage() {
        fill_manage(table);
    }
    table.at("/assets/:name", "/assets/{name}").on([Get, Head], assets::get).done();
    table.at("/healthz", "/healthz").on([Get, Head], ops::healthz).done();
    table.at("/readyz", "/readyz").on([Get, Head], ops::readyz).done();
}

/// The pages of whoever manages invites.
fn fill_manage(table: &mut Table<Arc<AppState>>) {
    table.at("/manage", "/manage").on([Get, Head], manage::list::get).on([Post], manage::sign_in::post).done();
    table.at("/manage/sign-out", "/manage/sign-out").on([Post], manage::sign_in::sign_out).done();
    let create = table.at("/manage/new", "/manage/new").on([Get, Head], manage::create::get);
    create.on([Post], manage::create::post).done();
    let invite = table.at("/manage/invites/:id", "/manage/invites/{id}").on([Get, Head], manage::invite::get);
    invite.on([Post], manage::invite::post).done();
    table.at("/manage/tree", "/manage/tree").on([Get, Head], manage::tree::get).done();
    table.at("/manage/card/:id", "/manage/card/{id}").on([Get, Head], manage::card::get).done();
}

/// Builds the app of the metrics listener. Before each answer `count` brings what is counted up to date.
#[must_use]
pub fn build_metrics<Fut>(
    metrics: Arc<Metrics>,
    count: impl Fn() -> Fut + Clone + Send + Sync + 'static,
) -> tide::Server<Arc<Metrics>>
where
    Fut: Future<Output = ()> + Send + 'static,
{
    let mut table = Table::new(Arc::clone(&metrics), metrics, &Prefixes::default(), None);
    let answer = move |request| {
        let counted = count();
        async move {
            counted.await;
            ops::metrics(&request)
        }
    };
    table.at("/metrics", "/metrics").on([Get, Head], answer).done();
    table.app
}

/// Builds the app of a service that cannot start: every request is answered 503. `cause` is for the log.
#[must_use]
pub fn unavailable(cause: &'static str) -> tide::Server<()> {
    let mut app = tide::new();
    // Whoever calls from a page learns why it fails; who may call, no configuration tells.
    app.with(Cors::new(&CorsOrigins::Any, &Prefixes::default(), "/invites_api"));
    let metrics = Arc::new(Metrics::new(metrics::seconds()));
    app.with(envelope::Envelope { metrics, prefixes: Prefixes::default() });
    app.with(Unavailable(cause));
    app
}

/// Answers everything 503, whatever the path.
struct Unavailable(&'static str);

#[async_trait]
impl Middleware<()> for Unavailable {
    async fn handle(&self, _: tide::Request<()>, _: Next<'_, ()>) -> tide::Result {
        Ok(Response::from(Problem::Unavailable(Cause::new(self.0))))
    }
}

struct Table<State> {
    app: tide::Server<State>,
    /// What the paths of the rows begin with that come next.
    prefix: String,
    /// What the paths of all rows begin with below it.
    starts: BTreeSet<String>,
}

impl<State: Clone + Send + Sync + 'static> Table<State> {
    fn new(state: State, metrics: Arc<Metrics>, prefixes: &Prefixes, cors: Option<Cors>) -> Self {
        let mut app = tide::with_state(state);
        if let Some(cors) = cors {
            app.with(cors);
        }
        app.with(envelope::Envelope { metrics, prefixes: prefixes.clone() });
        Self { app, prefix: String::new(), starts: BTreeSet::new() }
    }

    /// The row of `path` below the prefix; `name` is what the log calls it.
    fn at(&mut self, path: &str, name: &'static str) -> RouteEntry<'_, State> {
        // What tide's router must not see otherwise: server/target.rs looks at the last part of a path alone.
        debug_assert!(path.split('/').all(|part| part.len() <= MAX_PATH_PART_BYTES), "{path} has too long a part");
        debug_assert!(path.find("/:").is_none_or(|at| !path[at + 1..].contains('/')), "{path} captures an inner part");
        self.starts.insert(first_part(path).to_owned());
        RouteEntry { route: self.app.at(&format!("{}{path}", self.prefix)), name, methods: vec![] }
    }
}

/// A row of the route table.
#[must_use = "call done()"]
struct RouteEntry<'a, State> {
    route: tide::Route<'a, State>,
    name: &'static str,
    methods: Vec<Method>,
}

impl<State: Clone + Send + Sync + 'static> RouteEntry<'_, State> {
    /// Has `handler` answer `methods`.
    fn on<F, Fut>(mut self, methods: impl IntoIterator<Item = Method>, handler: F) -> Self
    where
        F: Fn(tide::Request<State>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let name = self.name;
        for method in methods {
            let handler = handler.clone();
            self.route.method(method, move |request: tide::Request<State>| {
                let client = request.ext::<Presence>().cloned();
                let has_gone = move || client.as_ref().is_some_and(Presence::has_gone);
                // Boxed here, where it has its place at once: tide would copy it with each of its own futures.
                let answer = Box::pin(handler(request));
                let answer = waiting::patiently(ledger::DEADLINE, has_gone, answer);
                async move { Ok(stamp(answer.await, name)) }
            });
            self.methods.push(method);
        }
        self
    }

    /// Other methods are told which there are.
    fn done(mut self) {
        let (allow, name) = (allow(&self.methods), self.name);
        let methods = allow.clone();
        self.route.method(Method::Options, move |_| {
            let answer = options(&methods);
            async move { Ok(stamp(Ok(answer), name)) }
        });
        self.route.all(move |_| {
            let allow = allow.clone();
            async move { Ok(stamp(Err(Problem::Method(allow)), name)) }
        });
    }
}
