//! Reads a list of rules while it arrives, one rule after the other: an answer can have 150 MB [reference 3.11].

use super::bodies::{RemoteRule, read_remote, wrong};
use crate::powertrack::error::Error;

/// The most bytes of one rule in a list: a value and a tag of the longest, all escaped, are well below.
const LONGEST_RULE: usize = 64 * 1024;

/// The name of the member that holds the rules.
const RULES: &[u8] = b"\"rules\"";

/// The list, as far as it has arrived.
#[derive(Debug, Default)]
pub(super) struct List {
    rules: Vec<RemoteRule>,
    place: Place,
    /// How many brackets are open.
    depth: u32,
    in_string: bool,
    is_escaped: bool,
    /// The name of the last member, or the rule that is arriving.
    text: Vec<u8>,
    /// Whether there was a list of rules.
    has_rules: bool,
}

/// Where in the answer the next byte stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first bracket.
    #[default]
    Before,
    /// Where the name of a member can begin.
    Name,
    /// Behind the name of a member.
    Colon,
    /// In a member that is no list of rules.
    Other,
    /// In the list, between two rules.
    Between,
    /// In a rule.
    Rule,
    /// Behind the last bracket.
    After,
}

impl List {
    /// Takes the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        bytes.iter().try_for_each(|byte| self.take(*byte))
    }

    /// The rules, once everything has arrived.
    pub(super) fn finish(self) -> Result<Vec<RemoteRule>, Error> {
        match (self.place, self.has_rules) {
            (Place::After, true) => Ok(self.rules),
            (Place::After, false) => Err(wrong("there is no list of rules in it".to_owned())),
            (Place::Before, _) => Err(wrong("it is empty".to_owned())),
            _ => Err(wrong(format!(
                "it ends after {} rules, in the middle",
                self.rules.len()
            ))),
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), Error> {
        if self.in_string {
            return self.take_in_string(byte);
        }
        let is_blank = byte.is_ascii_whitespace();
        match (self.place, byte) {
            (Place::Before, b'{') => self.place = Place::Name,
            (Place::Name, b'"') => {
                self.text.clear();
                return self.begin_string(byte);
            }
            (Place::Name, b',') => {}
            (Place::Name, b'}') => self.place = Place::After,
            (Place::Colon, b':') => {}
            (Place::Colon, b'[') if self.text == RULES && !self.has_rules => {
                self.has_rules = true;
                self.place = Place::Between;
            }
            (Place::Colon, _) if !is_blank => {
                if self.text == RULES {
                    return Err(wrong("`rules` is not one list".to_owned()));
                }
                self.place = Place::Other;
                return self.take(byte);
            }
            (Place::Other, b',') if self.depth == 0 => self.place = Place::Name,
            (Place::Other, b'}') if self.depth == 0 => self.place = Place::After,
            (Place::Other, b'{' | b'[') => self.depth = self.depth.saturating_add(1),
            (Place::Other, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
            (Place::Other, b'"') => return self.begin_string(byte),
            (Place::Other, _) => {}
            (Place::Between, b'{') => {
                self.place = Place::Rule;
                self.depth = 1;
                self.text.clear();
                return self.keep(byte);
            }
            (Place::Between, b',') => {}
            (Place::Between, b']') => self.place = Place::Name,
            (Place::Rule, _) => return self.take_in_rule(byte),
            _ if is_blank => {}
            _ => {
                return Err(wrong(format!(
                    "`{}` stands where it cannot, after {} rules",
                    byte.escape_ascii(),
                    self.rules.len()
                )));
            }
        }
        Ok(())
    }

    fn take_in_rule(&mut self, byte: u8) -> Result<(), Error> {
        match byte {
            b'"' => return self.begin_string(byte),
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        self.keep(byte)?;
        if self.depth == 0 {
            self.rules.push(read_remote(&self.text)?);
            self.place = Place::Between;
        }
        Ok(())
    }

    fn begin_string(&mut self, byte: u8) -> Result<(), Error> {
        self.in_string = true;
        self.keep(byte)
    }

    fn take_in_string(&mut self, byte: u8) -> Result<(), Error> {
        self.keep(byte)?;
        if self.is_escaped {
            self.is_escaped = false;
        } else if byte == b'\\' {
            self.is_escaped = true;
        } else if byte == b'"' {
            self.in_string = false;
            if self.place == Place::Name {
                self.place = Place::Colon;
            }
        }
        Ok(())
    }

    /// Keeps a byte of a name or a rule.
    fn keep(&mut self, byte: u8) -> Result<(), Error> {
        if self.place == Place::Other {
            return Ok(());
        }
        if self.text.len() >= LONGEST_RULE {
            return Err(wrong(format!(
                "a rule in it is longer than {LONGEST_RULE} bytes"
            )));
        }
        self.text.push(byte);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Result<Vec<RemoteRule>, Error> {
        let mut list = List::default();
        for piece in pieces {
            list.feed(piece)?;
        }
        list.finish()
    }

    fn check(body: &str, expected: Expect) {
        let text = match read(&[body.as_bytes()]) {
            Ok(rules) => rules
                .iter()
                .map(|rule| format!("{} {:?} {:?}\n", rule.id, rule.value, rule.tag))
                .collect(),
            Err(error) => error.to_string().lines().next().unwrap().to_owned(),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn what_stands_around_the_rules_does_not_count() {
        check(r#"{"rules":[],"sent":"x"}"#, expect![""]);
        check(
            r#" { "sent" : "]}\"", "odd":{"rules":[1,{"a":"}"}]}, "rules" : [ {"value":"a\"}{","id":1,"x":{"y":[2]}} , {"value":"b","tag":"t","id":2,"id_str":"961664522481119232"} ], "n":3.5 } "#,
            expect![[r#"
                1 "a\"}{" None
                961664522481119232 "b" Some("t")
            "#]],
        );
    }

    #[test]
    fn a_list_gives_exact_ids() {
        check(
            r#"{"rules":[],"sent":"2016-06-01T15:52:37.341Z"}"#,
            expect![[""]],
        );
        check(
            r#"{"rules":[{"value":"from:galelabs","tag":null,"id":735163830813134848,"id_str":"735163830813134848"}],"sent":"x"}"#,
            expect![[r#"735163830813134848 "from:galelabs" None
"#]],
        );
        // Rounded by JavaScript: the text counts.
        check(
            r#"{"rules":[{"value":"a","tag":"t","id":961664522481119200,"id_str":"961664522481119232"}]}"#,
            expect![[r#"961664522481119232 "a" Some("t")
"#]],
        );
        // 2016: no `id_str`, and any order of fields.
        check(
            r#"{"rules":[{"id":9007199254740993,"value":"tea OR 🫖 \"x\""}]}"#,
            expect![[r#"9007199254740993 "tea OR 🫖 \"x\"" None
"#]],
        );
        check(
            r#"{"rules":[{"id":"12","value":"a"}]}"#,
            expect![[r#"12 "a" None
"#]],
        );
    }

    #[test]
    fn what_is_no_list_says_so() {
        let unread = "the answer of the rules endpoint could not be understood: ";
        let check = |body: &str, expected: &str| {
            let error = read(&[body.as_bytes()]).unwrap_err().to_string();
            let first = error.lines().next().unwrap();
            assert_eq!(first.strip_prefix(unread), Some(expected), "{body}");
        };
        check("", "it is empty");
        check("<html>", "`<` stands where it cannot, after 0 rules");
        check("{}", "there is no list of rules in it");
        check(
            r#"{"error":{"message":"x"}}"#,
            "there is no list of rules in it",
        );
        check(r#"{"rules":{}}"#, "`rules` is not one list");
        check(r#"{"rules":[],"rules":[]}"#, "`rules` is not one list");
        check(
            r#"{"rules":[1]}"#,
            "`1` stands where it cannot, after 0 rules",
        );
        check(
            r#"{"rules":[{"value":"a","id":1}"#,
            "it ends after 1 rules, in the middle",
        );
        check(
            r#"{"rules":[{"value":"a"}]}"#,
            "a rule without value or exact id",
        );
        check(
            r#"{"rules":[{"value":"a","id":1.5}]}"#,
            "a rule without value or exact id",
        );
        check(
            r#"{"rules":[]}x"#,
            "`x` stands where it cannot, after 0 rules",
        );
        let long = format!(r#"{{"rules":[{{"value":"{}"}}]}}"#, "x".repeat(100_000));
        check(&long, "a rule in it is longer than 65536 bytes");
    }

    proptest! {
        /// Wherever the answer is cut, the rules are the same, byte for byte.
        #[test]
        fn any_cut_gives_the_same_rules(
            rules in prop::collection::vec((".{0,20}", prop::option::of(".{0,9}"), any::<i64>()), 0..6),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let written = rules.iter().map(|(value, tag, id)| format!(
                r#"{{"value":{},"tag":{},"id":{id}}}"#,
                sonic_rs::to_string(value).unwrap(),
                sonic_rs::to_string(tag).unwrap(),
            ));
            let body = format!(r#"{{"rules":[{}],"sent":"x"}}"#, written.collect::<Vec<_>>().join(","));
            let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(body.len())).collect();
            places.extend([0, body.len()]);
            places.sort_unstable();
            let pieces: Vec<_> = places.windows(2).map(|ends| &body.as_bytes()[ends[0]..ends[1]]).collect();
            let read = read(&pieces).unwrap();
            prop_assert_eq!(read.len(), rules.len());
            for (read, (value, tag, id)) in read.iter().zip(&rules) {
                prop_assert_eq!((&read.value, &read.tag, read.id), (value, tag, *id));
            }
        }

        #[test]
        fn any_bytes_are_a_list_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&[&bytes]);
        }
    }
}
