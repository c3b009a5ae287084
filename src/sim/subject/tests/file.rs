//! The file that says what Tweets are to be about, and what is said about its mistakes.
