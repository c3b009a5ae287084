//! Matches Lua's patterns, and counts the steps that this takes.
//!
//! The matching in Lua's own library cannot be stopped: `("a"):rep(5000):find((".-"):rep(8) .. "b")` runs for years
//! without executing one instruction of Lua. This is a port of it (`lstrlib.c` of Lua 5.4) that asks every few thousand
//! steps whether it may go on. It keeps the order of that code, so that both give the same for every pattern, also for
//! one that is malformed. [`class`] has the parts that look at one byte only.

mod class;
#[cfg(test)]
mod tests;

use std::fmt;

use self::class::{byte, in_class, in_set};

/// The most captures of a pattern, as in Lua.
pub(super) const MAX_CAPTURES: usize = 32;

/// How deep parts of a pattern may be nested in each other while they match, as in Lua. It also bounds Rust's stack.
const MAX_DEPTH: u8 = 200;

/// Counts the steps of a match, and says whether there may be more.
pub(super) trait Pace {
    /// One step is about as much work as one instruction of Lua.
    ///
    /// # Errors
    /// [`Refused`] if the match has to end.
    fn count(&self, steps: usize) -> Result<(), Refused>;
}

/// There may be no further steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

/// A match of the whole pattern: the bytes from `start` up to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a capture holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Capture {
    /// The bytes from the first number up to the second.
    Text(usize, usize),
    /// `()`: the number of bytes before it.
    Position(usize),
    /// `(` without its `)` so far. It began after this number of bytes.
    Open(usize),
}

/// What is wrong with a pattern. The texts are Lua's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mistake {
    EndsWithPercent,
    NoBracket,
    NoArgumentsOfB,
    NoSetAfterF,
    /// `%2` without a second capture.
    NoSuchCapture(i32),
    NothingToClose,
    NotClosed,
    TooManyCaptures,
    TooComplex,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Pattern(Mistake),
    Refused,
}

/// Matches one pattern against one subject.
///
/// It is plain data, so that an error of Lua may pass over it.
pub(super) struct Matcher<'a, P> {
    subject: &'a [u8],
    pattern: &'a [u8],
    captures: [Capture; MAX_CAPTURES],
    level: u8,
    depth: u8,
    pace: &'a P,
}

type Found = Result<Option<usize>, Failure>;

impl<'a, P: Pace> Matcher<'a, P> {
    /// `pattern` is without the `^` that anchors it.
    pub(super) fn new(subject: &'a [u8], pattern: &'a [u8], pace: &'a P) -> Self {
        Self {
            subject,
            pattern,
            captures: [Capture::Open(0); MAX_CAPTURES],
            level: 0,
            depth: 0,
            pace,
        }
    }

    /// The first match that begins at `from` or later, or exactly there if `anchored`. A match that ends at `last` does
    /// not count: that is where the one before ended.
    ///
    /// # Errors
    /// [`Failure`] if the pattern is malformed, or if there may be no further steps.
    pub(super) fn search(
        &mut self,
        from: usize,
        anchored: bool,
        last: Option<usize>,
    ) -> Result<Option<Match>, Failure> {
        for start in from..=self.subject.len() {
            self.depth = MAX_DEPTH;
            self.level = 0;
            let end = self.run(start, 0)?;
            if let Some(end) = end.filter(|end| Some(*end) != last) {
                return Ok(Some(Match { start, end }));
            }
            if anchored {
                break;
            }
        }
        Ok(None)
    }

    /// The captures of the last match. A pattern without captures has none.
    pub(super) fn captures(&self) -> &[Capture] {
        &self.captures[..usize::from(self.level)]
    }

    #[inline]
    fn count(&self, steps: usize) -> Result<(), Failure> {
        self.pace.count(steps).map_err(|Refused| Failure::Refused)
    }

    /// Matches the pattern from `p` on against the subject from `s` on. Gives the end of the match.
    fn run(&mut self, mut s: usize, mut p: usize) -> Found {
        let Some(depth) = self.depth.checked_sub(1) else {
            return mistake(Mistake::TooComplex);
        };
        self.depth = depth;
        let end = loop {
            self.count(1)?;
            let Some(first) = self.pattern.get(p) else {
                break Some(s);
            };
            match (*first, byte(self.pattern, p + 1)) {
                (b'(', b')') => break self.open(s, p + 2, Capture::Position(s))?,
                (b'(', _) => break self.open(s, p + 1, Capture::Open(s))?,
                (b')', _) => break self.close(s, p + 1)?,
                (b'$', _) if p + 1 == self.pattern.len() => {
                    break (s == self.subject.len()).then_some(s);
                }
                (b'%', b'b') => match self.balanced(s, p + 2)? {
                    Some(after) => {
                        s = after;
                        p += 4;
                        continue;
                    }
                    None => break None,
                },
                (b'%', b'f') => {
                    p += 2;
                    if byte(self.pattern, p) != b'[' {
                        return mistake(Mistake::NoSetAfterF);
                    }
                    let after = self.class_end(p)?;
                    let before = s.checked_sub(1).map_or(0, |at| self.subject[at]);
                    let now = byte(self.subject, s);
                    self.count((after - p) / 4)?;
                    if in_set(before, self.pattern, p, after - 1)
                        || !in_set(now, self.pattern, p, after - 1)
                    {
                        break None;
                    }
                    p = after;
                    continue;
                }
                (b'%', digit @ b'0'..=b'9') => match self.again(s, digit)? {
                    Some(after) => {
                        s = after;
                        p += 2;
                        continue;
                    }
                    None => break None,
                },
                _ => {}
            }
            // One item, and perhaps how often it may stand there.
            let after = self.class_end(p)?;
            let repeated = byte(self.pattern, after);
            if !self.single(s, p, after)? {
                if matches!(repeated, b'*' | b'?' | b'-') {
                    p = after + 1;
                    continue;
                }
                break None;
            }
            match repeated {
                b'?' => match self.run(s + 1, after + 1)? {
                    Some(end) => break Some(end),
                    None => p = after + 1,
                },
                b'+' => break self.most(s + 1, p, after)?,
                b'*' => break self.most(s, p, after)?,
                b'-' => break self.fewest(s, p, after)?,
                _ => {
                    s += 1;
                    p = after;
                }
            }
        };
        self.depth += 1;
        Ok(end)
    }

    /// Where the item that begins at `p` ends.
    fn class_end(&mut self, p: usize) -> Result<usize, Failure> {
        let pattern = self.pattern;
        let mut at = p + 1;
        match pattern[p] {
            b'%' if at == pattern.len() => mistake(Mistake::EndsWithPercent),
            b'%' => Ok(at + 1),
            b'[' => {
                if byte(pattern, at) == b'^' {
                    at += 1;
                }
                // What comes first is no end, so `[]]` is a set.
                loop {
                    let Some(one) = pattern.get(at) else {
                        return mistake(Mistake::NoBracket);
                    };
                    at += 1;
                    if *one == b'%' && at < pattern.len() {
                        at += 1;
                    }
                    if byte(pattern, at) == b']' {
                        break;
                    }
                }
                self.count((at - p) / 8)?;
                Ok(at + 1)
            }
            _ => Ok(at),
        }
    }

    /// Whether the item from `p` up to `end` matches the byte at `s`.
    #[inline]
    fn single(&mut self, s: usize, p: usize, end: usize) -> Result<bool, Failure> {
        let Some(&c) = self.subject.get(s) else {
            return Ok(false);
        };
        Ok(match self.pattern[p] {
            b'.' => true,
            b'%' => in_class(c, byte(self.pattern, p + 1)),
            b'[' => {
                self.count((end - p) / 8)?;
                in_set(c, self.pattern, p, end - 1)
            }
            same => same == c,
        })
    }

    /// `%bxy`, whose arguments are at `p`.
    fn balanced(&mut self, s: usize, p: usize) -> Found {
        if p + 1 >= self.pattern.len() {
            return mistake(Mistake::NoArgumentsOfB);
        }
        let (open, close) = (self.pattern[p], self.pattern[p + 1]);
        if byte(self.subject, s) != open {
            return Ok(None);
        }
        let mut depth = 1_usize;
        let mut at = s + 1;
        while let Some(&c) = self.subject.get(at) {
            self.count(1)?;
            if c == close {
                depth -= 1;
                if depth == 0 {
                    return Ok(Some(at + 1));
                }
            } else if c == open {
                depth += 1;
            }
            at += 1;
        }
        Ok(None)
    }

    /// The item from `p` up to `end` as often as it matches from `s` on, and then fewer times.
    fn most(&mut self, s: usize, p: usize, end: usize) -> Found {
        let mut times = 0;
        while self.single(s + times, p, end)? {
            self.count(1)?;
            times += 1;
        }
        loop {
            if let Some(end) = self.run(s + times, end + 1)? {
                return Ok(Some(end));
            }
            let Some(fewer) = times.checked_sub(1) else {
                return Ok(None);
            };
            times = fewer;
        }
    }

    /// The item from `p` up to `end` as few times as the rest allows.
    fn fewest(&mut self, mut s: usize, p: usize, end: usize) -> Found {
        loop {
            if let Some(end) = self.run(s, end + 1)? {
                return Ok(Some(end));
            }
            if !self.single(s, p, end)? {
                return Ok(None);
            }
            s += 1;
        }
    }

    /// Begins a capture, and matches what follows.
    fn open(&mut self, s: usize, p: usize, capture: Capture) -> Found {
        let level = self.level;
        match self.captures.get_mut(usize::from(level)) {
            Some(slot) => *slot = capture,
            None => return mistake(Mistake::TooManyCaptures),
        }
        self.level = level + 1;
        let end = self.run(s, p)?;
        if end.is_none() {
            self.level -= 1;
        }
        Ok(end)
    }

    /// Ends the innermost capture that is open, and matches what follows.
    fn close(&mut self, s: usize, p: usize) -> Found {
        let open = self.captures[..usize::from(self.level)].iter_mut().rev();
        let open = open.enumerate().find_map(|(back, capture)| match *capture {
            Capture::Open(start) => Some((back, capture, start)),
            _ => None,
        });
        let Some((back, capture, start)) = open else {
            return mistake(Mistake::NothingToClose);
        };
        *capture = Capture::Text(start, s);
        let slot = usize::from(self.level) - 1 - back;
        let end = self.run(s, p)?;
        if end.is_none() {
            self.captures[slot] = Capture::Open(start);
        }
        Ok(end)
    }

    /// The text of a capture once more.
    fn again(&mut self, s: usize, digit: u8) -> Found {
        let number = i32::from(digit) - i32::from(b'0');
        let slot = usize::try_from(number - 1).ok();
        match slot.and_then(|slot| self.captures().get(slot)).copied() {
            Some(Capture::Text(start, end)) => {
                self.count((end - start) / 16)?;
                let text = &self.subject[start..end];
                let matches = self.subject[s..].starts_with(text);
                Ok(matches.then_some(s + text.len()))
            }
            // Lua takes the length of a position capture for a huge number, which never fits.
            Some(Capture::Position(_)) => Ok(None),
            Some(Capture::Open(_)) | None => mistake(Mistake::NoSuchCapture(number)),
        }
    }
}

fn mistake<R>(mistake: Mistake) -> Result<R, Failure> {
    Err(Failure::Pattern(mistake))
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndsWithPercent => "malformed pattern (ends with '%')",
            Self::NoBracket => "malformed pattern (missing ']')",
            Self::NoArgumentsOfB => "malformed pattern (missing arguments to '%b')",
            Self::NoSetAfterF => "missing '[' after '%f' in pattern",
            Self::NoSuchCapture(number) => return write!(f, "invalid capture index %{number}"),
            Self::NothingToClose => "invalid pattern capture",
            Self::NotClosed => "unfinished capture",
            Self::TooManyCaptures => "too many captures",
            Self::TooComplex => "pattern too complex",
        })
    }
}

/// Whether Lua takes a pattern for text when it only has to find it. A `)` alone is text then.
pub(super) fn is_plain(pattern: &[u8]) -> bool {
    !pattern.iter().any(|c| b"^$*+?.([%-".contains(c))
}
