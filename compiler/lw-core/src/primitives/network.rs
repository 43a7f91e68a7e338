//! Networks: prefixes of addresses, IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Entry, entry};
use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::operators::INT_MAX;
use crate::value::{Items, Term, Value};

pub(super) const TABLE: &[Entry] = &[
    entry("__netSubnet", 3, subnet_of),
    entry("__netSubnets", 2, subnets),
    entry("__netContains", 2, contains),
    entry("__netOverlaps", 2, overlaps),
    entry("__netOverlapping", 1, overlapping),
    entry("__netSize", 1, size),
    entry("__netAddress", 2, address),
    entry("__netPrefixLength", 1, prefix_length),
    entry("__netMask", 1, mask),
    entry("__netNetwork", 1, network_of),
    entry("__isCidr", 1, |machine, arguments| {
        is(machine, arguments, |text| Network::read(text).is_some_and(Network::is_4))
    }),
    entry("__isCidr6", 1, |machine, arguments| {
        is(machine, arguments, |text| Network::read(text).is_some_and(|network| !network.is_4()))
    }),
    entry("__isIpAddress", 1, |machine, arguments| is(machine, arguments, |text| text.parse::<IpAddr>().is_ok())),
    entry("__isRegion", 1, |machine, arguments| is(machine, arguments, is_region)),
];

/// A prefix: the first address, how many bits it fixes, and of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    bits: u128,
    length: u32,
    width: u32,
}

impl Network {
    /// `10.0.0.0/16`, `2001:db8::/32`. Bits after the prefix count as zero.
    fn read(text: &str) -> Option<Network> {
        let (address, length) = text.split_once('/')?;
        if length.is_empty() || length.len() > 3 || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let length: u32 = length.parse().ok()?;
        let (bits, width) = match address.parse::<IpAddr>().ok()? {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        (length <= width).then(|| Network { bits: bits & Network::mask(length, width), length, width })
    }

    fn mask(length: u32, width: u32) -> u128 {
        let all = if width == 128 { u128::MAX } else { (1 << width) - 1 };
        if length == 0 { 0 } else { (all >> (width - length)) << (width - length) }
    }

    fn is_4(self) -> bool {
        self.width == 32
    }

    /// The last address, as a number.
    fn last(self) -> u128 {
        let all = if self.width == 128 { u128::MAX } else { (1 << self.width) - 1 };
        self.bits | (all & !Network::mask(self.length, self.width))
    }

    fn holds(self, inner: Network) -> bool {
        self.width == inner.width && self.bits <= inner.bits && inner.last() <= self.last()
    }

    fn text(self) -> String {
        format!("{}/{}", address_text(self.bits, self.width), self.length)
    }
}

fn address_text(bits: u128, width: u32) -> String {
    if width == 32 { Ipv4Addr::from_bits(bits as u32).to_string() } else { Ipv6Addr::from_bits(bits).to_string() }
}

fn wrong(reason: String) -> Stop {
    Stop::new(FailureKind::Argument(reason))
}

fn network(text: &str) -> Eval<Network> {
    Network::read(text).ok_or_else(|| wrong(format!("`{text}` is not a network such as 10.0.0.0/16")))
}

/// A network, or an address as the network of itself.
fn network_or_address(text: &str) -> Eval<Network> {
    if text.contains('/') {
        return network(text);
    }
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => Ok(Network { bits: u128::from(address.to_bits()), length: 32, width: 32 }),
        Ok(IpAddr::V6(address)) => Ok(Network { bits: address.to_bits(), length: 128, width: 128 }),
        Err(_) => Err(wrong(format!("`{text}` is neither a network nor an address"))),
    }
}

/// The `number`-th network that is `new_bits` smaller.
pub(crate) fn subnet(prefix: &str, new_bits: i64, number: i64) -> Eval<String> {
    let outer = network(prefix)?;
    let length = u32::try_from(new_bits).ok().and_then(|bits| outer.length.checked_add(bits));
    let Some(length) = length.filter(|length| *length <= outer.width) else {
        return Err(wrong(format!("`{prefix}` has no {new_bits} further bits")));
    };
    let fits = u128::try_from(number).is_ok_and(|number| new_bits >= 128 || number >> new_bits == 0);
    if !fits {
        return Err(wrong(format!("`{prefix}` has no subnet {number} with {new_bits} further bits")));
    }
    let offset = if length == 0 { 0 } else { (number as u128) << (outer.width - length) };
    Ok(Network { bits: outer.bits | offset, length, width: outer.width }.text())
}

fn subnet_of(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    for argument in arguments.iter_mut() {
        machine.settle_later(argument)?;
    }
    if arguments.iter().any(|argument| matches!(argument, Value::Later(_))) {
        if let Some(undecided) = arguments.iter().find(|argument| matches!(argument, Value::Undecided(_))) {
            return Err(machine.unfit(undecided, "a subnet"));
        }
        return Ok(machine.later(Term::Cidr(Items(arguments.to_vec()))));
    }
    let prefix = machine.take_text(&mut arguments[0], "a subnet")?;
    let new_bits = machine.take_int(&mut arguments[1], "a subnet")?;
    let number = machine.take_int(&mut arguments[2], "a subnet")?;
    let text = subnet(&prefix, new_bits, number)?;
    machine.new_text(text)
}

/// Subnets of the given sizes, each at the first place after the one before that its size allows.
fn subnets(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let prefix = machine.take_text(&mut arguments[0], "subnets")?;
    let sizes = machine.take_list(&mut arguments[1], "subnets")?;
    let outer = network(&prefix)?;
    let mut next = Some(outer.bits);
    let mut found = Vec::with_capacity(sizes.len());
    for size in sizes.iter() {
        let new_bits = machine.take_int(&mut size.clone(), "subnets")?;
        let length = u32::try_from(new_bits).ok().and_then(|bits| outer.length.checked_add(bits));
        let Some(length) = length.filter(|length| *length <= outer.width) else {
            return Err(wrong(format!("`{prefix}` has no {new_bits} further bits")));
        };
        let step = 1_u128.checked_shl(outer.width - length).unwrap_or(0);
        let aligned = next.and_then(|next| match step {
            0 => (next == 0).then_some(0),
            step => Some(next.checked_add(step - 1)? & !(step - 1)),
        });
        let inner = aligned.map(|bits| Network { bits, length, width: outer.width });
        let Some(inner) = inner.filter(|inner| outer.holds(*inner)) else {
            let room = format!("`{prefix}` has no room for the subnet at position {}", found.len());
            return Err(wrong(room));
        };
        next = inner.last().checked_add(1);
        found.push(Value::string(inner.text()));
    }
    machine.new_list(found)
}

fn pair(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<(Network, Network)> {
    let first = machine.take_text(&mut arguments[0], "a comparison of networks")?;
    let second = machine.take_text(&mut arguments[1], "a comparison of networks")?;
    Ok((network_or_address(&first)?, network_or_address(&second)?))
}

fn contains(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let (outer, inner) = pair(machine, arguments)?;
    Ok(Value::Bool(outer.holds(inner)))
}

/// Two of a list that overlap: sorted by where they begin, a network overlaps the one that reaches furthest before it, or none.
fn overlapping(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let list = machine.take_list(&mut arguments[0], "a comparison of networks")?;
    machine.charge_steps(list.len())?;
    let mut unknown = None;
    let mut known: Vec<(u32, u128, u128, usize)> = Vec::with_capacity(list.len());
    for (at, item) in list.iter().enumerate() {
        let mut item = item.clone();
        machine.settle_later(&mut item)?;
        match item.text() {
            Some(text) => {
                if let Ok(found) = network(text) {
                    let size = found.width - found.length;
                    let last = if size >= 128 { u128::MAX } else { found.bits | ((1 << size) - 1) };
                    known.push((found.width, found.bits, last, at));
                }
            }
            None => unknown = unknown.or(Some(item)),
        }
    }
    known.sort_unstable();
    let mut furthest: Option<(u32, u128, usize)> = None;
    for (width, first, last, at) in known {
        if let Some((before, reaches, other)) = furthest
            && before == width
            && first <= reaches
        {
            let pair = (other.min(at) as i64, other.max(at) as i64);
            return Ok(Value::some(Value::tuple(vec![Value::Int(pair.0), Value::Int(pair.1)])));
        }
        if furthest.is_none_or(|(before, reaches, _)| before != width || last > reaches) {
            furthest = Some((width, last, at));
        }
    }
    match unknown {
        Some(unknown) => Err(machine.unfit(&unknown, "a comparison of networks")),
        None => Ok(Value::None),
    }
}

fn overlaps(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let (first, second) = pair(machine, arguments)?;
    Ok(Value::Bool(first.holds(second) || second.holds(first)))
}

fn one(machine: &mut Machine<'_>, argument: &mut Value, operation: &'static str) -> Eval<Network> {
    let text = machine.take_text(argument, operation)?;
    network_or_address(&text)
}

fn size(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let network = one(machine, &mut arguments[0], "the size of a network")?;
    let size = (network.last() - network.bits).saturating_add(1);
    Ok(Value::Int(i64::try_from(size).unwrap_or(INT_MAX).min(INT_MAX)))
}

fn address(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let network = one(machine, &mut arguments[0], "an address of a network")?;
    let number = machine.take_int(&mut arguments[1], "an address of a network")?;
    let found = if number >= 0 {
        network.bits.checked_add(number as u128).filter(|found| *found <= network.last())
    } else {
        network.last().checked_sub(number.unsigned_abs() as u128 - 1).filter(|found| *found >= network.bits)
    };
    match found {
        Some(bits) => machine.new_text(address_text(bits, network.width)),
        None => Err(wrong(format!("`{}` has no address {number}", network.text()))),
    }
}

fn prefix_length(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let network = one(machine, &mut arguments[0], "the prefix length of a network")?;
    Ok(Value::Int(i64::from(network.length)))
}

fn mask(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let network = one(machine, &mut arguments[0], "the mask of a network")?;
    machine.new_text(address_text(Network::mask(network.length, network.width), network.width))
}

fn network_of(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let network = one(machine, &mut arguments[0], "the network of an address")?;
    machine.new_text(network.text())
}

/// A check of text; what is known later passes a refinement before it comes here.
fn is(machine: &mut Machine<'_>, arguments: &mut [Value], fits: fn(&str) -> bool) -> Eval<Value> {
    let text = machine.take_text(&mut arguments[0], "a check of text")?;
    Ok(Value::Bool(fits(&text)))
}

/// `eu-central-1`, `us-gov-west-1`: letters, words, a number.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, words @ .., number] = &parts[..] else { return false };
    area.len() >= 2
        && !words.is_empty()
        && words.iter().chain([area]).all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
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
            ("2001:db8::/32", 0, 0, "2001:db8::/32"),
        ];
        for (prefix, new_bits, number, expected) in cases {
            assert_eq!(subnet(prefix, new_bits, number).expect(prefix), expected);
        }
    }

    #[test]
    fn regions_by_their_form() {
        for region in ["eu-central-1", "us-gov-west-1", "ap-southeast-2"] {
            assert!(is_region(region), "{region}");
        }
        for text in ["eu-central", "Eu-central-1", "1-2-3", "", "us--1", "us-east-1a"] {
            assert!(!is_region(text), "{text}");
        }
    }

    #[test]
    fn networks_hold_each_other() {
        let read = |text: &str| Network::read(text).expect(text);
        assert!(read("10.0.0.0/8").holds(read("10.1.0.0/16")));
        assert!(!read("10.1.0.0/16").holds(read("10.0.0.0/8")));
        assert!(read("0.0.0.0/0").holds(read("255.255.255.255/32")));
        assert!(!read("0.0.0.0/0").holds(read("::/0")));
        assert!(read("::/0").holds(read("ffff::/16")));
    }
}
