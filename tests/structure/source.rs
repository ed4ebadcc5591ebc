//! The source of the program as the compiler sees it: its modules, and which paths each of them names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Item, UseTree, Visibility};

use crate::paths::scan;

/// From the root of the crate, which is empty.
pub type ModulePath = Vec<String>;

/// A file, with the modules that are written inside it.
pub struct Module {
    pub path: ModulePath,
    /// Below `src/`.
    pub file: PathBuf,
    /// For tests alone.
    pub is_test: bool,
    pub text: String,
    pub items: Vec<Item>,
    pub references: Vec<Reference>,
    scope: Scope,
}

/// What names mean in a module.
struct Scope {
    base: ModulePath,
    children: BTreeSet<String>,
    defined: BTreeSet<String>,
    /// Names that `use` brings in, and what they stand for; `*` for what brings in all.
    imported: Vec<(String, ModulePath)>,
}

/// A path that a module names.
pub struct Reference {
    pub to: ModulePath,
    pub line: usize,
    pub kind: ReferenceKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReferenceKind {
    Code,
    /// Handed on to whoever uses this module: `pub use`.
    Reexport,
    Docs,
    Test,
}

impl Module {
    fn parsed(file: &Path, path: ModulePath, text: String, is_test: bool) -> Self {
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let scope = Scope::new(&parsed.items, path.clone());
        let mut references = vec![];
        refer(&parsed.items, &scope, is_test, &mut references);
        Self { path, file: file.to_owned(), is_test, text, items: parsed.items, references, scope }
    }

    /// As people call it.
    pub fn name(&self) -> String {
        self.path.join("::")
    }

    pub fn top(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    /// How many lines it has without its tests.
    pub fn lines(&self) -> usize {
        let tests = self.items.iter().filter(|item| is_test(attributes(item))).map(Item::span);
        let of_tests: usize = tests.map(|span| span.end().line - span.start().line + 1).sum();
        self.text.lines().count() - of_tests
    }
}

/// The modules of the library and the program.
pub fn modules() -> Vec<Module> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = vec![];
    read(&src, Path::new("lib.rs"), &[], false, &mut modules);
    read(&src, Path::new("main.rs"), &["main".into()], false, &mut modules);
    modules
}

fn read(src: &Path, file: &Path, path: &[String], is_for_tests: bool, modules: &mut Vec<Module>) {
    let text = std::fs::read_to_string(src.join(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let module = Module::parsed(file, path.to_vec(), text, is_for_tests);
    let is_folder = matches!(file.file_name().and_then(|name| name.to_str()), Some("mod.rs" | "lib.rs" | "main.rs"));
    let folder = if is_folder { file.parent().unwrap().to_owned() } else { file.with_extension("") };
    for item in &module.items {
        let Item::Mod(inside) = item else { continue };
        if inside.content.is_none() {
            let name = inside.ident.to_string();
            let [flat, nested] = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
            let file = if src.join(&flat).exists() { flat } else { nested };
            let path = [path, &[name]].concat();
            read(src, &file, &path, is_for_tests || is_test(&inside.attrs), modules);
        }
    }
    modules.push(module);
}

impl Scope {
    fn new(items: &[Item], base: ModulePath) -> Self {
        let (mut children, mut defined) = (BTreeSet::new(), BTreeSet::new());
        for item in items {
            let (names, name) = match item {
                Item::Mod(item) => (&mut children, &item.ident),
                Item::Const(item) => (&mut defined, &item.ident),
                Item::Enum(item) => (&mut defined, &item.ident),
                Item::Fn(item) => (&mut defined, &item.sig.ident),
                Item::Static(item) => (&mut defined, &item.ident),
                Item::Struct(item) => (&mut defined, &item.ident),
                Item::Trait(item) => (&mut defined, &item.ident),
                Item::Type(item) => (&mut defined, &item.ident),
                _ => continue,
            };
            names.insert(name.to_string());
        }
        let mut scope = Self { base, children, defined, imported: vec![] };
        for item in items {
            if let Item::Use(item) = item {
                scope.import(&item.tree, &mut vec![]);
            }
        }
        scope
    }

    fn import(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        let (name, last) = match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
                return;
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(tree, before));
                return;
            }
            UseTree::Name(name) if name.ident == "self" => (before.last().cloned().unwrap_or_default(), None),
            UseTree::Name(name) => (name.ident.to_string(), Some(name.ident.to_string())),
            UseTree::Rename(name) => (name.rename.to_string(), Some(name.ident.to_string())),
            UseTree::Glob(_) => ("*".into(), None),
        };
        let path: Vec<_> = before.iter().cloned().chain(last).collect();
        if let Some(to) = self.absolute(&path) {
            self.imported.push((name, to));
        }
    }

    /// A path from the root of the crate, if it is one of this crate.
    fn absolute(&self, path: &[String]) -> Option<ModulePath> {
        let (first, rest) = path.split_first()?;
        let mut to = match first.as_str() {
            "crate" | "invited" => vec![],
            "self" => self.base.clone(),
            "super" => self.base[..self.base.len() - 1].to_vec(),
            name if self.children.contains(name) => [self.base.as_slice(), &[name.to_owned()]].concat(),
            name => self.imported.iter().find(|(imported, _)| imported == name)?.1.clone(),
        };
        for segment in rest {
            if segment == "super" {
                to.pop();
            } else if segment != "self" {
                to.push(segment.clone());
            }
        }
        Some(to)
    }
}

fn refer(items: &[Item], scope: &Scope, is_for_tests: bool, references: &mut Vec<Reference>) {
    for item in items {
        let is_test = is_for_tests || is_test(attributes(item));
        if let Item::Mod(inside) = item {
            if let Some((_, items)) = &inside.content {
                let base = [scope.base.as_slice(), &[inside.ident.to_string()]].concat();
                refer(items, &Scope::new(items, base), is_test, references);
            }
            continue;
        }
        let mut found = vec![];
        scan(item.to_token_stream(), &mut found);
        for written in found {
            let kind = match item {
                _ if is_test => ReferenceKind::Test,
                _ if written.is_doc => ReferenceKind::Docs,
                Item::Use(item) if !matches!(item.vis, Visibility::Inherited) => ReferenceKind::Reexport,
                _ => ReferenceKind::Code,
            };
            if let Some(to) = scope.absolute(&written.segments) {
                references.push(Reference { to, line: written.line, kind });
            }
        }
    }
}

/// Whether something is for tests alone.
pub fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.meta.to_token_stream().to_string().contains("test")
    })
}

pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Where each path leads: to the module that has the item, whatever hands it on.
pub struct Resolver<'a>(BTreeMap<&'a [String], &'a Module>);

impl<'a> Resolver<'a> {
    pub fn new(modules: &'a [Module]) -> Self {
        Self(modules.iter().map(|module| (module.path.as_slice(), module)).collect())
    }

    pub fn module(&self, path: &[String]) -> &'a Module {
        // Circles of `use` are a compiler's error; of globs they are not.
        self.find(path, 8).unwrap_or_else(|| self.inside(path).0)
    }

    fn find(&self, path: &[String], hops: usize) -> Option<&'a Module> {
        let (module, rest) = self.inside(path);
        let Some((name, rest)) = rest.split_first() else { return Some(module) };
        if module.scope.defined.contains(name) || hops == 0 {
            return module.scope.defined.contains(name).then_some(module);
        }
        let go_on = |to: &[String], rest: &[String]| self.find(&[to, rest].concat(), hops - 1);
        let mut named = module.scope.imported.iter().filter(|(imported, _)| imported == name);
        let by_name = named.find_map(|(_, to)| go_on(to, rest));
        let mut globs = module.scope.imported.iter().filter(|(imported, _)| imported == "*");
        by_name.or_else(|| globs.find_map(|(_, to)| go_on(&[to.as_slice(), std::slice::from_ref(name)].concat(), rest)))
    }

    /// The innermost module on a path, and what is left of it.
    fn inside<'p>(&self, path: &'p [String]) -> (&'a Module, &'p [String]) {
        let at = (0..=path.len()).rev().find(|at| self.0.contains_key(&path[..*at])).unwrap_or(0);
        (self.0[&path[..at]], &path[at..])
    }
}
