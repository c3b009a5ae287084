//! The service, seen from a client.
