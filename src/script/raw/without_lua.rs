//! Tests of the parts of this folder that need no Lua, with the hostile JSON of the random programs. Miri runs these.

use std::{cell::RefCell, collections::HashMap, ptr, rc::Rc};

use bytes::Bytes;
use fastrand::Rng;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use super::{
    encode::node::pieces,
    node::{Document, Held, Node, NodeKind},
    tests::json,
};
use crate::tweet::Tweet;

/// How many lines are tested. Miri takes up to a minute for each.
const LINES: u64 = if cfg!(miri) { 5 } else { 300 };

/// A node in a block of its own, as Lua would hold it.
fn node(parent: *const Node, value: *const Value) -> *const Node {
    // SAFETY: the value belongs to a document that the test keeps.
    let is_object = unsafe { value.as_ref() }.is_none_or(|value| value.is_object());
    let kind = if is_object {
        NodeKind::Object
    } else {
        NodeKind::Array
    };
    let block = Box::into_raw(Box::<Node>::new_uninit());
    // SAFETY: the block is new and large enough; the parent is another block of this kind.
    unsafe { Node::write(block.cast(), parent, value, kind) };
    block.cast::<Node>().cast_const()
}

#[test]
fn every_field_is_found_as_long_as_the_document_is_there_and_not_after() {
    for seed in 0..LINES {
        let line = json::tweet(&mut Rng::with_seed(seed));
        let held = Rc::<Held>::default();
        held.tweets.set(1);
        held.bytes.set(7);
        let document = Document {
            tweet: Tweet::parse(Bytes::from(line.clone())).unwrap(),
            orders: RefCell::default(),
            held: Rc::clone(&held),
            bytes: 7,
        };
        let root = node(ptr::null(), ptr::null());
        // SAFETY: all blocks live until the end of this turn, and the document lives until it is taken.
        unsafe {
            Node::give(root.cast_mut(), Box::new(document));
            let mut nodes = vec![root];
            let mut next = 0;
            while let Some(node) = nodes.get(next).copied() {
                next += 1;
                for (position, value) in check(node) {
                    let value = value.as_ref().unwrap();
                    if value.is_object() || value.is_array() {
                        let part = self::node(node, value);
                        assert_eq!((*part).place(), Some(position as usize));
                        nodes.push(part);
                    }
                }
            }
            assert_eq!((*root).line(), Some(line.as_str()));
            Node::take(root);
            assert_eq!((held.tweets.get(), held.bytes.get()), (0, 0));
            // The root comes last, because its parts ask it.
            for node in nodes.into_iter().rev() {
                assert!((*node).is_gone() && (*node).value().is_none() && (*node).line().is_none());
                assert!((*node).order().is_none() && (*node).find(b"a").is_none());
                assert!((*node).field(b"a").is_none() && (*node).element(0).is_none());
                drop(Box::from_raw(node.cast_mut()));
            }
        }
    }
}

/// Compares what a node finds with what the library finds, and gives the values with their places.
///
/// # Safety
/// The node must be alive, and its document must still exist.
unsafe fn check(node: *const Node) -> Vec<(u32, *const Value)> {
    // SAFETY: see above.
    unsafe {
        let value = (*node).value().unwrap();
        let mut found = Vec::new();
        if let Some(array) = value.as_array() {
            assert_eq!((*node).elements(), array.len());
            for (position, element) in array.iter().enumerate() {
                assert!(ptr::eq((*node).element(position).unwrap(), element));
                found.push((position as u32, ptr::from_ref(element)));
            }
            assert!((*node).element(array.len()).is_none());
            return found;
        }
        let mut first = HashMap::new();
        for (position, (name, field)) in value.as_object().unwrap().iter().enumerate() {
            first
                .entry(name)
                .or_insert((position as u32, ptr::from_ref(field)));
        }
        for _ in 0..2 {
            for (name, field) in &first {
                assert_eq!((*node).field(name.as_bytes()), Some(field.1));
            }
            assert_eq!((*node).field(b"none such"), None);
            // From here on, fields are found by the order.
            let order = (*node).order().unwrap();
            let mut place = 0;
            while let Some(next) = order.from(place, true) {
                assert_eq!(first.get(&*next.name), Some(&(next.place, next.value)));
                assert_eq!((*next.value).is_null(), next.is_null);
                (*node).cursor.set(next.place);
                assert_eq!(
                    (*node).find((*next.name).as_bytes()).unwrap().place,
                    next.place
                );
                place = next.place + 1;
            }
        }
        let mut places: Vec<_> = first.into_values().collect();
        places.sort_unstable();
        places
    }
}

#[test]
fn the_pieces_of_a_line_are_those_that_the_library_reads() {
    for seed in 0..LINES {
        let line = json::tweet(&mut Rng::with_seed(seed));
        compare(
            &line,
            &crate::text::json::read_any(line.as_bytes()).unwrap(),
        );
    }
}

fn compare(raw: &str, value: &Value) {
    if let Some(object) = value.as_object() {
        assert_eq!(pieces(raw).count(), object.len(), "{raw}");
        for ((name, text), (key, field)) in pieces(raw).zip(object) {
            let name = crate::text::json::read_any(name.as_bytes()).unwrap();
            assert_eq!(name.as_str(), Some(key));
            compare(text, field);
        }
    } else if let Some(array) = value.as_array() {
        assert_eq!(pieces(raw).count(), array.len(), "{raw}");
        for ((_, text), element) in pieces(raw).zip(array) {
            compare(text, element);
        }
    } else {
        let again = crate::text::json::read_any(raw.as_bytes()).unwrap();
        let number = |value: &Value| crate::text::json::to_f64(value).map(f64::to_bits);
        assert_eq!(again.get_type(), value.get_type(), "{raw}");
        assert_eq!(again.as_str(), value.as_str(), "{raw}");
        assert_eq!(number(&again), number(value), "{raw}");
    }
}
