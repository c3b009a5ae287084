//! The pages and their blocks of code.

use std::{fs, path::Path};

use super::support::{example, examples};

/// The README or a page of the guide.
pub(super) struct Page {
    /// `README`, or its topic, or `examples/` and a name.
    pub(super) name: String,
    pub(super) text: String,
}

/// A fenced block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) page: String,
    pub(super) language: String,
    pub(super) text: String,
}

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The pages of the guide, by name.
pub(super) fn guide() -> Vec<Page> {
    let mut pages: Vec<_> = fs::read_dir(root().join("src/guide"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            assert_eq!(path.extension().unwrap(), "md", "{}", path.display());
            Page {
                name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                text: fs::read_to_string(&path).unwrap(),
            }
        })
        .collect();
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    pages
}

/// The text of a page of the guide.
pub(super) fn page_named(name: &str) -> String {
    fs::read_to_string(root().join(format!("src/guide/{name}.md"))).unwrap()
}

/// The page of each example.
pub(super) fn of_examples() -> Vec<Page> {
    let pages = examples().into_iter().map(|name| Page {
        text: fs::read_to_string(example(&name).join("README.md")).unwrap(),
        name: format!("examples/{name}"),
    });
    pages.collect()
}

/// The README, the guide, and the pages of the examples.
pub(super) fn all() -> Vec<Page> {
    let readme = Page {
        name: "README".to_owned(),
        text: readme(),
    };
    let pages = [readme].into_iter().chain(guide());
    pages.chain(of_examples()).collect()
}

/// Every block of all pages.
pub(super) fn blocks() -> Vec<Block> {
    all().iter().flat_map(blocks_of).collect()
}

/// The blocks of a page, in their order.
pub(super) fn blocks_of(page: &Page) -> Vec<Block> {
    let mut found = Vec::new();
    let mut parts = page.text.split("```");
    parts.next();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        let (language, text) = block.split_once('\n').unwrap();
        found.push(Block {
            page: page.name.clone(),
            language: language.to_owned(),
            text: text.to_owned(),
        });
    }
    found
}

/// The one block of a page that begins so.
#[track_caller]
pub(super) fn block(page: &str, start: &str) -> Block {
    let mut found = blocks()
        .into_iter()
        .filter(|block| block.page == page && block.text.starts_with(start));
    match (found.next(), found.next()) {
        (Some(block), None) => block,
        (None, _) => panic!("no block of {page} begins with `{start}`"),
        (Some(_), Some(_)) => panic!("two blocks of {page} begin with `{start}`"),
    }
}

impl Block {
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }
}
