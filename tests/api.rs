//! The pieces of the API that stand for themselves: regular expressions, times, files of data.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::os::unix::fs::symlink;

use expect_test::{Expect, expect};
use support::{Setup, tweet};

/// What a script logs while it loads.
#[track_caller]
fn logs(script: &str, expected: Expect) {
    logs_in(Setup::check(), script, expected);
}

#[track_caller]
fn logs_in(setup: Setup, script: &str, expected: Expect) {
    let setup = setup.environment("OUZEL_LOG", "info").script(script);
    let ended = setup.ends();
    let log = ended.log();
    assert_eq!(ended.code, 0, "{log}");
    let said: Vec<_> = log
        .lines()
        .filter_map(|line| line.strip_prefix("INFO "))
        .collect();
    expected.assert_eq(&said.join("\n"));
}

/// What is said of a script that does not load, without its code.
#[track_caller]
fn fails(script: &str, expected: Expect) {
    fails_in(Setup::check(), script, expected);
}

#[track_caller]
fn fails_in(setup: Setup, script: &str, expected: Expect) {
    let folder = std::fs::canonicalize(setup.folder()).unwrap();
    let ended = setup.script(script).ends();
    let log = ended.log().replace(&*folder.to_string_lossy(), "FOLDER");
    assert_eq!(ended.code, 3, "{log}");
    let said: Vec<_> = log
        .lines()
        .skip(1)
        .filter(|line| !line.contains(" |"))
        // So that a line begins at the margin, and what is indented below it is compared.
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    expected.assert_eq(&said.join("\n"));
}

#[test]
fn a_regex_finds_matches_and_replaces() {
    logs(
        r##"
        local re = ouzel.regex [[(?i)#(\w+)]]
        print(re:is_match("no"), re:is_match("a #Tea"), re.pattern)
        print(re:find("a #Tea b"))
        print(re:match("a #Tea b"), re:match("none"))
        print(re:find("#a #b", 2), re:find("#a #b", 4), re:find("#a", 99))
        local all = {}
        for tag in re:gmatch("#a é #b#c") do all[#all + 1] = tag end
        print(table.concat(all, ","))
        print(re:replace("#a and #b", "<$1>"))
        print(re:replace("#a and #b", "$$${1}x"))
        print(re:replace("#a and #b", function(tag) if tag == "a" then return nil end return tag:upper() end))
        print(re:replace("none", "x"))
        print(ouzel.regex("tea"):match("green tea"))
        print(ouzel.regex("(a)|(b)"):match("b"))
        for a, b in ouzel.regex("(a)|(b)"):gmatch("ab") do print(a, b) end
        print(ouzel.regex(""):replace("é!", "-"))
        print(ouzel.regex("x*"):replace("axxb", "-"))
        print(ouzel.regex("^a"):find("ba", 2))
        print(ouzel.regex("."):find("é"))
        print(#ouzel.regex("(?s-u)."):match("\xff"))
        local date = ouzel.regex [[(?<year>\d{4})-(?<month>\d\d)(-(?<day>\d\d))?]]
        local parts = date:named("on 2018-10")
        print(parts.year, parts.month, parts.day, date:named("none"))
        print(date:replace("2018-10-11", "${day}.$month."))
        "##,
        expect![[r#"
            false	true	(?i)#(\w+)
            3	6	Tea
            Tea	nil
            4	4	nil
            a,b,c
            <a> and <b>	2
            $ax and $bx	2
            #a and B	2
            none	0
            tea
            nil	b
            a	nil
            false	b
            -é-!-	3
            -a-b-	3
            nil
            1	2
            1
            2018	10	nil	nil
            11.10.	1"#]],
    );
}

#[test]
fn a_wrong_pattern_is_drawn() {
    fails(
        "local re = ouzel.regex(\"a(b\")",
        expect![[r#"
             --> main.lua:1
              = the pattern is wrong: unclosed group
                    a(b
                     ^"#]],
    );
    fails(
        "local re = ouzel.regex(\"[z-a]\")",
        expect![[r#"
             --> main.lua:1
              = the pattern is wrong: invalid character class range, the start must be <= the end
                    [z-a]
                     ^^^"#]],
    );
    fails(
        "local re = ouzel.regex(\"a(?=b)\")",
        expect![[r#"
            --> main.lua:1
             = the pattern is wrong: look-around, including look-ahead and look-behind, is not supported
                   a(?=b)
                    ^^^
            hint: such patterns can take for ever on a short text; match more, and look at the captures"#]],
    );
    fails(
        "local re = ouzel.regex [[(a)\\1]]",
        expect![[r#"
            --> main.lua:1
             = the pattern is wrong: backreferences are not supported
                   (a)\1
                      ^^
            hint: such patterns can take for ever on a short text; match more, and look at the captures"#]],
    );
    fails(
        "local re = ouzel.regex(\"a\\n(?x)\\n *b**(\")",
        expect![[r#"
             --> main.lua:1
              = the pattern is wrong: repetition operator missing expression
                ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
                1: a
                2: (?x)
                3:  *b**(
                    ^
                ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"#]],
    );
    fails(
        "local re = ouzel.regex [[(\\w{100}){100}]]",
        expect![[r#"
            --> main.lua:1
             = the pattern is too large: it would take more than 4 MB
            hint: large repetitions, such as `\w{1000}`, take most; `\w+` is small, and `[a-z0-9_]` is smaller than `\w`"#]],
    );
    fails(
        "local re = ouzel.regex((\"(\"):rep(200) .. (\")\"):rep(200))",
        expect![[r#"
             --> main.lua:1
              = the pattern is wrong: exceed the maximum number of nested parentheses/brackets (100)"#]],
    );
    fails(
        "local re = ouzel.regex((\"a\"):rep(20000))",
        expect![[r#"
             --> main.lua:1
              = the pattern has 20000 bytes; 10000 are possible"#]],
    );
    fails(
        "local re = ouzel.regex(5)",
        expect![[r#"
             --> main.lua:1
              = the pattern that `ouzel.regex` takes has to be a string, not a number"#]],
    );
    fails(
        "local re = ouzel.regex(\"a\", \"i\")",
        expect![[r#"
            --> main.lua:1
             = `ouzel.regex` takes `pattern`, not 2 arguments
            hint: options stand in the pattern: `(?i)` at its beginning ignores case"#]],
    );
}

#[test]
fn a_wrong_call_of_a_regex_says_what_is_wrong() {
    let fails = |call: &str, expected: Expect| {
        fails(
            &format!("local re = ouzel.regex \"a(b)?\"\n{call}"),
            expected,
        );
    };
    fails(
        "re.find('a')",
        expect![[r#"
             --> main.lua:2
              = `find` is called with a colon: `regex:find(text)`"#]],
    );
    fails(
        "re:find(nil)",
        expect![[r#"
             --> main.lua:2
              = the text that `regex:find` searches has to be a string, not nil"#]],
    );
    fails(
        "re:find('a', 0)",
        expect![[r#"
             --> main.lua:2
              = the place where `regex:find` begins has to be a whole number from 1 on, not 0"#]],
    );
    fails(
        "re:find('a', 'b')",
        expect![[r#"
             --> main.lua:2
              = the place where `regex:find` begins has to be a whole number from 1 on, not a string"#]],
    );
    fails(
        "re:find('a', 1, 2)",
        expect![[r#"
            --> main.lua:2
             = `regex:find` takes `text` and perhaps `from`, not 3 arguments"#]],
    );
    fails(
        "re:gsub('a', 'b')",
        expect![[r#"
             --> main.lua:2
              = there is no `regex.gsub`"#]],
    );
    fails(
        "re:fnid('a')",
        expect![[r#"
             --> main.lua:2
              = there is no `regex.fnid`; did you mean `find`?"#]],
    );
    fails(
        "re:match(('a'):rep(70000))",
        expect![[r#"
             --> main.lua:2
              = the text that `regex:match` searches has 70000 bytes; 65536 are possible"#]],
    );
    fails(
        "ouzel.regex([[\\w{1,40}]]):find(('a'):rep(5000))",
        expect![[r#"
            --> main.lua:2
             = the text that `regex:find` searches has 5000 bytes; for so large a pattern 4096 are possible
            hint: large repetitions, such as `\w{1000}`, take most; `\w+` is small, and `[a-z0-9_]` is smaller than `\w`"#]],
    );
    fails(
        "ouzel.regex([[(\\w{1,15})]]):find(('a'):rep(20000))",
        expect![[r#"
            --> main.lua:2
             = the text that `regex:find` searches has 20000 bytes; for so large a pattern 16384 are possible
            hint: large repetitions, such as `\w{1000}`, take most; `\w+` is small, and `[a-z0-9_]` is smaller than `\w`"#]],
    );
    fails(
        "re:named('a')",
        expect![[r#"
            --> main.lua:2
             = the pattern names no capture
            hint: a capture with a name is written `(?<name>…)`"#]],
    );
    fails(
        "re:replace('a', {})",
        expect![[r#"
             --> main.lua:2
              = the replacement that `regex:replace` takes has to be a string or a function, not a table"#]],
    );
    fails(
        "re:replace('a', '$2')",
        expect![[r#"
             --> main.lua:2
              = the pattern has no capture `2`"#]],
    );
    fails(
        "re:replace('a', '$1st')",
        expect![[r#"
            --> main.lua:2
             = the pattern has no capture `1st`
            hint: write `${1}st`"#]],
    );
    fails(
        "re:replace('a', '${year}')",
        expect![[r#"
             --> main.lua:2
              = the pattern has no capture `year`"#]],
    );
    fails(
        "re:replace('a', '5 $')",
        expect![[r#"
            --> main.lua:2
             = a `$` in the replacement names no capture
            hint: `$$` stands for `$`"#]],
    );
    fails(
        "re:replace('a', function() return {} end)",
        expect![[r#"
             --> main.lua:2
              = the function that `regex:replace` calls has to give a string, or nil to keep the match, not a table"#]],
    );
    fails(
        "re:replace('a', function() error('no') end)",
        expect![[r#"
             --> main.lua:2
              = no
                in main.lua:2: in local 'with'
                in main.lua:2: in main chunk"#]],
    );
    fails(
        "re.pattern = 'b'",
        expect![[r#"
             --> main.lua:2
              = `regex.pattern` cannot be set"#]],
    );
    fails(
        "re:replace(('a'):rep(60000), ('x'):rep(100))",
        expect![[r#"
             --> main.lua:2
              = `regex:replace` would make more than 4194304 bytes"#]],
    );
}

#[test]
fn a_pattern_that_others_never_end_with_ends() {
    logs(
        r#"
        local text = ("a"):rep(65000)
        print(ouzel.regex("^(a+)+$"):is_match(text .. "!"))
        print(ouzel.regex("(a|aa)+b"):is_match(text))
        print((pcall(function() return ouzel.regex(".*[^A-Z]|[A-Z]"):replace(("A"):rep(65000), "") end)))
        "#,
        expect![[r#"
            false
            false
            false"#]],
    );
}

#[test]
fn times_are_read_and_written() {
    logs(
        r#"
        local time = ouzel.time
        print(time.parse("Wed Oct 10 20:19:24 +0000 2018"), time.parse("2018-10-10T20:19:24.000Z"))
        print(time.parse("2018-10-10T20:19:24.25Z"), time.parse("2018-10-10T22:19:24+02:00"))
        print(time.parse("yesterday"))
        print(time.parse("2018-10-10"))
        print(time.parse("2018-13-10T20:19:24Z"))
        print(time.format(1539202764), time.format(1539202764.25), time.format(-1))
        print(time.format(1539202764, "%Y-%m-%d %H:%M"), time.format(0, "%A"), time.format(0, ""))
        print(math.type(time.now()), time.now() > 1.7e9, time.now() <= time.now())
        print(math.type(time.parse("2018-10-10T20:19:24Z")))
        "#,
        expect![[r#"
            1539202764	1539202764	nil
            1539202764.25	1539202764	nil
            nil	it is no time such as `Wed Oct 10 20:19:24 +0000 2018` or `2018-10-10T20:19:24Z`: strptime parsing failed: %a failed: expected to find weekday abbreviation
            nil	it is no time such as `Wed Oct 10 20:19:24 +0000 2018` or `2018-10-10T20:19:24Z`: failed to find time component, which is required for parsing a timestamp
            nil	it is no time such as `Wed Oct 10 20:19:24 +0000 2018` or `2018-10-10T20:19:24Z`: failed to parse two digit integer as month: parameter 'month' is not in the required range of 1..=12
            2018-10-10T20:19:24Z	2018-10-10T20:19:24.25Z	1969-12-31T23:59:59Z
            2018-10-10 20:19	Thursday	
            float	true	true
            integer"#]],
    );
}

#[test]
fn a_wrong_time_says_what_is_wrong() {
    fails(
        "ouzel.time.now(1)",
        expect![[r#"
             --> main.lua:1
              = `ouzel.time.now` takes no arguments"#]],
    );
    fails(
        "ouzel.time.parse(5)",
        expect![[r#"
             --> main.lua:1
              = the time that `ouzel.time.parse` takes has to be a string, not a number"#]],
    );
    fails(
        "ouzel.time.parse('a', 'b')",
        expect![[r#"
            --> main.lua:1
             = `ouzel.time.parse` takes `text`, not 2 arguments
            hint: parentheses keep the first value of a call: `ouzel.time.parse((text:gsub(…)))`"#]],
    );
    fails(
        "ouzel.time.format('2018')",
        expect![[r#"
            --> main.lua:1
             = the time that `ouzel.time.format` takes has to be a number of seconds since 1970, not a string
            hint: `ouzel.time.parse` reads a text"#]],
    );
    fails(
        "ouzel.time.format(nil)",
        expect![[r#"
             --> main.lua:1
              = the time that `ouzel.time.format` takes has to be a number of seconds since 1970, not nil"#]],
    );
    fails(
        "ouzel.time.format(1/0)",
        expect![[r#"
            --> main.lua:1
             = inf seconds since 1970 are in no year that can be written
            hint: `timestamp_ms` of a Tweet has milliseconds: divide by 1000"#]],
    );
    fails(
        "ouzel.time.format(1539202764000000)",
        expect![[r#"
            --> main.lua:1
             = 1539202764000000 seconds since 1970 are in no year that can be written
            hint: `timestamp_ms` of a Tweet has milliseconds: divide by 1000"#]],
    );
    fails(
        "ouzel.time.format(0, '%!')",
        expect![[r#"
            --> main.lua:1
             = the pattern `%!` is wrong: strftime formatting failed: found unrecognized specifier directive `!`
            hint: it is as for `strftime`, such as `%Y-%m-%d %H:%M`; the time is in UTC"#]],
    );
    fails(
        "ouzel.time.format(0, 5)",
        expect![[r#"
             --> main.lua:1
              = the pattern that `ouzel.time.format` takes has to be a string, not a number"#]],
    );
    fails(
        "ouzel.time.format(0, '%Y', 1)",
        expect![[r#"
            --> main.lua:1
             = `ouzel.time.format` takes `time` and perhaps `pattern`, not 3 arguments"#]],
    );
    fails(
        "ouzel.time.format(0, ('%Y'):rep(200))",
        expect![[r#"
             --> main.lua:1
              = the pattern has 400 bytes; 200 are possible"#]],
    );
    fails(
        "ouzel.time.formt(0)",
        expect![[r#"
             --> main.lua:1
              = there is no `ouzel.time.formt`; did you mean `format`?"#]],
    );
}

#[test]
fn null_has_a_short_name() {
    logs(
        "print(ouzel.null == ouzel.json.null, ouzel.json.encode { ouzel.null })",
        expect!["true	[null]"],
    );
}

/// A project with these files below the script's folder.
fn with(files: &[(&str, &str)]) -> Setup {
    files.iter().fold(Setup::check(), |setup, (name, text)| {
        setup.file(&format!("scripts/{name}"), text)
    })
}

#[test]
fn lines_are_read_one_by_one() {
    logs_in(
        with(&[
            ("names.txt", "\u{feff}ada\r\n\ngrace\nlast"),
            ("more/a.txt", "x\n"),
            ("empty.txt", ""),
        ]),
        r#"
        local all = {}
        for line in ouzel.lines("names.txt") do all[#all + 1] = line end
        print(#all, table.concat(all, "|"))
        for line in ouzel.lines("./more/a.txt") do print(line) end
        for line in ouzel.lines("empty.txt") do print("never") end
        for i = 1, 500 do for line in ouzel.lines("names.txt") do break end end
        local next = ouzel.lines("empty.txt")
        print(next(), next())
        "#,
        expect![[r#"
            4	ada||grace|last
            x
            nil	nil"#]],
    );
}

#[test]
fn a_csv_file_is_read_row_by_row() {
    logs_in(
        with(&[
            (
                "words.csv",
                "\u{feff}word,score\ngood,1\n\"bad, \"\"really\"\"\",-2\n\nodd,\n",
            ),
            ("plain.csv", "a;b\n1;2;3\n"),
            ("only.csv", "word,score\n"),
            ("none.csv", ""),
        ]),
        r#"
        for row in ouzel.csv("words.csv") do print(row.word, tonumber(row.score), #row) end
        for row in ouzel.csv("plain.csv", { header = false, separator = ";" }) do print(#row, row[1], row[#row]) end
        for row in ouzel.csv("only.csv") do print("never") end
        for row in ouzel.csv("none.csv", { header = false }) do print("never") end
        "#,
        expect![[r#"
            good	1	0
            bad, "really"	-2	0
            odd	nil	0
            2	a	b
            3	1	3"#]],
    );
}

#[test]
fn a_file_of_data_that_cannot_be_read_says_why() {
    let fails = |script: &str, expected: Expect| {
        let setup =
            with(&[("names.txt", "a\n"), ("lists/words.csv", "a\n")]).file("secret.txt", "x");
        symlink("../secret.txt", setup.folder().join("scripts/link.txt")).unwrap();
        symlink("..", setup.folder().join("scripts/up")).unwrap();
        symlink("/dev/zero", setup.folder().join("scripts/zero")).unwrap();
        fails_in(setup, script, expected);
    };
    fails(
        "for l in ouzel.lines('nams.txt') do end",
        expect![[r#"
            --> main.lua:1
             = `ouzel.lines` cannot read `nams.txt`: there is no such file below the script's folder
            hint: did you mean `names.txt`?"#]],
    );
    fails(
        "for l in ouzel.csv('lists/word.csv') do end",
        expect![[r#"
            --> main.lua:1
             = `ouzel.csv` cannot read `lists/word.csv`: there is no such file below the script's folder
            hint: did you mean `lists/words.csv`?"#]],
    );
    fails(
        "for l in ouzel.lines('nothing') do end",
        expect![[r#"
             --> main.lua:1
              = `ouzel.lines` cannot read `nothing`: there is no such file below the script's folder"#]],
    );
    fails(
        "for l in ouzel.lines('../secret.txt') do end",
        expect![[r#"
            --> main.lua:1
             = `ouzel.lines` cannot read `../secret.txt`: it is no path below the script's folder
            hint: write it as `lists/names.csv`: with `/`, without `..`, from the script's folder on"#]],
    );
    fails(
        "for l in ouzel.lines('/etc/passwd') do end",
        expect![[r#"
            --> main.lua:1
             = `ouzel.lines` cannot read `/etc/passwd`: it is no path below the script's folder
            hint: write it as `lists/names.csv`: with `/`, without `..`, from the script's folder on"#]],
    );
    fails(
        "for l in ouzel.csv('lists/../../secret.txt') do end",
        expect![[r#"
            --> main.lua:1
             = `ouzel.csv` cannot read `lists/../../secret.txt`: it is no path below the script's folder
            hint: write it as `lists/names.csv`: with `/`, without `..`, from the script's folder on"#]],
    );
    fails(
        "for l in ouzel.lines('link.txt') do end",
        expect![[r#"
            --> main.lua:1
             = `ouzel.lines` cannot read `link.txt`: it leads out of the script's folder, to `FOLDER/secret.txt`
            hint: put the file itself below the script's folder"#]],
    );
    fails(
        "for l in ouzel.csv('up/secret.txt') do end",
        expect![[r#"
            --> main.lua:1
             = `ouzel.csv` cannot read `up/secret.txt`: it leads out of the script's folder, to `FOLDER/secret.txt`
            hint: put the file itself below the script's folder"#]],
    );
    fails(
        "for l in ouzel.lines('zero') do end",
        expect![[r#"
            --> main.lua:1
             = `ouzel.lines` cannot read `zero`: it leads out of the script's folder, to `/dev/zero`
            hint: put the file itself below the script's folder"#]],
    );
    fails(
        "for l in ouzel.lines('lists') do end",
        expect![[r#"
             --> main.lua:1
              = `ouzel.lines` cannot read `lists`: it is no regular file"#]],
    );
    fails(
        "for l in ouzel.lines('') do end",
        expect![[r#"
            --> main.lua:1
             = `ouzel.lines` cannot read ``: it is no path below the script's folder
            hint: write it as `lists/names.csv`: with `/`, without `..`, from the script's folder on"#]],
    );
    fails(
        "for l in ouzel.lines(5) do end",
        expect![[r#"
             --> main.lua:1
              = the path that `ouzel.lines` takes has to be a string, not a number"#]],
    );
    fails(
        "for l in ouzel.lines('names.txt', 'r') do end",
        expect![[r#"
            --> main.lua:1
             = `ouzel.lines` takes `path`, not 2 arguments"#]],
    );
    fails(
        "for l in ouzel.csv('names.txt', 5) do end",
        expect![[r#"
             --> main.lua:1
              = what `ouzel.csv` takes second has to be a table, not a number"#]],
    );
    fails(
        "for l in ouzel.csv('names.txt', { ';' }) do end",
        expect![[r#"
             --> main.lua:1
              = the options of `ouzel.csv` are named fields: { header = false, separator = ";" }"#]],
    );
    fails(
        "for l in ouzel.csv('names.txt', {\n  seperator = ';' }) do end",
        expect![[r#"
            --> main.lua:2
             = `ouzel.csv` has no option `seperator`
            hint: did you mean `separator`?"#]],
    );
    fails(
        "for l in ouzel.csv('names.txt', { separator = ';;' }) do end",
        expect![[r#"
             --> main.lua:1
              = `separator` of `ouzel.csv` is one character of ASCII, such as ";" or "\t", not ";;""#]],
    );
    fails(
        "for l in ouzel.csv('names.txt', { separator = 5 }) do end",
        expect![[r#"
             --> main.lua:1
              = `separator` of `ouzel.csv` has to be a string, not a number"#]],
    );
    fails(
        "for l in ouzel.csv('names.txt', { header = 'a' }) do end",
        expect![[r#"
             --> main.lua:1
              = `header` of `ouzel.csv` is true or false, not a string"#]],
    );
    fails(
        "local open = {}\nfor i = 1, 100 do open[i] = ouzel.lines('names.txt') end",
        expect![[r#"
            --> main.lua:2
             = 64 files are open already
            hint: a file is closed when its loop has come to the end"#]],
    );
}

#[test]
fn a_file_that_is_no_csv_says_where() {
    let fails = |text: &str, expected: Expect| {
        fails_in(
            with(&[("a.csv", text)]),
            "for row in ouzel.csv('a.csv') do\nend",
            expected,
        );
    };
    fails(
        "",
        expect![[r#"
            --> main.lua:1
             = the header of `a.csv` is missing: the file is empty
            hint: the first row names the columns; without one: `ouzel.csv(path, { header = false })`"#]],
    );
    fails(
        "a,,c\n",
        expect![[r#"
            --> main.lua:1
             = the header of `a.csv` does not name column 2
            hint: the first row names the columns; without one: `ouzel.csv(path, { header = false })`"#]],
    );
    fails(
        "a,b,a\n",
        expect![[r#"
            --> main.lua:1
             = the header of `a.csv` names two columns `a`
            hint: the first row names the columns; without one: `ouzel.csv(path, { header = false })`"#]],
    );
    fails(
        "a,b\n1,2\n3\n",
        expect![[r#"
            --> main.lua:1
             = line 3 of `a.csv` has 1 field, and its header 2
            hint: a field with a separator in it stands in quotes: "a, b"; another separator is an option: `separator = ";"`"#]],
    );
    fails(
        &format!("a,b\n1,\"{}", "x\n".repeat(1 << 20)),
        expect![[r#"
            --> main.lua:1
             = the row that begins in line 2 of `a.csv` cannot be read: it has more than 1048576 bytes
            hint: perhaps a `"` is not closed: inside of quotes it is written twice"#]],
    );
    fails(
        &format!("{}z\n", "x,".repeat(2000)),
        expect![[r#"
            --> main.lua:1
             = the header of `a.csv` names two columns `x`
            hint: the first row names the columns; without one: `ouzel.csv(path, { header = false })`"#]],
    );
    fails_in(
        with(&[("a.txt", &"x".repeat(2 << 20))]),
        "for line in ouzel.lines('a.txt') do end",
        expect![[r#"
             --> main.lua:1
              = line 1 of `a.txt` has more than 1048576 bytes"#]],
    );
    fails_in(
        with(&[]).file("scripts/a.csv", b"a,\xff\n"),
        "for row in ouzel.csv('a.csv') do end",
        expect![[r#"
            --> main.lua:1
             = the header of `a.csv` is not UTF-8 text
            hint: the first row names the columns; without one: `ouzel.csv(path, { header = false })`"#]],
    );
}

#[test]
fn a_pipe_is_no_file_of_data() {
    let setup = with(&[]).script("for line in ouzel.lines('pipe') do end");
    let pipe = setup.folder().join("scripts/pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(pipe)
            .status()
            .unwrap()
            .success()
    );
    setup
        .ends()
        .assert_code(3)
        .assert_says("`ouzel.lines` cannot read `pipe`: it is no regular file");
}

#[test]
fn files_of_data_are_read_while_the_script_loads() {
    let run = Setup::new()
        .script(
            "ouzel.on(\"*\", function(t)\n  for line in ouzel.lines(\"names.txt\") do end\nend)",
        )
        .arguments(&["--limit", "1"])
        .start();
    run.powertrack().send(tweet(1));
    run.ends()
        .assert_says("main.lua:2: `ouzel.lines` can only be called while the script loads, not from a handler")
        .assert_says("hint: read the file into a table while the script loads; a change of it loads the script again");
}

#[test]
fn a_changed_file_of_data_loads_the_script_again() {
    let run = Setup::new()
        .file("scripts/lists/words.csv", "word\none\n")
        .file("scripts/names.txt", "ada\n")
        .script(
            r#"
            for row in ouzel.csv("lists/words.csv") do print("word", row.word) end
            for name in ouzel.lines("names.txt") do print("name", name) end
            for ok, name in ipairs { "later.txt" } do print("later", (pcall(ouzel.lines, name))) end
            ouzel.on("*", function() end)"#,
        )
        .start();
    run.wait_for("later\tfalse");
    run.write("scripts/lists/words.csv", "word\ntwo\n");
    run.wait_for("word\ttwo");
    run.write_in_place("scripts/names.txt", "grace\n");
    run.wait_for("name\tgrace");
    run.write("scripts/later.txt", "now\n");
    run.wait_for("later\ttrue");
    run.drain();
}

#[test]
fn a_wrong_metric_says_what_is_wrong() {
    let fails = |script: &str, expected: Expect| {
        let before = "local n, g = ouzel.metric('n_total'), ouzel.metric('g')\n";
        fails(&format!("{before}{script}"), expected);
    };
    fails(
        "ouzel.metric()",
        expect![[r#"
            --> main.lua:2
             = `ouzel.metric` takes `name` and perhaps `help`, not 0 arguments"#]],
    );
    fails(
        "ouzel.metric(5)",
        expect![[r#"
             --> main.lua:2
              = the name of a metric has to be a string, not a number"#]],
    );
    fails(
        "ouzel.metric('Links')",
        expect![[r#"
             --> main.lua:2
              = `Links` cannot be the name of a metric: it takes small letters, digits and `_`, and begins with no digit"#]],
    );
    fails(
        "ouzel.metric('a-b')",
        expect![[r#"
             --> main.lua:2
              = `a-b` cannot be the name of a metric: it takes small letters, digits and `_`, and begins with no digit"#]],
    );
    fails(
        "ouzel.metric('1a')",
        expect![[r#"
             --> main.lua:2
              = `1a` cannot be the name of a metric: it takes small letters, digits and `_`, and begins with no digit"#]],
    );
    fails(
        "ouzel.metric('n_total')",
        expect![[r#"
             --> main.lua:2
              = metric `n_total` is declared twice"#]],
    );
    fails(
        "ouzel.metric('a', 5)",
        expect![[r#"
             --> main.lua:2
              = the help text of a metric has to be a string, not a number"#]],
    );
    fails(
        "ouzel.metric('a', 'two\\nlines')",
        expect![[r#"
             --> main.lua:2
              = the help text of a metric is one line of at most 500 bytes"#]],
    );
    fails(
        "ouzel.metric('a', 'b', 'c')",
        expect![[r#"
            --> main.lua:2
             = `ouzel.metric` takes `name` and perhaps `help`, not 3 arguments"#]],
    );
    fails(
        "for i = 1, 200 do ouzel.metric('a' .. i) end",
        expect![[r#"
             --> main.lua:2
              = a script has at most 100 metrics"#]],
    );
    fails(
        "n.add(1)",
        expect![[r#"
             --> main.lua:2
              = `add` is called with a colon: `n_total:add(…)`"#]],
    );
    fails(
        "n:inc(1)",
        expect![[r#"
             --> main.lua:2
              = there is no `n_total.inc`"#]],
    );
    fails(
        "n:add('1')",
        expect![[r#"
             --> main.lua:2
              = `n_total:add` takes a number, not a string"#]],
    );
    fails(
        "n:add(1/0)",
        expect![[r#"
             --> main.lua:2
              = `n_total:add` takes a number, not one that is not finite"#]],
    );
    fails(
        "n:add(-1)",
        expect![[r#"
            --> main.lua:2
             = the counter `n_total` cannot shrink
            hint: a name that ends with `_total` is of a counter, which only grows; another name is of a gauge"#]],
    );
    fails(
        "n:set(1)",
        expect![[r#"
            --> main.lua:2
             = the counter `n_total` cannot be set
            hint: a name that ends with `_total` is of a counter, which only grows; another name is of a gauge"#]],
    );
    fails(
        "g:set()",
        expect![[r#"
            --> main.lua:2
             = `g:set` takes `number` and perhaps `labels`, not 0 arguments"#]],
    );
    fails(
        "g:set(1, 'en')",
        expect![[r#"
            --> main.lua:2
             = the labels of `g` have to be a table, not a string
            hint: write them as { tag = rule.tag }"#]],
    );
    fails(
        "g:set(1, { 'en' })",
        expect![[r#"
             --> main.lua:2
              = a label of `g` has a name of small letters, digits and `_`: { tag = rule.tag }"#]],
    );
    fails(
        "g:set(1, { Lang = 'en' })",
        expect![[r#"
             --> main.lua:2
              = a label of `g` has a name of small letters, digits and `_`: { tag = rule.tag }"#]],
    );
    fails(
        "g:set(1, { lang = 1.5 })",
        expect![[r#"
             --> main.lua:2
              = the label `lang` of `g` has to be a string, a whole number or a boolean, not a number"#]],
    );
    fails(
        "g:set(1, { lang = ('x'):rep(300) })",
        expect![[r#"
             --> main.lua:2
              = the label `lang` of `g` has 300 bytes; 200 are possible"#]],
    );
    fails(
        "g:set(1, { a = 1, b = 1, c = 1, d = 1, e = 1, f = 1, g = 1, h = 1, i = 1 })",
        expect![[r#"
             --> main.lua:2
              = `g` has more than 8 labels"#]],
    );
    fails(
        "g:set(1, { lang = 'en' }, 2)",
        expect![[r#"
            --> main.lua:2
             = `g:set` takes `number` and perhaps `labels`, not 3 arguments"#]],
    );
    fails(
        "for i = 1, 200 do g:set(i, { n = i }) end",
        expect![[r#"
            --> main.lua:2
             = the script has 100 series already, and no more are possible
            hint: each value of a label makes a series: use labels with few values, such as a tag, and never an id or a name"#]],
    );
}
