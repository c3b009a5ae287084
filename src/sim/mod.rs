//! The service, seen from inside.
