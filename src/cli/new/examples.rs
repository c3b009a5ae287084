//! The example projects, which `ouzel new --example` makes: the folders of `examples/`.

use clap::builder::{PossibleValue, PossibleValuesParser};

/// A project to learn from.
pub(super) struct Example {
    name: &'static str,
    /// Its files, which take the place of those that every new project has.
    pub(super) files: &'static [(&'static str, &'static str)],
}

macro_rules! examples {
    ($($name:literal: $($file:literal)+;)+) => {
        &[$(Example {
            name: $name,
            files: &[$(($file, include_str!(concat!("../../../examples/", $name, "/", $file)))),+],
        }),+]
    };
}

/// In the order in which they are listed. Each has a `README.md`, which comes first.
const EXAMPLES: &[Example] = examples! {
    "brand-mentions": "README.md" "scripts/main.lua" "scripts/main_test.lua";
    "trends": "README.md" "scripts/main.lua" "scripts/main_test.lua";
    "links": "README.md" "scripts/main.lua" "scripts/main_test.lua";
    "geofence": "README.md" "scripts/main.lua" "scripts/main_test.lua";
    "sentiment": "README.md" "scripts/main.lua" "scripts/main_test.lua" "scripts/lexicon.csv";
    "modules": "README.md" "scripts/main.lua" "scripts/main_test.lua" "scripts/archive.lua" "scripts/hashtags.lua"
        "scripts/hashtags_test.lua" "scripts/topics/climate.lua" "scripts/topics/weather.lua";
};

impl Example {
    /// What it is: the sentence below the title of its page.
    fn about(&self) -> &'static str {
        let (_, page) = self.files[0];
        page.lines().nth(2).unwrap_or_default()
    }
}

/// The example of a name.
pub(super) fn named(name: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|example| example.name == name)
}

/// The names, for the command line.
pub(super) fn names() -> PossibleValuesParser {
    let values = EXAMPLES.iter();
    PossibleValuesParser::new(
        values.map(|example| PossibleValue::new(example.name).help(example.about())),
    )
}
