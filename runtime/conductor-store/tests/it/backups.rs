//! Backups, and stores that come out of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use conductor_core::EventBody;
use conductor_store::{SqliteStore, Store, StoreError, audit_log};
use lw_plan::Json;

use crate::support::{Folder, begins, notes, own, puts, record, shop};

fn restored() -> EventBody {
    EventBody::Noted { kind: "restored".to_string(), detail: Json::Null }
}

fn count(store: &SqliteStore) -> usize {
    store.resources(&shop()).unwrap().len()
}

#[test]
fn a_backup_is_the_store_as_it_was() {
    let folder = Folder::new();
    let store = folder.own();
    assert!(store.commit(vec![puts(vec![record(1, 1)])])[0].is_ok());
    let backup = folder.path().with_extension("backup");
    // Somebody who reads may make one while the owner writes.
    SqliteStore::read(&folder.path()).unwrap().backup(&backup).unwrap();
    assert!(store.commit(vec![puts(vec![record(2, 1)])])[0].is_ok());
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(count(&SqliteStore::read(&backup).unwrap()), 1);
    assert!(matches!(store.backup(&backup), Err(StoreError::Failed { .. })), "nothing is overwritten");
    assert_eq!(count(&SqliteStore::read(&backup).unwrap()), 1);
}

#[test]
fn a_restored_store_goes_on_where_no_identity_was_used() {
    let folder = Folder::new();
    let backup = folder.path().with_extension("backup");
    {
        let store = folder.own();
        assert!(store.commit(vec![begins(1), puts(vec![record(1, 1)]), notes(&["one"])]).iter().all(Result::is_ok));
        store.backup(&backup).unwrap();
        assert!(store.commit(vec![puts(vec![record(2, 1)]), notes(&["two"])]).iter().all(Result::is_ok));
    }
    // Two more owners, so that the store's epoch is ahead of the backup's.
    for number in 3..5 {
        assert!(folder.own().commit(vec![puts(vec![record(number, 1)])])[0].is_ok());
    }
    let (epoch, head) = {
        let store = folder.own();
        (store.meta().unwrap().epoch, store.head(&shop()).unwrap())
    };
    let outcome = SqliteStore::restore(&folder.path(), &backup, 77, &restored()).unwrap();
    assert_eq!(outcome.deployments, [shop()]);
    let store = folder.own();
    assert_eq!(count(&store), 1);
    assert!(store.meta().unwrap().epoch >= epoch, "an owner of the time before cannot write");
    let events = store.events(&shop(), 0, 10).unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].body().unwrap(), restored());
    assert_ne!(store.head(&shop()).unwrap(), head);
    assert_eq!(audit_log(&store, &shop(), &mut |_| {}).unwrap().broken_at, None);
    // What was replaced is kept, and whole.
    let kept = outcome.replaced.expect("there was a store");
    assert_eq!(count(&own(&kept).unwrap()), 4);
    assert!(!folder.path().with_extension("db.restoring").exists());
}

#[test]
fn a_backup_is_restored_where_nothing_is_or_only_damage() {
    let folder = Folder::new();
    let backup = folder.path().with_extension("backup");
    {
        let store = folder.own();
        assert!(store.commit(vec![puts(vec![record(1, 1)])])[0].is_ok());
        store.backup(&backup).unwrap();
    }
    let elsewhere = folder.path().with_file_name("other/state.db");
    assert_eq!(SqliteStore::restore(&elsewhere, &backup, 1, &restored()).unwrap().replaced, None);
    assert_eq!(count(&own(&elsewhere).unwrap()), 1);
    fs::write(folder.path(), b"SQLite format 3\0 and then rubbish".repeat(300)).unwrap();
    let outcome = SqliteStore::restore(&folder.path(), &backup, 1, &restored()).unwrap();
    assert!(outcome.replaced.is_some_and(|kept| kept.exists()));
    assert_eq!(count(&folder.own()), 1);
}

#[test]
fn what_is_no_backup_replaces_nothing() {
    let folder = Folder::new();
    let store = folder.own();
    assert!(store.commit(vec![puts(vec![record(1, 1)])])[0].is_ok());
    let text = folder.path().with_extension("txt");
    fs::write(&text, "no database").unwrap();
    let missing = folder.path().with_extension("missing");
    assert!(matches!(SqliteStore::restore(&folder.path(), &missing, 1, &restored()), Err(StoreError::Missing { .. })));
    assert!(matches!(SqliteStore::restore(&folder.path(), &text, 1, &restored()), Err(StoreError::Corrupt { .. })));
    let backup = folder.path().with_extension("backup");
    store.backup(&backup).unwrap();
    let owned = SqliteStore::restore(&folder.path(), &backup, 1, &restored());
    assert!(matches!(owned, Err(StoreError::InUse { .. })), "{owned:?}");
    assert_eq!(count(&store), 1);
}
