//! By which index a list is read.
//!
//! A filter may ask for several things, of which each has an index, and no two of them have one together. So it is looked which of
//! them is rare: the rows of that one are looked at, all of them. Where none is rare only some are looked at, and the next page
//! goes on from there. So however large the ledger is, a page costs the same.

use super::pending::IS_OPEN;
use crate::invite::{InviteId, KindName, Status, inviter};
use crate::ledger::error::SqlError;
use crate::ledger::query::Filter;
use crate::ledger::row::Row;
use crate::ledger::statements::Statements;
use crate::ledger::value::SqlValue;

/// Among so many rows is looked at once.
pub(super) const LOOK: u32 = 1_000;

/// An index for each of so many hosts is looked into; for more of them all is looked at.
const MOST_HOSTS: usize = 16;

/// A part of a statement, with a `?` for each of its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Clause<'a> {
    pub(super) text: String,
    pub(super) values: Vec<SqlValue<'a>>,
}

impl<'a> Clause<'a> {
    pub(super) fn new(text: impl Into<String>, values: impl Into<Vec<SqlValue<'a>>>) -> Self {
        Self { text: text.into(), values: values.into() }
    }

    /// All of them.
    pub(super) fn all(clauses: &[&Self]) -> Self {
        let parts: Vec<_> = clauses.iter().map(|clause| clause.text.as_str()).filter(|text| !text.is_empty()).collect();
        let text = if parts.is_empty() { "TRUE".to_owned() } else { parts.join(" AND ") };
        Self { text, values: clauses.iter().flat_map(|clause| clause.values.iter().copied()).collect() }
    }

    /// One of them.
    fn any(clauses: &[Self]) -> Self {
        let parts: Vec<_> = clauses.iter().map(|clause| format!("({})", clause.text)).collect();
        let text = if parts.is_empty() { "FALSE".to_owned() } else { format!("({})", parts.join(" OR ")) };
        Self { text, values: clauses.iter().flat_map(|clause| clause.values.iter().copied()).collect() }
    }

    /// With a number for each value.
    pub(super) fn numbered(&self) -> String {
        let mut parts = self.text.split('?');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.enumerate().fold(first, |text, (at, part)| format!("{text}?{}{part}", at + 1))
    }
}

/// What a way goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListIndex {
    /// The number of a row.
    Id,
    Named(&'static str),
    /// What is noted of those that have expired, and for the last of them the index over when they do.
    Expired,
}

/// A way to rows that may be wanted.
#[derive(Clone, Debug)]
pub(super) struct ListPath<'a> {
    index: ListIndex,
    /// Whatever it leads to has one of these.
    parts: Vec<Clause<'a>>,
    /// Whether each of them is read in the order of the list.
    is_in_order: bool,
    /// What is wanted beside.
    rest: Clause<'a>,
}

/// Texts that stand in a ledger.
pub(super) struct FilterTexts {
    source: Option<String>,
    user: Option<String>,
}

impl FilterTexts {
    pub(super) fn of(filter: &Filter) -> Self {
        // An address is in a column of its own.
        let user = filter.inviter.as_deref().and_then(inviter::address).map(|user| user.to_string());
        Self { source: filter.source.as_ref().map(ToString::to_string), user }
    }
}

/// The ways to what a filter wants; those that are rare by what they are come first.
pub(super) fn paths<'a>(filter: &'a Filter, texts: &'a FilterTexts, now: i64) -> Vec<ListPath<'a>> {
    let mut found: Vec<(Option<ListIndex>, Vec<Clause<'a>>, bool)> = vec![];
    let named = |name| Some(ListIndex::Named(name));
    let one = |text: &str, value: &'a str| Clause::new(text, [value.into()]);
    let hosts = filter.hosts.as_ref();
    let only_host = hosts.filter(|hosts| hosts.len() == 1).and_then(|hosts| hosts.first());
    match (&filter.username, only_host) {
        (None, _) => {}
        (Some(name), None) => {
            found.push((named("invite_by_username"), vec![one("username = ?", name.as_str())], false));
        }
        (Some(name), Some(host)) => {
            let both = Clause::new("username = ? AND host = ?", [name.as_str().into(), host.as_str().into()]);
            found.push((named("invite_by_username"), vec![both], true));
        }
    }
    if let Some(user) = &texts.user {
        found.push((named("invite_by_inviter"), vec![one("invited_by = ?", user)], true));
    } else if let Some(text) = &filter.inviter {
        found.push((named("invite_by_inviter_text"), vec![one("inviter = ?", text)], true));
    }
    let open = |order: &str| Clause::new(format!("{IS_OPEN} AND expires_at {order} ?"), [now.into()]);
    found.extend(filter.status.map(|status| {
        let (index, clause) = match status {
            Status::Redeemed => (named("invite_redeemed"), Clause::new("used >= uses", [])),
            Status::Revoked => (named("invite_revoked"), Clause::new("used < uses AND revoked_at IS NOT NULL", [])),
            Status::Pending => (named("invite_by_end"), open(">")),
            Status::Expired => (Some(ListIndex::Expired), open("<=")),
        };
        (index, vec![clause], status != Status::Pending)
    }));
    match filter.kind {
        None => {}
        // Nearly all are.
        Some(KindName::Account) => found.push((None, vec![Clause::new("kind = 'account'", [])], false)),
        Some(kind @ (KindName::Contact | KindName::Reset)) => {
            found.push((named("invite_by_kind"), vec![one("kind <> 'account' AND kind = ?", kind.word())], true));
        }
    }
    if let Some(source) = &texts.source {
        found.push((named("invite_by_source"), vec![one("source = ?", source)], true));
    }
    if let Some(hosts) = hosts.filter(|_| filter.username.is_none() || only_host.is_none()) {
        let index = named("invite_by_host").filter(|_| hosts.len() <= MOST_HOSTS);
        found.push((index, hosts.iter().map(|host| one("host = ?", host.as_str())).collect(), true));
    }
    let either: Vec<_> = found.iter().map(|(_, parts, _)| Clause::any(parts)).collect();
    let rest = |but: Option<usize>| {
        let others: Vec<_> = either.iter().enumerate().filter(|(at, _)| Some(*at) != but).map(|(_, one)| one).collect();
        if others.is_empty() { Clause::default() } else { Clause::all(&others) }
    };
    let indexed = found.iter().enumerate().filter_map(|(at, (index, parts, is_in_order))| {
        let index = (*index)?;
        // What is noted was so by then.
        let rest = rest(Some(at).filter(|_| index != ListIndex::Expired));
        Some(ListPath { index, parts: parts.clone(), is_in_order: *is_in_order, rest })
    });
    let all = ListPath { index: ListIndex::Id, parts: vec![Clause::default()], is_in_order: true, rest: rest(None) };
    indexed.chain([all]).collect()
}

/// What a list is read from.
pub(super) struct ListSource<'a> {
    /// What stands before the statement.
    pub(super) with: String,
    /// What stands behind its `FROM`.
    pub(super) from: String,
    pub(super) values: Vec<SqlValue<'a>>,
    /// Where the next page begins, if only some were looked at.
    pub(super) next: Option<InviteId>,
}

impl<'a> ListPath<'a> {
    fn table(&self, sql: Statements<'_>) -> String {
        match (sql, self.index) {
            (Statements::Postgres(_), _) => "invite".into(),
            (Statements::Sqlite(_), ListIndex::Id) => "invite NOT INDEXED".into(),
            (Statements::Sqlite(_), ListIndex::Named(index)) => format!("invite INDEXED BY {index}"),
            (Statements::Sqlite(_), ListIndex::Expired) => "invite INDEXED BY invite_by_end".into(),
        }
    }

    /// The rows that it leads to, in the `range`; `tail` is what stands behind those of each part.
    fn ids(&self, sql: Statements<'_>, range: &Clause<'a>, tail: &str) -> Clause<'a> {
        let (table, mut ways) = (self.table(sql), vec![]);
        if self.index == ListIndex::Expired {
            ways.push(("expired_invite", Clause::all(&[range])));
        }
        let since = Clause::new("expires_at > (SELECT until FROM counted)", []);
        let since = if self.index == ListIndex::Expired { since } else { Clause::default() };
        ways.extend(self.parts.iter().map(|part| (table.as_str(), Clause::all(&[part, &since, range]))));
        let values = ways.iter().flat_map(|(_, condition)| condition.values.iter().copied()).collect();
        let each: Vec<_> = ways
            .iter()
            .map(|(table, condition)| format!("SELECT id FROM {table} WHERE {} {tail}", condition.text))
            .collect();
        let text = match each.as_slice() {
            [one] => one.clone(),
            all => {
                all.iter().map(|one| format!("SELECT id FROM ({one}) AS part")).collect::<Vec<_>>().join(" UNION ALL ")
            }
        };
        Clause { text, values }
    }

    /// The row that is so far down this way, if it is as long as that.
    async fn place(&self, sql: Statements<'_>, range: &Clause<'a>) -> Result<Option<InviteId>, SqlError> {
        let order = if self.is_in_order { "ORDER BY id DESC" } else { "" };
        let ids = self.ids(sql, range, &format!("{order} LIMIT {}", LOOK + 1));
        let statement =
            Clause { text: format!("SELECT id FROM ({}) AS found {order} LIMIT 1 OFFSET {LOOK}", ids.text), ..ids };
        let read = |row: &Row<'_>| Ok(InviteId::from_row(row.integer(0)?));
        sql.first(&statement.numbered(), &statement.values, read).await
    }

    /// What a page is read from that begins before `before`.
    fn source(&self, sql: Statements<'_>, range: &Clause<'a>, since: Option<InviteId>) -> ListSource<'a> {
        let is_all = self.parts.len() == 1 && self.rest.text.is_empty() && self.is_in_order;
        if is_all && let [part] = self.parts.as_slice() {
            let condition = Clause::all(&[part, range]);
            let from = Clause { text: format!("{} WHERE {}", self.table(sql), condition.text), ..condition };
            return ListSource { with: String::new(), from: from.numbered(), values: from.values, next: None };
        }
        let from_place = since.map(|since| Clause::new("id >= ?", [since.to_row().into()])).unwrap_or_default();
        let ids = self.ids(sql, &Clause::all(&[range, &from_place]), "");
        let rest = Clause::all(&[&self.rest]);
        // The numbers go on from one to the other.
        let whole = Clause {
            text: format!(
                "WITH found (place) AS MATERIALIZED ({})\0found CROSS JOIN invite WHERE invite.id = found.place AND {}",
                ids.text, rest.text
            ),
            values: [ids.values, rest.values].concat(),
        };
        let numbered = whole.numbered();
        let (with, from) = numbered.split_once('\0').unwrap_or_default();
        ListSource { with: with.to_owned(), from: from.to_owned(), values: whole.values, next: since }
    }
}

/// What a page of a list is read from: by the first way that is short, else by some of the first one that is in order.
pub(super) async fn source<'a>(
    sql: Statements<'_>,
    paths: &[ListPath<'a>],
    before: Option<InviteId>,
) -> Result<Option<ListSource<'a>>, SqlError> {
    let range = before.map(|before| Clause::new("id < ?", [before.to_row().into()])).unwrap_or_default();
    let mut long = None;
    for path in paths {
        if path.parts.is_empty() {
            return Ok(None);
        }
        if path.rest.text.is_empty() && path.is_in_order && path.parts.len() == 1 {
            return Ok(Some(path.source(sql, &range, None)));
        }
        if path.index == ListIndex::Id && long.is_some() {
            break;
        }
        match path.place(sql, &range).await? {
            None => return Ok(Some(path.source(sql, &range, None))),
            Some(place) if long.is_none() && path.is_in_order => long = Some((path, place)),
            Some(_) => {}
        }
    }
    Ok(long.map(|(path, place)| path.source(sql, &range, Some(place))))
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::invite::Source;
    use crate::ledger::sqlite::schema;
    use crate::ledger::statements::at_once;

    fn of_hosts(names: &[&str]) -> Filter {
        Filter { hosts: Some(names.iter().map(|name| name.parse().unwrap()).collect()), ..Filter::default() }
    }

    /// One for each filter of the API, and some together.
    fn filters() -> Vec<Filter> {
        let any = Filter::default;
        let status = |status| Filter { status: Some(status), ..any() };
        vec![
            any(),
            status(Status::Pending),
            status(Status::Expired),
            status(Status::Redeemed),
            status(Status::Revoked),
            Filter { kind: Some(KindName::Account), ..any() },
            Filter { kind: Some(KindName::Contact), ..any() },
            Filter { kind: Some(KindName::Reset), ..any() },
            of_hosts(&["small.example"]),
            of_hosts(&["small.example", "other.example"]),
            Filter { source: Some(Source::Cli), ..any() },
            Filter { username: Some("romeo".parse().unwrap()), ..any() },
            Filter { username: Some("romeo".parse().unwrap()), ..of_hosts(&["small.example"]) },
            Filter { inviter: Some("romeo@example.com".into()), ..any() },
            Filter { inviter: Some("his mother".into()), ..any() },
            Filter { kind: Some(KindName::Account), status: Some(Status::Expired), ..of_hosts(&["example.com"]) },
        ]
    }

    fn ledger() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        schema::migrate(&connection, schema::known_version()).unwrap();
        connection
    }

    fn plan(connection: &Connection, statement: &str, values: &[SqlValue<'_>]) -> String {
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        let lines = explained.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
        lines.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_way_of_each_filter_is_an_index_and_in_its_order() {
        let connection = ledger();
        let sql = Statements::Sqlite(&connection);
        let range = Clause::new("id < ?", [SqlValue::from(7_i64)]);
        for filter in filters() {
            let texts = FilterTexts::of(&filter);
            for path in paths(&filter, &texts, 5) {
                let order = if path.is_in_order { "ORDER BY id DESC" } else { "" };
                let ids = path.ids(sql, &range, &format!("{order} LIMIT 1"));
                let found = plan(&connection, &ids.numbered(), &ids.values);
                let way = match path.index {
                    ListIndex::Id => "SEARCH invite USING INTEGER PRIMARY KEY".to_owned(),
                    ListIndex::Named(index) => format!("INDEX {index}"),
                    ListIndex::Expired => "SEARCH expired_invite USING INTEGER PRIMARY KEY".to_owned(),
                };
                assert!(found.contains(&way), "{filter:?}: {found}");
                // Those that have expired since it was noted are few.
                let is_sorted = path.index != ListIndex::Expired && found.contains("TEMP B-TREE");
                assert!(!is_sorted && !found.contains("SCAN invite") && !found.contains("SCAN expired"), "{found}");
                for since in [None, Some(InviteId::from_row(3))] {
                    let from = path.source(sql, &range, since);
                    let statement = format!("{} SELECT invite.* FROM {}", from.with, from.from);
                    let found = plan(&connection, &statement, &from.values);
                    assert!(!found.contains("SCAN invite"), "{filter:?}: {found}");
                }
            }
        }
    }

    /// Where nothing that is asked for is rare, only some rows are looked at, and all are by the pages together.
    #[test]
    fn pages_of_any_filter_have_together_what_it_asks_for() {
        let connection = ledger();
        let rows = 5_000;
        connection
            .execute(
                "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1) \
                 INSERT INTO invite (id, kind, host, source, username, inviter, invited_by, contact, uses, used, \
                 created_at, expires_at, revoked_at) SELECT n, \
                 CASE WHEN n % 1000 = 3 THEN 'reset' WHEN n % 700 = 4 THEN 'contact' ELSE 'account' END, \
                 CASE n % 900 WHEN 5 THEN 'small.example' WHEN 6 THEN 'other.example' ELSE 'example.com' END, \
                 CASE n % 3 WHEN 0 THEN 'cli' ELSE 'key/site' END, \
                 CASE WHEN n % 1000 = 3 OR n % 400 = 1 THEN 'romeo' END, \
                 CASE n % 500 WHEN 1 THEN 'his mother' END, CASE n % 600 WHEN 1 THEN 'romeo@example.com' END, \
                 CASE n % 700 WHEN 4 THEN 'romeo@example.com' END, 1, n % 800 = 7, n, \
                 CASE n % 2 WHEN 0 THEN 1000 ELSE 3 END, CASE n % 650 WHEN 8 THEN 9 END FROM number",
                [rows],
            )
            .unwrap();
        let sql = Statements::Sqlite(&connection);
        let now = jiff::Timestamp::from_millisecond(5).unwrap();
        let listed = |filter: &Filter| {
            let (mut filter, mut ids, mut pages) = (filter.clone(), vec![], 0);
            loop {
                let page = at_once(super::super::Store(sql).list(&filter, 50, now)).unwrap();
                assert!(page.invites.len() <= 50);
                ids.extend(page.invites.iter().map(|invite| invite.id.to_row()));
                pages += 1;
                let Some(next) = page.next else { break };
                assert!(filter.before.is_none_or(|before| next < before), "it goes on");
                filter.before = Some(next);
            }
            (ids, pages)
        };
        let (all, _) = listed(&Filter::default());
        assert_eq!(all, (1..=rows).rev().collect::<Vec<_>>());
        let invites: Vec<_> = all
            .iter()
            .map(|id| at_once(super::super::Store(sql).find(InviteId::from_row(*id))).unwrap().unwrap())
            .collect();
        for filter in filters() {
            let fits = |invite: &&crate::invite::Invite| {
                let draft = &invite.draft;
                let user = |text: &str| inviter::address(text).map(|user| user.to_string());
                filter.hosts.as_ref().is_none_or(|hosts| hosts.contains(&draft.host))
                    && filter.status.is_none_or(|status| status == invite.status(now))
                    && filter.kind.is_none_or(|kind| kind == draft.kind.name())
                    && filter.source.as_ref().is_none_or(|source| *source == draft.source)
                    && filter.username.as_ref().is_none_or(|name| draft.kind.username() == Some(name))
                    && filter.inviter.as_deref().is_none_or(|text| match user(text) {
                        None => draft.inviter.as_deref() == Some(text),
                        Some(_) => invite.id.to_row() % 600 == 1,
                    })
            };
            let expected: Vec<_> = invites.iter().filter(fits).map(|invite| invite.id.to_row()).collect();
            let (found, pages) = listed(&filter);
            assert_eq!(found, expected, "{filter:?}");
            let is_rare = expected.len() < 50;
            assert!(!is_rare || pages == 1, "what is rare is found at once: {filter:?}");
        }
        // No host is in no list.
        assert_eq!(listed(&of_hosts(&[])), (vec![], 1));
    }
}
