//! `string.find`, `match`, `gmatch` and `gsub`, with a matching that can be stopped.

use std::{ffi::c_int, mem::MaybeUninit};

use memchr::{memchr, memmem};
use mlua::{ffi, lua_State};

use super::{
    super::{
        node::{push_string, string_at},
        protect::contained,
    },
    meter::{Meter, meter, original, raise},
};
use crate::script::pattern::{Capture, Failure, Match, Matcher, Mistake, is_plain};

pub(super) unsafe extern "C-unwind" fn find(state: *mut lua_State) -> c_int {
    // SAFETY: only Lua calls this, as it calls a function in C. It owns nothing.
    unsafe { find_or_match(state, true) }
}

pub(super) unsafe extern "C-unwind" fn matched(state: *mut lua_State) -> c_int {
    // SAFETY: as for `find`.
    unsafe { find_or_match(state, false) }
}

unsafe fn find_or_match(state: *mut lua_State, find: bool) -> c_int {
    // SAFETY: the texts are arguments, which stay on the stack. This owns nothing.
    unsafe {
        let (subject, pattern) = (text(state, 1), text(state, 2));
        let from = first_place(state, subject.len());
        let found = if from > subject.len() {
            None
        } else if find && (ffi::lua_toboolean(state, 4) != 0 || is_plain(pattern)) {
            let found = find_plain(state, &subject[from..], pattern);
            found.map(|at| Match {
                start: from + at,
                end: from + at + pattern.len(),
            })
        } else {
            let (pattern, anchored) = unanchored(pattern);
            let mut matcher = Matcher::new(subject, pattern, meter(state));
            let found = search(state, &mut matcher, from, anchored, None);
            if let Some(found) = found {
                if !find {
                    return push_captures(state, subject, matcher.captures(), Some(found));
                }
                push_places(state, found);
                return 2 + push_captures(state, subject, matcher.captures(), None);
            }
            None
        };
        match found {
            Some(found) => {
                push_places(state, found);
                2
            }
            None => {
                ffi::lua_pushnil(state);
                1
            }
        }
    }
}

/// The longest subject that is searched for each first byte of a text. Preparing more takes longer than that.
const SHORT: usize = 4096;

/// Finds a text without any pattern. It takes time in proportion to both lengths, unlike Lua's own search.
unsafe fn find_plain(state: *mut lua_State, subject: &[u8], text: &[u8]) -> Option<usize> {
    if subject.len() > SHORT {
        // SAFETY: this owns nothing when it raises.
        unsafe { meter(state).charge(state, (subject.len() + text.len()) / 16) };
        return contained(|| memmem::find(subject, text)).flatten();
    }
    let Some(first) = text.first() else {
        return Some(0);
    };
    let last = subject.len().checked_sub(text.len())?;
    let mut from = 0;
    while let Some(skipped) = memchr(*first, subject.get(from..=last)?) {
        from += skipped;
        if subject[from..].starts_with(text) {
            return Some(from);
        }
        from += 1;
    }
    None
}

pub(super) unsafe extern "C-unwind" fn gmatch(state: *mut lua_State) -> c_int {
    // SAFETY: as for `find`.
    unsafe {
        let subject = text(state, 1);
        text(state, 2);
        let from = first_place(state, subject.len());
        ffi::lua_settop(state, 2);
        // The upvalues of the iterator: the meter, the two texts, where to go on, and where the last match ended.
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_insert(state, 1);
        push_place(state, from);
        ffi::lua_pushnil(state);
        ffi::lua_pushcclosure(state, next_match, 5);
        1
    }
}

/// The iterator that `gmatch` returns.
unsafe extern "C-unwind" fn next_match(state: *mut lua_State) -> c_int {
    // SAFETY: `gmatch` made the upvalues, and nobody else can change them. This owns nothing.
    unsafe {
        let [subject, pattern, from, last] = [2, 3, 4, 5].map(ffi::lua_upvalueindex);
        let (subject, pattern) = (string_at(state, subject), string_at(state, pattern));
        let start = place_at(state, from);
        let ended = (ffi::lua_isnil(state, last) == 0).then(|| place_at(state, last));
        if start > subject.len() {
            return 0;
        }
        let mut matcher = Matcher::new(subject, pattern, meter(state));
        let Some(found) = search(state, &mut matcher, start, false, ended) else {
            return 0;
        };
        for slot in [from, last] {
            push_place(state, found.end);
            ffi::lua_replace(state, slot);
        }
        push_captures(state, subject, matcher.captures(), Some(found))
    }
}

pub(super) unsafe extern "C-unwind" fn gsub(state: *mut lua_State) -> c_int {
    // SAFETY: as for `find`. The buffer is plain data, and nothing stays on the stack above it between two calls.
    unsafe {
        let (subject, pattern) = (text(state, 1), text(state, 2));
        let kind = ffi::lua_type(state, 3);
        let most = ffi::luaL_optinteger(state, 4, integer(subject.len() + 1));
        if !matches!(
            kind,
            ffi::LUA_TNUMBER | ffi::LUA_TSTRING | ffi::LUA_TFUNCTION | ffi::LUA_TTABLE
        ) {
            // It raises what it says of such an argument.
            return original(state);
        }
        let (pattern, anchored) = unanchored(pattern);
        let mut buffer = MaybeUninit::uninit();
        let buffer = buffer.as_mut_ptr();
        ffi::luaL_buffinit(state, buffer);
        let mut matcher = Matcher::new(subject, pattern, meter(state));
        let (mut at, mut last, mut count, mut changed) = (0, None, 0, false);
        while count < most {
            let Some(found) = search(state, &mut matcher, at, anchored, last) else {
                break;
            };
            count += 1;
            add(buffer, &subject[at..found.start]);
            let place = Place {
                subject,
                captures: matcher.captures(),
                found,
            };
            changed |= add_replacement(state, buffer, kind, &place);
            at = found.end;
            last = Some(at);
            if anchored {
                break;
            }
        }
        if changed {
            add(buffer, &subject[at..]);
            ffi::luaL_pushresult(buffer);
        } else {
            ffi::lua_pushvalue(state, 1);
        }
        ffi::lua_pushinteger(state, count);
        2
    }
}

/// What a replacement is made of.
struct Place<'a> {
    subject: &'a [u8],
    captures: &'a [Capture],
    found: Match,
}

/// Adds what replaces a match. Gives whether that is anything but the match itself.
unsafe fn add_replacement(
    state: *mut lua_State,
    buffer: *mut ffi::luaL_Buffer,
    kind: c_int,
    place: &Place<'_>,
) -> bool {
    // SAFETY: a function and a table may run any Lua code. It cannot touch the texts, which are arguments of the
    // function that is running. This owns nothing.
    unsafe {
        match kind {
            ffi::LUA_TFUNCTION => {
                ffi::lua_pushvalue(state, 3);
                let count = push_captures(state, place.subject, place.captures, Some(place.found));
                ffi::lua_call(state, count, 1);
            }
            ffi::LUA_TTABLE => {
                push_capture(state, place, 0);
                ffi::lua_gettable(state, 3);
            }
            _ => {
                add_template(state, buffer, place);
                return true;
            }
        }
        if ffi::lua_toboolean(state, -1) == 0 {
            ffi::lua_pop(state, 1);
            add(buffer, &place.subject[place.found.start..place.found.end]);
            false
        } else if ffi::lua_isstring(state, -1) == 0 {
            let name = ffi::luaL_typename(state, -1);
            ffi::luaL_error(state, c"invalid replacement value (a %s)".as_ptr(), name);
            false
        } else {
            meter(state).charge(state, ffi::lua_rawlen(state, -1) / 16);
            ffi::luaL_addvalue(buffer);
            true
        }
    }
}

/// Adds the replacement text, in which `%1` stands for the first capture.
unsafe fn add_template(state: *mut lua_State, buffer: *mut ffi::luaL_Buffer, place: &Place<'_>) {
    // SAFETY: as for `add_replacement`.
    unsafe {
        let mut template = string_at(state, 3);
        meter(state).charge(state, template.len() / 16);
        while let Some(at) = memchr(b'%', template) {
            add(buffer, &template[..at]);
            match template.get(at + 1) {
                Some(b'%') => add(buffer, b"%"),
                Some(b'0') => add(buffer, &place.subject[place.found.start..place.found.end]),
                Some(digit @ b'1'..=b'9') => {
                    push_capture(state, place, usize::from(digit - b'1'));
                    ffi::luaL_addvalue(buffer);
                }
                _ => raise(state, "invalid use of '%' in replacement string"),
            }
            template = &template[at + 2..];
        }
        add(buffer, template);
    }
}

/// Adds bytes to a buffer.
unsafe fn add(buffer: *mut ffi::luaL_Buffer, bytes: &[u8]) {
    // SAFETY: Lua copies them. Nothing may stand on the stack above the buffer.
    unsafe { ffi::luaL_addlstring(buffer, bytes.as_ptr().cast(), bytes.len()) }
}

/// Searches. A malformed pattern and a refusal are raised.
unsafe fn search(
    state: *mut lua_State,
    matcher: &mut Matcher<'_, Meter>,
    from: usize,
    anchored: bool,
    last: Option<usize>,
) -> Option<Match> {
    let searched = contained(|| matcher.search(from, anchored, last));
    // SAFETY: what is held here is plain data.
    unsafe {
        match searched {
            Some(Ok(found)) => found,
            Some(Err(Failure::Pattern(mistake))) => raise(state, mistake),
            Some(Err(Failure::Refused)) => meter(state).refuse(state),
            None => raise(state, "the pattern cannot be matched"),
        }
    }
}

/// Pushes all captures, or the whole match if there are none. Gives their number.
unsafe fn push_captures(
    state: *mut lua_State,
    subject: &[u8],
    captures: &[Capture],
    whole: Option<Match>,
) -> c_int {
    // SAFETY: the stack has room, and this owns nothing.
    unsafe {
        if captures.is_empty() {
            return match whole {
                Some(whole) => {
                    push_string(state, &subject[whole.start..whole.end]);
                    1
                }
                None => 0,
            };
        }
        let count = c_int::try_from(captures.len()).unwrap_or_default();
        ffi::luaL_checkstack(state, count, c"too many captures".as_ptr());
        for capture in captures {
            push(state, subject, *capture);
        }
        count
    }
}

/// Pushes one capture. The first is the whole match if there are none.
unsafe fn push_capture(state: *mut lua_State, place: &Place<'_>, number: usize) {
    let whole = Capture::Text(place.found.start, place.found.end);
    // SAFETY: as for `push_captures`.
    unsafe {
        match place.captures.get(number) {
            Some(capture) => push(state, place.subject, *capture),
            None if number == 0 => push(state, place.subject, whole),
            None => {
                let number = c_int::try_from(number + 1).unwrap_or_default();
                raise(state, Mistake::NoSuchCapture(number));
            }
        }
    }
}

unsafe fn push(state: *mut lua_State, subject: &[u8], capture: Capture) {
    // SAFETY: as for `push_captures`.
    unsafe {
        match capture {
            Capture::Text(start, end) => push_string(state, &subject[start..end]),
            Capture::Position(before) => push_place(state, before + 1),
            Capture::Open(_) => raise(state, Mistake::NotClosed),
        }
    }
}

/// Pushes the places of a match as Lua counts them.
unsafe fn push_places(state: *mut lua_State, found: Match) {
    // SAFETY: the stack has room.
    unsafe {
        push_place(state, found.start + 1);
        push_place(state, found.end);
    }
}

unsafe fn push_place(state: *mut lua_State, place: usize) {
    // SAFETY: the stack has room.
    unsafe { ffi::lua_pushinteger(state, integer(place)) }
}

unsafe fn place_at(state: *mut lua_State, index: c_int) -> usize {
    // SAFETY: this raises nothing.
    let place = unsafe { ffi::lua_tointeger(state, index) };
    usize::try_from(place).unwrap_or_default()
}

/// A length as Lua's integer, which holds each of them.
fn integer(length: usize) -> ffi::lua_Integer {
    ffi::lua_Integer::try_from(length).unwrap_or(ffi::lua_Integer::MAX)
}

/// The bytes of an argument that has to be a string or a number.
unsafe fn text<'a>(state: *mut lua_State, argument: c_int) -> &'a [u8] {
    // SAFETY: the argument is a string afterwards, and it stays on the stack. This raises, and it owns nothing.
    unsafe {
        let mut length = 0;
        let bytes = ffi::luaL_checklstring(state, argument, &raw mut length);
        std::slice::from_raw_parts(bytes.cast(), length)
    }
}

/// Before which byte a search begins, by the third argument. It may be behind the end.
unsafe fn first_place(state: *mut lua_State, length: usize) -> usize {
    // SAFETY: this raises, and it owns nothing.
    let init = unsafe { ffi::luaL_optinteger(state, 3, 1) };
    match usize::try_from(init) {
        Ok(init) => init.saturating_sub(1).min(length + 1),
        // A negative number counts from the end.
        Err(_) => length.saturating_sub(usize::try_from(init.unsigned_abs()).unwrap_or(length)),
    }
}

/// A pattern without the `^` at its beginning, and whether it had one.
fn unanchored(pattern: &[u8]) -> (&[u8], bool) {
    match pattern.strip_prefix(b"^") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    }
}
