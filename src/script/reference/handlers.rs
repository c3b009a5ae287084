//! What a script declares while it loads: rules, and what is called for Tweets and by the clock.

use super::{Class, Function, Held, Item, Section, field, needed};

pub(super) const SECTION: Section = Section {
    title: "Rules and handlers",
    text: "A handler is a function that ouzel calls with each Tweet, or with each match of a rule.",
    items: &[
        Item::Class(&OUZEL_TYPE),
        Item::Class(&NEW_RULE_TYPE),
        Item::Function(&RULES),
        Item::Function(&FILTER),
        Item::Function(&ENRICH),
        Item::Function(&ON),
        Item::Class(&RULE_TYPE),
        Item::Function(&EVERY),
        Item::Function(&ON_ALARM),
        Item::Class(&ALARM_TYPE),
    ],
};

const OUZEL_TYPE: Class = Class {
    name: "ouzel",
    text: "The functions that ouzel gives to a script.",
    fields: &[
        field("version", "string", "ouzel's version"),
        field("null", "lightuserdata", "the same as `ouzel.json.null`: JSON null, and NULL in SQL"),
    ],
    held: Held::Global("ouzel"),
    ..Class::NONE
};

/// What a rule is declared with.
pub(in crate::script) const NEW_RULE_TYPE: Class = Class {
    name: "ouzel.NewRule",
    text: "A rule as a script declares it.",
    fields: &[
        field("value", "string", "what the service looks for"),
        field("tag", "string?", "says which handlers a match goes to"),
        field("unchecked", "boolean?", "true sends the rule as it is, even if ouzel finds it invalid"),
    ],
    ..Class::NONE
};

/// `ouzel.rules`.
pub(in crate::script) const RULES: Function = Function {
    path: "ouzel.rules",
    text: "Declares rules. ouzel adds rules that the stream lacks. It deletes rules that it added earlier and that the \
        script no longer declares. It keeps rules that it did not add. `ouzel.rules` can be called several times; all \
        lists count.",
    example: r#"ouzel.rules { { tag = "launch", value = '(rocket OR launch) lang:en' } }"#,
    more: "A rule with `unchecked = true` is sent as it is, even if ouzel finds it invalid; then ouzel logs a warning.",
    raises: "Raises for a rule without a value, for rules that the service would refuse (all of them in one error), for an \
        unknown field, and in a handler, because rules are declared while the script loads. `ouzel check` warns about \
        rules that are valid but probably not meant that way.",
    parameters: &[needed("rules", "ouzel.NewRule[]", "")],
    ..Function::NONE
};

/// `ouzel.filter`.
pub(in crate::script) const FILTER: Function = Function {
    path: "ouzel.filter",
    text: "Adds a filter. A Tweet for which the filter returns nil or false goes no further. Filters, enrichments and \
        `on` handlers run in the order in which the script adds them.",
    example: r#"ouzel.filter(function(tweet) return tweet.lang == "en" end)"#,
    raises: "Raises if the argument is not a function, and in a handler.",
    parameters: &[needed("handler", "fun(tweet: ouzel.Tweet): any", "")],
    overloads: &["fun(handler: fun(tweet: ouzel.Activity): any)"],
    ..Function::NONE
};

/// `ouzel.enrich`.
pub(in crate::script) const ENRICH: Function = Function {
    path: "ouzel.enrich",
    text: "Adds a handler that may change the Tweet for the handlers after it. Its result is ignored.",
    example: "ouzel.enrich(function(tweet) tweet.reach = tweet.user.followers_count end)",
    raises: "Raises if the argument is not a function, and in a handler.",
    parameters: &[needed("handler", "fun(tweet: ouzel.Tweet)", "")],
    overloads: &["fun(handler: fun(tweet: ouzel.Activity))"],
    ..Function::NONE
};

/// `ouzel.on`.
pub(in crate::script) const ON: Function = Function {
    path: "ouzel.on",
    text: "Adds a handler for rules with a tag. It is called once for each rule that the Tweet matched and whose tag \
        fits.",
    example: r#"ouzel.on("brand-*", function(tweet, rule) print(rule.tag, tweet:full_text()) end)"#,
    raises: "Raises for an empty tag, if `handler` is not a function, and in a handler.",
    parameters: &[
        needed("tag", "string", "a tag; a `*` in it stands for any text; `*` alone fits every rule, even one without a tag"),
        needed("handler", "fun(tweet: ouzel.Tweet, rule: ouzel.Rule)", ""),
    ],
    overloads: &["fun(tag: string, handler: fun(tweet: ouzel.Activity, rule: ouzel.Rule))"],
    ..Function::NONE
};

const RULE_TYPE: Class = Class {
    name: "ouzel.Rule",
    text: "A rule that a Tweet matched. A handler cannot change the rule that `ouzel.on` gives it.",
    fields: &[
        field("tag", "string?", "nil if the rule has no tag"),
        field("id", "integer?", ""),
        field("id_str", "string?", ""),
    ],
    ..Class::NONE
};

/// `ouzel.every`.
pub(in crate::script) const EVERY: Function = Function {
    path: "ouzel.every",
    text: "Calls a function from time to time, between two Tweets, also while no Tweets come. What it writes and emits is \
        committed with each call. An error takes that back and is logged, and the timer goes on. A call that is late, \
        because a handler takes long, is made once, however often it was due. In `ouzel replay`, the Tweets' times are \
        the clock.",
    example: r#"ouzel.every("1m", function(now)
  ouzel.log.info("minute", now // 60, ouzel.state.tweets)
  ouzel.state.tweets = 0
end)"#,
    raises: "Raises for a time without a unit or of less than 100 ms, if `call` is not a function, for more than 100 \
        timers, and in a handler.",
    parameters: &[
        needed("time", "string", "how long to wait between two calls, such as `\"30s\"`, `\"1m\"` or `\"2h\"`"),
        needed("call", "fun(now: integer)", "gets the time in seconds since 1970"),
    ],
    ..Function::NONE
};

/// `ouzel.on_alarm`.
pub(in crate::script) const ON_ALARM: Function = Function {
    path: "ouzel.on_alarm",
    text: "Calls a function when a rule brings more Tweets than usual, once for each alarm, between two Tweets. What it \
        writes and emits is committed with the call. An error takes that back and is logged. What is too much, the page \
        `volume` of the guide says. `ouzel replay` raises no alarms.",
    example: r#"local alarms = ouzel.table("alarms", { at = "INTEGER", tag = "TEXT", per_minute = "INTEGER" })
ouzel.on_alarm(function(alarm)
  alarms:insert { at = os.time(), tag = alarm.tag, per_minute = alarm.per_minute }
end)"#,
    raises: "Raises if `call` is not a function, for more than 100 such functions, and in a handler.",
    parameters: &[needed("call", "fun(alarm: ouzel.Alarm)", "")],
    ..Function::NONE
};

/// An alarm.
pub(in crate::script) const ALARM_TYPE: Class = Class {
    name: "ouzel.Alarm",
    text: "A rule that brings more Tweets than usual.",
    fields: &[
        field("tag", "string", "the tag of the rule"),
        field("per_minute", "integer", "how many Tweets it brings in a minute now"),
        field("limit", "integer", "more than this a minute are too many"),
        field("usual", "number?", "how many a minute are usual in this hour of the week; nil while that is not known"),
        field("per_day", "integer", "what a day at this rate comes to"),
        field("samples", "string[]", "the texts of up to three of its last Tweets, without control characters, and cut"),
    ],
    ..Class::NONE
};
