//! How much one frame holds.

/// The most bytes of lines that should go into one frame. A frame of twice the size is 5 % smaller and takes a tenth
/// longer; one of a quarter is 18 % larger.
pub(crate) const FRAME_BYTES: usize = 256 * 1024;

/// The most bytes of lines that one frame can hold: what reading a frame may take of memory.
pub(super) const MAX_RAW: usize = 64 * 1024 * 1024;

/// The most lines that one frame can hold: as many as the recommended size can have, two bytes each.
pub(super) const MAX_LINES: usize = FRAME_BYTES / 2;
