//! `ouzel.metric`, and the methods of metrics.

use super::{Class, Function, Held, Item, Section, field, gives, needed, perhaps};

pub(super) const SECTION: Section = Section {
    title: "Metrics",
    text: "",
    items: &[
        Item::Function(&METRIC),
        Item::Class(&METRIC_TYPE),
        Item::Function(&ADD),
        Item::Function(&SET),
    ],
};

/// `ouzel.metric`.
pub(in crate::script) const METRIC: Function = Function {
    path: "ouzel.metric",
    text: "Declares a metric. `/metrics` has it as `ouzel_script_NAME`. A name that ends with `_total` is of a counter, \
        which only grows; another name is of a gauge. What a handler changes counts once its Tweet's rows are \
        committed; a handler that fails changes nothing. After a reload that declares the name again the number goes \
        on, and after a restart it begins at 0.",
    example: r#"local links = ouzel.metric("links_total", "links in Tweets")"#,
    raises: "Raises for a wrong name, for a name that is declared twice, and in a handler.",
    parameters: &[
        needed("name", "string", "small letters, digits and `_`"),
        perhaps("help", "string", "one line that says what it is"),
    ],
    gives: &[gives("ouzel.Metric", "", "")],
    ..Function::NONE
};

const METRIC_TYPE: Class = Class {
    name: "ouzel.Metric",
    text: "A number of the script in `/metrics`. `ouzel.metric` makes it.",
    fields: &[field(
        "name",
        "string",
        "the metric's name, without `ouzel_script_`",
    )],
    held: Held::Local("Metric"),
    ..Class::NONE
};

/// `Metric:add`.
pub(in crate::script) const ADD: Function = Function {
    path: "Metric:add",
    text: "Adds to the number.",
    example: r#"local seen_links = ouzel.metric "seen_links_total"
seen_links:add(2)
seen_links:add(1, { lang = "en" })"#,
    raises: "Raises for a counter and a number below 0, and for more than 100 series, all metrics together: each value of a \
        label makes one.",
    parameters: &[
        perhaps("number", "number", "1 if it is not given"),
        perhaps("labels", "table<string, string|integer|boolean>", "at most 8"),
    ],
    ..Function::NONE
};

/// `Metric:set`.
pub(in crate::script) const SET: Function = Function {
    path: "Metric:set",
    text: "Sets the number of a gauge.",
    example: r#"local longest = ouzel.metric "longest_text"
longest:set(280)"#,
    raises: "Raises for a counter, and as `add` does.",
    parameters: &[
        needed("number", "number", ""),
        perhaps("labels", "table<string, string|integer|boolean>", "at most 8"),
    ],
    ..Function::NONE
};
