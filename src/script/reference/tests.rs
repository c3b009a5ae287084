//! What is written from the reference, and what else has to be true of it.

use std::collections::BTreeSet;

use expect_test::expect_file;

use super::*;

#[test]
fn the_description_for_editors_is_what_the_reference_says() {
    expect_file!["../../../scripts/ouzel.lua"].assert_eq(&stub());
}

#[test]
fn the_page_of_the_guide_is_what_the_reference_says() {
    expect_file!["../../guide/reference.md"].assert_eq(&page::page());
}

#[test]
fn each_thing_is_described_once_and_in_words() {
    let mut known = BTreeSet::new();
    for item in items() {
        let (name, text) = match item {
            Item::Function(function) => (function.path, function.text),
            Item::Class(class) => (class.name, class.text),
            Item::Partial(partial) => (partial.name, partial.text),
            Item::Alias(alias) => (alias.name, alias.text),
        };
        assert!(known.insert(name), "{name} is described twice");
        assert!(
            text.ends_with(['.', ':']) || text.is_empty(),
            "{name}: {text}"
        );
        if let Item::Function(function) = item {
            assert!(
                !function.text.is_empty() && !function.example.is_empty(),
                "{name}"
            );
            assert!(
                function.raises.is_empty() || function.raises.starts_with("Raises "),
                "{name}"
            );
            let left_out = function.parameters.iter().map(|one| one.may_be_left_out);
            assert!(
                left_out.is_sorted(),
                "{name}: what may be left out comes last"
            );
        }
        if let Item::Class(class) = item {
            let fields: BTreeSet<_> = class.names().collect();
            assert_eq!(fields.len(), class.fields.len(), "{name} has a field twice");
        }
        if let Item::Partial(partial) = item {
            for (changed, _) in partial.kinds {
                assert!(
                    partial.of.names().any(|field| field == *changed),
                    "{name}: {changed}"
                );
            }
        }
    }
}

#[test]
fn a_wrong_number_of_arguments_is_told_in_words() {
    const fn takes(parameters: &'static [Parameter]) -> Function {
        Function {
            path: "ouzel.f",
            parameters,
            ..Function::NONE
        }
    }
    let (none, one) = (takes(&[]), takes(const { &[needed("a", "any", "")] }));
    let two = takes(const { &[needed("a", "any", ""), needed("b", "any", "")] });
    let maybe = takes(const { &[perhaps("a", "any", "")] });
    let more = takes(
        const {
            &[
                needed("a", "any", ""),
                perhaps("b", "any", ""),
                perhaps("c", "any", ""),
            ]
        },
    );
    let open = takes(const { &[needed("a", "any", ""), needed("...", "any", "")] });
    for (function, count, expected) in [
        (&none, 0, ""),
        (&none, 1, "`ouzel.f` takes no arguments"),
        (&one, 1, ""),
        (&one, 0, "`ouzel.f` takes `a`, not 0 arguments"),
        (&one, 2, "`ouzel.f` takes `a`, not 2 arguments"),
        (&two, 1, "`ouzel.f` takes `a` and `b`, not 1 argument"),
        (&maybe, 0, ""),
        (&maybe, 2, "`ouzel.f` takes perhaps `a`, not 2 arguments"),
        (&more, 1, ""),
        (&more, 3, ""),
        (
            &more,
            4,
            "`ouzel.f` takes `a` and perhaps `b` and `c`, not 4 arguments",
        ),
        (&open, 9, ""),
        (&open, 0, "`ouzel.f` takes `a`, not 0 arguments"),
    ] {
        assert_eq!(function.takes(count), expected.is_empty(), "{count}");
        if !expected.is_empty() {
            assert_eq!(function.wrong_count("ouzel.f", count), expected);
        }
    }
}

#[test]
fn what_is_newer_than_the_first_version_says_so() {
    let mut told = String::new();
    let newer = Function {
        path: "ouzel.f",
        text: "Does it.",
        since: "0.2.0",
        parameters: const { &[needed("a", "any", ""), perhaps("b", "string", "how")] },
        gives: const { &[gives("integer", "", "")] },
        ..Function::NONE
    };
    page::function(&mut told, &newer);
    let expected = "\n### `ouzel.f(a [, b])`\n\nDoes it.\nIt is there since 0.2.0.\n\nTakes:\n\n- `a`, `any`\n\
        - `b`, `string`, may be left out: how\n\nGives:\n\n- `integer`\n";
    assert_eq!(told, expected);
    let mut told = String::new();
    luacats::function(&mut told, &newer);
    let expected = "---Does it.\n---\n---It is there since 0.2.0.\n---@param a any\n---@param b? string how\n---@return integer\n\
        function ouzel.f(a, b) end\n";
    assert_eq!(told, expected);
}

#[test]
fn the_parts_of_the_reference_are_found() {
    let names: Vec<_> = of_ouzel().map(Function::name).collect();
    assert!(
        names.contains(&"rules") && names.contains(&"csv"),
        "{names:?}"
    );
    assert!(!names.contains(&"exec"), "{names:?}");
    assert!(methods("Tweet").any(|name| name == "full_text"));
    assert_eq!(methods("Metric").collect::<Vec<_>>(), ["add", "set"]);
    assert!(class("ouzel.Tweet").is_some_and(|class| class.names().any(|name| name == "lang")));
    assert!(class("ouzel.Nothing").is_none());
}
