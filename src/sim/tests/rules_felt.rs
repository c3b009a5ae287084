//! When Tweets feel a change of rules.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, advance};

use super::super::{
    Limits, SimOptions,
    book::Book,
    rule_set::Submitted,
    service::Service,
    window::{Product, Window},
};
use ouzel_rule::Analysis;

const DELAY: Duration = Duration::from_secs(5 * 60);
const SHORT: Duration = Duration::from_millis(1);

fn limits() -> Limits {
    Limits {
        rule_delay: DELAY,
        ..Limits::default()
    }
}

fn add(book: &Book, value: &str) {
    let rule = Submitted {
        value: value.to_owned(),
        tag: None,
    };
    book.change(|rules| rules.add(&[rule], 0, 10)).unwrap();
}

/// The values of the rules that match a Tweet about coffee and tea.
fn matching(book: &Book) -> Vec<String> {
    book.settle();
    let tweet = sonic_rs::json!({ "text": "coffee or tea" });
    let rules = book.rules();
    let matching = rules.matching(&Analysis::native(&tweet));
    let values = matching.iter().map(|stored| stored.rule.value().to_owned());
    values.collect()
}

#[tokio::test(start_paused = true)]
async fn a_change_is_stored_at_once_and_felt_after_the_delay() {
    let book = Book::new(&limits(), &Arc::default());
    add(&book, "coffee");
    assert_eq!(book.len(), 1);
    advance(DELAY - SHORT).await;
    add(&book, "tea");
    assert!(matching(&book).is_empty());
    advance(SHORT).await;
    assert_eq!(matching(&book), ["coffee"]);
    advance(DELAY).await;
    assert_eq!(matching(&book), ["coffee", "tea"]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_rule_matches_until_its_deletion_is_felt() {
    let book = Book::new(&limits(), &Arc::default());
    add(&book, "coffee");
    advance(DELAY).await;
    book.settle();
    book.change(|rules| rules.delete_value("coffee"));
    assert_eq!(book.len(), 0);
    assert!(book.rules().is_in_force(), "the last one is still felt");
    assert_eq!(matching(&book), ["coffee"]);
    advance(DELAY).await;
    assert!(matching(&book).is_empty());
    assert!(!book.rules().is_in_force());
}

/// Nobody reads the stream itself, which would let the changes be felt.
#[tokio::test(start_paused = true)]
async fn windows_of_the_past_feel_changes_too() {
    let start_ms = 1_700_000_000_000;
    let service = Service::new(&SimOptions {
        start_ms: Some(start_ms),
        limits: limits(),
        ..SimOptions::default()
    });
    let service = service.unwrap().0;
    let stream = &service.streams[0];
    add(&stream.live, "has:hashtags");
    add(&stream.replay, "has:hashtags");
    let finds = |product| {
        let span_ms = start_ms - 3_600_000..start_ms - 1_800_000;
        let mut window = Window::new(stream, product, span_ms, None, &service.faults, None);
        (0..100).any(|_| !window.take(Instant::now()).0.is_empty())
    };
    assert!(!finds(Product::Recovery) && !finds(Product::Replay));
    advance(DELAY).await;
    assert!(finds(Product::Recovery) && finds(Product::Replay));
}
