//! What the network may bring: refusals, silence, control characters, endless lines.
