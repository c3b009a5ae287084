//! The methods of `t`, which a test gets: made-up Tweets, the script under test, and what it has done.

use std::{
    fs,
    path::{Component, Path},
    rc::Rc,
    time::Duration,
};

use bytes::Bytes;
use mlua::{Lua, MultiValue, Table, Value};
use sonic_rs::{JsonContainerTrait, JsonValueTrait};

use super::{
    alarms::alarm,
    checks,
    context::{Context, misuse_of},
    tweets::{self, Made},
};
use crate::{
    row::{Cell as RowCell, Refused},
    rule::{Analysis, Rule},
    script::{
        Verdict,
        api::{Answer, counted, internal, text, type_name},
        budget,
        error::Misuse,
        lua::strict,
        raw::{is_node, to_json},
        reference::{self, test as described},
        value::{Argument, from_json, row_table},
    },
    state::{Draft, Key, State, Value as Kept},
    text::{json, units::Length},
    tweet::{Format, Tweet},
};

/// The most rows that `t:rows` gives.
const MOST_ROWS: usize = 100_000;

/// The largest file of Tweets.
const MOST_FIXTURE: u64 = 64 << 20;

/// The longest time that may pass at once: a timer of each 100 ms runs for each of its times.
const MOST_TIME: Duration = Duration::from_secs(366 * 24 * 60 * 60);

type Method<R> = fn(&Context, &Lua, &MultiValue) -> Answer<R>;

/// Makes `t`.
///
/// # Errors
/// Only when there is no memory left.
pub(super) fn install(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Table> {
    let methods = lua.create_table()?;
    let install = Install {
        lua,
        context,
        methods: &methods,
    };
    install.method(&described::TWEET, tweet)?;
    install.method(&described::FIXTURE, fixture)?;
    install.method(&described::SEND, send)?;
    install.method(&described::ROWS, rows)?;
    install.method(&described::EMITTED, emitted)?;
    install.method(&described::STATE, state)?;
    install.method(&described::DROPPED, dropped)?;
    install.method(&described::NOW, now)?;
    install.method(&described::ADVANCE, advance)?;
    install.method(&described::ALARM, alarm)?;
    install.method(&described::MATCHES, matches)?;
    install.method(&described::EQUAL, checks::equal)?;
    install.method(&described::OK, checks::ok)?;
    install.method(&described::FAILS, checks::fails)?;
    install.method(&described::SNAPSHOT, checks::snapshot)?;
    let t = strict(lua, "t", "`t`", methods)?;
    context.t.set(t.to_pointer() as usize);
    Ok(t)
}

struct Install<'a> {
    lua: &'a Lua,
    context: &'a Rc<Context>,
    methods: &'a Table,
}

impl Install<'_> {
    fn method<R: mlua::IntoLuaMulti + 'static>(
        &self,
        described: &'static reference::Function,
        method: Method<R>,
    ) -> mlua::Result<()> {
        let context = Rc::clone(self.context);
        let function = self
            .context
            .host
            .function(self.lua, move |_, lua, mut arguments| {
                let own = arguments.pop_front();
                let own = own.filter(|own| own.to_pointer() as usize == context.t.get());
                let name = described.name();
                if own.is_none() {
                    return Err(Misuse::new(format!(
                        "`t:{name}` is called with a colon, not with a dot"
                    )));
                }
                counted(described, arguments.len(), || format!("t:{name}"))?;
                method(&context, lua, &arguments)
            })?;
        self.methods.raw_set(described.name(), function)
    }
}

/// The argument that a method takes alone or first.
fn first(arguments: &MultiValue) -> &Value {
    arguments.front().unwrap_or(&Value::Nil)
}

/// `t:tweet { … }`.
fn tweet(context: &Context, lua: &Lua, arguments: &MultiValue) -> Answer<Value> {
    let given = match arguments.front() {
        None => json_of(lua, &Value::Table(lua.create_table().map_err(internal)?))?,
        Some(given @ Value::Table(_)) => json_of(lua, given)?,
        Some(given) if is_node(lua, given) => json_of(lua, given)?,
        Some(other) => {
            return Err(Misuse::new(format!(
                "`t:tweet` takes a table of fields, not {}",
                type_name(other)
            ))
            .hint("write `t:tweet { text = \"…\", tags = { \"launch\" } }`"));
        }
    };
    // A table without fields could be a list too, and is meant to be an object here.
    let given = match given.as_array() {
        Some(list) if list.is_empty() => sonic_rs::json!({}),
        Some(_) => {
            return Err(Misuse::new("`t:tweet` takes named fields, not a list")
                .hint("write `t:tweet { text = \"…\" }`"));
        }
        None => given,
    };
    let sequence = context.made.get();
    context.made.set(sequence + 1);
    let ms = context.subject.now().get();
    let whole = tweets::complete(&given, Made { ms, sequence })?;
    let line = sonic_rs::to_vec(&whole).map_err(|error| Misuse::new(error.to_string()))?;
    let tweet = Tweet::parse(Bytes::from(line))
        .map_err(|error| Misuse::new(format!("what these fields make is no Tweet: {error}")))?;
    let tweet = match given.get("tags") {
        Some(tags) => {
            let numbers = tagged(context, tags)?;
            context.subject.matched(tweet, &numbers)
        }
        None => with_rules(context, tweet),
    };
    context.push(lua, tweet)
}

/// The rules with these tags, by their numbers: for each tag the first one.
fn tagged(context: &Context, tags: &sonic_rs::Value) -> Answer<Vec<usize>> {
    let wrong = || {
        Misuse::new("`tags` of a Tweet has to be a list of tags")
            .at_word("tags")
            .hint("write `tags = { \"launch\" }`")
    };
    let declared = context.subject.declared();
    let known = || declared.rules.iter().filter_map(|rule| rule.tag.as_deref());
    // An empty table has the JSON of an object.
    if tags.as_object().is_some_and(|tags| tags.is_empty()) {
        return Ok(Vec::new());
    }
    let tags = tags.as_array().ok_or_else(wrong)?;
    let mut numbers = Vec::new();
    for tag in tags.iter() {
        let tag = tag.as_str().ok_or_else(wrong)?;
        let mut rules = declared.rules.iter();
        let number = rules.position(|rule| rule.tag.as_deref() == Some(tag));
        numbers.push(number.ok_or_else(|| {
            let message = match known().next() {
                Some(_) => format!("no rule of the script has the tag `{tag}`"),
                None => format!("the script has no rule with a tag, so none has the tag `{tag}`"),
            };
            Misuse::unknown(message, tag, known())
        })?);
    }
    Ok(numbers)
}

fn json_of(lua: &Lua, value: &Value) -> Answer<sonic_rs::Value> {
    let mut text = Vec::new();
    to_json(lua, value, &mut text).map_err(|error| Misuse::new(error.to_string()))?;
    json::read_any(&text).map_err(|error| Misuse::new(error.to_string()))
}

/// The Tweet that a method was given.
fn given_tweet(lua: &Lua, value: &Value, method: &str) -> Answer<Tweet> {
    if !matches!(value, Value::Table(_)) && !is_node(lua, value) {
        return Err(Misuse::new(format!(
            "`t:{method}` takes a Tweet, such as `t:tweet {{ … }}` gives, not {}",
            type_name(value)
        )));
    }
    let mut line = Vec::new();
    to_json(lua, value, &mut line).map_err(|error| Misuse::new(error.to_string()))?;
    Tweet::parse(Bytes::from(line)).map_err(|error| {
        Misuse::new(format!(
            "`t:{method}` takes a Tweet, and this is none: {error}"
        ))
        .hint("`t:tweet { … }` completes the fields that you give it")
    })
}

/// `t:fixture(file)`.
fn fixture(context: &Context, lua: &Lua, arguments: &MultiValue) -> Answer<Table> {
    let name = first(arguments);
    let name = text(name, "the name that `t:fixture` takes")?;
    let known = context.fixtures.borrow().get(&name).cloned();
    let lines = match known {
        Some(lines) => lines,
        None => {
            let lines = read_fixture(&context.folder, &name).map_err(Misuse::new)?;
            let mut fixtures = context.fixtures.borrow_mut();
            fixtures.insert(name.clone(), lines.clone());
            lines
        }
    };
    let list = lua.create_table().map_err(internal)?;
    let mut from = 0;
    for (number, line) in lines.split(|byte| *byte == b'\n').enumerate() {
        let range = from..from + line.len();
        from = range.end + 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let tweet = Tweet::parse(lines.slice(range))
            .map_err(|error| Misuse::new(format!("{name}:{}: {error}", number + 1)))?;
        let tweet = context.push(lua, tweet)?;
        list.raw_push(tweet).map_err(internal)?;
        if budget::is_broken() {
            break;
        }
    }
    Ok(list)
}

fn read_fixture(folder: &Path, name: &str) -> Result<Bytes, String> {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if name.is_empty() || !Path::new(name).components().all(is_plain) {
        return Err(format!(
            "`{name}` is no file below the folder of the tests, where `t:fixture` reads"
        ));
    }
    let failed = |error| format!("cannot read the fixture `{name}`: {error}");
    let path = folder.join(name).canonicalize().map_err(failed)?;
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let folder = folder.canonicalize().map_err(failed)?;
    if !path.starts_with(folder) {
        return Err(format!(
            "the fixture `{name}` is a link out of the folder of the tests"
        ));
    }
    let meta = fs::metadata(&path).map_err(failed)?;
    if meta.len() > MOST_FIXTURE || !meta.is_file() {
        return Err(format!(
            "the fixture `{name}` is no file of at most {} MiB",
            MOST_FIXTURE >> 20
        ));
    }
    fs::read(&path).map(Bytes::from).map_err(failed)
}

/// `t:send(tweet)`.
fn send(context: &Context, lua: &Lua, arguments: &MultiValue) -> Answer<&'static str> {
    let value = first(arguments);
    let tweet = given_tweet(lua, value, "send")?;
    let tweet = with_rules(context, tweet);
    match context.subject.send(tweet).map_err(misuse_of)? {
        Verdict::Kept => Ok("kept"),
        Verdict::Dropped => Ok("dropped"),
    }
}

/// A Tweet that does not say which rules it has matched gets those of the script that match it.
fn with_rules(context: &Context, tweet: Tweet) -> Tweet {
    if tweet.has_matching_rules() {
        return tweet;
    }
    let numbers = context.subject.matching(&tweet);
    context.subject.matched(tweet, &numbers)
}

/// `t:rows(table)` and `t:rows(sql, …)`.
fn rows(context: &Context, lua: &Lua, arguments: &MultiValue) -> Answer<Table> {
    let what = arguments.front().unwrap_or(&Value::Nil);
    let what = text(what, "the table that `t:rows` takes first")?;
    let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
    let is_table = !what.is_empty() && what.chars().all(is_name);
    let parameters = arguments.iter().skip(1).enumerate().map(|(number, value)| {
        Argument::read(value).map_err(|kind| {
            let number = number + 1;
            Misuse::new(format!("parameter {number} of `t:rows` cannot be a {kind}"))
        })
    });
    let parameters = parameters.collect::<Answer<Vec<_>>>()?;
    let cells: Vec<_> = parameters.iter().map(Argument::cell).collect();
    let reading = |refused: Refused| match refused.0.starts_with("a query cannot change") {
        true => Misuse::new("`t:rows` only reads, and this statement changes the database"),
        false => Misuse::new(refused.0),
    };
    if !is_table {
        return select(context, lua, &what, &cells).map_err(reading);
    }
    if !cells.is_empty() {
        return Err(Misuse::new(
            "`t:rows` takes parameters behind SQL, not behind the name of a table",
        ));
    }
    let ordered = format!("SELECT * FROM \"{what}\" ORDER BY rowid");
    select(context, lua, &ordered, &[]).or_else(|refused| {
        // A table that the script has made without rowids has the order of its keys.
        let plain = format!("SELECT * FROM \"{what}\"");
        if refused.0.contains("no such column: rowid") {
            return select(context, lua, &plain, &[]).map_err(|refused| Misuse::new(refused.0));
        }
        if !refused.0.contains("no such table") {
            return Err(Misuse::new(refused.0));
        }
        let declared = context.subject.declared();
        let known = declared.tables.iter().map(|table| table.name.as_str());
        let message = format!("the script has no table `{what}`");
        Err(Misuse::unknown(message, &what, known))
    })
}

fn select(
    context: &Context,
    lua: &Lua,
    sql: &str,
    cells: &[RowCell<'_>],
) -> Result<Table, Refused> {
    let failed = |error: mlua::Error| Refused(error.to_string());
    let rows = lua.create_table().map_err(failed)?;
    let mut number = 0;
    let mut add = |names: &[&str], cells: &[RowCell<'_>]| {
        number += 1;
        if number > MOST_ROWS {
            return Err(Refused(format!(
                "`t:rows` gives at most {MOST_ROWS} rows; add `LIMIT`, or count them in SQL"
            )));
        }
        row_table(lua, names, cells)
            .and_then(|row| rows.raw_set(number, row))
            .map_err(failed)
    };
    context
        .subject
        .select(sql, cells, MOST_ROWS + 1, &mut add)?;
    Ok(rows)
}

/// `t:emitted()` and `t:emitted(sink)`.
fn emitted(context: &Context, lua: &Lua, arguments: &MultiValue) -> Answer<Table> {
    let sink = match arguments.front() {
        None => None,
        Some(name) => Some(text(name, "the sink that `t:emitted` takes")?),
    };
    let lines = context.subject.emitted(sink.as_deref()).ok_or_else(|| {
        let name = sink.unwrap_or_default();
        let sinks = context.subject.sinks();
        let message = format!("the script has no sink `{name}`");
        Misuse::unknown(message, &name, sinks.iter().map(String::as_str))
    })?;
    let list = lua.create_table().map_err(internal)?;
    for line in lines.split(|byte| *byte == b'\n') {
        if line.is_empty() {
            continue;
        }
        let value = json::read_any(line).map_err(|error| Misuse::new(error.to_string()))?;
        let value = from_json(lua, &value, 0).map_err(internal)?;
        list.raw_push(value).map_err(internal)?;
    }
    Ok(list)
}

/// `t:state()`.
fn state(context: &Context, lua: &Lua, _: &MultiValue) -> Answer<Value> {
    let state = context.subject.state();
    let copy = state.borrow().copy(State::ROOT);
    let copy = copy.unwrap_or(Draft::Table(Vec::new()));
    plain(lua, &copy).map_err(internal)
}

/// What is in the state, as tables of Lua.
fn plain(lua: &Lua, draft: &Draft) -> mlua::Result<Value> {
    Ok(match draft {
        Draft::Plain(Kept::Null) => Value::NULL,
        Draft::Plain(Kept::Boolean(yes)) => Value::Boolean(*yes),
        Draft::Plain(Kept::Integer(number)) => Value::Integer(*number),
        Draft::Plain(Kept::Float(number)) => Value::Number(*number),
        Draft::Plain(Kept::Text(text)) => Value::String(lua.create_string(text)?),
        // A copy has no tables by number.
        Draft::Plain(Kept::Table(_)) => Value::Nil,
        Draft::Table(fields) => {
            let table = lua.create_table()?;
            for (key, value) in fields {
                let value = plain(lua, value)?;
                match key {
                    Key::Integer(number) => table.raw_set(*number, value)?,
                    Key::Text(name) => table.raw_set(lua.create_string(name)?, value)?,
                }
            }
            Value::Table(table)
        }
    })
}

/// `t:dropped()`.
fn dropped(context: &Context, _: &Lua, _: &MultiValue) -> Answer<i64> {
    Ok(i64::try_from(context.subject.dropped()).unwrap_or(i64::MAX))
}

/// `t:now()`.
fn now(context: &Context, _: &Lua, _: &MultiValue) -> Answer<i64> {
    Ok(context.subject.now().get().div_euclid(1_000))
}

/// `t:advance(time)`.
fn advance(context: &Context, _: &Lua, arguments: &MultiValue) -> Answer<()> {
    let time = first(arguments);
    let time = text(time, "the time that `t:advance` takes")?;
    let length: Length = time.parse().map_err(|error| {
        Misuse::new(format!("`{time}` is no time: {error}"))
            .hint("write such as `t:advance(\"1m\")`")
    })?;
    if length.0 > MOST_TIME {
        return Err(Misuse::new("at most 366 days can pass at once"));
    }
    context.subject.advance(length.0).map_err(misuse_of)
}

/// `t:matches(rule, tweet)`.
fn matches(context: &Context, lua: &Lua, arguments: &MultiValue) -> Answer<bool> {
    let rule = text(first(arguments), "the rule that `t:matches` takes first")?;
    let tweet = arguments.get(1).unwrap_or(&Value::Nil);
    let tweet = given_tweet(lua, tweet, "matches")?;
    let declared = context.subject.declared();
    let has_tag = |number: &usize| declared.rules[*number].tag.as_ref() == Some(&rule);
    if (0..declared.rules.len()).any(|number| has_tag(&number)) {
        return Ok(context.subject.matching(&tweet).iter().any(has_tag));
    }
    let parsed = Rule::accept(&rule).map_err(|invalid| {
        let diagnosis = invalid.diagnose(&rule);
        let lines = diagnosis.lines(&rule).join("\n");
        let misuse = Misuse::new(format!("the rule is not valid\n{lines}"));
        match &diagnosis.corrected {
            Some(corrected) => misuse.hint(format!("write `{corrected}`")),
            None => misuse,
        }
    })?;
    Ok(parsed.matches(&match tweet.format() {
        Format::Native => Analysis::native(tweet.root()),
        Format::Activity => Analysis::activity(tweet.root()),
    }))
}
