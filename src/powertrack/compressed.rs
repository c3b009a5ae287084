//! The compressed side of a gzip stream. It counts bytes, cuts them into small pieces, and keeps a read error for
//! later.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

/// The most bytes that are unpacked in one go. When gzip is corrupt, everything unpacked from the same piece is lost,
/// so a piece holds no more than about ten Tweets. Half this size would take a tenth longer to unpack and cut into
/// lines.
const PIECE: usize = 8 * 1024;

/// A reader of compressed bytes.
///
/// The decoder sees a read error as the end of the stream. Otherwise the decoder would throw away what it has unpacked
/// in the same go.
#[derive(Debug)]
pub(super) struct Compressed<R> {
    pub(super) reader: R,
    bytes: u64,
    failure: Option<io::Error>,
}

impl<R> Compressed<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            bytes: 0,
            failure: None,
        }
    }

    /// How many bytes were received.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the error that ended the reader, if there was one. Then gzip is not to blame.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Compressed<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        match ready!(Pin::new(&mut this.reader).poll_fill_buf(context)) {
            Ok(bytes) => Poll::Ready(Ok(&bytes[..bytes.len().min(PIECE)])),
            Err(error) => {
                this.failure = Some(error);
                Poll::Ready(Ok(&[]))
            }
        }
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        this.bytes += amount as u64;
        Pin::new(&mut this.reader).consume(amount);
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Compressed<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let bytes = ready!(self.as_mut().poll_fill_buf(context))?;
        let amount = bytes.len().min(buffer.remaining());
        buffer.put_slice(&bytes[..amount]);
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}
