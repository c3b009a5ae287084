//! Whoever listens to `/events`. A listener that is slower than the events is dropped, and holds nobody up.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{self, Receiver, Sender},
};

/// How many may listen at once. A page is one listener, and so is `ouzel top`.
const MOST: usize = 32;

/// How many events may wait for a listener. One comes each second.
const WAITING: usize = 16;

/// All listeners of a run.
#[derive(Debug)]
pub(super) struct Listeners {
    places: Arc<Semaphore>,
    senders: Mutex<Vec<Sender<Bytes>>>,
}

/// The body of an answer that goes on: each piece is an event.
#[derive(Debug)]
pub(super) struct Listener {
    events: Receiver<Bytes>,
    /// Given back when the connection ends, and not when the listener is dropped: a connection that is stuck holds memory.
    _place: OwnedSemaphorePermit,
}

impl Default for Listeners {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST)),
            senders: Mutex::default(),
        }
    }
}

impl Listeners {
    fn lock(&self) -> MutexGuard<'_, Vec<Sender<Bytes>>> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody listens.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// A new listener, which gets `first` and then what is told; `None` if there are too many.
    pub(super) fn join(&self, first: Bytes) -> Option<Listener> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let (sender, events) = mpsc::channel(WAITING);
        // The channel is empty.
        let _ = sender.try_send(first);
        self.lock().push(sender);
        Some(Listener {
            events,
            _place: place,
        })
    }

    /// Tells everybody. Who has gone or is too slow is dropped.
    pub(super) fn tell(&self, event: &Bytes) {
        let mut senders = self.lock();
        senders.retain(|sender| sender.try_send(event.clone()).is_ok());
    }

    /// Tells everybody a last time.
    pub(super) fn end(&self, last: &Bytes) {
        self.tell(last);
        self.lock().clear();
    }
}

impl Body for Listener {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let event = self.events.poll_recv(context);
        event.map(|event| event.map(|event| Ok(Frame::data(event))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_listener_is_dropped_and_the_number_of_them_is_bounded() {
        let listeners = Listeners::default();
        let event = Bytes::from_static(b"event");
        let mut slow = listeners.join(event.clone()).unwrap();
        for _ in 1..WAITING {
            listeners.tell(&event);
        }
        assert!(!listeners.is_empty());
        listeners.tell(&event);
        assert!(listeners.is_empty());
        let mut got = 0;
        while slow.events.try_recv().is_ok() {
            got += 1;
        }
        assert_eq!(got, WAITING, "what fitted comes, and then the end");
        let all: Vec<_> = (1..MOST).map(|_| listeners.join(event.clone())).collect();
        assert!(all.iter().all(Option::is_some));
        assert!(
            listeners.join(event.clone()).is_none(),
            "a stuck one has its place"
        );
        drop(slow);
        assert!(listeners.join(event).is_some());
    }
}
