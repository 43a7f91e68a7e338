//! A log that somebody has altered.

use conductor_store::{Store, audit_log};
use rusqlite::{Connection, params};

use crate::support::{Folder, notes, own, shop};

/// Events of the log that is altered.
const EVENTS: u64 = 60;

fn written() -> Folder {
    let folder = Folder::new();
    let store = folder.own();
    for group in 0..EVENTS / 3 {
        let commit = notes(&[&format!("a{group}"), &format!("b{group}"), &format!("c{group}")]);
        assert!(store.commit(vec![commit]).iter().all(Result::is_ok));
    }
    folder
}

/// Where the log is broken, after somebody did this to the file.
fn broken_at(folder: &Folder, alter: impl FnOnce(&Connection)) -> Option<u64> {
    let backup = folder.path().with_extension("kept");
    let _ = std::fs::remove_file(&backup);
    own(&folder.path()).unwrap().backup(&backup).unwrap();
    let copy = Connection::open(&backup).unwrap();
    copy.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    alter(&copy);
    drop(copy);
    let store = own(&backup).unwrap();
    audit_log(&store, &shop(), &mut |_| {}).unwrap().broken_at
}

#[test]
fn a_log_that_nobody_altered_is_whole() {
    let folder = written();
    let mut seen = 0;
    let audit = audit_log(&folder.own(), &shop(), &mut |_| seen += 1).unwrap();
    assert_eq!((audit.events, audit.broken_at, seen), (EVENTS, None, EVENTS));
    assert_eq!(broken_at(&folder, |_| {}), None);
}

#[test]
fn every_flipped_character_is_found() {
    let folder = written();
    for (number, column) in ["body", "hash", "previous"].into_iter().cycle().take(24).enumerate() {
        let sequence = number as u64 * 17 % EVENTS + 1;
        let found = broken_at(&folder, |copy| {
            let query = format!("SELECT {column} FROM events WHERE sequence = ?1");
            let text: String = copy.query_row(&query, [sequence as i64], |row| row.get(0)).unwrap();
            let at = number * 13 % text.len();
            let mut bytes = text.into_bytes();
            bytes[at] ^= 1;
            let update = format!("UPDATE events SET {column} = ?1 WHERE sequence = ?2");
            copy.execute(&update, params![String::from_utf8(bytes).unwrap(), sequence as i64]).unwrap();
        });
        assert_eq!(found, Some(sequence), "{column} of event {sequence}");
    }
    let later = broken_at(&folder, |copy| {
        copy.execute("UPDATE events SET at_ms = at_ms + 1 WHERE sequence = 9", []).unwrap();
    });
    assert_eq!(later, Some(9));
}

#[test]
fn a_removed_an_inserted_and_a_moved_event_are_found() {
    let folder = written();
    for sequence in (1..EVENTS as i64).step_by(9).chain([EVENTS as i64]) {
        let removed = broken_at(&folder, |copy| {
            copy.execute("DELETE FROM events WHERE sequence = ?1", [sequence]).unwrap();
        });
        assert!(removed.is_some(), "{sequence} removed");
        // The others close the gap.
        let closed = broken_at(&folder, |copy| {
            copy.execute("DELETE FROM events WHERE sequence = ?1", [sequence]).unwrap();
            for next in sequence + 1..=EVENTS as i64 {
                copy.execute("UPDATE events SET sequence = ?1 WHERE sequence = ?2", [next - 1, next]).unwrap();
            }
        });
        assert!(closed.is_some(), "{sequence} removed and the gap closed");
        let inserted = broken_at(&folder, |copy| {
            for next in (sequence..=EVENTS as i64).rev() {
                copy.execute("UPDATE events SET sequence = ?1 WHERE sequence = ?2", [next + 1, next]).unwrap();
            }
            let insert =
                "INSERT INTO events SELECT deployment, ?1, at_ms, previous, body, hash FROM events WHERE sequence = ?2";
            copy.execute(insert, [sequence, sequence + 1]).unwrap();
        });
        assert!(inserted.is_some(), "{sequence} inserted");
        if sequence < EVENTS as i64 {
            let moved = broken_at(&folder, |copy| {
                for (from, to) in [(sequence, -1), (sequence + 1, sequence), (-1, sequence + 1)] {
                    copy.execute("UPDATE events SET sequence = ?1 WHERE sequence = ?2", [to, from]).unwrap();
                }
            });
            assert_eq!(moved, Some(sequence as u64), "{sequence} moved");
        }
    }
}

#[test]
fn an_end_that_was_cut_off_is_found() {
    let folder = written();
    for left in (0..EVENTS as i64).step_by(10).chain([EVENTS as i64 - 1]) {
        let cut = broken_at(&folder, |copy| {
            copy.execute("DELETE FROM events WHERE sequence > ?1", [left]).unwrap();
        });
        assert_eq!(cut, Some(EVENTS), "{left} left");
    }
}
