//! Reading the index that the build script wrote; the reverse of `scan::encode`.

use crate::found::{Found, Keyword};

/// In the order of their declaration.
const KEYWORDS: [Keyword; 15] = [
    Keyword::Composition,
    Keyword::Import,
    Keyword::Export,
    Keyword::Type,
    Keyword::Operator,
    Keyword::Function,
    Keyword::Validate,
    Keyword::Parameter,
    Keyword::Lookup,
    Keyword::Defaults,
    Keyword::Output,
    Keyword::Test,
    Keyword::Resource,
    Keyword::Language,
    Keyword::Binding,
];

pub fn decode(bytes: &[u8]) -> Vec<Found> {
    let mut bytes = bytes.iter().copied();
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(keyword) = bytes.next() {
        let keyword = KEYWORDS[usize::from(keyword)];
        start += read_number(&mut bytes);
        let name = start + read_number(&mut bytes);
        let name = name..name + read_number(&mut bytes);
        let wire = match read_number(&mut bytes) {
            0 => None,
            wire => Some(start + wire..start + wire + read_number(&mut bytes)),
        };
        found.push(Found { start, keyword, name, wire });
    }
    found
}

fn read_number(bytes: &mut impl Iterator<Item = u8>) -> usize {
    let mut number = 0;
    let mut shift = 0;
    for byte in bytes {
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
        shift += 7;
    }
    number
}
