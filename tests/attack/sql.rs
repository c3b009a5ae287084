//! SQL of a script, and triggers of an analyst: they undo no other Tweet's rows, and stop nothing.
