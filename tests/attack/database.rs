//! The database's file, taken away or replaced while a run writes to it.
