//! Small Tweets in the native format.

/// A Tweet that matched a rule tagged `t`.
pub fn tweet(id: i64) -> String {
    tagged(id, &["t"])
}

/// A Tweet that matched rules with these tags; their ids count from 1.
pub fn tagged(id: i64, tags: &[&str]) -> String {
    let rules: Vec<_> = tags
        .iter()
        .enumerate()
        .map(|(number, tag)| {
            let number = number + 1;
            format!(r#"{{"tag":"{tag}","id":{number},"id_str":"{number}"}}"#)
        })
        .collect();
    format!(
        r#"{{"created_at":"Wed Oct 10 20:19:24 +0000 2018","id":{id},"id_str":"{id}","text":"hello {id}","user":{{"id":7,"id_str":"7","screen_name":"ada","followers_count":{id}}},"entities":{{"hashtags":[]}},"matching_rules":[{}]}}"#,
        rules.join(",")
    )
}
