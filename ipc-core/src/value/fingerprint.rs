//! Structural hashes of types, in constants.

/// Hashes a name (FNV-1a, 64 bits).
pub const fn fingerprint(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    hash
}

/// Hashes two hashes, in this order (the finalizer of `SplitMix64`).
pub const fn mix(first: u64, second: u64) -> u64 {
    let mut hash = first.rotate_left(23).wrapping_add(0x9e37_79b9_7f4a_7c15) ^ second;
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
