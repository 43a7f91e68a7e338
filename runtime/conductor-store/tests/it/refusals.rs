use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use conductor_core::Batch;
use conductor_store::{Commit, OwnerLock, SqliteOptions, SqliteStore, Store, StoreError};

use crate::support::{Folder, begins, commit, note, own, puts, record, shop, try_commit};

#[test]
fn a_store_that_is_not_there_cannot_be_read() {
    let folder = Folder::new();
    let refused = SqliteStore::read(&folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::Missing { .. }), "{refused}");
    assert_eq!(refused.code(), "LW0550");
    assert!(!folder.path().exists());
}

#[test]
fn the_file_and_its_folder_are_private() {
    let folder = Folder::new();
    let store = folder.own();
    commit(&store, begins(1));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path()), 0o600);
    assert_eq!(mode(folder.path().parent().unwrap()), 0o700);
    assert_eq!(mode(&folder.path().with_extension("db-wal")), 0o600);
    assert_eq!(mode(&OwnerLock::path_beside(&folder.path())), 0o600);
}

#[test]
fn one_owner_at_a_time_and_it_is_named() {
    let folder = Folder::new();
    let store = folder.own();
    let refused = own(&folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::InUse { pid: Some(pid), .. } if pid == std::process::id()), "{refused}");
    assert_eq!(OwnerLock::holder(&folder.path()), Some(std::process::id()));
    SqliteStore::read(&folder.path()).expect("readers are always welcome");
    drop(store);
    assert_eq!(OwnerLock::holder(&folder.path()), None);
    folder.own();
}

#[test]
fn what_is_not_a_database_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().parent().unwrap()).unwrap();
    fs::write(folder.path(), "this is not a database, it is a text").unwrap();
    for refused in [own(&folder.path()).unwrap_err(), SqliteStore::read(&folder.path()).unwrap_err()] {
        assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
        assert_eq!(refused.code(), "LW0553");
    }
    assert_eq!(fs::read(folder.path()).unwrap(), b"this is not a database, it is a text");
}

#[test]
fn a_database_of_somebody_else_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().parent().unwrap()).unwrap();
    let theirs = rusqlite::Connection::open(folder.path()).unwrap();
    theirs.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    drop(theirs);
    let refused = own(&folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
}

#[test]
fn damage_is_found_after_a_crash() {
    let folder = Folder::new();
    let store = folder.own();
    commit(&store, puts((0..300).map(|number| record(number, 1))));
    drop(store);
    let mut bytes = fs::read(folder.path()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle - 20_000..middle + 20_000].fill(0x5a);
    fs::write(folder.path(), bytes).unwrap();
    // A process id that was left behind: its owner died.
    fs::write(OwnerLock::path_beside(&folder.path()), "4194304").unwrap();
    let refused = own(&folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
}

#[test]
fn damage_is_named_when_it_is_met() {
    let folder = Folder::new();
    let store = folder.own();
    commit(&store, puts((0..300).map(|number| record(number, 1))));
    drop(store);
    let mut bytes = fs::read(folder.path()).unwrap();
    let length = bytes.len();
    bytes[8192..length].fill(0x5a);
    fs::write(folder.path(), bytes).unwrap();
    let result = own(&folder.path()).and_then(|store| store.resources(&shop()));
    let refused = result.unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let folder = Folder::new();
    commit(&folder.own(), begins(1));
    let newer = rusqlite::Connection::open(folder.path()).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    for refused in [own(&folder.path()).unwrap_err(), SqliteStore::read(&folder.path()).unwrap_err()] {
        assert!(matches!(refused, StoreError::Newer { found: 99, .. }), "{refused}");
        assert_eq!(refused.code(), "LW0554");
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let folder = Folder::new();
    let store = SqliteStore::own(&folder.path(), &SqliteOptions { pages_max: Some(60) }).unwrap();
    commit(&store, puts([record(1, 1)]));
    let mut number = 2;
    let refused: Arc<StoreError> = loop {
        match try_commit(&store, puts((number..number + 10).map(|number| record(number, 1)))) {
            Ok(()) => number += 10,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(*refused, StoreError::Full { .. }), "{refused}");
    assert_eq!(refused.code(), "LW0555");
    let kept = store.resources(&shop()).unwrap().len();
    assert_eq!(kept as u128, number - 1, "whole commits, and every one that was answered");
    drop(store);
    let store = folder.own();
    commit(&store, puts((number..number + 10).map(|number| record(number, 1))));
    assert_eq!(store.resources(&shop()).unwrap().len(), kept + 10);
}

#[test]
fn a_backup_is_whole_and_private() {
    let folder = Folder::new();
    let store = folder.own();
    commit(&store, puts([record(1, 1)]));
    let target = folder.path().with_extension("copy");
    store.backup(&target).unwrap();
    store.backup(&target).expect_err("an existing file is not overwritten");
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(SqliteStore::read(&target).unwrap().resources(&shop()).unwrap(), vec![record(1, 1)]);
    store.verify().unwrap();
}

/// The body of the test below, run as a user whom permissions stop.
#[test]
fn as_a_user_without_permission() {
    let Ok(path) = std::env::var("LINEWORK_TEST_READ_ONLY") else { return };
    let path = Path::new(&path);
    let refused = own(path).unwrap_err();
    assert!(matches!(refused, StoreError::ReadOnly { .. }), "{refused}");
    assert_eq!(refused.code(), "LW0551");
    let missing = path.with_file_name("other").join("state.db");
    let refused = own(&missing).unwrap_err();
    assert!(matches!(refused, StoreError::ReadOnly { .. }), "{refused}");
    let store = SqliteStore::read(path).expect("it can still be read");
    assert_eq!(store.resources(&shop()).unwrap().len(), 1);
}

#[test]
fn what_cannot_be_written_is_said_and_can_be_read() {
    let folder = Folder::new();
    let store = folder.own();
    let mut all = puts([record(1, 1)]);
    all.batch.events = vec![note("a")];
    commit(&store, all);
    commit(&store, Commit::of_batch(shop(), 1, Batch::default()));
    drop(store);
    let parent = folder.path().parent().unwrap().to_path_buf();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(&parent, fs::Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(parent.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
    // The test's program, copied to where everyone may run it.
    let program = parent.parent().unwrap().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut child = Command::new(&program);
    child.args(["as_a_user_without_permission", "--test-threads=1", "--nocapture"]);
    child.env("LINEWORK_TEST_READ_ONLY", folder.path());
    // Permissions do not stop root.
    let is_root = fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
    if is_root {
        child.uid(65_534).gid(65_534);
    }
    let output = child.output().unwrap();
    fs::set_permissions(&parent, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
