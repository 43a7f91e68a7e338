//! What the daemon keeps: one open incident about each thing, deliveries that outlive the process, pauses.

use conductor_core::Uid;
use conductor_store::{Commit, Delivery, Incident, Pause, SqliteStore, Store, WatchStore};
use lw_plan::Json;

use crate::support::{Folder, commit, puts, record, shop};

fn incident(key: &str, detail: &str, resolved_at_ms: Option<u64>) -> Incident {
    Incident {
        id: 0,
        deployment: shop(),
        key: key.to_string(),
        at_ms: 5,
        kind: "drift".to_string(),
        uid: Some(Uid(1)),
        path: None,
        detail: Json::from(detail),
        resolved_at_ms,
    }
}

fn writes(store: &SqliteStore, incidents: Vec<Incident>, tell: &[&str]) {
    let tell = tell.iter().map(|target| target.to_string()).collect();
    commit(store, Commit { incidents, tell, ..Commit::new(shop(), 5) });
}

#[test]
fn at_most_one_incident_about_each_thing_is_open() {
    let folder = Folder::new();
    let store = folder.own();
    writes(&store, vec![incident("a", "first", None), incident("b", "other", None)], &[]);
    writes(&store, vec![incident("a", "second", None)], &[]);
    let open = store.open_incidents(&shop()).unwrap();
    let shown: Vec<(&str, &Json)> = open.iter().map(|one| (one.key.as_str(), &one.detail)).collect();
    assert_eq!(shown, [("a", &Json::from("second")), ("b", &Json::from("other"))]);
    writes(&store, vec![incident("a", "third", Some(9))], &[]);
    writes(&store, vec![incident("a", "again", None)], &[]);
    let all = store.incidents_before(Some(&shop()), None, 10).unwrap();
    let shown: Vec<(u64, &Json, Option<u64>)> =
        all.iter().map(|one| (one.id, &one.detail, one.resolved_at_ms)).collect();
    let expected =
        [(3, &Json::from("again"), None), (2, &Json::from("other"), None), (1, &Json::from("third"), Some(9))];
    assert_eq!(shown, expected);
    assert_eq!(store.incidents_before(None, Some(3), 1).unwrap()[0].id, 2);
    // Mere notes are never one another.
    writes(&store, vec![incident("", "note", None), incident("", "note", None)], &[]);
    assert_eq!(store.incidents(None).unwrap().len(), 5);
    assert_eq!(store.open_incidents(&shop()).unwrap().len(), 2);
}

#[test]
fn what_is_to_be_told_is_there_until_it_was_told() {
    let folder = Folder::new();
    let store = folder.own();
    writes(&store, vec![incident("a", "opened", None)], &["hook", "chat"]);
    writes(&store, vec![incident("a", "closed", Some(7))], &["hook"]);
    drop(store);
    let store = folder.own();
    let due = store.deliveries(100, 10).unwrap();
    let shown: Vec<(&str, &Json)> = due.iter().map(|one| (one.target.as_str(), &one.body["detail"])).collect();
    let (opened, closed) = (Json::from("opened"), Json::from("closed"));
    assert_eq!(shown, [("hook", &opened), ("chat", &opened), ("hook", &closed)], "as it was when it happened");
    let late = Delivery { attempts: 1, due_at_ms: 500, problem: Some("no answer".to_string()), ..due[0].clone() };
    commit(&store, Commit { delivered: vec![due[1].id], postponed: vec![late], ..Commit::new(shop(), 8) });
    assert_eq!(store.deliveries(100, 10).unwrap().len(), 1);
    assert_eq!(store.next_delivery_ms().unwrap(), Some(7));
    let later = store.deliveries(500, 10).unwrap();
    assert_eq!((later.len(), later[1].attempts, later[1].problem.as_deref()), (2, 1, Some("no answer")));
}

#[test]
fn a_pause_stands_until_it_is_taken_back() {
    let folder = Folder::new();
    let store = folder.own();
    let pause = Pause { deployment: shop(), at_ms: 1, until_ms: 9, reason: "a move".to_string() };
    commit(&store, Commit { pauses: vec![pause.clone()], ..Commit::new(shop(), 1) });
    assert_eq!(store.pauses().unwrap(), [pause]);
    commit(&store, Commit { unpaused: vec![shop()], ..Commit::new(shop(), 2) });
    assert_eq!(store.pauses().unwrap(), []);
}

#[test]
fn objects_are_looked_at_by_rows_of_their_own() {
    let folder = Folder::new();
    let store = folder.own();
    commit(&store, puts([record(2, 1), record(1, 1)]));
    let rows = store.watch_rows(&shop()).unwrap();
    let uids: Vec<Uid> = rows.iter().map(|row| row.uid).collect();
    assert_eq!(uids, [Uid(1), Uid(2)]);
    assert_eq!(rows[0].provider, record(1, 1).provider);
    assert_eq!(store.resources_by_uid(&[Uid(2), Uid(7)]).unwrap(), [record(2, 1)]);
}
