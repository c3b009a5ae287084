//! Who is at the other end of the socket.

use tokio::net::UnixStream;

/// The user id of the one who may do everything.
const ROOT: u32 = 0;

/// Whether the other end is a process of the same user, or of root. The socket's mode says the same, but some systems do
/// not look at it.
pub(super) fn is_own(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream
        .peer_cred()
        .is_ok_and(|peer| peer.uid() == own || peer.uid() == ROOT)
}
