//! Zip archives, stored without compression and without times, so that the same files give the same bytes.

use std::sync::Arc;

use super::{Entry, entry};
use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::value::Value;

pub(super) const TABLE: &[Entry] = &[entry("__zip", 2, zip)];

fn zip(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let paths = machine.take_list(&mut arguments[0], "the files of an archive")?;
    let recursive = machine.bool(&arguments[1].clone(), "an archive")?;
    let mut files: Vec<(String, String)> = Vec::new();
    for path in paths.iter() {
        let path = machine.take_text(&mut path.clone(), "the name of a file")?;
        let listed = if recursive { machine.inputs.list_files(&path).ok() } else { None };
        match listed {
            Some(inner) => {
                let folder = path.trim_end_matches('/');
                files.extend(inner.into_iter().map(|name| (format!("{folder}/{name}"), name)));
            }
            None => {
                let name = path.rsplit('/').next().unwrap_or_default().to_string();
                files.push((path.to_string(), name));
            }
        }
    }
    files.sort_by(|left, right| left.1.cmp(&right.1));
    if let Some(pair) = files.windows(2).find(|pair| pair[0].1 == pair[1].1) {
        return Err(machine.wrong(format!("the archive would hold `{}` twice", pair[0].1)));
    }
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for (path, name) in &files {
        let contents = machine.file(path)?;
        machine.charge_bytes(contents.len() + 2 * name.len() + 128)?;
        let (Ok(size), Ok(offset)) = (u32::try_from(contents.len()), u32::try_from(archive.len())) else {
            let reason = "an archive holds at most 4 GiB".to_string();
            return Err(Stop::new(FailureKind::File { path: path.clone(), reason }));
        };
        let header = Header { name, checksum: crc32(&contents), size };
        header.local(&mut archive);
        archive.extend_from_slice(&contents);
        header.central(offset, &mut directory);
    }
    let (start, count) = (archive.len() as u32, files.len() as u16);
    let length = directory.len() as u32;
    archive.extend(directory);
    archive.extend(0x0605_4b50_u32.to_le_bytes());
    archive.extend([0; 4]);
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(length.to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0; 2]);
    Ok(Value::Bytes(Arc::from(archive)))
}

struct Header<'n> {
    name: &'n str,
    checksum: u32,
    size: u32,
}

impl Header<'_> {
    /// From "version needed" to the lengths of name and extra field; 1 January 1980, names in UTF-8.
    fn common(&self, out: &mut Vec<u8>) {
        for field in [20_u16, 0x0800, 0, 0, 0x0021] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.checksum, self.size, self.size] {
            out.extend(field.to_le_bytes());
        }
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend(0_u16.to_le_bytes());
    }

    fn local(&self, out: &mut Vec<u8>) {
        out.extend(0x0403_4b50_u32.to_le_bytes());
        self.common(out);
        out.extend(self.name.bytes());
    }

    fn central(&self, offset: u32, out: &mut Vec<u8>) {
        out.extend(0x0201_4b50_u32.to_le_bytes());
        // Made by a Unix, so that the permissions below count.
        out.extend(0x0314_u16.to_le_bytes());
        self.common(out);
        for field in [0_u16, 0, 0] {
            out.extend(field.to_le_bytes());
        }
        // A regular file that all may read and run: functions in archives have to be executable.
        out.extend((0o100_755_u32 << 16).to_le_bytes());
        out.extend(offset.to_le_bytes());
        out.extend(self.name.bytes());
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
