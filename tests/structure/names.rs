//! What things are called: one word for one thing, and one thing for one word.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{Field, ImplItemFn, Item, TraitItemFn, Variant};

use crate::source::{Module, attributes, is_test, modules};

/// Names that several types have, and why that is right.
const SHARED: &[(&str, &str)] = &[];

/// The words that `docs/architecture.md` has in its column "not", in all their forms.
const FORMS: &[(&str, &[&str])] = &[
    ("believe", &["believe", "believes", "believed"]),
    ("discard", &["discard", "discards", "discarded"]),
    ("issue", &["issue", "issues", "issued"]),
    ("lapse", &["lapse", "lapses", "lapsed"]),
    ("made", &["made"]),
    ("make", &["make", "makes"]),
    ("not let in", &["let in"]),
    ("refresh", &["refresh", "refreshes", "refreshed"]),
    ("reread", &["reread"]),
    ("settle", &["settle", "settles", "settled"]),
    ("spend", &["spend", "spends", "spent"]),
    ("take back", &["take back", "takes back", "taken back"]),
    ("take in", &["take in", "takes in", "taken in"]),
    ("tend", &["tend", "tends", "tended"]),
    ("use up", &["use up", "uses up", "used up"]),
];

/// Those of them that other things are rightly called by.
const RIGHT_ELSEWHERE: &[(&str, &str)] = &[
    ("change", "what is no invite is changed"),
    ("create", "of all but app tokens it is the word"),
    ("delete", "keys are deleted"),
    ("drop", "Rust's"),
    ("take", "Rust's, and an account's name is taken"),
];

/// The same for what the glossary need not mention.
const REFUSED: &[(&str, &str)] =
    &[("nobody nor", "ReleasedTokenGone"), ("told", "a name that says what"), ("turn", "heartbeat")];

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
const RIGHT: &[(&str, &str)] = &[
    ("issued_at", "`iat` of RFC 7519 is when a token was issued"),
    ("lapsed", "a field of lua/calls.lua, of which running servers hold this version"),
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
    let listed = SHARED.iter().map(|(name, _)| name);
    let gone: Vec<_> = listed.filter(|name| places.remove(**name).is_none()).collect();
    assert!(gone.is_empty(), "one type's now, so to be taken off the list: {gone:?}");
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

/// The words that are refused, and what to say instead: those of the glossary's table of acts, and ours.
fn refused() -> BTreeMap<String, String> {
    let text = include_str!("../../docs/architecture.md");
    let (_, acts) = text.split_once("### Acts").expect("a glossary");
    let rows =
        acts.lines().skip_while(|line| !line.starts_with("|---")).skip(1).take_while(|line| line.starts_with('|'));
    let mut of_glossary: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [word, _, not] = cells[..] else { panic!("{row}") };
        for not in not.split(", ") {
            // In brackets it says where.
            of_glossary.entry(not.split(" (").next().unwrap_or_default()).or_default().push(word);
        }
    }
    let known: BTreeSet<_> =
        FORMS.iter().map(|(word, _)| *word).chain(RIGHT_ELSEWHERE.iter().map(|(word, _)| *word)).collect();
    assert_eq!(
        of_glossary.keys().copied().collect::<BTreeSet<_>>(),
        known,
        "the glossary, and FORMS and RIGHT_ELSEWHERE"
    );
    let forms = FORMS.iter().flat_map(|(word, forms)| forms.iter().map(|form| (*form, of_glossary[word].join(", "))));
    let ours = REFUSED.iter().map(|(word, instead)| (*word, (*instead).to_owned()));
    forms.chain(ours).map(|(word, instead)| (word.to_owned(), instead)).collect()
}

/// What to say instead, where a name has a word that is refused.
fn instead(name: &str, refused: &BTreeMap<String, String>) -> Option<String> {
    let words = words(name);
    let runs = [1, 2].into_iter().flat_map(|length| words.windows(length).map(|own| own.join(" ")));
    let of_words = { runs }.find_map(|run| refused.get(&run).cloned());
    of_words.or_else(|| Some(REFUSED_NAMES.iter().find(|(refused, _)| name == *refused)?.1.to_owned()))
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
    let (refused, mut found) = (refused(), BTreeMap::<String, BTreeSet<String>>::new());
    for module in modules().iter().filter(|module| !module.is_test) {
        let Declared { types, others } = declared(module);
        let mut texts = vec![];
        for item in module.items.iter().filter(|item| !is_test(attributes(item))) {
            names_in_texts(item.to_token_stream(), &mut texts);
        }
        for name in [types, others, texts].concat() {
            if let Some(instead) = instead(&name, &refused) {
                let place = format!("src/{} (say: {instead})", module.file.display());
                found.entry(name).or_default().insert(place);
            }
        }
    }
    let listed = RIGHT.iter().map(|(name, _)| name);
    let gone: Vec<_> = listed.filter(|name| found.remove(**name).is_none()).collect();
    assert!(gone.is_empty(), "gone, so to be taken off the list: {gone:?}");
    assert!(found.is_empty(), "names with words that the glossary refuses: {found:#?}");
}
