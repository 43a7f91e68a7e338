//! Subnets of a network, IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The `number`-th network that is `new_bits` smaller than `prefix`: `("10.0.0.0/16", 8, 2)` is `10.0.2.0/24`.
///
/// Host bits of `prefix` count as zero. The error is a sentence without a full stop.
pub fn subnet(prefix: &str, new_bits: u32, number: u128) -> Result<String, String> {
    let not_a_network = || format!("`{prefix}` is not a network such as 10.0.0.0/16");
    let (address, length) = prefix.split_once('/').ok_or_else(not_a_network)?;
    if length.is_empty() || length.len() > 3 || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(not_a_network());
    }
    let address: IpAddr = address.parse().map_err(|_| not_a_network())?;
    let length: u32 = length.parse().map_err(|_| not_a_network())?;
    let (width, bits) = match address {
        IpAddr::V4(address) => (32, u128::from(address.to_bits())),
        IpAddr::V6(address) => (128, address.to_bits()),
    };
    if length > width {
        return Err(not_a_network());
    }
    let new_length = length.saturating_add(new_bits);
    if new_length > width {
        return Err(format!("`{prefix}` has no {new_bits} further bits"));
    }
    if new_bits < 128 && number >> new_bits != 0 {
        return Err(format!("`{prefix}` has no subnet {number} with {new_bits} further bits"));
    }
    let network = if length == 0 { 0 } else { bits >> (width - length) << (width - length) };
    let offset = if new_length == 0 { 0 } else { number << (width - new_length) };
    let subnet = network | offset;
    Ok(match address {
        IpAddr::V4(_) => format!("{}/{new_length}", Ipv4Addr::from_bits(subnet as u32)),
        IpAddr::V6(_) => format!("{}/{new_length}", Ipv6Addr::from_bits(subnet)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_of_both_families() {
        let cases = [
            ("10.0.0.0/16", 8, 2, "10.0.2.0/24"),
            ("10.0.7.9/16", 0, 0, "10.0.0.0/16"),
            ("0.0.0.0/0", 1, 1, "128.0.0.0/1"),
            ("0.0.0.0/0", 0, 0, "0.0.0.0/0"),
            ("10.0.0.4/30", 2, 3, "10.0.0.7/32"),
            ("fd00:fd12:3456:7890::/56", 8, 162, "fd00:fd12:3456:78a2::/64"),
            ("::/0", 128, u128::MAX, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"),
            ("2001:db8::/32", 0, 0, "2001:db8::/32"),
        ];
        for (prefix, new_bits, number, expected) in cases {
            assert_eq!(subnet(prefix, new_bits, number).as_deref(), Ok(expected), "{prefix}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let cases = [
            ("10.0.0.0", 8, 0, "`10.0.0.0` is not a network such as 10.0.0.0/16"),
            ("10.0.0.0/33", 0, 0, "`10.0.0.0/33` is not a network such as 10.0.0.0/16"),
            ("10.0.0.0/+8", 0, 0, "`10.0.0.0/+8` is not a network such as 10.0.0.0/16"),
            ("x/8", 0, 0, "`x/8` is not a network such as 10.0.0.0/16"),
            ("10.0.0.0/16", 17, 0, "`10.0.0.0/16` has no 17 further bits"),
            ("10.0.0.0/16", u32::MAX, 0, "`10.0.0.0/16` has no 4294967295 further bits"),
            ("10.0.0.0/16", 8, 256, "`10.0.0.0/16` has no subnet 256 with 8 further bits"),
            ("10.0.0.0/16", 0, 1, "`10.0.0.0/16` has no subnet 1 with 0 further bits"),
        ];
        for (prefix, new_bits, number, expected) in cases {
            assert_eq!(subnet(prefix, new_bits, number), Err(expected.to_string()));
        }
    }
}
