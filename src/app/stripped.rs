//! Paths of ours without what every path of ours begins with: a front end has stripped it. Nothing is served there, as no link
//! of a page would lead back; the answer and the log say what is missing.

use std::collections::BTreeSet;
use std::sync::Arc;

use tide::{Middleware, Next, Response};

use crate::caller::{AppState, Request, path};
use crate::config::Prefixes;
use crate::problem::Problem;

/// Answers such requests.
pub(super) struct StrippedPrefix {
    prefixes: Prefixes,
    /// What stands first in the paths of the routes, below the prefix.
    starts: BTreeSet<String>,
}

impl StrippedPrefix {
    /// None where no prefix can be missing.
    pub(super) fn of(prefixes: &Prefixes, starts: BTreeSet<String>) -> Option<Self> {
        let can_be_missing = prefixes.iter().all(|prefix| !prefix.is_empty());
        can_be_missing.then(|| Self { prefixes: prefixes.clone(), starts })
    }

    /// Whether something would be at `path`, were it below the prefix. Who asks for anything else learns of no prefix.
    fn is_stripped(&self, path: &str) -> bool {
        !self.prefixes.is_above(path) && self.starts.contains(first_part(path))
    }
}

/// What stands between the first two slashes of a path.
pub(super) fn first_part(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

#[tide::utils::async_trait]
impl Middleware<Arc<AppState>> for StrippedPrefix {
    async fn handle(&self, request: Request, next: Next<'_, Arc<AppState>>) -> tide::Result {
        let path = path(&request);
        if !self.is_stripped(path) {
            return Ok(next.run(request).await);
        }
        let prefix = self.prefixes.of_path(path);
        request.state().proxies.note_stripped(prefix);
        Ok(Response::from(Problem::Stripped(prefix.to_owned())))
    }
}
