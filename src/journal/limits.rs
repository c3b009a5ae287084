//! How much one frame holds.

/// The most bytes of lines that should go into one frame. Frames of twice this size are 5 % smaller and take a tenth
/// longer. Frames of a quarter of it are 18 % larger.
pub(crate) const FRAME_BYTES: usize = 256 * 1024;

/// The most bytes of lines that one frame can hold. This limits the memory for reading a frame.
pub(super) const MAX_RAW: usize = 64 * 1024 * 1024;

/// The most lines that one frame can hold: as many as fit in the recommended size with two bytes each.
pub(super) const MAX_LINES: usize = FRAME_BYTES / 2;
