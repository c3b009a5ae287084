//! Makes up rules of mixed kinds from a seed, like those of an account with many rules.

use fastrand::Rng;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

/// How many Tweets words are taken from.
const SAMPLE: usize = 2000;

/// One in this many words occurs in Tweets. The others are made up, because most rules of a large account wait for
/// something that is rarely said.
const OCCURRING: usize = 4;

/// Material for rules that occurs in Tweets.
#[derive(Debug, Default)]
struct Material {
    words: Vec<String>,
    /// Two words that stand next to each other.
    pairs: Vec<String>,
    hashtags: Vec<String>,
    names: Vec<String>,
    points: Vec<(f64, f64)>,
}

/// Makes `count` rules. Enough of them match that some of these Tweets are found.
pub(super) fn values(count: usize, seed: u64, lines: &[Vec<u8>]) -> Vec<String> {
    let mut material = Material::default();
    for line in lines.iter().take(SAMPLE) {
        if let Ok(tweet) = crate::text::json::read_any(line) {
            material.read(&tweet);
        }
    }
    let mut maker = Maker {
        random: Rng::with_seed(seed),
        material,
    };
    (0..count).map(|number| maker.value(number)).collect()
}

impl Material {
    fn read(&mut self, tweet: &Value) {
        let text = tweet
            .get("text")
            .and_then(|text| text.as_str())
            .unwrap_or_default();
        let words: Vec<&str> = text
            .split(' ')
            .filter(|word| word.len() > 4 && word.chars().all(char::is_alphabetic))
            .collect();
        self.words
            .extend(words.iter().map(|word| (*word).to_owned()));
        self.pairs
            .extend(words.windows(2).map(|pair| pair.join(" ")));
        let tags = tweet
            .get("entities")
            .and_then(|entities| entities.get("hashtags"));
        for tag in tags.and_then(|tags| tags.as_array()).into_iter().flatten() {
            self.hashtags
                .extend(tag.get("text").as_str().map(str::to_owned));
        }
        let name = tweet.get("user").and_then(|user| user.get("screen_name"));
        self.names.extend(name.as_str().map(str::to_owned));
        let corner = tweet
            .pointer(["place", "bounding_box", "coordinates"].as_slice())
            .and_then(|polygon| polygon.get(0)?.get(0));
        if let Some(corner) = corner
            && let (Some(longitude), Some(latitude)) =
                (corner.get(0).as_f64(), corner.get(1).as_f64())
        {
            self.points.push((longitude, latitude));
        }
    }
}

struct Maker {
    random: Rng,
    material: Material,
}

impl Maker {
    fn value(&mut self, number: usize) -> String {
        let languages = ["en", "es", "ja", "pt", "ar"];
        match number % 14 {
            0 | 1 => format!("{} {}", self.word(), self.word()),
            2 => format!(
                "{} OR {} OR {}",
                self.made_up(),
                self.made_up(),
                self.word()
            ),
            3 | 4 => format!("\"{}\"", self.pair()),
            5 | 6 => format!("#{}", self.hashtag()),
            7 => format!("from:{}", self.name()),
            8 => format!("(from:{} OR @{}) {}", self.name(), self.name(), self.word()),
            9 => format!("contains:{}", self.part()),
            10 => format!("{} -{} -is:retweet", self.made_up_mostly(), self.word()),
            11 => format!(
                "({} OR \"{}\") lang:{} -(contains:{} OR has:links)",
                self.word(),
                self.pair(),
                languages[self.random.usize(..languages.len())],
                self.part(),
            ),
            12 => self.area(),
            _ => format!("url_contains:{} OR bio:{}", self.made_up(), self.made_up()),
        }
    }

    fn occurs(&mut self) -> bool {
        self.random.usize(..OCCURRING) == 0
    }

    fn pick(&mut self, of: fn(&Material) -> &Vec<String>) -> String {
        let all = of(&self.material);
        match all.len() {
            0 => "snow".to_owned(),
            count => all[self.random.usize(..count)].clone(),
        }
    }

    fn word(&mut self) -> String {
        if self.occurs() {
            self.pick(|material| &material.words)
        } else {
            self.made_up()
        }
    }

    /// A word for a rule with little else. It is mostly made up, because a word that occurs would match too much by
    /// itself.
    fn made_up_mostly(&mut self) -> String {
        if self.random.u8(..40) == 0 {
            self.word()
        } else {
            self.made_up()
        }
    }

    fn pair(&mut self) -> String {
        if self.occurs() {
            self.pick(|material| &material.pairs)
        } else {
            format!("{} {}", self.word(), self.made_up())
        }
    }

    fn hashtag(&mut self) -> String {
        if self.random.u8(..20) == 0 {
            self.pick(|material| &material.hashtags)
        } else {
            self.made_up()
        }
    }

    fn name(&mut self) -> String {
        if self.occurs() {
            self.pick(|material| &material.names)
        } else {
            format!("{}{}", self.made_up(), self.random.u32(..1000))
        }
    }

    fn part(&mut self) -> String {
        let word = self.made_up_mostly();
        word.chars().skip(1).take(7).collect()
    }

    fn area(&mut self) -> String {
        let (longitude, latitude) = match self.material.points.len() {
            count if count > 0 && self.occurs() => self.material.points[self.random.usize(..count)],
            _ => (
                self.random.f64() * 300.0 - 150.0,
                self.random.f64() * 120.0 - 60.0,
            ),
        };
        if self.random.bool() {
            format!("point_radius:[{longitude:.4} {latitude:.4} 20mi]")
        } else {
            let (east, north) = (longitude + 0.2, latitude + 0.2);
            format!("bounding_box:[{longitude:.4} {latitude:.4} {east:.4} {north:.4}]")
        }
    }

    /// A word of three to five syllables, which most likely nobody uses.
    fn made_up(&mut self) -> String {
        let (starts, ends) = (b"bdfgklmnprstvz", b"aeiou");
        let syllables = self.random.usize(3..6);
        (0..syllables * 2)
            .map(|at| {
                let letters: &[u8] = if at % 2 == 0 { starts } else { ends };
                char::from(letters[self.random.usize(..letters.len())])
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rule::Rule, sim::generator::Generator};

    #[test]
    fn all_made_up_rules_are_valid_and_follow_from_the_seed() {
        let mut generator = Generator::new(1);
        let lines: Vec<Vec<u8>> = (0..300)
            .map(|_| {
                let mut line = Vec::new();
                generator.next_into(&mut line);
                line
            })
            .collect();
        let made = values(2000, 1, &lines);
        for value in &made {
            assert!(Rule::parse(value).is_ok(), "{value}");
        }
        assert_eq!(made, values(2000, 1, &lines));
        assert_ne!(made, values(2000, 2, &lines));
        assert_eq!(values(14, 1, &[]).len(), 14);
    }
}
