//! A daemon's inside without its loops, for tests.

use std::path::Path;
use std::sync::Arc;

use conductor_store::{SqliteOptions, SqliteStore};
use lw_plan::{Class, Meaning, Node, NodeKind, Origin, Plan, Provenance, ResourcePath, set_fingerprints};
use serde_json::json;

use super::board::Board;
use super::look::Shares;
use super::settings::DaemonSettings;
use super::watcher::Common;
use crate::engine::EngineOptions;
use crate::owner::Owner;

pub fn common(store: &Path) -> Arc<Common> {
    let owner = Arc::new(Owner::of(
        SqliteStore::own(store, &SqliteOptions::default()).expect("a store of its own"),
        &EngineOptions::new(store),
    ));
    let settings = DaemonSettings::default();
    Arc::new(Common {
        store: owner.store.clone().expect("an owner has a store"),
        board: Board::default(),
        shares: Shares::new(settings.rate, settings.burst, settings.share),
        targets: Vec::new(),
        mail: tokio::sync::Notify::new(),
        settings,
        owner,
    })
}

/// A topic, and a subscription to it.
pub fn plan() -> Plan {
    let nodes = vec![
        node("topic", "AWS::SNS::Topic", json!({"DisplayName": "news"})),
        node(
            "mail",
            "AWS::SNS::Subscription",
            json!({"TopicArn": {"$get": ["topic", "TopicArn"]}, "Protocol": "email", "Endpoint": "a@example.org"}),
        ),
    ];
    plan_of(nodes)
}

pub fn node(path: &str, wire_type: &str, properties: lw_plan::Json) -> Node {
    Node {
        path: ResourcePath::from_text(path),
        wire_type: wire_type.to_string(),
        kind: NodeKind::Managed,
        provider: String::new(),
        class: Class::Configuration,
        properties: serde_json::from_value(properties).expect("an object"),
        deferred: Vec::new(),
        lifecycle: Default::default(),
        depends_on: Vec::new(),
        fingerprint: String::new(),
        former_path: None,
        physical_id: None,
    }
}

/// A Plan of nodes in this order.
pub fn plan_of(nodes: Vec<Node>) -> Plan {
    let origins = (1..=nodes.len() as u32).map(|line| Origin {
        file: "shop.lw".to_string(),
        line,
        properties: Default::default(),
    });
    let provenance = Provenance { origins: origins.collect(), ..Provenance::default() };
    let mut meaning = Meaning { composition: "shop".to_string(), nodes, ..Meaning::default() };
    set_fingerprints(&mut meaning);
    Plan::new(meaning, provenance)
}
