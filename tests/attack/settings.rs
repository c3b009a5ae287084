//! Wrong settings, wrong input and wrong permissions: the message says what, where, and what to do.
