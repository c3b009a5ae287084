//! The description and the scripts as a language server sees them, where one is installed: `lua-language-server` or
//! `emmylua_check`.

use std::{env, fs, path::Path, process::Command};

use super::{root, scripts};

/// Copies what an editor would open: the scripts, the examples, and the settings.
fn project(folder: &Path) {
    for path in scripts()
        .into_iter()
        .chain([root().join("scripts/ouzel.lua"), root().join(".luarc.json")])
    {
        let to = folder.join(path.strip_prefix(root()).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(path, to).unwrap();
    }
}

fn is_there(program: &str) -> bool {
    let paths = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

#[test]
fn a_language_server_has_nothing_to_say_about_what_ships() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let checkers = [
        (
            "lua-language-server",
            &["--check", ".", "--checklevel=Warning"][..],
        ),
        ("emmylua_check", &["--warnings-as-errors", "."]),
    ];
    let found = checkers.iter().find(|(program, _)| is_there(program));
    let Some((program, arguments)) = found else {
        // None can be installed from where the other tools come from, so this is never demanded.
        eprintln!("SKIPPED: no language server for Lua is installed");
        return;
    };
    let mut checker = Command::new(program);
    let ended = checker.args(*arguments).current_dir(folder.path()).output();
    let ended = ended.unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{told}");
}
