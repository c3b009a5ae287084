//! How many findings are told to people. Of thousands nobody reads more than the first ones.

use crate::status::thousands;

/// How many findings of one kind are printed.
pub(in crate::cli) const MOST: usize = 100;

/// `what` is their name in the plural. The line behind the first [`MOST`] of so many findings; `None` if those are all.
pub(in crate::cli) fn more(all: usize, what: &str) -> Option<String> {
    let more = all.checked_sub(MOST).filter(|more| *more > 0)?;
    Some(format!("and {} more {what}\n", thousands(more as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_left_out_is_counted() {
        assert_eq!(more(MOST, "findings"), None);
        assert_eq!(more(0, "findings"), None);
        let many = more(40_000, "rules");
        assert_eq!(many.as_deref(), Some("and 39 900 more rules\n"));
    }
}
