//! A Tweet whose handler fells the process: it goes to quarantine, and the stream goes on.
