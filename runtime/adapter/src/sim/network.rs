/// An IPv4 network: `10.0.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: u32,
    bits: u32,
}

impl Network {
    pub fn parse(text: &str) -> Option<Network> {
        let (address, bits) = text.split_once('/')?;
        let address: std::net::Ipv4Addr = address.parse().ok()?;
        let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
        Some(Network { base: u32::from(address) & mask(bits), bits })
    }

    /// How many addresses it has.
    pub fn size(self) -> u64 {
        1 << (32 - self.bits)
    }

    /// The address at an offset from its first one.
    pub fn address(self, offset: u64) -> String {
        std::net::Ipv4Addr::from(self.base.wrapping_add(offset as u32)).to_string()
    }

    pub fn contains(self, other: Network) -> bool {
        other.bits >= self.bits && other.base & mask(self.bits) == self.base
    }

    pub fn overlaps(self, other: Network) -> bool {
        self.contains(other) || other.contains(self)
    }
}

fn mask(bits: u32) -> u32 {
    if bits == 0 { 0 } else { u32::MAX << (32 - bits) }
}

#[cfg(test)]
mod tests {
    use super::Network;

    fn network(text: &str) -> Network {
        Network::parse(text).expect("a network")
    }

    #[test]
    fn knows_what_lies_inside() {
        assert!(network("10.0.0.0/16").contains(network("10.0.255.0/24")));
        assert!(!network("10.0.0.0/16").contains(network("10.1.0.0/24")));
        assert!(network("10.0.1.0/24").overlaps(network("10.0.0.0/16")));
        assert!(!network("10.0.1.0/24").overlaps(network("10.0.2.0/24")));
        assert!(network("0.0.0.0/0").contains(network("10.0.0.0/8")));
        assert_eq!(network("10.0.1.0/24").address(4), "10.0.1.4");
        assert_eq!(Network::parse("10.0.0.0/33"), None);
    }
}
