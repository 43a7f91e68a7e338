use sha2::{Digest, Sha256};

/// A stream of numbers that depends on what it was made from, and on nothing else.
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The same parts give the same stream, on every machine and in every version.
    pub fn of(seed: u64, parts: &[&str]) -> Dice {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let bytes: [u8; 32] = hash.finalize().into();
        let mut state = [0; 8];
        state.copy_from_slice(&bytes[..8]);
        Dice { state: u64::from_le_bytes(state) }
    }

    /// SplitMix64.
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// `length` characters out of `alphabet`.
    pub fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len() as u64) as usize])).collect()
    }

    pub fn hex(&mut self, length: usize) -> String {
        self.text(b"0123456789abcdef", length)
    }

    pub fn digits(&mut self, length: usize) -> String {
        self.text(b"0123456789", length)
    }

    /// `a3f1c2d4-…`, version 4 in form.
    pub fn uuid(&mut self) -> String {
        format!("{}-{}-4{}-a{}-{}", self.hex(8), self.hex(4), self.hex(3), self.hex(3), self.hex(12))
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn depends_on_its_parts_alone() {
        assert_eq!(Dice::of(1, &["a", "b"]).hex(17), Dice::of(1, &["a", "b"]).hex(17));
        assert_ne!(Dice::of(1, &["a", "b"]).hex(17), Dice::of(1, &["ab", ""]).hex(17));
        assert_ne!(Dice::of(1, &["a"]).hex(17), Dice::of(2, &["a"]).hex(17));
    }
}
