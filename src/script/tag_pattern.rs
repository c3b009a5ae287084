//! The tags that `ouzel.on` asks for: a `*` in one stands for any text. Pure: no IO.

use crate::text::nearest::nearest;

/// Whether a handler for this tag is called for a rule. A rule without a tag is only for `*` alone.
pub(crate) fn asks_for(pattern: &str, tag: Option<&str>) -> bool {
    pattern == "*" || tag.is_some_and(|tag| fits(pattern, tag))
}

/// Whether a tag fits a pattern. A `*` in the pattern stands for any text, even an empty one.
fn fits(pattern: &str, tag: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == tag;
    };
    let Some(mut tag) = tag.strip_prefix(start) else {
        return false;
    };
    // Between two stars the first place that fits is as good as any later one.
    let mut pieces: Vec<_> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match tag.find(piece) {
            Some(found) => tag = &tag[found + piece.len()..],
            None => return false,
        }
    }
    tag.ends_with(last)
}

/// What a tag has to begin with to fit a pattern.
pub(super) fn start(pattern: &str) -> &str {
    pattern.split_once('*').map_or(pattern, |(start, _)| start)
}

/// A tag that fits a pattern, for what has to match it.
pub(crate) fn fitting_tag(pattern: &str) -> String {
    match pattern {
        "*" => "any".to_owned(),
        pattern => pattern.replace('*', "any"),
    }
}

/// What a pattern that no tag fits was probably meant to be: a tag, or a pattern with its stars in the same places that
/// some tag fits. `None` if nothing is near enough.
pub(crate) fn meant<'t>(
    pattern: &str,
    tags: impl Iterator<Item = &'t str> + Clone,
) -> Option<String> {
    let Some((start, rest)) = pattern.split_once('*') else {
        return near_tag(pattern, tags).map(str::to_owned);
    };
    // The mistake is before the first star, or behind the last one.
    let (between, end) = rest
        .rsplit_once('*')
        .map_or(("", rest), |(between, end)| (&rest[..=between.len()], end));
    let starts = tags.clone().flat_map(|tag| ends(tag, start, Side::Start));
    let behind = tags.clone().flat_map(|tag| ends(tag, end, Side::End));
    let near_start = near_tag(start, starts);
    let near_end = near_tag(end, behind);
    let corrected = [
        near_start.map(|start| format!("{start}*{between}{end}")),
        near_end.map(|end| format!("{start}*{between}{end}")),
        near_start
            .zip(near_end)
            .map(|(start, end)| format!("{start}*{between}{end}")),
    ];
    let is_of_use = |meant: &String| tags.clone().any(|tag| fits(meant, tag));
    corrected.into_iter().flatten().find(is_of_use)
}

/// The tag, or the part of one, that another one was probably meant to be. Everything is near one or two characters.
pub(super) fn near_tag<'t>(tag: &str, known: impl Iterator<Item = &'t str>) -> Option<&'t str> {
    let says_something = tag.chars().nth(2).is_some();
    nearest(tag, known.filter(|_| says_something))
}

#[derive(Clone, Copy)]
enum Side {
    Start,
    End,
}

/// The beginnings or the ends of a tag that are about as long as a part of a pattern.
fn ends<'t>(tag: &'t str, part: &str, side: Side) -> impl Iterator<Item = &'t str> {
    let wanted = part.chars().count();
    let chars = tag.chars().count();
    let cut = move |length: usize| match side {
        Side::Start => tag
            .char_indices()
            .nth(length)
            .map_or(tag, |(at, _)| &tag[..at]),
        Side::End => {
            let skipped = chars.saturating_sub(length);
            tag.char_indices()
                .nth(skipped)
                .map_or("", |(at, _)| &tag[at..])
        }
    };
    // A part of the same length comes first, because the first of several that are as near is taken.
    [Some(wanted), wanted.checked_sub(1), Some(wanted + 1)]
        .into_iter()
        .flatten()
        .map(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, tag, expected) in [
            ("launch", "launch", true),
            ("launch", "launches", false),
            ("brand-*", "brand-acme", true),
            ("brand-*", "brand-", true),
            ("brand-*", "my-brand-acme", false),
            ("*-acme", "brand-acme", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "ace", true),
            ("a*c*e", "aec", false),
            ("a*a", "a", false),
            ("*a*a*", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, tag), expected, "{pattern} {tag}");
        }
        assert!(asks_for("*", None));
        assert!(!asks_for("**", None));
        for pattern in ["launch", "brand-*", "*-acme", "a*c*e", "*", "**"] {
            assert!(fits(pattern, &fitting_tag(pattern)), "{pattern}");
        }
    }

    #[test]
    fn the_nearest_that_would_fit_is_meant() {
        let tags = ["launch", "brand-acme", "brand-zenith", "größe-xl"];
        for (pattern, expected) in [
            ("lanch", Some("launch")),
            ("brand-acne", Some("brand-acme")),
            ("unlike", None),
            ("xl", None),
            ("brnd-*", Some("brand-*")),
            ("brand_*", Some("brand-*")),
            ("brandd-*", Some("brand-*")),
            ("*-zenit", Some("*-zenith")),
            ("*-acne", Some("*-acme")),
            ("brnd*-acne", Some("brand*-acme")),
            ("brnd-*ac*me", Some("brand-*ac*me")),
            ("grosses-*", None),
            ("größ_*", Some("größe*")),
            ("zebra-*", None),
            ("la*", None),
            ("xr*", None),
            ("*x*y*", None),
        ] {
            let meant = meant(pattern, tags.into_iter());
            assert_eq!(meant.as_deref(), expected, "{pattern}");
        }
    }
}
