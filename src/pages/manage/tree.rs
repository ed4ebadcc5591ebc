//! `GET /manage/tree`: who invited whom, for holders of a key that may read. Page and inviter are in the URL.

use askama::Template;
use tide::Response;

use super::list::MomentText;
use super::sign_in::{self, PATH};
use super::visit::{VisitorBar, look, session};
use crate::caller::Request;
use crate::invite::Inviter;
use crate::invite::name::Jid;
use crate::ledger::{InvitedAccount, TreeFilter};
use crate::pages::look::Look;
use crate::pages::page::page;
use crate::pages::query::{parameter, with_parameters};
use crate::problem::Problem;

/// So many on a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "manage_tree.html")]
struct TreePage<'a> {
    look: Look<'a>,
    bar: VisitorBar,
    /// Whom all of them come from, if one is asked for.
    inviter: Option<String>,
    accounts: Vec<AccountText>,
    all: Option<String>,
    more: Option<String>,
    back: String,
}

/// What is said of an account.
struct AccountText {
    account: String,
    /// Where those are whom it has invited.
    link: String,
    inviter: String,
    /// Who says so, where that is somebody else.
    source: Option<String>,
    at: MomentText,
}

/// The accounts, each with who invited it.
///
/// # Errors
/// When whoever is signed in may not read, or the ledger cannot be read.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let desk = &request.state().desk;
    let Some(session) = session(&request, desk.now()).await? else {
        return sign_in::show(&request, Look::of(&request).here());
    };
    let Some(key) = session.manager.key().filter(|_| session.manager.may_read()) else {
        return Err(Problem::NotAllowed("Who invited whom is shown to holders of a key that may \"read\"."));
    };
    let look = look(&request, &session);
    let asked = parameter(&request, "inviter").filter(|text| !text.is_empty());
    let inviter = asked.as_deref().map(str::parse::<Inviter>);
    let after = parameter(&request, "after").and_then(|address| address.parse::<Jid>().ok());
    let filter = |inviter| TreeFilter {
        hosts: None,
        inviter,
        is_deep: true,
        after: after.clone(),
        limit: u32::try_from(PAGE + 1).ok(),
    };
    let mut accounts = match inviter.transpose() {
        Ok(inviter) => desk.invites.tree_for(key, filter(inviter)).await?,
        // What is no inviter has invited nobody.
        Err(_) => vec![],
    };
    let has_more = accounts.len() > PAGE;
    accounts.truncate(PAGE);
    let link = |inviter: Option<&str>, after: Option<&str>| {
        look.link(&with_parameters(&format!("{PATH}/tree"), &[("inviter", inviter), ("after", after)]))
    };
    let last = accounts.last().filter(|_| has_more).map(|last| last.account.to_string());
    let shown = |one: InvitedAccount| {
        let (account, inviter, source) = (one.account.to_string(), one.inviter.to_string(), one.source.to_string());
        let is_own = source == inviter || source.strip_prefix("xmpp/") == Some(&inviter);
        let link = link(Some(&account), None);
        AccountText { account, link, inviter, source: (!is_own).then_some(source), at: MomentText::of(one.at, &look) }
    };
    page(
        200,
        &TreePage {
            bar: VisitorBar::of(&request, &session, &look),
            accounts: accounts.into_iter().map(shown).collect(),
            all: asked.is_some().then(|| link(None, None)),
            more: last.map(|last| link(asked.as_deref(), Some(&last))),
            back: look.link(PATH),
            inviter: asked,
            look,
        },
    )
}
