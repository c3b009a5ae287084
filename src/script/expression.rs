//! A Lua expression over one Tweet, as people type it on a command line: in the same sandbox as a script, and with what
//! a handler may take for one Tweet.

use std::{cell::RefCell, rc::Rc};

use jiff::Timestamp;
use mlua::{Function, Lua, MultiValue, Value};

use super::{
    Limits,
    api::{self, Host},
    budget::{self, Work},
    error::{Fault, Misuse},
    explain::{Scene, State, explain, unknown_field},
    loader::Sources,
    lua::{is_memory, new_state},
    no_database::NoDatabase,
    raw::{Held, push_tweet, to_json},
    scan::tokens,
};
use crate::{text::json, tweet::Tweet};

/// The name of the Tweet in the expression.
const NAME: &str = "tweet";

/// After so many Tweets Lua's collector is called: it does not see the memory that a Tweet holds outside Lua.
const COLLECT_AFTER: usize = 128;

/// What of Lua people write differently in other languages: how the message of a syntax error ends, and what to write.
const OTHERWISE: [(&str, &str); 6] = [
    ("near '='", "`==` compares"),
    (
        "near '!'",
        "`~=` is Lua's sign for unequal, and `not` its negation",
    ),
    ("near '&'", "Lua's word is `and`"),
    ("near '|'", "Lua's word is `or`"),
    ("near '?'", "`a and b or c` chooses between two values"),
    (
        "near 'return'",
        "write the expression alone, without `return`",
    ),
];

/// An expression that has been compiled.
pub(crate) struct Expression {
    /// What messages call it, such as `--where`.
    name: &'static str,
    text: String,
    function: Function,
    host: Rc<Host>,
    limits: Limits,
    held: Rc<Held>,
    // This field is last, because the fields above refer to it.
    lua: Lua,
}

/// Why an expression gives no value for a Tweet.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// It has failed on this Tweet.
    Failed(Box<Fault>),
    /// It has taken more than it may, and would for other Tweets too.
    Broken(Box<Fault>),
}

impl Expression {
    /// Compiles an expression. `name` is what messages call it.
    ///
    /// # Errors
    /// [`Fault`] if it is no expression of Lua.
    pub(crate) fn new(name: &'static str, text: &str, limits: &Limits) -> Result<Self, Box<Fault>> {
        let host = Rc::new(Host {
            database: Rc::new(NoDatabase),
            state: Rc::default(),
            sources: RefCell::new(Sources::holding(name, text)),
            refuses_rules: true,
            loading: RefCell::new(None),
            emitted: RefCell::default(),
            counting: RefCell::default(),
            misuse: RefCell::default(),
            clock: Box::new(Timestamp::now),
        });
        let broken = |error: mlua::Error| Box::new(host.fault(&error));
        if text.trim().is_empty() {
            return Err(Box::new(Fault::unplaced(
                "there is no expression".to_owned(),
            )));
        }
        let lua = new_state(api::print).map_err(broken)?;
        api::install_apart(
            &lua,
            &host,
            &api::Apart {
                place: "an expression",
                hint: "an expression has `tweet`, and of `ouzel` what touches no data",
            },
        )
        .map_err(broken)?;
        lua.set_memory_limit(limits.memory).map_err(broken)?;
        let function = lua
            .load(format!("return {text}"))
            .set_name(format!("@{name}"))
            .set_mode(mlua::chunk::ChunkMode::Text)
            .into_function();
        let function = function.map_err(|error| {
            let mut fault = broken(error);
            let otherwise = OTHERWISE.iter();
            let hint = otherwise
                .clone()
                .find(|(end, _)| fault.message.ends_with(end));
            fault.hint = hint.map(|(_, hint)| (*hint).to_owned());
            fault
        })?;
        Ok(Self {
            name,
            text: text.to_owned(),
            function,
            limits: *limits,
            held: Rc::default(),
            lua,
            host,
        })
    }

    /// Whether the expression is true of a Tweet: its value is neither `false` nor nil.
    ///
    /// # Errors
    /// [`Unfit`]
    pub(crate) fn holds(&self, tweet: Tweet) -> Result<bool, Unfit> {
        self.within(tweet, |value| {
            Ok(!matches!(value, Value::Nil | Value::Boolean(false)))
        })
    }

    /// The expression's value for a Tweet as JSON; `null` for nil.
    ///
    /// # Errors
    /// [`Unfit`]
    pub(crate) fn json(&self, tweet: Tweet) -> Result<Vec<u8>, Unfit> {
        self.within(tweet, |value| {
            let mut json = Vec::new();
            match value {
                Value::Nil => json.extend_from_slice(b"null"),
                value => to_json(&self.lua, &value, &mut json)
                    .map_err(|error| Misuse::new(error.to_string()))?,
            }
            Ok(json)
        })
    }

    /// The fields that the expression reads and that neither Tweets in general nor this Tweet have, each with what was
    /// probably meant.
    pub(crate) fn unknown_fields(&self, tweet: &Tweet) -> Vec<(String, Option<String>)> {
        let tokens = tokens(&self.text);
        let is_name = |text: &str| {
            let mut chars = text.chars();
            chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
                && chars.all(|c| c.is_alphanumeric() || c == '_')
        };
        let mut unknown = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let is_part = at > 0 && matches!(tokens[at - 1].text, "." | ":");
            if token.text != NAME || is_part {
                continue;
            }
            let behind = tokens[at + 1..].chunks_exact(2);
            let path: Vec<&str> = behind
                .take_while(|pair| pair[0].text == "." && is_name(pair[1].text))
                .map(|pair| pair[1].text)
                .collect();
            if let Some(meant) = unknown_field(&path, tweet.root()) {
                let path = path.join(".");
                if !unknown.iter().any(|(known, _)| *known == path) {
                    unknown.push((path, meant));
                }
            }
        }
        unknown
    }

    fn within<R>(
        &self,
        tweet: Tweet,
        read: impl FnOnce(Value) -> Result<R, Misuse>,
    ) -> Result<R, Unfit> {
        let (ran, broken) =
            budget::within(&self.limits, Work::Expression, || self.run(tweet, read));
        // The Tweet is garbage from here on, and so is all that the expression has made.
        let _ = self.lua.globals().raw_remove(NAME);
        if broken.is_some() || self.held.tweets.get() > COLLECT_AFTER {
            let _ = self.lua.gc_collect();
        }
        match broken {
            Some(broken) => {
                let (breach, place) = broken;
                let raised_at = || match &ran {
                    Err(fault) => fault.place.clone(),
                    Ok(_) => None,
                };
                let place = place.or_else(raised_at);
                let mut fault = self.host.breach((breach, place));
                self.place(&mut fault);
                Err(Unfit::Broken(Box::new(fault)))
            }
            None => ran.map_err(Unfit::Failed),
        }
    }

    fn run<R>(
        &self,
        tweet: Tweet,
        read: impl FnOnce(Value) -> Result<R, Misuse>,
    ) -> Result<R, Box<Fault>> {
        let failed = |error: &mlua::Error| {
            if is_memory(error) {
                budget::out_of_memory();
            }
            Box::new(self.host.fault(error))
        };
        let pushed = push_tweet(&self.lua, tweet, &self.held).map_err(|error| failed(&error))?;
        let set = self.lua.globals().raw_set(NAME, &pushed);
        set.map_err(|error| failed(&error))?;
        let mut values = self.function.call::<MultiValue>(()).map_err(|error| {
            let mut fault = failed(&error);
            self.place(&mut fault);
            self.explain(&mut fault, &pushed);
            fault
        })?;
        // Of several, as `find` gives them, the first counts.
        let value = values.pop_front().unwrap_or(Value::Nil);
        read(value).map_err(|misuse| self.placed(misuse))
    }

    fn placed(&self, misuse: Misuse) -> Box<Fault> {
        let mut fault = misuse.into_fault();
        self.place(&mut fault);
        Box::new(fault)
    }

    /// After a tail call Lua no longer knows the line that failed.
    fn place(&self, fault: &mut Fault) {
        if fault.place.is_none() {
            self.host.place(fault, self.name.to_owned(), 1, None);
        }
    }

    /// Adds a hint to an error of Lua itself, if the expression and the Tweet say what was meant.
    fn explain(&self, fault: &mut Fault, tweet: &Value) {
        let (None, Some((_, line))) = (&fault.hint, &fault.place) else {
            return;
        };
        let mut line_of_tweet = Vec::new();
        let written = to_json(&self.lua, tweet, &mut line_of_tweet).ok();
        let tweet = written.and_then(|()| json::read_any(&line_of_tweet).ok());
        // So the explanation knows what `tweet` is.
        let text = format!("ouzel.filter(function({NAME}) return {}\nend)", self.text);
        fault.hint = explain(&Scene {
            message: &fault.message,
            text: &text,
            line: *line,
            tweet: tweet.as_ref(),
            known: &State(&self.lua),
        });
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use expect_test::{Expect, expect};

    use super::*;

    const TWEET: &str = r#"{"id_str":"7","text":"Hello ouzel","lang":"en","user":{"screen_name":"ada","followers_count":12},"matching_rules":[{"tag":"launch"}]}"#;

    fn tweet() -> Tweet {
        Tweet::parse(Bytes::from_static(TWEET.as_bytes())).unwrap()
    }

    fn made(text: &str) -> Result<Expression, Box<Fault>> {
        Expression::new("--where", text, &Limits::default())
    }

    fn holds(text: &str) -> Result<bool, Unfit> {
        made(text).unwrap().holds(tweet())
    }

    fn check(text: &str, expected: Expect) {
        let fault = match made(text) {
            Err(fault) => fault,
            Ok(made) => match made.holds(tweet()) {
                Err(Unfit::Failed(fault) | Unfit::Broken(fault)) => fault,
                Ok(holds) => panic!("{text}: {holds}"),
            },
        };
        expected.assert_eq(&fault.to_string());
    }

    #[test]
    fn an_expression_says_whether_it_holds() {
        for (text, expected) in [
            ("true", true),
            ("nil", false),
            ("0", true),
            ("tweet.lang == 'en'", true),
            ("tweet.lang == \"de\" -- not", false),
            (
                "tweet.user.followers_count > 10 and tweet:full_text():find 'ouzel'",
                true,
            ),
            ("tweet:tags()[1] == 'launch'", true),
            ("tweet.text:find 'ouzel'", true),
            ("tweet.text:find 'nothing'", false),
            ("tweet.place and tweet.place.country", false),
            ("ouzel.regex('(?i)^hello'):find(tweet.text)", true),
            (
                "(function() tweet.lang = 'x' return tweet.lang == 'x' end)()",
                true,
            ),
        ] {
            assert_eq!(holds(text).unwrap(), expected, "{text}");
        }
        let lang = made("tweet.lang").unwrap();
        assert_eq!(lang.json(tweet()).unwrap(), b"\"en\"");
        assert_eq!(made("tweet.place").unwrap().json(tweet()).unwrap(), b"null");
    }

    #[test]
    fn mistakes_have_a_line_and_a_reason() {
        check(
            "tweet.lang = 'en'",
            expect![[r#"

             --> --where:1
              |
            1 | tweet.lang = 'en'
              |
              = <eof> expected near '='
            hint: `==` compares"#]],
        );
        check(
            "tweet.lang != 'en'",
            expect![[r#"

             --> --where:1
              |
            1 | tweet.lang != 'en'
              |
              = <eof> expected near '!'
            hint: `~=` is Lua's sign for unequal, and `not` its negation"#]],
        );
        check(
            "tweet.lang ==",
            expect![[r#"

             --> --where:1
              |
            1 | tweet.lang ==
              |
              = unexpected symbol near <eof>"#]],
        );
        assert_eq!(made(" ").err().unwrap().message, "there is no expression");
        check(
            "tweet.place.country == 'x'",
            expect![[r#"

             --> --where:1
              |
            1 | tweet.place.country == 'x'
              |
              = attempt to index a nil value (field 'place')
            hint: this Tweet has no `place`; look first: `if tweet.place then … end`"#]],
        );
        check(
            "tweet.user.folowers_count > 3",
            expect![[r#"

             --> --where:1
              |
            1 | tweet.user.folowers_count > 3
              |
              = attempt to compare number with nil
            hint: `tweet.user.folowers_count` is nil; did you mean `followers_count`?"#]],
        );
        check(
            "twet.lang",
            expect![[r#"

             --> --where:1
              |
            1 | twet.lang
              |
              = attempt to index a nil value (global 'twet')
            hint: did you mean `tweet`?"#]],
        );
        check(
            "(function() while true do end end)()",
            expect![[r#"

             --> --where:1
              |
            1 | (function() while true do end end)()
              |
              = the expression took longer than 250ms
            hint: look for a loop that does not end; `time` under `[script_limits]` allows more"#]],
        );
        check(
            "ouzel.emit(1)",
            expect![[r#"

             --> --where:1
              |
            1 | ouzel.emit(1)
              |
              = `ouzel.emit` belongs to the script, not to an expression
            hint: an expression has `tweet`, and of `ouzel` what touches no data"#]],
        );
        check(
            "io.open('x')",
            expect![[r#"

             --> --where:1
              |
            1 | io.open('x')
              |
              = attempt to index a nil value (global 'io')
            hint: a script has no `io`; `ouzel.lines` and `ouzel.csv` read files below the script's folder, `ouzel.sink` and `ouzel.emit` write"#]],
        );
        check(
            "require('x')",
            expect![[r#"

             --> --where:1
              |
            1 | require('x')
              |
              = module `x` not found: there is neither `x.lua` nor `x/init.lua` in the script's folder"#]],
        );
        check(
            "('x'):rep(1e9)",
            expect![[r#"

             --> --where:1
              |
            1 | ('x'):rep(1e9)
              |
              = the script needs more than 256 MiB of memory
            hint: look for text or a table that grows without end, and for Tweets that are kept; `memory` under `[script_limits]` allows more"#]],
        );
    }

    #[test]
    fn memory_does_not_grow_with_the_tweets() {
        let made = made("tweet:full_text():find('x')").unwrap();
        for _ in 0..3 * COLLECT_AFTER {
            made.holds(tweet()).unwrap();
            assert!(made.held.tweets.get() <= COLLECT_AFTER + 1);
        }
    }

    #[test]
    fn fields_that_no_tweet_has_are_found() {
        for (text, expected) in [
            ("tweet.lang == tweet.user.screen_name", ""),
            ("tweet.lnag == 'en' or tweet.lnag", "lnag lang"),
            ("tweet:full_text() and x.tweet.nothing and 'tweet.zzz'", ""),
            (
                "tweet.user.folowers_count",
                "user.folowers_count user.followers_count",
            ),
            (
                "tweet.followers_count",
                "followers_count user.followers_count",
            ),
            ("tweet.zebra", "zebra -"),
        ] {
            let unknown = made(text).unwrap().unknown_fields(&tweet());
            let shown: Vec<_> = unknown
                .into_iter()
                .map(|(path, meant)| format!("{path} {}", meant.unwrap_or("-".to_owned())))
                .collect();
            assert_eq!(shown.join(" "), expected, "{text}");
        }
    }
}
