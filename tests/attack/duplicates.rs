//! Damaged, repeated and late copies of a Tweet: it is handled once if one good copy came.
