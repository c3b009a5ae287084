//! What English Tweets are about, so that topical rules match at a visible rate.

use fastrand::Rng;

/// A subject of conversation. A sentence is a subject and something that happens to it.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) hashtags: &'static [&'static str],
    pub(super) subjects: &'static [&'static str],
    pub(super) happenings: &'static [&'static str],
    /// How many of ten Tweets about it carry a link.
    pub(super) links: u32,
}

/// The first ones are what rules usually look for.
#[rustfmt::skip] // A table: several phrases a line.
pub(super) static TOPICS: &[Topic] = &[
    Topic {
        links: 4, hashtags: &["rocket", "launch", "space"],
        subjects: &["The rocket", "Tonight's rocket launch", "The launch window", "This rocket engine",
            "The crew of the second launch", "A small rocket from the new pad"],
        happenings: &["slipped another day because of upper winds", "went better than anyone expected",
            "is back on the pad and fuelled", "lit up the whole coast", "was scrubbed with nine seconds to go",
            "carries forty tiny satellites"],
    },
    Topic {
        links: 8, hashtags: &["climate", "ClimateAction", "climatechange"],
        subjects: &["The climate change report", "Talking about climate change", "Our town's climate change plan",
            "Climate change", "A new study on climate change", "The climate change debate"],
        happenings: &["is on the front page again", "needs more than another meeting",
            "says the glaciers lose a metre a year", "will cost the harbour most", "finally mentions trees and shade",
            "should be taught with numbers"],
    },
    Topic {
        links: 2, hashtags: &["coffee", "espresso", "morning"],
        subjects: &["This coffee", "The coffee place on the corner", "My third coffee", "Good coffee",
            "The office coffee machine", "Coffee after the rain"],
        happenings: &["tastes like burnt rubber", "is the best part of the day", "got me through the meeting",
            "costs more than the cake now", "was worth the walk", "has a queue around the block"],
    },
    Topic {
        links: 4, hashtags: &["music", "music", "music", "livemusic"],
        subjects: &["The new album", "Live music by the river", "That guitar solo", "The band's music",
            "Music from the nineties", "The second song"],
        happenings: &["has been on repeat all week", "made the whole room sing", "deserves a bigger stage",
            "sounds even better on vinyl", "took me right back to school", "sold out in four minutes"],
    },
    Topic {
        links: 3, hashtags: &["football", "matchday", "cup"],
        subjects: &["The football", "Sunday football", "Our football team", "The women's football final",
            "That late goal", "The referee"],
        happenings: &["went to extra time again", "was decided by a deflection",
            "made my neighbour shout at the wall", "is on at eight", "could have gone either way",
            "ended two all in the snow"],
    },
    Topic {
        links: 5, hashtags: &["election", "vote", "politics"],
        subjects: &["The election", "The local election count", "Turnout in this election", "Every election poster",
            "The debate before the election", "The mayor"],
        happenings: &["is closer than the polls said", "will be decided by three streets", "goes on past midnight",
            "needs a recount in two wards", "promised a bridge again", "was quieter than last time"],
    },
    Topic {
        links: 4, hashtags: &["weather", "rain", "storm"],
        subjects: &["The weather", "The weather forecast", "This storm", "Hail, in this weather,", "The weather app",
            "Fog over the valley"],
        happenings: &["changed its mind at noon", "turned the lane into a river", "was wrong by ten degrees",
            "should clear by Friday", "closed the bridge for an hour", "smells of snow"],
    },
    Topic {
        links: 3, hashtags: &["travel", "trains", "holiday"],
        subjects: &["The night train", "Our ferry", "The airport queue", "That little island", "The bus driver"],
        happenings: &["was an hour late and nobody minded", "has the best view in the country", "left without us",
            "is full of cyclists", "stopped for a flock of sheep"],
    },
    Topic {
        links: 3, hashtags: &["books", "amreading", "poetry"],
        subjects: &["This book", "The last chapter", "Her first novel", "The library van", "My reading list"],
        happenings: &["kept me up until three", "is nothing like the film", "ends in the middle of a sentence",
            "came back after eleven years", "grows faster than I read"],
    },
    Topic {
        links: 2, hashtags: &["food", "recipe", "baking"],
        subjects: &["The sourdough", "Grandma's soup", "This noodle bar", "The market stall",
            "Cheese &amp; onion pie"],
        happenings: &["needs one more day", "was gone in a minute", "smells of garlic and summer", "has a new menu",
            "won a ribbon at the fair"],
    },
    Topic {
        links: 5, hashtags: &["rustlang", "tech", "coding"],
        subjects: &["The compiler", "Our R&amp;D team", "This bug", "The new laptop", "A one-line fix"],
        happenings: &["was right all along", "took the weekend to find", "runs without a fan", "shipped on a Friday",
            "\"works on my machine\""],
    },
    Topic {
        links: 1, hashtags: &["cats", "dogsofinstagram", "birds"],
        subjects: &["The cat", "Next door's dog", "A heron", "The kitten", "The parrot at the vet's"],
        happenings: &["sat on the keyboard again", "has opinions about the postman", "stood on the roof all morning",
            "learned to open the fridge", "says good night to everyone"],
    },
    Topic {
        links: 3, hashtags: &["film", "cinema", "tv"],
        subjects: &["The film", "Episode six", "The old cinema", "That soundtrack", "The lead actor"],
        happenings: &["is forty minutes too long", "had everyone in tears", "reopens with a silent comedy",
            "gave it all away in the trailer", "carries the whole show"],
    },
    Topic {
        links: 1, hashtags: &["garden", "allotment", "bees"],
        subjects: &["The tomatoes", "Our apple tree", "The bees", "That hedge", "The compost heap"],
        happenings: &["are late this year", "fed the whole street", "found the lavender", "needs cutting before June",
            "steams in the frost"],
    },
    Topic {
        links: 2, hashtags: &["running", "cycling", "marathon"],
        subjects: &["The half marathon", "My bike", "The hill behind the church", "Parkrun", "The last mile"],
        happenings: &["nearly finished me", "has a new squeak", "was under water", "drew two hundred people",
            "hurts in a good way"],
    },
    Topic {
        links: 6, hashtags: &["markets", "economy", "jobs"],
        subjects: &["The price of bread", "Rent", "The shipyard", "The bank", "Small shops"],
        happenings: &["went up again", "takes half of what I earn", "is hiring fifty people",
            "closed its last branch here", "had their best month since spring"],
    },
];

/// How many of the topics come twice as often as the others.
const FAVOURITES: usize = 7;

/// A topic for one Tweet.
pub(super) fn pick(rng: &mut Rng) -> &'static Topic {
    &TOPICS[rng.usize(..TOPICS.len() + FAVOURITES) % TOPICS.len()]
}

/// What may follow a sentence's happening.
#[rustfmt::skip] // A table: several a line.
pub(super) static TAILS: &[&str] = &[
    "", "", "", ", and I can't stop thinking about it", ", apparently", ", which says a lot", " (so they say)",
    ", again", ", according to the local paper", " and nobody noticed", ": three years in the making", ", to be fair",
    " while I was looking for my keys", ", for once",
];

/// What ends a sentence.
pub(super) static STOPS: &[&str] = &[".", ".", ".", "!", "?", "...", " 🙂."];
