//! The journal as a whole: what goes in comes out, whatever happens to its files.

mod damage;
mod failing;
mod follow;
mod made;
mod reading;
mod retain;
mod round_trip;
mod torn;
