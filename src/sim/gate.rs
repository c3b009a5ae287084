//! Knows the connections of a stream, and which of them are too many.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::options::{Limits, Surplus};

/// The connections of one stream.
#[derive(Debug)]
pub(super) struct Gate {
    allowed: usize,
    grace: Duration,
    surplus: Surplus,
    next: AtomicU64,
    /// In the order in which they came.
    open: Mutex<Vec<(u64, watch::Sender<bool>)>>,
    /// Whether the last connection ended because of a full buffer. Then the next one gets no backfill.
    /// [source: xd/powertrack-api]
    pub(super) has_lost: AtomicBool,
}

/// A connection's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) number: u64,
    /// Turns true when the connection is one too many.
    pub(super) is_surplus: watch::Receiver<bool>,
}

impl Gate {
    /// Nobody is connected yet.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            allowed: limits.connections,
            grace: limits.grace,
            surplus: limits.surplus,
            next: AtomicU64::new(1),
            open: Mutex::default(),
            has_lost: AtomicBool::new(false),
        }
    }

    /// How many connections are allowed.
    pub(super) fn allowed(&self) -> usize {
        self.allowed
    }

    /// A number for a connection that is not counted.
    pub(super) fn number(&self) -> u64 {
        self.next.fetch_add(1, Relaxed)
    }

    /// Lets a connection in. If it is one too many, returns how long that is tolerated.
    pub(super) fn enter(&self) -> (Place, Option<Duration>) {
        let number = self.number();
        let (sender, is_surplus) = watch::channel(false);
        let mut open = self.lock();
        open.push((number, sender));
        let grace = (open.len() > self.allowed).then_some(self.grace);
        (Place { number, is_surplus }, grace)
    }

    /// Tells the connections that are too many to go. It is called when the grace is over.
    pub(super) fn enforce(&self) {
        let open = self.lock();
        // Those that were told before are leaving already.
        let staying: Vec<_> = open.iter().filter(|(_, told)| !*told.borrow()).collect();
        let surplus = staying.len().saturating_sub(self.allowed);
        let told: Vec<_> = match self.surplus {
            Surplus::Newest => staying.iter().rev().take(surplus).collect(),
            Surplus::Oldest => staying.iter().take(surplus).collect(),
        };
        for (_, sender) in told {
            sender.send_replace(true);
        }
    }

    /// Removes a connection that is gone.
    pub(super) fn leave(&self, number: u64) {
        self.lock().retain(|(open, _)| *open != number);
    }

    /// How many are connected.
    pub(super) fn open(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(u64, watch::Sender<bool>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(surplus: Surplus, connections: usize) -> Vec<bool> {
        let gate = Gate::new(&Limits {
            connections,
            surplus,
            ..Limits::default()
        });
        let places: Vec<_> = (0..3).map(|_| gate.enter()).collect();
        gate.enforce();
        // A second look changes nothing.
        gate.enforce();
        places
            .iter()
            .map(|(place, _)| *place.is_surplus.borrow())
            .collect()
    }

    #[test]
    fn the_newest_go_or_else_the_oldest() {
        assert_eq!(told(Surplus::Newest, 2), [false, false, true]);
        assert_eq!(told(Surplus::Newest, 1), [false, true, true]);
        assert_eq!(told(Surplus::Oldest, 2), [true, false, false]);
        assert_eq!(told(Surplus::Newest, 3), [false, false, false]);
    }

    #[test]
    fn who_left_is_not_counted() {
        let gate = Gate::new(&Limits::default());
        let (one, none) = gate.enter();
        assert_eq!(none, None);
        gate.leave(one.number);
        let (_two, none) = gate.enter();
        let (_three, again) = gate.enter();
        assert_eq!((none, again), (None, None));
        assert_eq!(gate.enter().1, Some(Duration::from_secs(60)));
        assert_eq!(gate.open(), 3);
    }
}
