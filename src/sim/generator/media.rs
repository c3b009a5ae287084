//! Photos, videos and GIFs of made-up Tweets.

use fastrand::Rng;

use super::{link::link_code, user::Person};
use crate::{json_text::Json, snowflake};

/// A photo, video or GIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    Photo,
    Video,
    Gif,
}

/// What is attached to a Tweet: one to four.
pub(crate) type Media = &'static [Medium];

/// Width and height, and how they are to each other.
#[derive(Debug)]
struct Shape {
    size: (usize, usize),
    ratio: (usize, usize),
}

const fn shape(width: usize, height: usize, across: usize, down: usize) -> Shape {
    Shape {
        size: (width, height),
        ratio: (across, down),
    }
}

const PHOTOS: &[Shape] = &[
    shape(1280, 720, 16, 9),
    shape(1200, 1600, 3, 4),
    shape(2048, 1365, 3, 2),
    shape(1080, 1080, 1, 1),
];

const VIDEOS: &[Shape] = &[
    shape(1280, 720, 16, 9),
    shape(720, 1280, 9, 16),
    shape(720, 720, 1, 1),
];

const GIFS: &[Shape] = &[
    shape(500, 280, 25, 14),
    shape(450, 458, 225, 229),
    shape(480, 480, 1, 1),
];

impl Shape {
    fn half(&self) -> (usize, usize) {
        (self.size.0 / 2, self.size.1 / 2)
    }
}

/// How a Tweet's media are described: where their link stands, and whose they are.
#[derive(Debug)]
pub(super) struct Attached<'a> {
    pub(super) media: Media,
    /// The code of the `t.co` link.
    pub(super) code: &'a str,
    pub(super) indices: (usize, usize),
    /// The Tweet that they were first part of, and its author.
    pub(super) tweet: u64,
    pub(super) author: Person<'a>,
    /// What that Tweet's media are like follows from this number.
    pub(super) mark: u64,
    /// Whether the describing Tweet is a Retweet of that one.
    pub(super) retweeted: bool,
}

impl Attached<'_> {
    /// `entities.media` of a Tweet: exactly one element, and always a photo. [source: xd/data-dictionary]
    pub(super) fn write_first(&self, json: &mut Json<'_>) {
        json.raw("[");
        self.write(0, self.media[0], false, json);
        json.raw("]");
    }

    /// `extended_entities.media`; in an `extended_tweet` also `entities.media`, as real Tweets have it.
    pub(super) fn write_all(&self, json: &mut Json<'_>) {
        json.raw("[");
        json.list(self.media.iter().enumerate(), |(number, medium), json| {
            self.write(number, *medium, true, json);
        });
        json.raw("]");
    }

    fn write(&self, number: usize, medium: Medium, extended: bool, json: &mut Json<'_>) {
        // Everything about the medium follows from its Tweet, so that all places agree.
        let mut rng = Rng::with_seed(self.mark.wrapping_add(number as u64));
        let uploaded_ms = snowflake::time_ms(self.tweet) - rng.i64(2000..40_000);
        let id = snowflake::at(uploaded_ms, number as i64).unsigned_abs();
        let file = link_code(rng.u64(..));
        let (kind, page, shapes) = match medium {
            Medium::Photo => ("photo", "photo", PHOTOS),
            Medium::Video => ("video", "video", VIDEOS),
            Medium::Gif => ("animated_gif", "photo", GIFS),
        };
        let shape = &shapes[rng.usize(..shapes.len())];
        json.raw(r#"{"id":"#)
            .int(id)
            .raw(r#","id_str":"#)
            .quoted(id);
        json.raw(r#","indices":["#)
            .size(self.indices.0)
            .raw(",")
            .size(self.indices.1)
            .raw("]");
        for (key, scheme) in [("media_url", "http"), ("media_url_https", "https")] {
            json.raw(",\"").raw(key).raw("\":\"").raw(scheme);
            json.raw(r":\/\/pbs.twimg.com\/");
            match medium {
                Medium::Photo => json.raw(r"media\/"),
                Medium::Video => json
                    .raw(r"ext_tw_video_thumb\/")
                    .int(id)
                    .raw(r"\/pu\/img\/"),
                Medium::Gif => json.raw(r"tweet_video_thumb\/"),
            };
            json.raw(&file).raw(".jpg\"");
        }
        json.raw(r#","url":"https:\/\/t.co\/"#).raw(self.code);
        json.raw(r#"","display_url":"pic.twitter.com\/"#)
            .raw(self.code);
        json.raw(r#"","expanded_url":"https:\/\/twitter.com\/"#)
            .part(self.author.screen_name);
        json.raw(r"\/status\/").int(self.tweet).raw(r"\/").raw(page);
        json.raw(r#"\/1","type":"#)
            .text(if extended { kind } else { "photo" });
        let (width, height) = shape.size;
        json.raw(r#","sizes":{"thumb":{"w":150,"h":150,"resize":"crop"}"#);
        for (size, most) in [("small", 680), ("medium", 1200), ("large", 2048)] {
            let longest = width.max(height);
            let shown = longest.min(most);
            json.raw(",\"")
                .raw(size)
                .raw(r#"":{"w":"#)
                .size(width * shown / longest);
            json.raw(r#","h":"#)
                .size(height * shown / longest)
                .raw(r#","resize":"fit"}"#);
        }
        json.raw("}");
        if self.retweeted {
            json.raw(r#","source_status_id":"#).int(self.tweet);
            json.raw(r#","source_status_id_str":"#).quoted(self.tweet);
            json.raw(r#","source_user_id":"#).int(self.author.id);
            json.raw(r#","source_user_id_str":"#).quoted(self.author.id);
        }
        if extended {
            write_video(medium, id, &file, shape, &mut rng, json);
        }
        json.raw("}");
    }
}

fn write_video(
    medium: Medium,
    id: u64,
    file: &str,
    shape: &Shape,
    rng: &mut Rng,
    json: &mut Json<'_>,
) {
    let (across, down) = shape.ratio;
    let start = |json: &mut Json<'_>| {
        json.raw(r#","video_info":{"aspect_ratio":["#)
            .size(across)
            .raw(",")
            .size(down)
            .raw("]");
    };
    match medium {
        Medium::Photo => {}
        Medium::Gif => {
            start(json);
            json.raw(r#","variants":[{"bitrate":0,"content_type":"video\/mp4","url":"https:\/\/video.twimg.com\/tweet_video\/"#);
            json.raw(file).raw(".mp4\"}]}");
        }
        Medium::Video => {
            start(json);
            json.raw(r#","duration_millis":"#);
            json.int(rng.u64(2000..140_000)).raw(r#","variants":["#);
            for (bitrate, (width, height)) in [(832_000, shape.half()), (2_176_000, shape.size)] {
                json.raw(r#"{"bitrate":"#).int(bitrate).raw(r#","content_type":"video\/mp4","url":"https:\/\/video.twimg.com\/ext_tw_video\/"#);
                json.int(id)
                    .raw(r"\/pu\/vid\/")
                    .size(width)
                    .raw("x")
                    .size(height)
                    .raw(r"\/")
                    .raw(file)
                    .raw(".mp4?tag=12\"},");
            }
            json.raw(r#"{"content_type":"application\/x-mpegURL","url":"https:\/\/video.twimg.com\/ext_tw_video\/"#);
            json.int(id)
                .raw(r"\/pu\/pl\/")
                .raw(file)
                .raw(r#".m3u8?tag=12"}]},"additional_media_info":{"monetizable":false}"#);
        }
    }
}
