//! What the class of a type promises, for every type of the catalogue: compute is never changed in place, data is never replaced or
//! deleted without a word, and what holds a claim never meets itself.

use adapter::Catalogue;
use conductor::{Allowance, Allowances};
use conductor_core::{
    Action, ApplyInput, Catalogue as _, ChangeSet, Deployment, Generation, Observation, RefusalKind, ResourceRecord,
    ResourceStatus, TypeFacts, Uid, apply_changes, protections,
};
use lw_plan::{Class, Json, Map, Plan, Provider, ResourcePath};
use serde_json::json;

use crate::support::{name, node, plan};

fn sim() -> Provider {
    Provider { cloud: "sim".to_string(), ..Provider::default() }
}

fn record(wire_type: &str, class: Class, properties: Map<String, Json>) -> ResourceRecord {
    ResourceRecord {
        uid: Uid(1),
        path: ResourcePath::from_text("it"),
        wire_type: wire_type.to_string(),
        kind: Default::default(),
        provider: sim(),
        physical_id: Some("id-1".to_string()),
        properties,
        observed: Observation::Never,
        fingerprint: String::new(),
        uid_fingerprint: String::new(),
        class,
        lifecycle: Default::default(),
        minted: Default::default(),
        depends_on: Vec::new(),
        deferred: Vec::new(),
        status: ResourceStatus::Ready,
        problem: None,
        tombstone: None,
        origin: None,
        membership: None,
        generation: Generation(1),
        revision: 1,
    }
}

/// The change set from properties to others.
fn changes(wire_type: &str, class: Class, before: Json, after: Option<Json>) -> ChangeSet {
    let Json::Object(before) = before else { unreachable!("properties are an object") };
    let records = [record(wire_type, class, before)];
    let nodes = after.map(|after| {
        let mut node = node("it", wire_type, after);
        node.class = class;
        node
    });
    let plan: Plan = plan("shop", nodes.into_iter().collect());
    let deployment = Deployment::new(name("shop"));
    let provider = sim();
    let input = ApplyInput {
        deployment: &deployment,
        plan: &plan,
        records: &records,
        default_provider: Some(&provider),
        seed: 1,
    };
    apply_changes(&input, Catalogue::embedded())
}

fn action(changes: &ChangeSet) -> Option<Action> {
    changes.shown().next().map(|(_, step)| step.action)
}

/// Top-level properties that a program writes, tags aside.
fn written(wire_type: &str, facts: &TypeFacts) -> Vec<String> {
    let schema = Catalogue::embedded().schema(wire_type).expect("a listed type");
    let tags = facts.tags.as_ref().map(|tags| &tags.property);
    let names = schema.properties.keys().filter(|name| !schema.is_read_only(name) && Some(*name) != tags);
    names.cloned().collect()
}

fn types(class: Class) -> Vec<(&'static str, std::sync::Arc<TypeFacts>)> {
    let all = Catalogue::embedded()
        .types()
        .map(|wire_type| (wire_type, Catalogue::embedded().facts(wire_type).expect("a listed type")));
    all.filter(|(_, facts)| facts.class == class).collect()
}

#[test]
fn compute_is_never_changed_in_place() {
    let mut count = 0;
    for (wire_type, facts) in types(Class::Compute) {
        for property in written(wire_type, &facts) {
            let found = changes(
                wire_type,
                Class::Compute,
                json!({ property.as_str(): "a" }),
                Some(json!({ property.as_str(): "b" })),
            );
            let refused = found.refusals.iter().any(|refusal| refusal.kind == RefusalKind::ClaimHeld);
            assert!(action(&found) == Some(Action::Replace) || refused, "{wire_type} `{property}`: {found:?}");
            count += 1;
        }
        if let Some(tags) = &facts.tags {
            let tags = tags.property.as_str();
            let found =
                changes(wire_type, Class::Compute, json!({ tags: {"a": "1"} }), Some(json!({ tags: {"a": "2"} })));
            // Some take tags at their creation alone.
            let is_fixed = facts.create_only.iter().any(|path| path.top() == tags);
            let expected = if is_fixed { Action::Replace } else { Action::Update };
            assert_eq!(action(&found), Some(expected), "{wire_type}: its tags");
        }
    }
    assert!(count > 100, "{count} properties");
}

#[test]
fn data_is_never_replaced_or_deleted_without_a_word() {
    let nothing = Allowances::default();
    let (mut replaced, mut deleted) = (0, 0);
    for (wire_type, facts) in types(Class::Data) {
        let gone = changes(wire_type, Class::Data, json!({}), None);
        assert_eq!(action(&gone), Some(Action::Delete), "{wire_type}");
        assert!(!protections(&gone, &nothing).is_empty(), "{wire_type} goes without a word");
        let one = Allowances { delete: Allowance::Count(1), ..Allowances::default() };
        assert!(protections(&gone, &one).is_empty(), "{wire_type} stays in spite of it");
        deleted += 1;
        for property in written(wire_type, &facts) {
            let before = json!({ property.as_str(): "a" });
            let after = json!({ property.as_str(): "b" });
            let found = changes(wire_type, Class::Data, before, Some(after));
            if action(&found) == Some(Action::Replace) {
                assert!(!protections(&found, &nothing).is_empty(), "{wire_type} is replaced for `{property}`");
                replaced += 1;
            }
        }
    }
    assert!(replaced > 100 && deleted > 50, "{replaced} replaced, {deleted} deleted");
}

#[test]
fn what_holds_a_claim_never_meets_itself() {
    let mut count = 0;
    for wire_type in Catalogue::embedded().types() {
        let facts = Catalogue::embedded().facts(wire_type).expect("a listed type");
        for claim in &facts.claims {
            let claimed: Vec<&str> = claim.properties.iter().map(|path| path.top()).collect();
            let is_flat = claim.properties.iter().all(|path| path.is_top_level());
            let other = facts.create_only.iter().find(|path| path.is_top_level() && !claimed.contains(&path.top()));
            let (true, Some(other)) = (is_flat, other) else { continue };
            let with = |value: &str| {
                let mut properties: Map<String, Json> =
                    claimed.iter().map(|name| (name.to_string(), Json::from("held"))).collect();
                properties.insert(other.top().to_string(), Json::from(value));
                Json::Object(properties)
            };
            let found = changes(wire_type, facts.class, with("a"), Some(with("b")));
            if found.refusals.iter().any(|refusal| refusal.kind == RefusalKind::ClaimHeld && refusal.help.is_some()) {
                count += 1;
                continue;
            }
            let (made, step) = found.shown().next().unwrap_or_else(|| panic!("{wire_type}: {found:?}"));
            assert_eq!(step.action, Action::Replace, "{wire_type}");
            let delete =
                found.steps.iter().position(|step| step.part_of == Some(made)).expect("a delete of the old one");
            assert!(
                step.depends_on.iter().any(|before| before.index() == delete),
                "{wire_type}: the new one comes while the old one holds {claimed:?}"
            );
            count += 1;
        }
    }
    assert!(count > 100, "{count} claims");
}
