//! Hostile requests and files of JSON: they are refused, and nothing falls.
