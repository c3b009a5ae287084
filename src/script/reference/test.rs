//! `test`, and the methods of `t`.

use super::{
    Class, Function, Held, Item, Partial, Section, field, gives,
    native::{TWEET_TYPE, USER_TYPE},
    needed, perhaps,
};

pub(super) const SECTION: Section = Section {
    title: "Tests",
    text: "Files `*_test.lua` beside the script, which `ouzel test` runs. They have `ouzel.json`, `ouzel.log`, `ouzel.regex` \
        and `ouzel.time` too; what else is in `ouzel` belongs to the script.",
    items: &[
        Item::Function(&TEST),
        Item::Class(&TEST_TYPE),
        Item::Partial(&TEST_TWEET),
        Item::Partial(&TEST_USER),
        Item::Function(&TWEET),
        Item::Function(&FIXTURE),
        Item::Function(&SEND),
        Item::Function(&ROWS),
        Item::Function(&EMITTED),
        Item::Function(&DROPPED),
        Item::Function(&STATE),
        Item::Function(&NOW),
        Item::Function(&ADVANCE),
        Item::Function(&ALARM),
        Item::Function(&MATCHES),
        Item::Function(&EQUAL),
        Item::Function(&OK),
        Item::Function(&FAILS),
        Item::Function(&SNAPSHOT),
    ],
};

/// `test`.
pub(in crate::script) const TEST: Function = Function {
    path: "test",
    text: "Adds a test. It has a script that was just loaded, an empty database, and a clock that stands still at noon on \
        1 January 2026 UTC. It fails if an error ends it, and `t` has the functions that check something.",
    example: r#"test("a Tweet about a launch is stored", function(t)
  t:equal(t:send(t:tweet { text = "a rocket", tags = { "launch" } }), "kept")
  t:equal(#t:rows("seen"), 1)
end)"#,
    raises: "Raises for a name that another test of the file has, if `run` is not a function, and in a test.",
    parameters: &[
        needed("name", "string", "what the test shows"),
        needed("run", "fun(t: ouzel.Test)", ""),
    ],
    ..Function::NONE
};

const TEST_TYPE: Class = Class {
    name: "ouzel.Test",
    text: "What a test gets. Each error of these functions names the line of the test.",
    held: Held::Local("Test"),
    ..Class::NONE
};

/// What a Tweet of a test is made of.
pub(in crate::script) const TEST_TWEET: Partial = Partial {
    name: "ouzel.TestTweet",
    of: &TWEET_TYPE,
    text: "What `t:tweet` makes a Tweet of.",
    kinds: &[
        ("user", "ouzel.TestUser"),
        ("retweeted_status", "ouzel.TestTweet"),
        ("quoted_status", "ouzel.TestTweet"),
        ("extended_tweet", "table"),
        ("entities", "table"),
        ("extended_entities", "table"),
        ("matching_rules", "table[]"),
        ("place", "table"),
    ],
    fields: &[
        field("tags", "string[]?", "the tags of the rules that it has matched"),
        field("full_text", "string?", "the whole text, as Tweets of the REST API have it"),
    ],
};

/// What its author is made of.
pub(in crate::script) const TEST_USER: Partial = Partial {
    name: "ouzel.TestUser",
    of: &USER_TYPE,
    text: "What `t:tweet` makes an author of.",
    kinds: &[],
    fields: &[],
};

/// `Test:tweet`.
pub(in crate::script) const TWEET: Function = Function {
    path: "Test:tweet",
    text: "Makes a Tweet of the native format with all fields that the service sends: id and time from the test's clock, \
        author, and entities from the text. The fields that are given stand in it as given, those of `user` one by \
        one. A Tweet in `retweeted_status` or `quoted_status` is filled in too. A text that is too long for a Tweet is \
        cut, and stands whole in `extended_tweet`.\n\n\
        `tags` says which rules of the script the Tweet has matched, by their tags. Without it, the rules are matched \
        against the Tweet.",
    example: r#"local tweet = t:tweet { text = "a rocket", tags = { "launch" }, user = { screen_name = "alice" } }"#,
    raises: "Raises for a tag that no rule of the script has, and for a field that is nearly the name of another one.",
    parameters: &[perhaps("fields", "ouzel.TestTweet", "")],
    gives: &[gives("ouzel.Tweet", "", "")],
    ..Function::NONE
};

/// `Test:fixture`.
pub(in crate::script) const FIXTURE: Function = Function {
    path: "Test:fixture",
    text: "Reads the Tweets of a file of JSON Lines beside the test, or in a folder there.",
    example: r#"for _, tweet in ipairs(t:fixture("tweets.jsonl")) do t:send(tweet) end"#,
    raises: "Raises if there is no such file, if it is no file below the test's folder or larger than 64 MiB, and for a \
        line that is no Tweet.",
    parameters: &[needed("file", "string", "")],
    gives: &[gives("ouzel.Tweet[]", "", "")],
    ..Function::NONE
};

/// `Test:send`.
pub(in crate::script) const SEND: Function = Function {
    path: "Test:send",
    text: "Runs the script's handlers on a Tweet, and commits what they write. A Tweet that does not say which rules it \
        has matched gets those of the script that match it.",
    example: r#"t:equal(t:send(t:tweet { text = "a rocket" }), "kept")"#,
    raises: "Raises what a handler raises, with the place in the script. What the handlers have written for the Tweet is \
        then taken back.",
    parameters: &[needed("tweet", "ouzel.AnyTweet|table", "")],
    gives: &[gives("\"kept\"|\"dropped\"", "verdict", "")],
    ..Function::NONE
};

/// `Test:rows`.
pub(in crate::script) const ROWS: Function = Function {
    path: "Test:rows",
    text: "The rows of a table, ordered by its rowid (an `INTEGER PRIMARY KEY` is the rowid), or those of a query. A \
        column that is NULL is nil.",
    example: r#"t:equal(t:rows("SELECT author FROM seen WHERE id > ?", 0), { { author = "alice" } })"#,
    raises: "Raises for a table that there is not, for wrong SQL, and for more than 100000 rows.",
    parameters: &[
        needed("table", "string", "the name of a table, or SQL"),
        needed("...", "ouzel.Cell?", "a value for each `?` of the SQL"),
    ],
    gives: &[gives("table<string, string|number>[]", "rows", "")],
    ..Function::NONE
};

/// `Test:emitted`.
pub(in crate::script) const EMITTED: Function = Function {
    path: "Test:emitted",
    text: "What the script has emitted in this test to standard output, or to a sink.",
    example: "t:equal(t:emitted(), { { id = 1 } })",
    raises: "Raises for a sink that the script has not declared.",
    parameters: &[perhaps("sink", "string", "the name of a sink")],
    gives: &[gives("any[]", "values", "")],
    ..Function::NONE
};

/// `Test:dropped`.
pub(in crate::script) const DROPPED: Function = Function {
    path: "Test:dropped",
    text: "How many Tweets of this test a filter has dropped.",
    example: "t:equal(t:dropped(), 0)",
    raises: "Raises when called with an argument.",
    gives: &[gives("integer", "", "")],
    ..Function::NONE
};

/// `Test:state`.
pub(in crate::script) const STATE: Function = Function {
    path: "Test:state",
    text: "A copy of what is in `ouzel.state`.",
    example: "t:equal(t:state().seen, { [1] = true })",
    raises: "Raises when called with an argument.",
    gives: &[gives("table", "", "")],
    ..Function::NONE
};

/// `Test:now`.
pub(in crate::script) const NOW: Function = Function {
    path: "Test:now",
    text: "The time of the test's clock, which is also what `os.time` and `ouzel.time.now` give to the script.",
    example: "t:equal(os.time(), t:now())",
    raises: "Raises when called with an argument.",
    gives: &[gives("integer", "seconds", "since 1970")],
    ..Function::NONE
};

/// `Test:advance`.
pub(in crate::script) const ADVANCE: Function = Function {
    path: "Test:advance",
    text: "Lets time pass, and runs each timer of the script as often as it is due meanwhile.",
    example: r#"t:advance("1m")"#,
    raises: "Raises for a time without a unit or of more than 366 days, and what a timer raises.",
    parameters: &[needed(
        "time",
        "string",
        "such as `\"30s\"`, `\"1m\"` or `\"2h\"`",
    )],
    ..Function::NONE
};

/// `Test:alarm`.
pub(in crate::script) const ALARM: Function = Function {
    path: "Test:alarm",
    text: "Calls the script's functions of `ouzel.on_alarm`, and commits what each of them writes.",
    example: r#"t:alarm { tag = "launch", per_minute = 720, usual = 80, samples = { "a rocket" } }"#,
    more: "Only `tag` has to be there; the others are 1000 `per_minute`, a `limit` of 500, no `usual`, and no `samples`.",
    raises: "Raises without a tag, for a field of another kind or another name, and what a function raises.",
    parameters: &[needed("alarm", "table", "the fields of `ouzel.Alarm`")],
    ..Function::NONE
};

/// `Test:matches`.
pub(in crate::script) const MATCHES: Function = Function {
    path: "Test:matches",
    text: "Whether a rule matches a Tweet, as ouzel's own matcher sees it.",
    example: r#"t:ok(t:matches("launch", t:tweet { text = "a rocket" }))"#,
    raises: "Raises for a rule that is not valid.",
    parameters: &[
        needed("rule", "string", "a tag of the script, for the rules with that tag, or else the text of a rule"),
        needed("tweet", "ouzel.AnyTweet|table", ""),
    ],
    gives: &[gives("boolean", "", "")],
    ..Function::NONE
};

/// `Test:equal`.
pub(in crate::script) const EQUAL: Function = Function {
    path: "Test:equal",
    text: "Checks that two values are the same; tables are compared field by field. The error says in which places they \
        differ.",
    example: "t:equal(1 + 1, 2)",
    raises: "Raises if they differ.",
    parameters: &[
        needed("got", "any", ""),
        needed("expected", "any", ""),
        perhaps("message", "string", "stands before the differences"),
    ],
    ..Function::NONE
};

/// `Test:ok`.
pub(in crate::script) const OK: Function = Function {
    path: "Test:ok",
    text: "Checks that a value is neither nil nor false.",
    example: r#"t:ok(#t:rows("seen") < 10, "fewer than ten")"#,
    raises: "Raises if it is nil or false.",
    parameters: &[needed("value", "any", ""), perhaps("message", "string", "")],
    ..Function::NONE
};

/// `Test:fails`.
pub(in crate::script) const FAILS: Function = Function {
    path: "Test:fails",
    text: "Checks that a function raises an error.",
    example: r#"local message = t:fails(function() error("no rows") end, "no rows")"#,
    raises: "Raises if there is no error, or another one.",
    parameters: &[
        needed("run", "fun()", ""),
        perhaps("text", "string", "what stands in the error"),
    ],
    gives: &[gives("string", "message", "the error, without its place")],
    ..Function::NONE
};

/// `Test:snapshot`.
pub(in crate::script) const SNAPSHOT: Function = Function {
    path: "Test:snapshot",
    text: "Checks that a value is what it was when `ouzel test --update` ran last. It is kept as JSON in \
        `snapshots/FILE/NAME.json` beside the test.",
    example: r#"t:snapshot("rows", t:rows("seen"))"#,
    raises: "Raises if it is not, if there is no snapshot yet, for a value that has no JSON, and for a name that the file \
        has used already.",
    parameters: &[
        needed("name", "string", "letters, digits, `-`, `_` and `.`"),
        needed("value", "any", ""),
    ],
    ..Function::NONE
};
