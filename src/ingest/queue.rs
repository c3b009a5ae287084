//! A queue from the async side to a thread, bounded in bytes. It also says what happens when it stays full.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// Memory is counted in pieces of this size, since a permit counts in 32 bits.
const UNIT: usize = 1024;

/// A queue without room for this long counts as stuck, for instance because a disk hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// An item in the queue, with the room that it takes.
#[derive(Debug)]
pub struct Delivery<T> {
    /// The item.
    pub item: T,
    /// Given back when it is dropped. That is after the item has been worked on, and not when it is taken out, because
    /// an item in work takes memory too.
    pub room: Room,
}

/// Room in the queue.
#[derive(Debug)]
pub struct Room {
    _held: Option<OwnedSemaphorePermit>,
}

/// The side that fills the queue.
#[derive(Debug)]
pub struct Sender<T> {
    items: mpsc::Sender<Delivery<T>>,
    room: Arc<Semaphore>,
    size: u32,
    is_stuck: watch::Receiver<bool>,
}

/// The side that empties the queue.
#[derive(Debug)]
pub struct Receiver<T> {
    items: mpsc::Receiver<Delivery<T>>,
    is_stuck: watch::Sender<bool>,
}

/// The state of the queue after a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The other side is gone, and the item with it.
    #[error("the queue is closed")]
    Closed,
    /// The item is in the queue, over the bound. There will be no room for more for a while.
    #[error("the queue is full, and stays so")]
    Stuck,
}

/// No item came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedOut;

/// A queue for items of together at most `bytes`. When it is full, the sender waits, and gives up where it is stuck.
pub fn queue<T>(bytes: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel();
    let (is_stuck, seen) = watch::channel(false);
    let size = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
    let sender = Sender {
        items: sender,
        room: Arc::new(Semaphore::new(size as usize)),
        size,
        is_stuck: seen,
    };
    let receiver = Receiver {
        items: receiver,
        is_stuck,
    };
    (sender, receiver)
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            items: self.items.clone(),
            room: Arc::clone(&self.room),
            size: self.size,
            is_stuck: self.is_stuck.clone(),
        }
    }
}

impl<T> Sender<T> {
    /// Puts an item of `bytes` bytes in. Waits while the queue is full, but no longer once `shutdown` is cancelled:
    /// what has been read when reading ends goes in over the bound, and is not lost.
    ///
    /// # Errors
    /// [`Trouble`]. If the queue is stuck, the item is still in it.
    pub async fn deliver(
        &self,
        item: T,
        bytes: usize,
        shutdown: &CancellationToken,
    ) -> Result<(), Trouble> {
        // A single item larger than the queue goes in when the queue is empty.
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let units = units.clamp(1, self.size);
        let (room, stuck) = match Arc::clone(&self.room).try_acquire_many_owned(units) {
            Ok(room) => (Some(room), false),
            Err(_) => tokio::select! {
                biased;
                room = Arc::clone(&self.room).acquire_many_owned(units) => {
                    (Some(room.map_err(|_| Trouble::Closed)?), false)
                }
                () = shutdown.cancelled() => (None, false),
                () = self.gets_stuck() => (None, true),
            },
        };
        self.send(item, Room { _held: room })?;
        if stuck { Err(Trouble::Stuck) } else { Ok(()) }
    }

    /// Puts in an item that is in memory anyway. It takes no room of the queue.
    pub fn deliver_free(&self, item: T) -> Result<(), Trouble> {
        self.send(item, Room { _held: None })
    }

    /// How many bytes wait.
    pub fn waiting(&self) -> usize {
        (self.size as usize - self.room.available_permits()) * UNIT
    }

    /// Whether the other side has said that it can take nothing for a while.
    pub fn is_stuck(&self) -> bool {
        *self.is_stuck.borrow()
    }

    /// Waits until half of the queue is free and the other side takes something again.
    pub async fn flows(&self) {
        let mut is_stuck = self.is_stuck.clone();
        // If the queue is closed, delivering reports that.
        let _ = is_stuck.wait_for(|is_stuck| !is_stuck).await;
        let _ = self.room.acquire_many(self.size / 2).await;
    }

    async fn gets_stuck(&self) {
        let mut is_stuck = self.is_stuck.clone();
        tokio::select! {
            _ = is_stuck.wait_for(|is_stuck| *is_stuck) => {}
            () = sleep(PATIENCE) => {}
        }
    }

    fn send(&self, item: T, room: Room) -> Result<(), Trouble> {
        let delivery = Delivery { item, room };
        self.items.send(delivery).map_err(|_| Trouble::Closed)
    }
}

impl<T> Receiver<T> {
    /// Waits for the next item. `None` once every sender is gone.
    ///
    /// # Errors
    /// [`TimedOut`] if none has come within `wait`.
    pub fn next(&self, wait: Option<Duration>) -> Result<Option<Delivery<T>>, TimedOut> {
        match wait {
            None => Ok(self.items.recv().ok()),
            Some(wait) => match self.items.recv_timeout(wait) {
                Ok(item) => Ok(Some(item)),
                Err(mpsc::RecvTimeoutError::Disconnected) => Ok(None),
                Err(mpsc::RecvTimeoutError::Timeout) => Err(TimedOut),
            },
        }
    }

    /// Sets whether nothing can be taken for a while.
    pub fn set_stuck(&self, is_stuck: bool) {
        self.is_stuck.send_if_modified(|last| {
            let changes = *last != is_stuck;
            *last = is_stuck;
            changes
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime for the test")
    }

    #[test]
    fn a_full_queue_waits_for_room_and_gives_up_where_there_will_be_none() {
        runtime().block_on(async {
            let never = CancellationToken::new();
            let (sender, receiver) = queue::<u8>(4 * UNIT);
            assert_eq!(sender.deliver(1, 3 * UNIT, &never).await, Ok(()));
            assert_eq!(sender.waiting(), 3 * UNIT);
            // The receiver has not said that the queue is stuck, but it is.
            assert_eq!(
                sender.deliver(2, 3 * UNIT, &never).await,
                Err(Trouble::Stuck)
            );
            receiver.set_stuck(true);
            assert!(sender.is_stuck());
            assert_eq!(
                sender.deliver(3, 3 * UNIT, &never).await,
                Err(Trouble::Stuck)
            );
            let taken: Vec<u8> = (0..3)
                .filter_map(|_| Some(receiver.next(None).ok()??.item))
                .collect();
            assert_eq!(taken, [1, 2, 3]);
            receiver.set_stuck(false);
            sender.flows().await;
            assert_eq!(sender.deliver(4, 100 * UNIT, &never).await, Ok(()));
            never.cancel();
            assert_eq!(sender.deliver(5, 1, &never).await, Ok(()));
            drop(receiver);
            assert_eq!(sender.deliver_free(6), Err(Trouble::Closed));
        });
    }
}
