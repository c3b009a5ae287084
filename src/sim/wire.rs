//! A connection that can be reset, and the listener that gives out such connections.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, connect_info::Connected},
    middleware::Next,
    response::Response,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Sleep, sleep},
};

/// How long a client may take to send the head of a request. The service's own limit is not known. [inferred]
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// A handle on the connection of a request: it can reset it.
#[derive(Debug, Clone, Default)]
pub(super) struct Wire(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_reset: AtomicBool,
    /// The head of a request has come.
    has_asked: AtomicBool,
    /// The task that waits on the connection.
    waker: Mutex<Option<Waker>>,
}

/// A TCP connection that ends with a reset when its [`Wire`] says so.
#[derive(Debug)]
pub(super) struct WireStream {
    tcp: TcpStream,
    wire: Wire,
    head_by: Pin<Box<Sleep>>,
}

/// A listener for connections without TLS.
#[derive(Debug)]
pub(super) struct WireListener(pub(super) TcpListener);

impl Wire {
    /// Resets the connection, even if its reader does not read.
    pub(super) fn reset(&self) {
        self.0.is_reset.store(true, Ordering::Release);
        let waker = self.0.waker.lock();
        if let Some(waker) = waker.unwrap_or_else(PoisonError::into_inner).take() {
            waker.wake();
        }
    }
}

/// Notes that a connection has asked for something.
pub(super) async fn note(request: Request, next: Next) -> Response {
    let wire = request.extensions().get::<ConnectInfo<Wire>>();
    if let Some(ConnectInfo(wire)) = wire {
        wire.0.has_asked.store(true, Ordering::Release);
    }
    next.run(request).await
}

impl WireStream {
    /// A connection that sends each line at once.
    pub(super) fn new(tcp: TcpStream) -> Self {
        // If this fails, lines are only later.
        let _ = tcp.set_nodelay(true);
        Self {
            tcp,
            wire: Wire::default(),
            head_by: Box::pin(sleep(HEAD_WITHIN)),
        }
    }

    /// What can reset it.
    pub(super) fn wire(&self) -> Wire {
        self.wire.clone()
    }

    fn check(&self, context: &Context<'_>) -> io::Result<()> {
        let inner = &self.wire.0;
        *inner.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        if inner.is_reset.load(Ordering::Acquire) {
            // Closing the socket now sends a reset in place of an orderly end.
            let _ = self.tcp.set_zero_linger();
            return Err(ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for WireStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        let read = Pin::new(&mut self.tcp).poll_read(context, buffer);
        let waits = read.is_pending() && !self.wire.0.has_asked.load(Ordering::Acquire);
        if waits && self.head_by.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for WireStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

impl Listener for WireListener {
    type Io = WireStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // axum's own listener waits and tries again if accepting fails.
        let (tcp, address) = Listener::accept(&mut self.0).await;
        (WireStream::new(tcp), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, WireListener>> for Wire {
    fn connect_info(stream: IncomingStream<'_, WireListener>) -> Self {
        stream.io().wire()
    }
}
