//! Looks for all parts of texts that rules ask for, in one pass.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

/// This many parts are worth an automaton. Fewer parts are searched one by one.
const LOOSE: usize = 16;

/// Parts of texts, and the rules that ask for them.
///
/// Parts come one at a time, but an automaton can only be built as a whole. So new parts stay loose
/// until there are enough of them for an automaton. The new automaton also takes the parts of the older
/// automata that are not much larger. So there are always few automata, and each part moves to a new one
/// only a few times.
#[derive(Debug, Default)]
pub(super) struct Literals {
    parts: Vec<Part>,
    by_text: HashMap<String, u32>,
    loose: Vec<u32>,
    /// Each is at least twice as large as the next.
    automata: Vec<Automaton>,
    /// The number of parts that no rule asks for any more.
    dead: usize,
}

#[derive(Debug)]
struct Part {
    text: String,
    slots: Vec<u32>,
}

#[derive(Debug)]
struct Automaton {
    /// The parts' numbers, in the order of the automaton's patterns.
    parts: Vec<u32>,
    finder: AhoCorasick,
}

impl Literals {
    pub(super) fn is_empty(&self) -> bool {
        self.by_text.is_empty()
    }

    pub(super) fn add(&mut self, text: &str, slot: u32) {
        if let Some(number) = self.by_text.get(text) {
            self.parts[*number as usize].slots.push(slot);
            return;
        }
        self.push(Part {
            text: text.to_owned(),
            slots: vec![slot],
        });
        if self.loose.len() >= LOOSE {
            let numbers = std::mem::take(&mut self.loose);
            self.build(numbers);
        }
    }

    pub(super) fn remove(&mut self, text: &str, slot: u32) {
        let Some(number) = self.by_text.get(text) else {
            return;
        };
        let slots = &mut self.parts[*number as usize].slots;
        slots.retain(|other| *other != slot);
        if slots.is_empty() {
            self.by_text.remove(text);
            self.dead += 1;
        }
        if self.dead > LOOSE + self.by_text.len() {
            self.start_over();
        }
    }

    /// Passes the slots of all parts that a folded text contains to `tell`, some of them more than once.
    pub(super) fn find(&self, folded: &str, mut tell: impl FnMut(u32)) {
        let mut tell_all = |number: u32| {
            for slot in &self.parts[number as usize].slots {
                tell(*slot);
            }
        };
        for number in &self.loose {
            if folded.contains(&self.parts[*number as usize].text) {
                tell_all(*number);
            }
        }
        for automaton in &self.automata {
            for found in automaton.finder.find_overlapping_iter(folded) {
                tell_all(automaton.parts[found.pattern().as_usize()]);
            }
        }
    }

    fn push(&mut self, part: Part) {
        let number = self.parts.len() as u32;
        self.by_text.insert(part.text.clone(), number);
        self.loose.push(number);
        self.parts.push(part);
    }

    fn build(&mut self, mut numbers: Vec<u32>) {
        while let Some(last) = self
            .automata
            .pop_if(|last| last.parts.len() < 2 * numbers.len())
        {
            numbers.extend(last.parts);
        }
        numbers.retain(|number| !self.parts[*number as usize].slots.is_empty());
        let texts = numbers
            .iter()
            .map(|number| &self.parts[*number as usize].text);
        match AhoCorasick::new(texts) {
            Ok(finder) => self.automata.push(Automaton {
                parts: numbers,
                finder,
            }),
            // The parts are too large for an automaton, so they are searched one by one.
            Err(_) => self.loose.extend(numbers),
        }
    }

    /// Builds everything anew, without the parts that no rule asks for.
    fn start_over(&mut self) {
        let parts = std::mem::take(self).parts;
        for part in parts.into_iter().filter(|part| !part.slots.is_empty()) {
            self.push(part);
        }
        let numbers = std::mem::take(&mut self.loose);
        self.build(numbers);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn found(literals: &Literals, text: &str) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        literals.find(text, |slot| {
            found.insert(slot);
        });
        found
    }

    #[test]
    fn parts_come_and_go() {
        let mut literals = Literals::default();
        let mut expected = BTreeMap::new();
        let text: String = (0..300).map(|number| format!("<{number}>")).collect();
        let mut random = 1_u32;
        for step in 0..4000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let slot = (random >> 8) % 300;
            // First the set grows, then it shrinks.
            if (random >> 24) % 10 < if step < 2000 { 7 } else { 3 } {
                if expected.insert(slot, ()).is_none() {
                    literals.add(&format!("<{slot}>"), slot);
                }
            } else if expected.remove(&slot).is_some() {
                literals.remove(&format!("<{slot}>"), slot);
            }
            if step % 50 == 0 {
                assert_eq!(found(&literals, &text), expected.keys().copied().collect());
                assert!(literals.parts.len() <= 2 * expected.len() + LOOSE + 1);
            }
        }
        assert_eq!(literals.by_text.len(), expected.len());
    }

    #[test]
    fn parts_may_overlap_and_be_shared() {
        let mut literals = Literals::default();
        for (slot, text) in ["snow", "no", "now", "snow", "x"].into_iter().enumerate() {
            literals.add(text, slot as u32);
        }
        for filler in 10..40 {
            literals.add(&format!("filler {filler}"), filler);
        }
        assert_eq!(found(&literals, "a snowy day"), [0, 1, 2, 3].into());
        literals.remove("snow", 0);
        assert_eq!(found(&literals, "a snowy day"), [1, 2, 3].into());
        assert!(found(&literals, "").is_empty() && !literals.is_empty());
    }
}
