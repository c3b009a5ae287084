//! `ouzel new` and `ouzel types`: a project from the binary alone.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod support;

use std::fs;

use expect_test::expect;
use support::ouzel;

#[test]
fn a_new_project_runs_passes_its_tests_and_has_nothing_to_warn_of() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said, stderr) = ouzel(folder.path(), &["new", "my/tracker"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    expect![[r#"
        made a project in `my/tracker`

          cd my/tracker
          ouzel run --sim       # follow a simulated stream, until Ctrl-C
          ouzel test            # run the tests of the script
          ouzel check --strict  # look for mistakes without a stream

        The script is `scripts/main.lua`; save it while `ouzel run --sim` runs, and the change takes effect at once.
        `ouzel help lua` says what a script can do, and `ouzel.toml` how to use a real account.
    "#]]
    .assert_eq(&said);
    let project = folder.path().join("my/tracker");
    let (code, said, _) = ouzel(&project, &["test"]);
    assert_eq!(code, 0, "{said}");
    let (code, said, stderr) = ouzel(&project, &["check", "--strict"]);
    assert_eq!(code, 0, "{said}{stderr}");
    let (code, _, stderr) = ouzel(
        &project,
        &["run", "--sim", "--rate", "5000", "--limit", "200"],
    );
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("failed 0\n"), "{stderr}");
    let ignored = fs::read_to_string(project.join(".gitignore")).unwrap();
    assert!(ignored.contains("/data\n"));
}

#[test]
fn the_settings_of_a_new_project_are_right_with_an_account_too() {
    let folder = tempfile::tempdir().unwrap();
    ouzel(folder.path(), &["new", "a"]);
    let project = folder.path().join("a");
    let path = project.join("ouzel.toml");
    let all: Vec<_> = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.contains(" = ") => setting.to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    fs::write(&path, all.join("\n")).unwrap();
    let (code, _, stderr) = ouzel(&project, &["check"]);
    assert_eq!(code, 0, "{stderr}");
}

#[test]
fn nothing_is_ever_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "mine").unwrap();
    let (code, _, stderr) = ouzel(folder.path(), &["new", "."]);
    assert_eq!(code, 2);
    assert_eq!(
        stderr,
        "error: the folder `.` is not empty; `ouzel new` makes a project in a new folder or an empty one\n"
    );
    let (code, _, stderr) = ouzel(folder.path(), &["new", "file"]);
    assert_eq!(code, 2);
    assert_eq!(
        stderr,
        "error: `file` is a file; `ouzel new` makes a project in a new folder or an empty one\n"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(ouzel(folder.path(), &["new", "empty"]).0, 0);
}

#[test]
fn types_refreshes_what_is_ouzels_and_keeps_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said, _) = ouzel(folder.path(), &["types"]);
    assert_eq!(
        (code, said.as_str()),
        (0, "wrote `scripts/ouzel.lua`\nwrote `.luarc.json`\n")
    );
    let stub = folder.path().join("scripts/ouzel.lua");
    let shipped = fs::read_to_string(&stub).unwrap();
    fs::write(&stub, "---@meta\n-- older").unwrap();
    fs::write(folder.path().join(".luarc.json"), "{}").unwrap();
    let (code, said, _) = ouzel(folder.path(), &["types", "."]);
    assert_eq!(code, 0);
    assert_eq!(
        said,
        "wrote `scripts/ouzel.lua`\nkept `.luarc.json` as it is; its `workspace.library` has to name `scripts/ouzel.lua`\n"
    );
    assert_eq!(fs::read_to_string(&stub).unwrap(), shipped);
    assert_eq!(
        fs::read_to_string(folder.path().join(".luarc.json")).unwrap(),
        "{}"
    );

    fs::write(&stub, "return {}").unwrap();
    let (code, _, stderr) = ouzel(folder.path(), &["types"]);
    assert_eq!(code, 2);
    assert_eq!(
        stderr,
        "error: `scripts/ouzel.lua` is not the description that ouzel writes; move it away first\n"
    );
    let (code, _, stderr) = ouzel(folder.path(), &["types", "nowhere"]);
    assert_eq!(
        (code, stderr.as_str()),
        (2, "error: there is no folder `nowhere`\n")
    );
}

#[test]
fn a_name_that_a_shell_would_take_apart_is_quoted() {
    for (name, shown) in [
        ("my project", "cd 'my project'"),
        ("it's", r"cd 'it'\''s'"),
        ("größe/a-b_c.d", "cd größe/a-b_c.d"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (code, said, _) = ouzel(folder.path(), &["new", name]);
        assert_eq!(code, 0);
        assert!(said.contains(&format!("\n  {shown}\n")), "{said}");
    }
}
