//! A gzip stream of any number of members, unpacked into a buffer.

use flate2::{Decompress, FlushDecompress, Status};

/// The largest window there is; gzip does not say which one was used.
const WINDOW_BITS: u8 = 15;

/// Unpacks gzip, one piece of input at a time.
///
/// Written over `flate2` and not over `async-compression`, because that one throws away what an
/// inflate call has produced when the same call meets corrupt input: Tweets that arrived intact.
#[derive(Debug)]
pub(super) struct Inflate {
    stream: Decompress,
    member_ended: bool,
    pending: bool,
}

impl Inflate {
    pub(super) fn new() -> Self {
        Self {
            stream: Decompress::new_gzip(WINDOW_BITS),
            member_ended: false,
            pending: false,
        }
    }

    /// Whether a full output may have kept more back, so that a call without input makes sense.
    pub(super) fn is_pending(&self) -> bool {
        self.pending
    }

    /// Appends to the spare capacity of `output` what `input` unpacks to, and returns how much
    /// of the input was used: all of it, unless the output is full.
    ///
    /// What precedes corrupt input is in `output` when the error comes back.
    pub(super) fn inflate(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<usize, String> {
        let mut used = 0;
        loop {
            if self.member_ended {
                self.pending = false;
                if used == input.len() {
                    return Ok(used);
                }
                // A second member is not documented, but legal gzip [inferred, reference 2.5].
                self.stream.reset(true);
                self.member_ended = false;
            }
            let (in_before, out_before) = (self.stream.total_in(), self.stream.total_out());
            let status = self
                .stream
                .decompress_vec(&input[used..], output, FlushDecompress::None)
                .map_err(|error| error.message().unwrap_or("invalid data").to_owned())?;
            let consumed = usize::try_from(self.stream.total_in() - in_before)
                .expect("no more is consumed than the input holds");
            used += consumed;
            let full = output.len() == output.capacity();
            self.pending = full && used == input.len();
            if status == Status::StreamEnd {
                self.member_ended = true;
                continue;
            }
            let stuck = consumed == 0 && self.stream.total_out() == out_before;
            if stuck && !full && used < input.len() {
                return Err("no progress".to_owned());
            }
            if full || used == input.len() || stuck {
                return Ok(used);
            }
        }
    }
}
