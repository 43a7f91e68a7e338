use std::path::{Path, PathBuf};
use std::sync::Arc;

use conductor_core::{
    Batch, ClosedOperation, Deployment, DeploymentName, EventBody, Generation, Observation, Operation, OperationId,
    OperationState, RecordChange, ResourceRecord, ResourceStatus, Uid, Verb,
};
use conductor_store::{Commit, SqliteOptions, SqliteStore, Store, StoreError};
use lw_plan::{Class, Json, Provider, ResourcePath};
use tempfile::TempDir;

/// A folder of its own with the path of a store in it.
pub struct Folder {
    folder: TempDir,
}

impl Folder {
    pub fn new() -> Folder {
        Folder { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("state/state.db")
    }

    pub fn own(&self) -> SqliteStore {
        own(&self.path()).expect("the store opens")
    }
}

pub fn own(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::own(path, &SqliteOptions::default())
}

pub fn shop() -> DeploymentName {
    DeploymentName::parse("shop").expect("a name")
}

pub fn record(number: u128, revision: u64) -> ResourceRecord {
    let properties = lw_plan::Map::from_iter([("BucketName".to_string(), Json::from(format!("bucket-{number}")))]);
    ResourceRecord {
        uid: Uid(number),
        path: ResourcePath::from_text(format!("buckets[{number}]")),
        wire_type: "AWS::S3::Bucket".to_string(),
        kind: Default::default(),
        provider: Provider { cloud: "sim".to_string(), ..Provider::default() },
        physical_id: Some(format!("bucket-{number}")),
        observed: Observation::Present { properties: properties.clone() },
        properties,
        fingerprint: "f".to_string(),
        uid_fingerprint: "u".to_string(),
        class: Class::Data,
        lifecycle: Default::default(),
        minted: [("BucketName".to_string(), format!("bucket-{number}"))].into(),
        depends_on: Vec::new(),
        deferred: Vec::new(),
        status: ResourceStatus::Ready,
        problem: None,
        tombstone: None,
        origin: None,
        membership: None,
        generation: Generation(1),
        revision,
    }
}

pub fn operation(number: u128) -> Operation {
    Operation {
        id: OperationId(number),
        deployment: shop(),
        generation: Generation(1),
        uid: Uid(number),
        path: ResourcePath::from_text(format!("buckets[{number}]")),
        wire_type: "AWS::S3::Bucket".to_string(),
        provider: Provider::default(),
        verb: Verb::Create,
        physical_id: None,
        parameters: "{}".to_string(),
        target: None,
        replaces: None,
        state: OperationState::Intended,
        epoch: 1,
        created_at_ms: 10 + number as u64,
        deadline_ms: None,
    }
}

pub fn note(text: &str) -> EventBody {
    EventBody::Noted { kind: text.to_string(), detail: Json::Null }
}

pub fn notes(texts: &[&str]) -> Commit {
    let events = texts.iter().map(|text| note(text)).collect();
    Commit::of_batch(shop(), 1000, Batch { events, ..Batch::default() })
}

pub fn puts(records: impl IntoIterator<Item = ResourceRecord>) -> Commit {
    let records = records.into_iter().map(|record| RecordChange::Put(Box::new(record))).collect();
    Commit::of_batch(shop(), 1000, Batch { records, ..Batch::default() })
}

pub fn intends(number: u128) -> Commit {
    let batch = Batch { intents: vec![Arc::new(operation(number))], ..Batch::default() };
    Commit::of_batch(shop(), 1000, batch)
}

pub fn closes(number: u128, state: OperationState) -> Commit {
    let closed = vec![ClosedOperation { id: OperationId(number), state, problem: None }];
    Commit::of_batch(shop(), 1001, Batch { closed, ..Batch::default() })
}

pub fn begins(generation: u64) -> Commit {
    let deployment = Deployment { generation: Generation(generation), ..Deployment::new(shop()) };
    Commit::of_batch(shop(), 1000, Batch { deployment: Some(deployment), ..Batch::default() })
}

pub fn commit(store: &SqliteStore, commit: Commit) {
    try_commit(store, commit).expect("the commit is written");
}

pub fn try_commit(store: &SqliteStore, commit: Commit) -> Result<(), Arc<StoreError>> {
    store.commit(vec![commit]).pop().expect("one result for one commit")
}
