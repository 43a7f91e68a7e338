//! What an image is built from: a stored zip archive, as `Zip.zip` makes it, as the tar archive that an engine takes.

use std::fmt;

/// Why an archive cannot be taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    NotZip,
    CutOff,
    Compressed(String),
    LongName(String),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::NotZip => formatter.write_str("it is no archive of `Zip.zip`"),
            Unreadable::CutOff => formatter.write_str("the archive is cut off"),
            Unreadable::Compressed(name) => write!(formatter, "`{name}` is compressed; an archive of `Zip.zip` is not"),
            Unreadable::LongName(name) => write!(formatter, "`{name}` is longer than an archive for an engine takes"),
        }
    }
}

/// All files as all may read and run them, without a time: the same files give the same bytes.
pub(crate) fn tar_of_zip(zip: &[u8]) -> Result<Vec<u8>, Unreadable> {
    const LOCAL: &[u8] = b"PK\x03\x04";
    let mut tar = Vec::with_capacity(zip.len() + 4096);
    let mut rest = zip;
    if !zip.starts_with(LOCAL) {
        return Err(Unreadable::NotZip);
    }
    while rest.starts_with(LOCAL) {
        let header = rest.get(..30).ok_or(Unreadable::CutOff)?;
        let short = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let size = u32::from_le_bytes([header[18], header[19], header[20], header[21]]) as usize;
        let (start, extra) = (30 + short(26), short(28));
        let name = String::from_utf8_lossy(rest.get(30..start).ok_or(Unreadable::CutOff)?).into_owned();
        if short(8) != 0 {
            return Err(Unreadable::Compressed(name));
        }
        let contents = rest.get(start + extra..start + extra + size).ok_or(Unreadable::CutOff)?;
        add(&mut tar, &name, contents, Owner { mode: 0o755, user: 0, group: 0 })?;
        rest = &rest[start + extra + size..];
    }
    tar.resize(tar.len() + 1024, 0);
    Ok(tar)
}

/// Files by their paths from the root, which only their owner may read.
pub(crate) fn tar_of_private(
    files: impl Iterator<Item = (String, String)>,
    (user, group): (u32, u32),
) -> Result<Vec<u8>, Unreadable> {
    let mut tar = Vec::new();
    for (path, contents) in files {
        add(&mut tar, path.trim_start_matches('/'), contents.as_bytes(), Owner { mode: 0o400, user, group })?;
    }
    tar.resize(tar.len() + 1024, 0);
    Ok(tar)
}

/// Whose a file is, and who may do what with it.
struct Owner {
    mode: u32,
    user: u32,
    group: u32,
}

/// One file in the form of POSIX.1-1988.
fn add(tar: &mut Vec<u8>, name: &str, contents: &[u8], owner: Owner) -> Result<(), Unreadable> {
    let long = || Unreadable::LongName(name.to_string());
    let (prefix, last) = match name.len() {
        ..=100 => ("", name),
        _ => {
            let cuts = name.match_indices('/').map(|(at, _)| at);
            let at = cuts.into_iter().find(|at| *at <= 155 && name.len() - at - 1 <= 100).ok_or_else(long)?;
            (&name[..at], &name[at + 1..])
        }
    };
    let mut header = [0_u8; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, last);
    put(100, &format!("{:07o}", owner.mode));
    put(108, &format!("{:07o}", owner.user));
    put(116, &format!("{:07o}", owner.group));
    put(124, &format!("{:011o}", contents.len()));
    put(136, "00000000000");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar");
    put(263, "00");
    put(345, prefix);
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    tar.extend_from_slice(&header);
    tar.extend_from_slice(contents);
    tar.resize(tar.len().next_multiple_of(512), 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = Vec::new();
        for (name, contents) in files {
            let mut header = b"PK\x03\x04".to_vec();
            header.extend([20, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for _ in 0..2 {
                header.extend((contents.len() as u32).to_le_bytes());
            }
            header.extend((name.len() as u16).to_le_bytes());
            header.extend([0, 0]);
            zip.extend(header);
            zip.extend(name.as_bytes());
            zip.extend(*contents);
        }
        zip.extend(b"PK\x01\x02");
        zip
    }

    #[test]
    fn tar_reads_what_was_zipped() {
        let deep = format!("{}/{}", "d".repeat(90), "f".repeat(60));
        let tar = tar_of_zip(&zip(&[("Dockerfile", b"FROM scratch\n"), (&deep, &[7; 1000]), ("empty", b"")])).unwrap();
        let mut list =
            Command::new("tar").args(["-tvf", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        list.stdin.take().unwrap().write_all(&tar).unwrap();
        let output = list.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("-rwxr-xr-x 0/0") && text.contains("13 1970-01-01"), "{text}");
        assert!(text.contains(&deep), "{text}");
    }

    #[test]
    fn what_is_no_archive_is_said() {
        assert_eq!(tar_of_zip(b"hello"), Err(Unreadable::NotZip));
        let whole = zip(&[("a", b"1234")]);
        assert_eq!(tar_of_zip(&whole[..32]), Err(Unreadable::CutOff));
        let mut compressed = whole.clone();
        compressed[8] = 8;
        assert_eq!(tar_of_zip(&compressed), Err(Unreadable::Compressed("a".to_string())));
        assert!(matches!(tar_of_zip(&zip(&[(&"x".repeat(200), b"")])), Err(Unreadable::LongName(_))));
    }
}
