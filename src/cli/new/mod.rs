//! `ouzel new` and `ouzel types`: a project, and what an editor needs to know, written from the binary alone.

mod examples;

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

use super::print::print;
use crate::{error::Error, script::stub, text::plain};

/// Where the editor's description of `ouzel` lies in a project.
const STUB: &str = "scripts/ouzel.lua";

/// Where the editor's settings lie.
const EDITOR: &str = ".luarc.json";

/// How the description begins in all versions.
const STUB_BEGINS: &str = "---@meta";

const EDITOR_TEXT: &str = include_str!("../../../.luarc.json");

/// What a project consists of, besides the description.
const PROJECT: &[(&str, &str)] = &[
    ("ouzel.toml", include_str!("ouzel.toml")),
    (".gitignore", include_str!("gitignore")),
    (
        "scripts/main.lua",
        include_str!("../../../scripts/main.lua"),
    ),
    (
        "scripts/main_test.lua",
        include_str!("../../../scripts/main_test.lua"),
    ),
    (EDITOR, EDITOR_TEXT),
];

/// `ouzel new`.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The folder of the project: a new one, or an empty one.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// An example to begin with, with its tests and a README.
    #[arg(long, value_name = "NAME", value_parser = examples::names())]
    example: Option<String>,
}

/// `ouzel types`.
#[derive(Debug, Args)]
pub(crate) struct Types {
    /// The folder of the project.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// Makes a project.
///
/// # Errors
/// [`Error::Usage`] if there is something in the folder, [`Error::System`] if a file cannot be written.
pub(crate) fn new(arguments: &New) -> Result<(), Error> {
    let folder = &arguments.folder;
    let shown = plain::line(&folder.display().to_string()).into_owned();
    if let Ok(meta) = fs::metadata(folder) {
        if !meta.is_dir() {
            return Err(Error::Usage(format!(
                "`{shown}` is a file; `ouzel new` makes a project in a new folder or an empty one"
            )));
        }
        let what = format!("cannot read the folder `{shown}`");
        let mut entries = fs::read_dir(folder).map_err(Error::system(what))?;
        if entries.next().is_some() {
            return Err(Error::Usage(format!(
                "the folder `{shown}` is not empty; `ouzel new` makes a project in a new folder or an empty one"
            )));
        }
    }
    let example = arguments.example.as_deref().and_then(examples::named);
    let own = example.map_or(&[][..], |example| example.files);
    let is_own = |name: &str| own.iter().any(|(own, _)| *own == name);
    let common = PROJECT.iter().filter(|(name, _)| !is_own(name));
    for (name, text) in common.chain(own) {
        write(folder, name, text)?;
    }
    write(folder, STUB, &stub())?;
    let readme = match example {
        Some(_) => "`README.md` says what the example does, and how to look at its rows.\n",
        None => "",
    };
    let way = quoted(&shown);
    print(&format!(
        "made a project in `{shown}`\n\
         \n\
         \x20 cd {way}\n\
         \x20 ouzel run --sim       # follow a simulated stream, until Ctrl-C\n\
         \x20 ouzel test            # run the tests of the script\n\
         \x20 ouzel check --strict  # look for mistakes without a stream\n\
         \n\
         {readme}The script is `scripts/main.lua`; save it while `ouzel run --sim` runs, and the change takes effect at once.\n\
         `ouzel help lua` says what a script can do, and `ouzel.toml` how to use a real account.\n"
    ))
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    match path.chars().all(is_plain) && !path.starts_with('-') {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

/// Writes what an editor needs to know.
///
/// # Errors
/// [`Error::Usage`] if a file of this name is not ouzel's, [`Error::System`] if a file cannot be written.
pub(crate) fn types(arguments: &Types) -> Result<(), Error> {
    let folder = &arguments.folder;
    if !folder.is_dir() {
        let shown = folder.display().to_string();
        return Err(Error::Usage(format!(
            "there is no folder `{}`",
            plain::line(&shown)
        )));
    }
    let there = fs::read(folder.join(STUB)).unwrap_or_default();
    if !there.is_empty() && !there.starts_with(STUB_BEGINS.as_bytes()) {
        return Err(Error::Usage(format!(
            "`{STUB}` is not the description that ouzel writes; move it away first"
        )));
    }
    write(folder, STUB, &stub())?;
    let mut told = format!("wrote `{STUB}`\n");
    // Whoever has settings of their own keeps them.
    match fs::read(folder.join(EDITOR)) {
        Ok(own) if own == EDITOR_TEXT.as_bytes() => {}
        Ok(_) => {
            told += &format!(
                "kept `{EDITOR}` as it is; its `workspace.library` has to name `{STUB}`\n"
            );
        }
        Err(_) => {
            write(folder, EDITOR, EDITOR_TEXT)?;
            told += &format!("wrote `{EDITOR}`\n");
        }
    }
    print(&told)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), Error> {
    let path = folder.join(name);
    let what = || format!("cannot write `{}`", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::system(what()))?;
    }
    fs::write(&path, text).map_err(Error::system(what()))
}
