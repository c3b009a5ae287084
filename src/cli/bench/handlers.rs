//! What calling a handler costs: two small ones on the real path, over parsed lines that are already in memory.

use std::{path::Path, time::Duration};

use super::{Place, fastest, write};
use crate::{error::Error, text::lines::Lines};

/// A handler that does nothing.
const NOTHING: &str = "ouzel.enrich(function() end)\n";

/// A handler that reads ten fields, five of the Tweet and five of its author.
const TEN_FIELDS: &str = "
local none = {}
ouzel.enrich(function(tweet)
  local id, text, lang, at, retweets = tweet.id_str, tweet.text, tweet.lang, tweet.created_at, tweet.retweet_count
  local user = tweet.user or none
  local name, followers, friends, about, place =
    user.screen_name, user.followers_count, user.friends_count, user.description, user.location
end)
";

/// How long all these lines took with each of the two handlers, parsing included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handlers {
    pub(super) nothing: Duration,
    pub(super) ten_fields: Duration,
}

/// Measures both.
pub(super) fn handlers(
    place: &Place,
    folder: &Path,
    lines: &[Lines],
    runs: u32,
) -> Result<Handlers, Error> {
    let measure = |name: &str, script: &str| {
        let script = write(&folder.join(name), script.as_bytes())?;
        let place = place.with_script(script);
        let (took, _) = fastest(runs, || place.of_memory(lines))?;
        Ok::<_, Error>(took)
    };
    Ok(Handlers {
        nothing: measure("nothing.lua", NOTHING)?,
        ten_fields: measure("ten_fields.lua", TEN_FIELDS)?,
    })
}
