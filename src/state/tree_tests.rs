//! Lists, loops, tables that are taken out, and what is too much.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use super::{tree::*, value::*};

fn name(text: &str) -> Name<'_> {
    Name::Text(text.as_bytes())
}

fn list(numbers: &[i64]) -> Draft {
    let field = |number: &i64| (Key::Integer(*number), Draft::Plain(Value::Boolean(true)));
    Draft::Table(numbers.iter().map(field).collect())
}

fn inner(state: &State, name: Name<'_>) -> TableId {
    match state.get(ROOT, name) {
        Ok(Some(Value::Table(id))) => *id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_length_is_a_border() {
    for (numbers, length) in [
        (&[][..], 0),
        (&[0, -1, 5], 0),
        (&[1, 2, 3], 3),
        (&[-3, 0, 1, 2], 2),
        (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 20], 9),
        (&[1, i64::MAX], 1),
    ] {
        let mut state = State::default();
        state.begin();
        state.set(ROOT, name("l"), Some(list(numbers))).unwrap();
        assert_eq!(
            state.length(inner(&state, name("l"))),
            Ok(length),
            "{numbers:?}"
        );
    }
}

#[test]
fn a_loop_meets_integers_and_then_texts_and_may_delete_what_it_meets() {
    let mut state = State::default();
    state.begin();
    for key in [
        Name::Integer(2),
        name("b"),
        Name::Integer(-1),
        name(""),
        name("a"),
    ] {
        state
            .set(ROOT, key, Some(Draft::Plain(Value::Null)))
            .unwrap();
    }
    let (mut met, mut at) = (Vec::new(), None);
    while let Some((found, _)) = state.next(ROOT, at.as_ref().map(Key::name)).unwrap() {
        let key = found.to_key();
        state.set(ROOT, key.name(), None).unwrap();
        met.push(key.step());
        at = Some(key);
    }
    assert_eq!(met, ["[-1]", "[2]", "[\"\"]", ".a", ".b"]);
    assert_eq!(state.size, 0);
}

#[test]
fn a_table_that_is_taken_out_can_be_read_until_the_tweet_ends_and_comes_back_with_it() {
    let mut state = State::default();
    state.begin();
    state.set(ROOT, name("l"), Some(list(&[1]))).unwrap();
    state.end(true);
    let id = inner(&state, name("l"));
    let read = |state: &State| state.length(id);
    let write = |state: &mut State| state.set(id, name("x"), Some(list(&[])));
    for keep in [false, true] {
        state.begin();
        state.set(ROOT, name("l"), None).unwrap();
        assert_eq!(read(&state), Ok(1));
        assert_eq!(write(&mut state), Err(Unkept::Gone(Gone)));
        state.end(keep);
        assert_eq!(read(&state), if keep { Err(Gone) } else { Ok(1) });
    }
    state.begin();
    assert_eq!(write(&mut state), Err(Unkept::Gone(Gone)));
    state.end(true);
    state.roll_back();
    assert_eq!(state.size, 0);
    assert_eq!(state.tables.len(), 1, "nothing stays behind");
}

#[test]
fn what_is_too_much_is_refused_and_changes_nothing() {
    let mut state = State::default();
    assert_eq!(
        state.set(ROOT, name("a"), Some(list(&[]))),
        Err(Unkept::Closed)
    );
    state.begin();
    let text = |length: usize| Some(Draft::Plain(Value::Text(vec![0; length].into())));
    state.set(ROOT, name("a"), text(MOST - 1_000)).unwrap();
    assert_eq!(state.set(ROOT, name("b"), text(1_000)), Err(Unkept::Full));
    assert_eq!(state.set(ROOT, name("a"), text(MOST)), Err(Unkept::Full));
    state.set(ROOT, name("a"), text(10)).unwrap();
    let mut at = ROOT;
    for _ in 0..MOST_DEEP {
        state.set(at, name("in"), Some(list(&[]))).unwrap();
        let Ok(Some(Value::Table(id))) = state.get(at, name("in")) else {
            panic!("no table");
        };
        at = *id;
    }
    assert_eq!(
        state.set(at, name("in"), Some(list(&[]))),
        Err(Unkept::Deep)
    );
    state.end(true);
    assert_eq!(state.size, state.size_of(ROOT));
    state.begin();
    let mut last = Ok(());
    for byte in 0..=200 {
        let text = Draft::Plain(Value::Text(vec![byte; 1 << 20].into()));
        last = state.set(ROOT, name("a"), Some(text));
        if last.is_err() {
            break;
        }
    }
    assert_eq!(last, Err(Unkept::Replaced));
    assert!(state.is_much());
    state.end(false);
    assert_eq!(state.size, state.size_of(ROOT));
}
