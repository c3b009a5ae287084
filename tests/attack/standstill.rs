//! Handlers that hang: the run says so, with the handler and the Tweet.
