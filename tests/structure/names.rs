//! What things are called: one word for one thing, and one thing for one word.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{Field, ImplItemFn, Item, TraitItemFn, Variant};

use crate::source::{Module, attributes, is_test, modules};

/// Names that several types have, and why that is right.
const SHARED: &[(&str, &str)] = &[];

/// Names of several types that are still to be changed: what is here and one type's is to go from here, too.
#[rustfmt::skip]
const KNOWN_SHARED: &[&str] = &[
    "Answer", "App", "Backend", "Call", "Claims", "Command", "Component", "Connection", "Count", "Create", "Database",
    "Download", "End", "Found", "Gate", "Health", "Host", "Http", "Invites", "Key", "KeyView", "Kind",
    "Known", "Ledger", "Metrics", "Mint", "Order", "Pair", "Place", "PrivateKey", "PublicKey", "Query",
    "Ready", "Refusal", "Refused", "Reply", "Request", "Session", "Shared", "State", "Stop", "Stream", "Task", "Tls",
    "Value", "Wrong", "Xmpp",
];

/// Words that the glossary has another one for.
const REFUSED: &[(&str, &str)] = &[
    ("believed", "trusted"),
    ("discard", "withdraw, forget"),
    ("discarded", "withdrawn, forgotten"),
    ("issue", "create"),
    ("issued", "created"),
    ("made", "created"),
    ("make", "create, mint"),
    ("makes", "creates"),
    ("settle", "reconcile"),
    ("settled", "reconciled"),
    ("spend", "redeem"),
    ("spent", "redeemed"),
    ("tend", "reconcile"),
    ("tended", "reconciled"),
    ("told", "a name that says what"),
    ("turn", "heartbeat"),
];

/// The same for two words, one after the other.
const REFUSED_PAIRS: &[(&str, &str)] = &[
    ("nobody nor", "ReleasedTokenGone"),
    ("take back", "withdraw"),
    ("taken back", "withdrawn"),
    ("takes back", "withdraws"),
    ("use up", "redeem"),
    ("used up", "redeemed"),
];

/// The same for whole names of types, slugs, events and metrics.
const REFUSED_NAMES: &[(&str, &str)] = &[
    ("Both", "AsyncReadWrite"),
    ("Forms", "Submissions"),
    ("Lasting", "ProcessState"),
    ("Of", "MetricLabels"),
    ("Order", "InviteRequest"),
    ("Taker", "ReservationEnd"),
    ("Terms", "SourceLimits"),
    ("Turns", "InviteLocks"),
    ("Wrong", "FieldError"),
    ("in-app", "app-token-outstanding"),
    ("other-body", "idempotency-key-reused"),
];

/// Names that have such words, and why that is right.
const RIGHT: &[(&str, &str)] = &[("issued_at", "`iat` of RFC 7519 is when a token was issued")];

/// Names that are still to be changed: what is here and gone is to go from here, too.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "BELIEVED", "Both", "InviteMade", "IssueError", "Issued", "KeyMade", "Made", "NobodyNorToken",
    "Of", "Order", "SETTLED", "Spend", "TURN", "Taker", "Terms",
    "Told", "Turn", "UsedUp", "Wrong", "in-app", "invite.created", "issue", "issue_once",
    "issue_to_user", "issued", "key.created", "load_or_make", "made", "make", "make_and_count", "make_dir", "make_id",
    "make_jti", "make_pair", "make_room", "make_secret", "make_whole", "makes_accounts", "other-body", "settle",
    "settle_key", "settled", "spend", "spend_once", "take_back",
    "takes_back", "told", "turn",
];

/// What the code declares, without what tests do.
#[derive(Default)]
struct Declared {
    types: Vec<String>,
    others: Vec<String>,
}

impl<'ast> Visit<'ast> for Declared {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test(attributes(item)) {
            return;
        }
        match item {
            Item::Enum(item) => self.types.push(item.ident.to_string()),
            Item::Struct(item) => self.types.push(item.ident.to_string()),
            Item::Trait(item) => self.types.push(item.ident.to_string()),
            Item::Type(item) => self.types.push(item.ident.to_string()),
            Item::Const(item) => self.others.push(item.ident.to_string()),
            Item::Fn(item) => self.others.push(item.sig.ident.to_string()),
            Item::Mod(item) => self.others.push(item.ident.to_string()),
            Item::Static(item) => self.others.push(item.ident.to_string()),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_field(&mut self, field: &'ast Field) {
        self.others.extend(field.ident.as_ref().map(ToString::to_string));
    }

    fn visit_variant(&mut self, variant: &'ast Variant) {
        self.others.push(variant.ident.to_string());
        visit::visit_variant(self, variant);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.others.push(function.sig.ident.to_string());
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        self.others.push(function.sig.ident.to_string());
        visit::visit_trait_item_fn(self, function);
    }
}

fn declared(module: &Module) -> Declared {
    let mut declared = Declared::default();
    module.items.iter().for_each(|item| declared.visit_item(item));
    declared
}

#[test]
fn the_name_of_a_type_is_that_of_one_type() {
    let modules = modules();
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for module in modules.iter().filter(|module| !module.is_test) {
        for name in declared(module).types {
            places.entry(name).or_default().push(module.name());
        }
    }
    places.retain(|_, places| places.len() > 1);
    for name in SHARED.iter().map(|(name, _)| name).chain(KNOWN_SHARED) {
        assert!(places.remove(*name).is_some(), "{name} is one type's now: take it off the list");
    }
    assert!(places.is_empty(), "several types have one name: {places:#?}");
}

/// `nobody_nor`, `NobodyNor`, `nobody-nor`, `nobody.nor`: "nobody nor".
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        let is_capital_after_small = c.is_uppercase() && words.last().unwrap().ends_with(char::is_lowercase);
        if matches!(c, '_' | '-' | '.') || (is_capital_after_small && name.contains(char::is_lowercase)) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().unwrap().extend(c.to_lowercase());
        }
    }
    words
}

/// What to say instead, where a name has a word that the glossary refuses.
fn instead(name: &str) -> Option<&'static str> {
    let words = words(name);
    let of_word = REFUSED.iter().find(|(word, _)| words.iter().any(|own| own == word));
    let has_pair = |pair: &str| words.windows(2).any(|own| own.join(" ") == pair);
    let of_pair = REFUSED_PAIRS.iter().find(|(pair, _)| has_pair(pair));
    let of_name = REFUSED_NAMES.iter().find(|(refused, _)| name == *refused);
    of_word.or(of_pair).or(of_name).map(|(_, instead)| *instead)
}

/// Texts that are a name themselves, such as a slug or what an event or a metric is called.
fn names_in_texts(tokens: TokenStream, names: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => names_in_texts(group.stream(), names),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let text = text.trim_matches('"');
                let is_name = text.starts_with(|c: char| c.is_ascii_lowercase())
                    && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c));
                names.extend(is_name.then(|| text.to_owned()));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

#[test]
fn names_have_the_words_of_the_glossary() {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for module in modules().iter().filter(|module| !module.is_test) {
        let Declared { types, others } = declared(module);
        let mut texts = vec![];
        for item in module.items.iter().filter(|item| !is_test(attributes(item))) {
            names_in_texts(item.to_token_stream(), &mut texts);
        }
        for name in [types, others, texts].concat() {
            if let Some(instead) = instead(&name) {
                let place = format!("src/{} (say: {instead})", module.file.display());
                found.entry(name).or_default().insert(place);
            }
        }
    }
    for name in RIGHT.iter().map(|(name, _)| name).chain(KNOWN) {
        assert!(found.remove(*name).is_some(), "{name} is gone: take it off the list");
    }
    assert!(found.is_empty(), "names with words that the glossary refuses: {found:#?}");
}
