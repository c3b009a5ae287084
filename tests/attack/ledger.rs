//! What the gap ledger says, when faults fall together: it never says that less is missing than is.
