//! What Tweets cost: counts of minutes come in, the month's bill and alarms about rules that bring too much go out. It has
//! neither clock nor IO.

mod alarm;
mod bill;

pub(crate) use alarm::{Alarm, Alarms, News, Usual, Watched};
pub(crate) use bill::{Bill, Month};
