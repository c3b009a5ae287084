//! What a fault does to a connection.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use super::{Delivery, Ended};
use crate::{
    fault::{Firing, Kind},
    message,
};

/// The default of `slow`: bytes a second, and how long.
const SLOW: (u64, Duration) = (1000, Duration::from_secs(10));

/// The default of `one-byte-chunks`: how many bytes go out one by one.
const SINGLE: u64 = 2000;

/// How long a silence without an end lasts: a hundred years.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 86_400);

impl Delivery {
    /// Does to the connection what the fault says. Faults of lines do nothing here.
    pub(super) async fn suffer(
        &mut self,
        fault: Firing,
        at: Option<(&[u8], &str)>,
    ) -> Result<Option<Ended>, Ended> {
        let line = at.map_or(&b"{}"[..], |(line, _)| line);
        let text = match fault.kind {
            Kind::Silence => {
                self.flush().await?;
                self.silence(fault.lasts.unwrap_or(FOREVER)).await?;
                return Ok(None);
            }
            Kind::NewMember => {
                self.flush().await?;
                self.outlet.begin_member().await?;
                return Ok(None);
            }
            Kind::Slow => {
                self.flush().await?;
                let (bytes, lasts) = SLOW;
                self.outlet
                    .slow_down(fault.bytes.unwrap_or(bytes), fault.lasts.unwrap_or(lasts));
                return Ok(None);
            }
            Kind::OneByteChunks => {
                self.flush().await?;
                self.outlet.send_singly(fault.bytes.unwrap_or(SINGLE));
                return Ok(None);
            }
            Kind::Reset => {
                self.flush().await?;
                self.outlet.reset();
                return Ok(Some(Ended::Fault(fault.kind)));
            }
            Kind::CutLine => {
                self.lines.extend_from_slice(&line[..line.len() / 2]);
                self.flush().await?;
                return Ok(Some(Ended::Fault(fault.kind)));
            }
            Kind::TornGzip => {
                self.flush().await?;
                self.outlet.tear(line).await?;
                return Ok(Some(Ended::Fault(fault.kind)));
            }
            Kind::TooManyConnections => message::too_many_connections(self.stream.gate.allowed()),
            Kind::FullBuffer => {
                self.stream.gate.has_lost.store(true, Relaxed);
                message::full_buffer(self.dice.connection, self.service.limits.buffer)
            }
            Kind::TooSlow => {
                self.stream.gate.has_lost.store(true, Relaxed);
                message::TOO_SLOW.to_owned()
            }
            Kind::Operational => message::OPERATIONAL.to_owned(),
            Kind::Closing => message::CLOSING.to_owned(),
            _ => return Ok(None),
        };
        if let Some((_, sent)) = at {
            self.write_message("error", &text, sent);
            self.leave(fault.reset).await;
        } else {
            self.farewell(&text, fault.reset).await;
        }
        Ok(Some(Ended::Fault(fault.kind)))
    }

    /// Sends nothing for a while.
    async fn silence(&mut self, lasts: Duration) -> Result<(), Ended> {
        tokio::select! {
            () = tokio::time::sleep(lasts) => Ok(()),
            () = self.outlet.closed() => Err(Ended::ReaderLeft),
            () = self.service.stop.cancelled() => Err(Ended::Stopped),
        }
    }
}
