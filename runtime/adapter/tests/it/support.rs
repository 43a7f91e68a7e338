use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use adapter::sim::{Clock, Config, SimulatedCloud};
use adapter::{Adapter, AdapterError, Call, Object, Owner, Patch, Place};
use conductor_core::{TAG_DEPLOYMENT, TAG_UID};
use lw_plan::{Json, Map};
use serde_json::json;

/// A cloud with a call number for each call, and a clock that stands still until it is moved.
pub struct Cloud {
    pub sim: SimulatedCloud,
    pub now_ms: Arc<AtomicU64>,
    number: AtomicU64,
}

impl Cloud {
    pub fn new() -> Cloud {
        Cloud::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Cloud {
        let now_ms = Arc::new(AtomicU64::new(1_795_000_000_000));
        let mut config = Config { clock: Clock::Manual(now_ms.clone()), ..Config::default() };
        change(&mut config);
        Cloud { sim: SimulatedCloud::in_memory(config), now_ms, number: AtomicU64::new(0) }
    }

    pub fn pass(&self, milliseconds: u64) {
        self.now_ms.fetch_add(milliseconds, Ordering::Relaxed);
    }

    pub fn call(&self) -> Call {
        call(self.number.fetch_add(1, Ordering::Relaxed))
    }

    pub async fn create(&self, wire_type: &str, properties: Json) -> Result<Object, AdapterError> {
        self.sim.create(&self.call(), wire_type, &map(properties)).await
    }

    pub async fn update(&self, object: &Object, set: Json) -> Result<Object, AdapterError> {
        let patch = Patch { set: map(set), ..Patch::default() };
        self.sim.update(&self.call(), &object.wire_type, &object.physical_id, &patch).await
    }

    pub async fn delete(&self, object: &Object) -> Result<(), AdapterError> {
        self.sim.delete(&self.call(), &object.wire_type, &object.physical_id).await
    }

    pub async fn read(&self, object: &Object) -> Option<Object> {
        self.sim.read(&Place::default(), &object.wire_type, &object.physical_id).await.expect("a read answers")
    }

    pub async fn vpc(&self) -> Object {
        self.create("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await.expect("a network")
    }
}

pub fn call(number: u64) -> Call {
    Call {
        operation: format!("{number:032x}"),
        owner: Owner { uid: "u1".to_string(), deployment: "shop".to_string() },
        place: Place::default(),
        deadline: Duration::from_secs(30),
    }
}

pub fn map(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

pub fn our_tags(uid: &str) -> Json {
    json!({TAG_UID: uid, TAG_DEPLOYMENT: "shop", "team": "web"})
}

/// The cloud's code of a refusal.
pub fn code<T: std::fmt::Debug>(answer: Result<T, AdapterError>) -> String {
    answer.expect_err("a refusal").code
}
