//! The `ouzel` binary.

fn main() {}
