//! The texts that an editor has open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use crate::positions::{Encoding, Text};

#[derive(Clone, Debug)]
pub struct Document {
    pub uri: Uri,
    pub version: i32,
    pub text: Text,
}

#[derive(Clone, Debug, Default)]
pub struct Documents {
    open: BTreeMap<PathBuf, Document>,
}

impl Documents {
    pub fn get(&self, path: &Path) -> Option<&Document> {
        self.open.get(path)
    }

    pub fn insert(&mut self, path: PathBuf, document: Document) {
        self.open.insert(path, document);
    }

    pub fn remove(&mut self, path: &Path) -> Option<Document> {
        self.open.remove(path)
    }

    /// The texts as they are now.
    pub fn texts(&self) -> BTreeMap<PathBuf, Arc<str>> {
        self.open.iter().map(|(path, document)| (path.clone(), document.text.text.clone())).collect()
    }
}

impl Document {
    /// Applies changes one after the other, as the protocol has them.
    pub fn change(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        for change in changes {
            let text = match change.range {
                None => change.text,
                Some(range) => {
                    let start = self.text.offset(range.start, encoding) as usize;
                    let end = (self.text.offset(range.end, encoding) as usize).max(start);
                    let old = &self.text.text;
                    let mut text = String::with_capacity(old.len() + change.text.len());
                    text.push_str(&old[..start]);
                    text.push_str(&change.text);
                    text.push_str(&old[end..]);
                    text
                }
            };
            self.text = Text::new(Arc::from(text));
        }
        self.version = version;
    }
}

/// The path of a `file:` address; any other address is a path of its own that no disk has.
pub fn path_of(uri: &Uri) -> PathBuf {
    let text = uri.as_str();
    match text.strip_prefix("file://") {
        Some(rest) => {
            let path = &rest[rest.find('/').unwrap_or(rest.len())..];
            lw_compiler::normalize(Path::new(&decoded(path)))
        }
        None => PathBuf::from(format!("/{}", text.replace('/', "_"))),
    }
}

/// The `file:` address of a path.
pub fn uri_of(path: &Path) -> Option<Uri> {
    let mut text = String::from("file://");
    for byte in path.to_str()?.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' | b'@' | b'+' => {
                text.push(byte as char);
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text.parse().ok()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|digit| (*digit as char).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_paths() {
        for path in ["/a/b.lw", "/a b/ü/\u{1f980}.lw", "/a%20b/#.lw"] {
            let uri = uri_of(Path::new(path)).expect("an address");
            assert_eq!(path_of(&uri), PathBuf::from(path), "{}", uri.as_str());
        }
    }
}
