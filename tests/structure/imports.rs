//! Reads which module of the sources names which: the imports and the paths in the code, but not the tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{
    Attribute, ItemMod, ItemUse, Macro, Meta, UseTree,
    visit::{self, Visit},
};

/// The place of a module in its crate; the root has none.
pub(super) type Place = Vec<String>;

/// A file of a crate.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Its path below `src`.
    pub(super) file: String,
    /// Every path that it names, imports included.
    pub(super) paths: Vec<Vec<String>>,
    /// What its imports are called here.
    imports: BTreeMap<String, Vec<String>>,
}

/// The files of a crate, by their place.
#[derive(Debug, Default)]
pub(super) struct Modules(BTreeMap<Place, Module>);

impl Modules {
    /// Reads the crate whose sources lie in a folder, without the folders of other crates in it.
    pub(super) fn read(folder: &Path, below: &str, others: &[&str]) -> Self {
        let mut modules = Self::default();
        modules.read_folder(folder, below, &Vec::new(), others);
        modules
    }

    fn read_folder(&mut self, folder: &Path, below: &str, place: &Place, others: &[&str]) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let below = format!("{below}{name}");
            if path.is_dir() {
                if !others.contains(&name.as_str()) && name != "tests" {
                    let place = with(place, &name);
                    self.read_folder(&path, &format!("{below}/"), &place, others);
                }
                continue;
            }
            // A test may look at its subject with other eyes.
            let Some(stem) = name
                .strip_suffix(".rs")
                .filter(|stem| !stem.contains("tests") && !stem.contains("fakes"))
            else {
                continue;
            };
            let place = match stem {
                "mod" | "lib" => place.clone(),
                _ => with(place, stem),
            };
            let parsed = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            let mut module = Module {
                file: below,
                ..Module::default()
            };
            module.visit_file(&parsed);
            self.0.insert(place, module);
        }
    }

    /// The files.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Module> {
        self.0.values()
    }

    /// Groups of files that need each other. A folder's own `mod.rs` joins what lies in it, so it does not count.
    pub(super) fn circles(&self) -> Vec<String> {
        let needs: BTreeMap<&Place, BTreeSet<&Place>> = self
            .0
            .iter()
            .map(|(place, module)| (place, self.needed_by(place, module)))
            .collect();
        let mut circles = BTreeSet::new();
        for place in self.0.keys() {
            let reached = reached(place, &needs);
            let circle: Vec<_> = reached
                .iter()
                .filter(|other| self::reached(other, &needs).contains(place))
                .map(|other| self.0[*other].file.as_str())
                .collect();
            if !circle.is_empty() {
                circles.insert(circle.join(", "));
            }
        }
        circles.into_iter().collect()
    }

    fn needed_by(&self, place: &Place, module: &Module) -> BTreeSet<&Place> {
        let named = module.paths.iter();
        named
            .filter_map(|path| self.resolve(place, path, 0))
            .filter(|other| !other.starts_with(place) && !place.starts_with(other.as_slice()))
            .collect()
    }

    /// The file that a path leads to, also over names that a module has imported and gives on.
    fn resolve(&self, from: &Place, path: &[String], depth: usize) -> Option<&Place> {
        let (first, mut rest) = path.split_first()?;
        let mut place = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => from[..from.len().checked_sub(1)?].to_vec(),
            name => {
                let child = with(from, name);
                self.0.contains_key(&child).then_some(child)?
            }
        };
        while let [name, more @ ..] = rest {
            let child = with(&place, name);
            if name == "super" {
                place.pop()?;
            } else if self.0.contains_key(&child) {
                place = child;
            } else {
                let import = self
                    .0
                    .get(&place)
                    .and_then(|module| module.imports.get(name));
                let led = import.filter(|_| depth < 8).and_then(|import| {
                    let path: Vec<_> = import.iter().chain(more).cloned().collect();
                    self.resolve(&place, &path, depth + 1)
                });
                return led.or_else(|| self.key(&place));
            }
            rest = more;
        }
        self.key(&place)
    }

    fn key(&self, place: &Place) -> Option<&Place> {
        self.0.get_key_value(place).map(|(key, _)| key)
    }
}

/// What is needed from a place on, over any number of steps.
fn reached<'m>(
    from: &Place,
    needs: &BTreeMap<&'m Place, BTreeSet<&'m Place>>,
) -> BTreeSet<&'m Place> {
    let mut found = BTreeSet::new();
    let mut next: Vec<_> = needs[from].iter().copied().collect();
    while let Some(place) = next.pop() {
        if found.insert(place) {
            next.extend(&needs[place]);
        }
    }
    found
}

fn with(place: &Place, name: &str) -> Place {
    let mut place = place.clone();
    place.push(name.to_owned());
    place
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "test")
    })
}

impl Module {
    fn import(&mut self, path: &[String], tree: &UseTree) {
        let join = |name: &syn::Ident| {
            let mut path = path.to_vec();
            path.push(name.to_string());
            path
        };
        match tree {
            UseTree::Path(below) => self.import(&join(&below.ident), &below.tree),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(path, tree);
                }
            }
            UseTree::Name(name) if name.ident == "self" => self.imported(path.to_vec(), None),
            UseTree::Name(name) => self.imported(join(&name.ident), None),
            UseTree::Rename(rename) => {
                self.imported(join(&rename.ident), Some(rename.rename.to_string()));
            }
            UseTree::Glob(_) => self.paths.push(path.to_vec()),
        }
    }

    fn imported(&mut self, path: Vec<String>, name: Option<String>) {
        let name = name.or_else(|| path.last().cloned());
        self.imports.insert(name.unwrap_or_default(), path.clone());
        self.paths.push(path);
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.import(&[], &item.tree);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let names = path.segments.iter().map(|name| name.ident.to_string());
            self.paths.push(names.collect());
        }
        visit::visit_path(self, path);
    }

    /// The arguments of most macros are expressions, and their paths count too.
    fn visit_macro(&mut self, call: &'ast Macro) {
        type Arguments = syn::punctuated::Punctuated<syn::Expr, syn::Token![,]>;
        if let Ok(arguments) = call.parse_body_with(Arguments::parse_terminated) {
            for argument in &arguments {
                self.visit_expr(argument);
            }
        }
        visit::visit_macro(self, call);
    }
}
