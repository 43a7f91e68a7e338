//! Ranges within a range of addresses, as `Fn::Cidr` counts them.

use std::net::IpAddr;

/// More is a mistake, and a very long list.
const COUNT_MAX: u128 = 256;

/// `count` ranges of `bits` host bits each, from the first on.
pub fn ranges(block: &str, count: &str, bits: &str) -> Option<Vec<String>> {
    let (address, prefix) = block.trim().split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let (prefix, bits): (u32, u32) = (prefix.parse().ok()?, bits.trim().parse().ok()?);
    let count: u128 = count.trim().parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let new_prefix = u32::checked_sub(width, bits)?;
    if prefix > width || new_prefix < prefix || count == 0 || count > COUNT_MAX {
        return None;
    }
    // How many fit; more than anybody asks for counts as enough.
    if count > 1u128.checked_shl(new_prefix - prefix).unwrap_or(u128::MAX) {
        return None;
    }
    let first = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let size = 1u128.checked_shl(bits).unwrap_or(0);
    let network = first & !(1u128.checked_shl(width - prefix).map_or(u128::MAX, |size| size - 1));
    let written = |number: u128| {
        let start = network + number * size;
        match address {
            IpAddr::V4(_) => format!("{}/{new_prefix}", std::net::Ipv4Addr::from(start as u32)),
            IpAddr::V6(_) => format!("{}/{new_prefix}", std::net::Ipv6Addr::from(start)),
        }
    };
    Some((0..count).map(written).collect())
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn ranges_follow_each_other() {
        let found = ranges("10.0.0.0/16", "3", "8").unwrap();
        assert_eq!(found, ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]);
        assert_eq!(ranges("192.168.0.0/24", "6", "5").unwrap()[5], "192.168.0.160/27");
        assert_eq!(ranges("2001:db8::/56", "2", "64").unwrap()[1], "2001:db8:0:1::/64");
    }

    #[test]
    fn what_does_not_fit_is_none() {
        for (block, count, bits) in [
            ("10.0.0.0/24", "2", "8"),
            ("10.0.0.0/24", "0", "4"),
            ("10.0.0.0", "1", "4"),
            ("10.0.0.0/33", "1", "4"),
            ("10.0.0.0/16", "1", "40"),
            ("x/16", "1", "4"),
            ("10.0.0.0/8", "100000", "4"),
        ] {
            assert_eq!(ranges(block, count, bits), None, "{block} {count} {bits}");
        }
    }
}
