//! One short text that stands for a whole set of remote rules.

use super::rules::Remote;

/// FNV-1a of 128 bits: it stays the same from one version of ouzel to the next, and chance does not make two sets alike.
const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The fingerprint of a set of rules: how many there are, and a hash of all of them. Their order does not count.
#[must_use]
pub fn fingerprint(remote: &[Remote]) -> String {
    let mut rules: Vec<&Remote> = remote.iter().collect();
    rules.sort_unstable_by(|a, b| (a.id, &a.value, &a.tag).cmp(&(b.id, &b.value, &b.tag)));
    let mut hash = OFFSET;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    };
    for rule in &rules {
        add(&rule.id.to_le_bytes());
        // The lengths keep the parts apart. A rule without a tag is the same as one with an empty tag.
        for text in [&rule.value, rule.tag.as_deref().unwrap_or_default()] {
            add(&(text.len() as u64).to_le_bytes());
            add(text.as_bytes());
        }
    }
    format!("{}-{hash:032x}", rules.len())
}
