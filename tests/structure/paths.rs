//! The paths that some code names, however they are written.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// `crate::a::b`, not yet resolved.
pub struct Written {
    pub segments: Vec<String>,
    pub line: usize,
    /// A comment links to it.
    pub is_doc: bool,
}

/// Every path in some code, with its line; macros are read as well. Also those that comments link to.
pub fn scan(tokens: TokenStream, found: &mut Vec<Written>) {
    let trees: Vec<_> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(tree) = trees.get(at) {
        match tree {
            TokenTree::Ident(_) if is_separator(&trees, at + 1) => {
                // What follows a point is a method, whatever it is called.
                let is_method = at > 0 && matches!(&trees[at - 1], TokenTree::Punct(point) if point.as_char() == '.');
                let mut paths = vec![];
                at = path(&trees, at, vec![], &mut paths);
                found.extend(paths.into_iter().filter(|_| !is_method));
                continue;
            }
            TokenTree::Punct(_) if is_separator(&trees, at) => {
                // `::std::x`, or after a type: nothing that is ours begins here.
                at = match trees.get(at + 2) {
                    Some(TokenTree::Ident(_)) => path(&trees, at + 2, vec![], &mut vec![]),
                    _ => at + 2,
                };
                continue;
            }
            // `pub(in crate::x)` says who may use something, and uses nothing.
            TokenTree::Ident(word) if word == "pub" && trees.get(at + 1).is_some_and(is_scope) => at += 1,
            TokenTree::Group(group) => scan(group.stream(), found),
            TokenTree::Literal(literal) => {
                for part in literal.to_string().split("crate::").skip(1) {
                    let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
                    let segments = vec!["crate".into(), part[..end].into()];
                    found.push(Written { segments, line: literal.span().start().line, is_doc: true });
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The paths that begin with the name at `at`: several, where there are braces. Says where they end.
fn path(trees: &[TokenTree], mut at: usize, mut before: Vec<String>, found: &mut Vec<Written>) -> usize {
    let line = trees[at].span().start().line;
    let written = |segments| Written { segments, line, is_doc: false };
    before.push(trees[at].to_string());
    at += 1;
    while is_separator(trees, at) {
        match trees.get(at + 2) {
            Some(TokenTree::Ident(name)) => before.push(name.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inside: Vec<_> = group.stream().into_iter().collect();
                let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(comma) if comma.as_char() == ',');
                for part in inside.split(is_comma) {
                    match part.first() {
                        Some(TokenTree::Ident(_)) => drop(path(part, 0, before.clone(), found)),
                        Some(_) => found.push(written(before.clone())),
                        None => {}
                    }
                }
                return at + 3;
            }
            _ => break,
        }
        at += 3;
    }
    found.push(written(before));
    at
}

fn is_scope(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Group(scope) if scope.stream().into_iter().next().is_some_and(|word| word.to_string() == "in"))
}

fn is_separator(trees: &[TokenTree], at: usize) -> bool {
    let is_colon = |tree: Option<&TokenTree>| matches!(tree, Some(TokenTree::Punct(colon)) if colon.as_char() == ':');
    is_colon(trees.get(at)) && is_colon(trees.get(at + 1))
}

#[test]
fn paths_are_seen_however_they_are_written() {
    let code = "
        use crate::{a, b::{self, c as d}, e::*};
        fn f() -> super::super::g::H {
            let x = self::i::j::<crate::k::L>(std::m::n());
            x.o::<p::Q>();
            matches!(x, ::std::r::S | <T as crate::u::V>::W)
        }
        /// See [`crate::y`].
        pub(in crate::z) struct Z(pub(crate) crate::q::R);";
    let mut found = vec![];
    scan(code.parse().unwrap(), &mut found);
    let found: Vec<_> = found.iter().map(|written| (written.segments.join("::"), written.line)).collect();
    let expected = [
        ("crate::a", 2),
        ("crate::b::self", 2),
        ("crate::b::c", 2),
        ("crate::e", 2),
        ("super::super::g::H", 3),
        ("self::i::j", 4),
        ("crate::k::L", 4),
        ("std::m::n", 4),
        ("p::Q", 5),
        ("crate::u::V", 6),
        ("crate::y", 8),
        ("crate::q::R", 9),
    ];
    assert_eq!(found, expected.map(|(path, line)| (path.to_owned(), line)));
}
