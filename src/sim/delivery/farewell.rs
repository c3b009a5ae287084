//! The last record of a connection, and its end.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use super::{Delivery, Ended, Feed, LAG_TICK};
use crate::{fault::DELIMITER, message, timeline::sent};

/// How long a disconnected reader has to take what is being sent and the last record.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);

impl Delivery {
    /// Ends a job with its record.
    pub(super) async fn complete(&mut self) -> Result<Ended, Ended> {
        self.damage.release(&mut self.lines);
        if let Feed::Window { window, .. } = &self.feed {
            window.write_end(&mut self.lines, self.service.clock.now_ms());
            self.lines.extend_from_slice(DELIMITER);
        }
        self.flush().await?;
        self.outlet.finish().await?;
        Ok(Ended::Completed)
    }

    /// Sends the last record and ends the connection.
    pub(super) async fn farewell(&mut self, text: &str, reset: bool) {
        let sent = sent(self.service.clock.now_ms());
        self.write_message("error", text, &sent);
        self.leave(reset).await;
    }

    pub(super) fn write_message(&mut self, level: &str, text: &str, sent: &str) {
        self.damage.release(&mut self.lines);
        message::write(&mut self.lines, level, text, sent);
        self.lines.extend_from_slice(DELIMITER);
    }

    /// Sends what is left, and ends the body in order or resets the connection. It waits only so long: the
    /// reader may not read.
    pub(super) async fn leave(&mut self, reset: bool) {
        let lines = std::mem::take(&mut self.lines);
        let outlet = &mut self.outlet;
        let leaving = async {
            outlet.send(&lines).await?;
            if reset {
                // The reset must not overtake what has been sent.
                tokio::time::sleep(LAG_TICK).await;
                outlet.reset();
                Ok(())
            } else {
                outlet.finish().await
            }
        };
        let stop = self.service.stop.clone();
        let left = tokio::select! {
            left = tokio::time::timeout(FAREWELL, leaving) => matches!(left, Ok(Ok(()))),
            () = stop.cancelled() => false,
        };
        if left {
            self.count_delivered();
        } else {
            self.outlet.reset();
        }
    }

    /// Ends the connection because too much waits for the reader. What waits is lost.
    pub(super) async fn overflow(&mut self, can_send: bool) -> Ended {
        self.stream.gate.has_lost.store(true, Relaxed);
        if can_send {
            let size = self.service.limits.buffer;
            let text = message::full_buffer(self.dice.connection, size);
            self.farewell(&text, false).await;
        } else {
            self.outlet.reset();
        }
        Ended::FullBuffer
    }
}
