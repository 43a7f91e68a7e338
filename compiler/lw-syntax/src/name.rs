//! Names, each kept once for the life of the process.
//!
//! The one idea: a name is a reference to the only entry with its text, so that comparing two is comparing addresses, and its hash was
//! taken when it was first seen. Texts lie one after the other in blocks that are never freed, and the table grows with what is in it:
//! a short run touches few pages. Deliberately absent: freeing, numbering, any order but that of the text.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHasher;

/// A text that there is once. Cheap to copy, to compare and to hash.
#[derive(Clone, Copy)]
pub struct Name(&'static Entry);

#[derive(Debug, Default)]
struct Entry {
    text: &'static str,
    hash: u64,
}

impl Name {
    /// The name of that text.
    pub fn from(text: &str) -> Name {
        let hash = hash_of(text);
        let mut shard = shard(hash);
        match shard.find(text, hash) {
            Ok(entry) => Name(entry),
            Err(slot) => Name(shard.add(slot, text, hash)),
        }
    }

    /// The name of that text, if anybody has made it before.
    pub fn existing(text: &str) -> Option<Name> {
        let hash = hash_of(text);
        shard(hash).find(text, hash).ok().map(Name)
    }

    pub fn as_str(&self) -> &'static str {
        self.0.text
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name::from(text)
    }
}

impl Default for Name {
    fn default() -> Name {
        Name::from("")
    }
}

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        self.0.text
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.0.text
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Name {}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0.text == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.0.text == *other
    }
}

impl PartialEq<String> for Name {
    fn eq(&self, other: &String) -> bool {
        self.0.text == other
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

/// By text, so that what is sorted does not depend on which name was seen first.
impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        if self == other { Ordering::Equal } else { self.0.text.cmp(other.0.text) }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.0.text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.text, out)
    }
}

/// Threads that intern at the same time rarely want the same shard.
const SHARDS: usize = 8;
/// How many slots a shard begins with, how many entries are allocated at once, and how many bytes of text.
const SLOTS_MIN: usize = 256;
const ENTRIES_BLOCK: usize = 128;
const TEXT_BLOCK: usize = 4096;

static TABLE: [Mutex<Shard>; SHARDS] = [const { Mutex::new(Shard::new()) }; SHARDS];

/// One part of the table: open addressing, with what is left of the blocks that it fills.
struct Shard {
    slots: Vec<Option<&'static Entry>>,
    count: usize,
    entries: &'static mut [Entry],
    bytes: &'static mut [u8],
}

fn hash_of(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

fn shard(hash: u64) -> MutexGuard<'static, Shard> {
    // Nothing in here panics between two steps that belong together.
    TABLE[(hash >> 61) as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    const fn new() -> Shard {
        Shard { slots: Vec::new(), count: 0, entries: &mut [], bytes: &mut [] }
    }

    /// The entry, or the slot where it belongs.
    fn find(&self, text: &str, hash: u64) -> Result<&'static Entry, usize> {
        if self.slots.is_empty() {
            return Err(0);
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                None => return Err(at),
                Some(entry) if entry.hash == hash && entry.text == text => return Ok(entry),
                Some(_) => at = (at + 1) & mask,
            }
        }
    }

    fn add(&mut self, slot: usize, text: &str, hash: u64) -> &'static Entry {
        let text = self.keep(text);
        if self.entries.is_empty() {
            self.entries = Vec::leak((0..ENTRIES_BLOCK).map(|_| Entry::default()).collect());
        }
        let (entry, rest) = std::mem::take(&mut self.entries).split_first_mut().expect("a block has just been made");
        self.entries = rest;
        *entry = Entry { text, hash };
        let entry: &'static Entry = entry;
        self.count += 1;
        if self.count * 4 > self.slots.len() * 3 {
            self.grow(entry);
        } else {
            self.slots[slot] = Some(entry);
        }
        entry
    }

    /// A copy of a text for ever.
    fn keep(&mut self, text: &str) -> &'static str {
        if text.len() > TEXT_BLOCK / 4 {
            return Box::leak(Box::from(text));
        }
        if text.len() > self.bytes.len() {
            self.bytes = Vec::leak(vec![0; TEXT_BLOCK]);
        }
        let (kept, rest) = std::mem::take(&mut self.bytes).split_at_mut(text.len());
        self.bytes = rest;
        kept.copy_from_slice(text.as_bytes());
        let kept: &'static [u8] = kept;
        std::str::from_utf8(kept).expect("a copy of text is text")
    }

    /// Makes room, and puts one entry more in.
    fn grow(&mut self, entry: &'static Entry) {
        let slots = (self.slots.len() * 2).max(SLOTS_MIN);
        let before = std::mem::replace(&mut self.slots, vec![None; slots]);
        for entry in before.into_iter().flatten().chain([entry]) {
            let mut at = entry.hash as usize & (slots - 1);
            while self.slots[at].is_some() {
                at = (at + 1) & (slots - 1);
            }
            self.slots[at] = Some(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_name_whoever_makes_it() {
        assert_eq!(Name::existing("made-by-nobody-else"), None);
        let name = Name::from("made-by-nobody-else");
        assert_eq!(Name::existing("made-by-nobody-else"), Some(name));
        assert_eq!(name, Name::from(&String::from("made-by-nobody-else")));
        assert_ne!(name, Name::from("made-by-nobody-elsE"));
        assert_eq!(name.as_str(), "made-by-nobody-else");
    }

    #[test]
    fn names_stay_when_tables_and_blocks_grow() {
        let long = "long ".repeat(3000);
        let texts: Vec<String> =
            (0..20_000).map(|at| format!("grown {at}")).chain([String::new(), long, "ä€😀".to_string()]).collect();
        let names: Vec<Name> = texts.iter().map(|text| Name::from(text)).collect();
        for (text, name) in texts.iter().zip(&names) {
            assert_eq!(name.as_str(), text);
            assert_eq!(Name::from(text), *name);
        }
        let mut sorted = names.clone();
        sorted.sort();
        assert!(
            sorted.windows(2).all(|pair| pair[0].as_str() < pair[1].as_str()),
            "no two are the same, in the order of texts"
        );
    }
}
