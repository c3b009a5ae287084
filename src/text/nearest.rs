//! Finds the known name that a wrong name was probably meant to be. Pure: no IO.

/// The known name that is nearest to a wrong one; `None` if no known name is near enough to be what was meant.
#[must_use]
pub fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let length = name.chars().count();
    // Each character more or less is a step, so most need not be compared.
    let is_near = |candidate: &&str| {
        let most = 1 + candidate.len() / 4;
        candidate.chars().count().abs_diff(length) <= most
    };
    known
        .filter(is_near)
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_meant() {
        let known = || ["account", "label", "read_timeout"].into_iter();
        assert_eq!(nearest("acount", known()), Some("account"));
        assert_eq!(nearest("read_timout", known()), Some("read_timeout"));
        assert_eq!(nearest("colour", known()), None);
        assert_eq!(nearest("", known()), None);
    }
}
