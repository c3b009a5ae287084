//! What other Lua programs have and a script of ouzel has not, and what to use instead.

const READ: &str =
    "a script has no `io`; `ouzel.lines` and `ouzel.csv` read files below the script's folder";
const WRITE: &str = "a script has no `io`; `ouzel.emit` writes to stdout, or into a file that `ouzel.sink` declares";
const IO: &str = "a script has no `io`; `ouzel.lines` and `ouzel.csv` read files below the script's folder, `ouzel.sink` and `ouzel.emit` write";
const RUN: &str = "a script cannot start programs; `ouzel.emit` gives Tweets to the next program on stdout, or to a file with `ouzel.sink`";
const FILES: &str = "a script cannot touch files; `ouzel.sink` and `ouzel.emit` write lines into a file of the data folder";
const DEBUG: &str = "a script has no `debug`; the log shows the calls that led to an error, and `ouzel.log.debug` writes values";
const MODULES: &str = "a script has no `package`; `require \"lists.names\"` loads `lists/names.lua` below the script's folder, and nothing else can be loaded";
const REQUIRE: &str = "a script reads Lua files as modules: `require \"names\"` runs `names.lua` below the script's folder, and gives what it returns";

/// Global names, each with a field where only that is missing. The first that fits counts.
#[rustfmt::skip] // A table.
const ABSENT: &[(&str, Option<&str>, &str)] = &[
    ("io", Some("lines"), READ),
    ("io", Some("read"), READ),
    ("io", Some("input"), READ),
    ("io", Some("write"), WRITE),
    ("io", Some("output"), WRITE),
    ("io", Some("stdout"), WRITE),
    ("io", Some("stderr"), "a script has no `io`; `print` and `ouzel.log.info` write to the log, which is stderr"),
    ("io", Some("popen"), RUN),
    ("io", None, IO),
    ("os", Some("execute"), RUN),
    ("os", Some("getenv"), "a script cannot see the environment; keep settings in a module of Lua, such as `require \"settings\"`"),
    ("os", Some("exit"), "a script cannot end ouzel; `error(\"…\")` fails this Tweet, or this load, and nothing else"),
    ("os", Some("remove"), FILES),
    ("os", Some("rename"), FILES),
    ("os", Some("tmpname"), FILES),
    ("os", Some("difftime"), "times are numbers of seconds: subtract them"),
    ("os", Some("setlocale"), "a script has no locale"),
    ("debug", None, DEBUG),
    ("package", None, MODULES),
    ("module", None, REQUIRE),
    ("dofile", None, REQUIRE),
    ("loadfile", None, REQUIRE),
    ("loadstring", None, "in Lua 5.4 `load` takes text"),
    ("unpack", None, "in Lua 5.4 it is `table.unpack`"),
    ("test", None, "tests stand in files `*_test.lua` beside the script, and `ouzel test` runs them"),
    ("warn", None, "`ouzel.log.warn` writes a warning"),
    ("string", Some("dump"), "a script cannot make bytecode; `load` takes text"),
    ("string", Some("gfind"), "in Lua 5.4 it is `string.gmatch`"),
    ("table", Some("getn"), "in Lua 5.4 it is `#list`"),
    ("bit32", None, "Lua 5.4 has operators for bits: `&`, `|`, `~`, `<<` and `>>`"),
    ("setfenv", None, "Lua 5.4 has `_ENV`, and `load` takes the globals of what it loads as its fourth argument"),
    ("getfenv", None, "Lua 5.4 has `_ENV`"),
];

/// What to use instead of a global name, or of a field of one.
pub(super) fn instead(global: &str, field: Option<&str>) -> Option<&'static str> {
    ABSENT
        .iter()
        .find(|(name, of, _)| *name == global && (of.is_none() || *of == field))
        .map(|(_, _, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_decides_where_the_rest_is_there() {
        assert_eq!(
            instead("os", Some("exit")),
            Some(
                "a script cannot end ouzel; `error(\"…\")` fails this Tweet, or this load, and nothing else"
            )
        );
        assert_eq!(instead("os", Some("time")), None);
        assert_eq!(instead("os", None), None);
        assert_eq!(instead("io", Some("lines")), Some(READ));
        assert_eq!(instead("io", Some("open")), Some(IO));
        assert_eq!(instead("debug", Some("sethook")), Some(DEBUG));
        assert_eq!(instead("tweets", None), None);
    }
}
