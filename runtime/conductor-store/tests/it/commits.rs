use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use conductor_core::{Batch, Event, Generation, OperationState, RecordChange, Uid};
use conductor_store::{
    CloudKind, Commit, GenerationRow, GroupCommit, Incident, Lease, SqliteStore, Store, StoreError, Variable,
};
use lw_plan::{Json, Meaning, Plan, Provenance};

use crate::support::{Folder, begins, closes, commit, intends, note, operation, own, puts, record, shop, try_commit};

#[test]
fn what_is_committed_is_read_back() {
    let folder = Folder::new();
    let store = folder.own();
    commit(&store, begins(1));
    commit(&store, puts([record(2, 1), record(1, 1)]));
    drop(store);
    let store = SqliteStore::read(&folder.path()).unwrap();
    assert_eq!(store.deployment(&shop()).unwrap().unwrap().generation, Generation(1));
    assert_eq!(store.deployments().unwrap().len(), 1);
    assert_eq!(store.resources(&shop()).unwrap(), vec![record(1, 1), record(2, 1)]);
    assert_eq!(store.minted_name("bucket-2").unwrap(), Some((shop(), Uid(2))));
}

#[test]
fn a_removed_record_is_gone_with_its_name() {
    let folder = Folder::new();
    let store = folder.own();
    commit(&store, puts([record(1, 1)]));
    let batch = Batch { records: vec![RecordChange::Remove(Uid(1))], ..Batch::default() };
    commit(&store, Commit::of_batch(shop(), 1000, batch));
    assert!(store.resources(&shop()).unwrap().is_empty());
    assert_eq!(store.minted_name("bucket-1").unwrap(), None);
}

#[test]
fn operations_are_open_until_they_are_closed() {
    let folder = Folder::new();
    let store = folder.own();
    for number in [3, 1, 2] {
        commit(&store, intends(number));
    }
    commit(&store, closes(2, OperationState::Done));
    assert_eq!(store.open_operations(&shop()).unwrap(), vec![operation(1), operation(3)]);
    commit(&store, closes(1, OperationState::Abandoned));
    commit(&store, closes(3, OperationState::Unknown));
    assert!(store.open_operations(&shop()).unwrap().is_empty());
}

#[test]
fn events_are_chained_and_checked() {
    let folder = Folder::new();
    let store = folder.own();
    for group in [["a", "b"], ["c", "d"]] {
        let events = group.iter().map(|text| note(text)).collect();
        commit(&store, Commit::of_batch(shop(), 1000, Batch { events, ..Batch::default() }));
    }
    let events = store.events(&shop(), 0, u64::MAX).unwrap();
    let mut head: Option<&Event> = None;
    for event in &events {
        assert!(event.follows(head.map(|head| (head.sequence, head.hash.as_str()))));
        head = Some(event);
    }
    assert_eq!(events.len(), 4);
    assert_eq!(store.head(&shop()).unwrap(), Some((4, events[3].hash.clone())));
    assert_eq!(store.events(&shop(), 1, 2).unwrap(), events[1..3]);
}

#[test]
fn a_checkpoint_stands_after_a_thousand_events_and_at_the_end() {
    let folder = Folder::new();
    let store = folder.own();
    let events = (0..2500).map(|_| note("x")).collect();
    commit(&store, Commit::of_batch(shop(), 1000, Batch { events, ..Batch::default() }));
    let checkpoints = store.checkpoints(&shop()).unwrap();
    assert_eq!(checkpoints.iter().map(|checkpoint| checkpoint.sequence).collect::<Vec<_>>(), [1000, 2000, 2500]);
    assert_eq!(checkpoints[1].hash, store.events(&shop(), 1999, 1).unwrap()[0].hash);
}

#[test]
fn plans_are_kept_by_their_hash() {
    let folder = Folder::new();
    let store = folder.own();
    let plan = Arc::new(Plan::new(Meaning::default(), Provenance::default()));
    let mut begin = begins(1);
    begin.plan = Some(plan.clone());
    begin.generation = Some(GenerationRow { generation: Generation(1), plan: Some(plan.hash.clone()), at_ms: 7 });
    commit(&store, begin.clone());
    commit(&store, begin.clone());
    assert_eq!(store.plan(&plan.hash).unwrap().as_ref(), Some(&*plan));
    assert_eq!(store.plan("other").unwrap(), None);
    assert_eq!(store.plan_heading(&plan.hash).unwrap().unwrap().composition, plan.meaning.composition);
    assert_eq!(store.generations(&shop()).unwrap(), vec![begin.generation.unwrap()]);
}

#[test]
fn the_rest_is_kept_too() {
    let folder = Folder::new();
    let store = folder.own();
    let mut all = Commit::new(shop(), 5);
    all.cloud = Some(CloudKind::Sim);
    all.incidents = vec![Incident {
        id: 0,
        deployment: shop(),
        key: String::new(),
        at_ms: 5,
        kind: "drift".to_string(),
        uid: Some(Uid(1)),
        path: None,
        detail: Json::from("size"),
        resolved_at_ms: None,
    }];
    let variable = |version| Variable {
        deployment: shop(),
        name: "limit".to_string(),
        version,
        value: Json::from(version * 10),
        at_ms: 5,
    };
    all.variables = vec![variable(1), variable(2)];
    let lease = Lease { name: "owner".to_string(), holder: "a".to_string(), epoch: 3, expires_at_ms: 9 };
    all.leases = vec![lease.clone()];
    commit(&store, all);
    assert_eq!(store.meta().unwrap().cloud, Some(CloudKind::Sim));
    let incidents = store.incidents(Some(&shop())).unwrap();
    assert_eq!((incidents.len(), incidents[0].id), (1, 1));
    assert_eq!(store.variables(&shop()).unwrap(), vec![variable(2)]);
    assert_eq!(store.lease("owner").unwrap(), Some(lease));
    assert_eq!(store.lease("other").unwrap(), None);
}

#[test]
fn a_store_is_of_one_kind() {
    let folder = Folder::new();
    let store = folder.own();
    let of = |kind| Commit { cloud: Some(kind), ..begins(1) };
    commit(&store, of(CloudKind::Sim));
    commit(&store, of(CloudKind::Sim));
    let refused = try_commit(&store, of(CloudKind::Real)).unwrap_err();
    assert!(matches!(*refused, StoreError::Conflict { .. }), "{refused}");
}

#[test]
fn a_refused_commit_leaves_nothing_and_the_others_stay() {
    let folder = Folder::new();
    let store = folder.own();
    commit(&store, puts([record(1, 5)]));
    let stale = puts([record(2, 1), record(1, 5)]);
    let results = store.commit(vec![puts([record(3, 1)]), stale, puts([record(4, 1)])]);
    assert!(results[0].is_ok() && results[2].is_ok());
    assert!(matches!(**results[1].as_ref().unwrap_err(), StoreError::Conflict { .. }));
    let uids: Vec<u128> = store.resources(&shop()).unwrap().iter().map(|record| record.uid.0).collect();
    assert_eq!(uids, [1, 3, 4]);
}

#[test]
fn each_owner_that_writes_has_a_new_epoch() {
    let folder = Folder::new();
    let store = folder.own();
    let install_id = store.meta().unwrap().install_id;
    assert_eq!(store.meta().unwrap().epoch, 1);
    drop(store);
    let store = folder.own();
    assert_eq!(store.meta().unwrap().epoch, 1, "nothing was written by the first");
    commit(&store, begins(1));
    drop(store);
    let meta = folder.own().meta().unwrap();
    assert_eq!((meta.epoch, meta.install_id), (2, install_id));
}

#[test]
fn an_owner_who_lost_the_store_cannot_write() {
    let folder = Folder::new();
    let first = folder.own();
    commit(&first, begins(1));
    // Somebody removes the lock file, and with it the first owner's hold.
    std::fs::remove_file(conductor_store::OwnerLock::path_beside(&folder.path())).unwrap();
    let second = own(&folder.path()).unwrap();
    commit(&second, begins(2));
    let refused = try_commit(&first, begins(3)).unwrap_err();
    assert!(matches!(*refused, StoreError::TakenOver { .. }), "{refused}");
    assert_eq!(second.deployment(&shop()).unwrap().unwrap().generation, Generation(2));
}

#[test]
fn a_group_shares_one_transaction() {
    /// Counts transactions.
    struct Counting(SqliteStore, AtomicU64);
    impl Store for Counting {
        fn commit(&self, commits: Vec<Commit>) -> Vec<Result<(), Arc<StoreError>>> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.commit(commits)
        }
        fn meta(&self) -> Result<conductor_store::Meta, StoreError> {
            self.0.meta()
        }
        fn deployments(&self) -> Result<Vec<conductor_core::Deployment>, StoreError> {
            self.0.deployments()
        }
        fn deployment(
            &self,
            name: &conductor_core::DeploymentName,
        ) -> Result<Option<conductor_core::Deployment>, StoreError> {
            self.0.deployment(name)
        }
        fn resources(
            &self,
            name: &conductor_core::DeploymentName,
        ) -> Result<Vec<conductor_core::ResourceRecord>, StoreError> {
            self.0.resources(name)
        }
        fn summaries(
            &self,
            name: &conductor_core::DeploymentName,
        ) -> Result<Vec<conductor_store::ResourceSummary>, StoreError> {
            self.0.summaries(name)
        }
        fn open_operations(
            &self,
            name: &conductor_core::DeploymentName,
        ) -> Result<Vec<conductor_core::Operation>, StoreError> {
            self.0.open_operations(name)
        }
        fn plan(&self, hash: &str) -> Result<Option<Plan>, StoreError> {
            self.0.plan(hash)
        }
        fn plan_heading(&self, hash: &str) -> Result<Option<conductor_store::PlanHeading>, StoreError> {
            self.0.plan_heading(hash)
        }
        fn generations(&self, name: &conductor_core::DeploymentName) -> Result<Vec<GenerationRow>, StoreError> {
            self.0.generations(name)
        }
        fn events(
            &self,
            name: &conductor_core::DeploymentName,
            after: u64,
            most: u64,
        ) -> Result<Vec<Event>, StoreError> {
            self.0.events(name, after, most)
        }
        fn head(&self, name: &conductor_core::DeploymentName) -> Result<Option<(u64, String)>, StoreError> {
            self.0.head(name)
        }
        fn checkpoints(
            &self,
            name: &conductor_core::DeploymentName,
        ) -> Result<Vec<conductor_store::Checkpoint>, StoreError> {
            self.0.checkpoints(name)
        }
        fn incidents(&self, name: Option<&conductor_core::DeploymentName>) -> Result<Vec<Incident>, StoreError> {
            self.0.incidents(name)
        }
        fn variables(&self, name: &conductor_core::DeploymentName) -> Result<Vec<Variable>, StoreError> {
            self.0.variables(name)
        }
        fn variable_versions(
            &self,
            deployment: &conductor_core::DeploymentName,
            name: &str,
            after: u64,
            most: u64,
            newest_first: bool,
        ) -> Result<Vec<Variable>, StoreError> {
            self.0.variable_versions(deployment, name, after, most, newest_first)
        }
        fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
            self.0.lease(name)
        }
        fn minted_name(&self, name: &str) -> Result<Option<(conductor_core::DeploymentName, Uid)>, StoreError> {
            self.0.minted_name(name)
        }
    }

    let folder = Folder::new();
    let store = Arc::new(Counting(folder.own(), AtomicU64::new(0)));
    let group = GroupCommit::start(store.clone());
    let (answers, results) = mpsc::channel();
    for number in 0..500 {
        let answers = answers.clone();
        group.submit(intends(number), Box::new(move |result| answers.send(result.is_ok()).unwrap()));
    }
    drop(group);
    assert_eq!(results.try_iter().filter(|written| *written).count(), 500);
    assert_eq!(store.open_operations(&shop()).unwrap().len(), 500);
    let transactions = store.1.load(Ordering::Relaxed);
    assert!(transactions < 100, "{transactions} transactions for 500 commits");
}
