//! What the simulator makes up: like the real thing, and the same for the same seed.
