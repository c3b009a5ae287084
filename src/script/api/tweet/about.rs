//! What else a Tweet says of itself: its id, its language, the program that sent it, the rules that it matched.

use super::part::Part;

/// The language code. `und` means that the service does not know.
pub(super) fn lang<P: Part>(tweet: &P) -> Option<String> {
    tweet.text_of(&["lang", "twitter_lang"])
}

/// The tags of the rules that the Tweet matched, each once.
pub(super) fn tags<P: Part>(tweet: &P) -> Vec<String> {
    let rules = (tweet.field("matching_rules")).or_else(|| tweet.path(&["gnip", "matching_rules"]));
    let mut tags = Vec::new();
    for rule in rules.map_or_else(Vec::new, |rules| rules.elements()) {
        if let Some(tag) = rule.field("tag").and_then(|tag| tag.text())
            && !tags.contains(&tag)
        {
            tags.push(tag);
        }
    }
    tags
}

/// The name of the program that sent the Tweet. The native format has it as a link.
pub(super) fn app<P: Part>(tweet: &P) -> Option<String> {
    let activity = || tweet.text_at(&["generator", "displayName"]);
    let source = tweet.text_of(&["source"]).or_else(activity)?;
    let name = plain(&source);
    (!name.is_empty()).then_some(name)
}

/// The text without its HTML.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        let Some((_, after)) = tag.split_once('>') else {
            break;
        };
        text.push_str(before);
        rest = after;
    }
    text.push_str(rest);
    // `&amp;` comes last, because `&amp;lt;` is the text `&lt;`.
    for (escape, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        if text.contains(escape) {
            text = text.replace(escape, character);
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn html_is_taken_away() {
        for (html, expected) in [
            (
                r#"<a href="http://twitter.com" rel="nofollow">Twitter Web Client</a>"#,
                "Twitter Web Client",
            ),
            ("web", "web"),
            ("<a href=\"x\">Tom &amp; J&#39;s &lt;3</a>", "Tom & J's <3"),
            ("a &amp;lt; b", "a &lt; b"),
            ("<a href=\"x\"></a>", ""),
            ("1 < 2", "1 < 2"),
            ("", ""),
        ] {
            assert_eq!(plain(html), expected, "{html}");
        }
    }
}
