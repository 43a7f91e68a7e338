//! A zip archive of a few small files, stored as they are.
//!
//! Lambda takes nothing else. The same content gives the same bytes: there is no time in it but the first that the format knows.

/// The first of January 1980.
const DATE: u16 = (1 << 5) | 1;

/// Names and contents.
pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let offset = archive.len() as u32;
        let mut header = Vec::new();
        // Version 2.0, no flags, stored, midnight.
        [20_u16, 0, 0, 0, DATE].iter().for_each(|field| header.extend(field.to_le_bytes()));
        let length = content.len() as u32;
        [checksum(content), length, length].iter().for_each(|field| header.extend(field.to_le_bytes()));
        header.extend((name.len() as u16).to_le_bytes());
        header.extend(0_u16.to_le_bytes());
        archive.extend(0x0403_4b50_u32.to_le_bytes());
        archive.extend(&header);
        archive.extend(name.as_bytes());
        archive.extend(*content);

        directory.extend(0x0201_4b50_u32.to_le_bytes());
        // Made on Unix.
        directory.extend((3_u16 << 8 | 20).to_le_bytes());
        directory.extend(&header);
        // No comment, the first disk, no text.
        [0_u16, 0, 0].iter().for_each(|field| directory.extend(field.to_le_bytes()));
        // A file that everybody may read.
        directory.extend((0o100_644_u32 << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, length, count) = (archive.len() as u32, directory.len() as u32, files.len() as u16);
    archive.extend(directory);
    archive.extend(0x0605_4b50_u32.to_le_bytes());
    [0_u16, 0, count, count].iter().for_each(|field| archive.extend(field.to_le_bytes()));
    [length, start].iter().for_each(|field| archive.extend(field.to_le_bytes()));
    archive.extend(0_u16.to_le_bytes());
    archive
}

/// CRC-32 as the format has it.
fn checksum(content: &[u8]) -> u32 {
    let mut register = u32::MAX;
    for byte in content {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            let low = register & 1;
            register >>= 1;
            if low == 1 {
                register ^= 0xEDB8_8320;
            }
        }
    }
    !register
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn the_end_counts_the_files() {
        let archive = archive(&[("a", b"x"), ("b", b"yz")]);
        let end = &archive[archive.len() - 22..];
        assert_eq!(end[..4], 0x0605_4b50_u32.to_le_bytes());
        assert_eq!(end[8..10], 2_u16.to_le_bytes());
    }
}
