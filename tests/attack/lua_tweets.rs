//! Lua programs that use a Tweet in ways that few do.
