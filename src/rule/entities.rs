//! Reads the parts that both payload formats share: entities, and the users in them.

use std::borrow::Cow;

use sonic_rs::{JsonValueTrait, Value};

use super::analysis::{Analysis, User};
use super::json::{list, object, string};
use super::pattern::Text;
use super::tokens::fold;

impl<'a> Analysis<'a> {
    /// Reads `entities`.
    pub(super) fn read_lists(&mut self, entities: &'a Value) {
        for url in list(entities, "urls") {
            let expanded = string(url, "expanded_url");
            let unwound = object(url, "unwound").and_then(|unwound| string(unwound, "url"));
            self.urls
                .extend(expanded.into_iter().chain(unwound).map(Text::new));
            let posted = string(url, "url");
            self.posted_urls
                .extend(posted.into_iter().chain(expanded).map(Text::new));
            self.has_links = true;
        }
        let tags = |key| {
            list(entities, key)
                .filter_map(|tag| string(tag, "text"))
                .map(fold)
        };
        self.hashtags.extend(tags("hashtags"));
        self.cashtags.extend(tags("symbols"));
        self.mentions
            .extend(list(entities, "user_mentions").map(account));
        if list(entities, "media").next().is_some() {
            self.has_media = true;
            self.has_links = true;
        }
    }

    /// Reads `extended_entities`, because `entities` calls a video a photo.
    pub(super) fn read_files(&mut self, files: &'a Value) {
        for file in list(files, "media") {
            match string(file, "type") {
                Some("photo") => self.has_images = true,
                Some("video") => self.has_videos = true,
                _ => {}
            }
        }
    }
}

pub(super) fn account(user: &Value) -> User<'_> {
    User {
        id: id(user, "id_str", "id"),
        screen_name: string(user, "screen_name"),
    }
}

/// Reads an id, from its string form if there is one. The earliest payloads have only a number.
pub(super) fn id<'a>(
    object: &'a Value,
    string_key: &str,
    number_key: &str,
) -> Option<Cow<'a, str>> {
    let exact = string(object, string_key).map(Cow::Borrowed);
    exact.or_else(|| Some(Cow::Owned(object.get(number_key)?.as_u64()?.to_string())))
}
