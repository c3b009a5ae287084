//! Which URLs are used, made and refused.

use expect_test::{Expect, expect};

use super::*;

/// The URL as it is used, or what is wrong with it.
#[track_caller]
fn check(url: &str, expected: &str) {
    let addresses = Addresses {
        url: Some(url.to_owned()),
        rules_url: Some("https://rules.example/r.json".to_owned()),
        ..Addresses::default()
    };
    match Endpoint::new(&addresses) {
        Ok(endpoint) => assert_eq!(endpoint.stream.to_string(), expected),
        Err(error) => assert_eq!(
            error.to_string(),
            format!("`url` cannot be used: {expected}")
        ),
    }
}

fn named(account: Option<&str>, label: Option<&str>, expected: Expect) {
    let addresses = Addresses {
        account: account.map(str::to_owned),
        label: label.map(str::to_owned),
        ..Addresses::default()
    };
    let text = match Endpoint::new(&addresses) {
        Ok(endpoint) => format!("{}\n{}", endpoint.stream, endpoint.rules),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&text);
}

#[test]
fn account_and_label_make_both_urls() {
    named(
        Some("Acme-1"),
        Some("prod"),
        expect![[r#"
        https://gnip-stream.twitter.com/stream/powertrack/accounts/Acme-1/publishers/twitter/prod.json
        https://data-api.twitter.com/rules/powertrack/accounts/Acme-1/publishers/twitter/prod.json"#]],
    );
    named(
        None,
        Some("prod"),
        expect![[r#"
            `account` cannot be used: it is not set, and neither is `url`
            hint: without an account, try `ouzel run --sim`"#]],
    );
    named(
        Some("acme"),
        Some(""),
        expect![[r#"
            `label` cannot be used: it is not set, and neither is `url`
            hint: without an account, try `ouzel run --sim`"#]],
    );
    named(
        Some("a/b"),
        Some("prod"),
        expect!["`account` cannot be used: it contains '/'; give `url` in full if that is meant"],
    );
    named(
        Some(".."),
        Some("prod"),
        expect!["`account` cannot be used: it is not a name"],
    );
}

#[test]
fn full_urls_win() {
    let addresses = Addresses {
        account: Some("acme".into()),
        label: Some("prod".into()),
        url: Some("http://127.0.0.1:9/s.json".into()),
        ..Addresses::default()
    };
    let endpoint = Endpoint::new(&addresses).unwrap();
    assert_eq!(endpoint.stream, "http://127.0.0.1:9/s.json");
    assert_eq!(endpoint.rules.host(), Some(HOSTS.rules));
}

#[test]
fn the_rules_of_replay_follow_from_those_of_the_stream() {
    let mut addresses = Addresses {
        account: Some("acme".into()),
        label: Some("prod".into()),
        replay_url: Some("https://replay.example/r.json".into()),
        ..Addresses::default()
    };
    let replay = Endpoint::new(&addresses).unwrap().replay.unwrap();
    assert_eq!(
        replay.rules,
        "https://data-api.twitter.com/rules/powertrack-replay/accounts/acme/publishers/twitter/prod.json"
    );
    addresses.rules_url = Some("https://rules.example/r.json".into());
    let error = Endpoint::new(&addresses).unwrap_err().to_string();
    assert!(
        error.starts_with("`replay_rules_url` cannot be used: it is not set"),
        "{error}"
    );
    addresses.replay_rules_url = Some("https://rules.example/replay.json".into());
    assert!(Endpoint::new(&addresses).unwrap().replay.is_some());
}

#[test]
fn the_rule_sets_of_other_labels_and_of_replay_follow() {
    fn set(label: Option<&str>, is_replay: bool, addresses: &Addresses) -> String {
        let label = label.map(str::to_owned);
        match (RuleSetName { label, is_replay }).url(addresses) {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        }
    }
    let named = Addresses {
        account: Some("acme".into()),
        label: Some("prod".into()),
        ..Addresses::default()
    };
    let at = |kind: &str, label: &str| {
        format!(
            "https://data-api.twitter.com/rules/{kind}/accounts/acme/publishers/twitter/{label}.json"
        )
    };
    assert_eq!(set(None, false, &named), at("powertrack", "prod"));
    assert_eq!(set(Some("dev"), false, &named), at("powertrack", "dev"));
    assert_eq!(set(None, true, &named), at("powertrack-replay", "prod"));
    assert_eq!(
        set(Some("dev"), true, &named),
        at("powertrack-replay", "dev")
    );
    // The URL of the settings is that of their own label.
    let set_apart = Addresses {
        replay_rules_url: Some("http://127.0.0.1:9/elsewhere.json".into()),
        ..named.clone()
    };
    assert_eq!(
        set(Some("dev"), true, &set_apart),
        at("powertrack-replay", "dev")
    );
    let elsewhere = "http://127.0.0.1:9/elsewhere.json";
    assert_eq!(set(Some("prod"), true, &set_apart), elsewhere);
    assert_eq!(set(None, true, &set_apart), elsewhere);
    // The label of the settings is not needed then.
    let unnamed = Addresses {
        label: None,
        ..named.clone()
    };
    assert_eq!(set(Some("dev"), false, &unnamed), at("powertrack", "dev"));
    let full = Addresses {
        rules_url: Some("http://127.0.0.1:9/rules/powertrack/prod.json?x=1".into()),
        replay_rules_url: Some("http://127.0.0.1:9/elsewhere.json".into()),
        ..Addresses::default()
    };
    assert_eq!(
        set(Some("dev"), false, &full),
        "http://127.0.0.1:9/rules/powertrack/dev.json"
    );
    assert_eq!(set(None, true, &full), "http://127.0.0.1:9/elsewhere.json");
    assert_eq!(
        set(Some("dev"), true, &full),
        "http://127.0.0.1:9/rules/powertrack-replay/dev.json"
    );
    let odd = Addresses {
        rules_url: Some("http://127.0.0.1:9/rules".into()),
        ..Addresses::default()
    };
    assert_eq!(
        set(Some("dev"), false, &odd),
        "`rules_url` cannot be used: it does not end in `/{label}.json`, so the URL for the label `dev` does not follow from it"
    );
    assert_eq!(
        set(Some("a/b"), false, &full),
        "`label` cannot be used: it contains '/'; give `rules_url` in full if that is meant"
    );
    let url = |text: &str| validation_url(&text.parse().unwrap()).map(|url| url.to_string());
    assert_eq!(
        url("https://h.example/p/prod.json?x=1").unwrap(),
        "https://h.example/p/prod/validation.json"
    );
    assert!(url("https://h.example/p").is_err());
}

#[test]
fn a_url_of_another_part_is_refused_and_one_of_a_proxy_is_not() {
    fn all(urls: [Option<&str>; 4], expected: Expect) {
        let [url, rules_url, replay_url, replay_rules_url] = urls.map(|url| url.map(str::to_owned));
        let addresses = Addresses {
            url,
            rules_url,
            replay_url,
            replay_rules_url,
            ..Addresses::default()
        };
        expected.assert_eq(&match Endpoint::new(&addresses) {
            Ok(_) => "fine".to_owned(),
            Err(error) => error.to_string(),
        });
    }
    let end = "accounts/a/publishers/twitter/p.json";
    let [stream, rules, replay, replay_rules] = [
        "stream/powertrack",
        "rules/powertrack",
        "replay/powertrack",
        "rules/powertrack-replay",
    ]
    .map(|kind| format!("https://h.example/{kind}/{end}"));
    let [stream, rules, replay, replay_rules] =
        [&stream, &rules, &replay, &replay_rules].map(|url| Some(url.as_str()));
    let (proxy, other) = (
        Some("https://p.example/x"),
        Some("https://p.example/stream/mine?rules"),
    );
    all([stream, rules, replay, replay_rules], expect!["fine"]);
    all([proxy, other, None, None], expect!["fine"]);
    all([other, proxy, proxy, proxy], expect!["fine"]);
    all(
        [
            Some("https://p.example/rules/powertrack/via/stream/powertrack/accounts/a"),
            rules,
            None,
            None,
        ],
        expect!["fine"],
    );
    all(
        [rules, stream, None, None],
        expect![[r#"
        `url` cannot be used: it is a URL of the rules endpoint, by its `/rules/powertrack/`
        hint: `url` and `rules_url` are the wrong way round"#]],
    );
    all(
        [rules, rules, None, None],
        expect![[r#"
        `url` cannot be used: it is a URL of the rules endpoint, by its `/rules/powertrack/`
        hint: `rules_url` is the setting for it; `url` has `/stream/powertrack/` in it"#]],
    );
    all(
        [stream, stream, None, None],
        expect![[r#"
        `rules_url` cannot be used: it is a URL of the stream, by its `/stream/powertrack/`
        hint: `url` is the setting for it; `rules_url` has `/rules/powertrack/` in it"#]],
    );
    all(
        [stream, proxy, replay_rules, replay],
        expect![[r#"
        `replay_url` cannot be used: it is a URL of the rules of Replay, by its `/rules/powertrack-replay/`
        hint: `replay_url` and `replay_rules_url` are the wrong way round"#]],
    );
    all(
        [stream, rules, stream, None],
        expect![[r#"
        `replay_url` cannot be used: it is a URL of the stream, by its `/stream/powertrack/`
        hint: `url` is the setting for it; `replay_url` has `/replay/powertrack/` in it"#]],
    );
    all(
        [stream, replay_rules, None, None],
        expect![[r#"
        `rules_url` cannot be used: it is a URL of the rules of Replay, by its `/rules/powertrack-replay/`
        hint: `replay_rules_url` is the setting for it; `rules_url` has `/rules/powertrack/` in it"#]],
    );
    all(
        [
            Some("https://api.x.com/2/tweets/search/stream"),
            rules,
            None,
            None,
        ],
        expect![[r#"
            `url` cannot be used: it is a URL of the X API v2, which is another service
            hint: ouzel speaks PowerTrack 2.0"#]],
    );
    all(
        [
            stream,
            Some(
                "https://h.example/rules/powertrack/accounts/a/publishers/twitter/p/validation.json",
            ),
            None,
            None,
        ],
        expect![[r#"
            `rules_url` cannot be used: it is the URL of the validation, which keeps no rules
            hint: the rules endpoint ends in the label, `/{label}.json`"#]],
    );
    all(
        [stream, None, None, None],
        expect![[r#"
        `rules_url` cannot be used: it is not set, and only `url` is
        hint: set both, or `account` and `label`, which make both"#]],
    );
    all(
        [None, rules, None, None],
        expect![[r#"
        `url` cannot be used: it is not set, and only `rules_url` is
        hint: set both, or `account` and `label`, which make both"#]],
    );
}

#[test]
fn plain_http_is_for_loopback_only() {
    for url in [
        "http://127.0.0.1:8080/s.json",
        "http://127.9.9.9/s.json",
        "http://[::1]:8080/s.json",
        "http://LocalHost:1/s.json",
        "https://example.com/s.json?partition=1",
    ] {
        check(url, url);
    }
    for url in [
        "http://example.com/s.json",
        "http://127.0.0.1.example.com/s.json",
        "http://10.0.0.1/s.json",
    ] {
        check(
            url,
            "plain `http` would send the password in the clear, so it is for loopback addresses only; use `https`",
        );
    }
}

#[test]
fn a_url_that_cannot_be_used_says_why() {
    let credentials = "it contains credentials; set `username` and `password` instead";
    for (url, expected) in [
        ("ftp://example.com/", "`ftp` is not `https`"),
        ("example.com/s.json", "it is not a URL: invalid format"),
        ("example.com", "it does not start with `https://`"),
        ("/s.json", "it has no host"),
        ("", "it is not a URL: empty string"),
        ("https://me:secret@example.com/", credentials),
        ("https://me@example.com/", credentials),
        (
            "https://exa mple.com/",
            "it is not a URL: invalid uri character",
        ),
    ] {
        check(url, expected);
    }
}
