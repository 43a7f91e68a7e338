//! The lifecycle table says nothing that the models do not know.

use adapter::Catalogue;
use adapter_aws::client::{Client, Target, unreadable_waiters};
use adapter_aws::{lifecycle, model};
use conductor_core::Catalogue as _;

#[test]
fn every_entry_fits_the_models_and_the_catalogue() {
    let mut wrong = Vec::new();
    for (wire_type, entry) in lifecycle::entries() {
        match Catalogue::embedded().facts(wire_type) {
            Some(_) => wrong.extend(lifecycle::mistakes(wire_type, entry)),
            None => wrong.push(format!("{wire_type}: no such type")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_waiter_is_one_that_the_client_reads() {
    let used = lifecycle::waiters();
    for name in model::services() {
        let service = model::service(name).expect("a model");
        let unreadable = unreadable_waiters(service);
        let wrong: Vec<&String> =
            unreadable.iter().filter(|text| used.iter().any(|used| text.starts_with(&format!("{used}:")))).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

#[test]
fn the_documentation_names_every_type() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/adapters/aws.md");
    let text = std::fs::read_to_string(path).expect("the documentation is there");
    let row = |service: &str| {
        let beginning = format!("| {service} |");
        text.lines().find(|line| line.starts_with(&beginning)).unwrap_or_default().to_string()
    };
    let mut named = 0;
    for wire_type in lifecycle::entries().keys() {
        let mut parts = wire_type.split("::").skip(1);
        let (service, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        assert!(row(service).contains(&format!("`{name}`")), "{wire_type} is not in docs/adapters/aws.md");
        named += 1;
    }
    assert!(text.contains(&format!("Each of these {named} is made")), "there are {named} types");
}

/// What keeps a create from happening twice is what the models and the entries say, and nothing else.
#[test]
fn every_create_is_as_safe_as_the_catalogue_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../adapter/catalogue/aws_lifecycle.json");
    let text = std::fs::read_to_string(path).expect("the catalogue is there");
    let records: serde_json::Value = serde_json::from_str(&text).expect("the catalogue is JSON");
    let client = Client::with_keys(Target::default(), "linework", "linework");
    let mut wrong = Vec::new();
    let mut ways = std::collections::BTreeMap::<&str, usize>::new();
    for wire_type in lifecycle::entries().into_keys() {
        let life = lifecycle::Life::of(&client, wire_type).expect("it has an entry");
        let (derived, said) = (life.dedupe(), &records[wire_type]["dedupe"]);
        if derived != *said {
            wrong.push(format!("\"{wire_type}\": {{\"dedupe\": {derived}}}"));
            continue;
        }
        let facts = Catalogue::embedded().facts(wire_type).expect("a known type");
        assert_eq!(facts.dedupe.token_lifetime_ms.is_some(), derived["token"] == true, "{wire_type}");
        assert_eq!(facts.dedupe.tag_on_create, derived["tagsOnCreate"] == true, "{wire_type}");
        assert_eq!(facts.dedupe.natural_name, derived["key"] == true, "{wire_type}");
        for way in ["token", "tagsOnCreate", "key"] {
            *ways.entry(way).or_default() += usize::from(derived[way] == true);
        }
        *ways.entry("none").or_default() += usize::from(derived == serde_json::json!({}));
    }
    assert!(wrong.is_empty(), "the catalogue should say:\n{}", wrong.join("\n"));
    // Both kinds exist, and few have nothing at all.
    assert!(ways["token"] > 10 && ways["tagsOnCreate"] > 40 && ways["key"] > 40, "{ways:?}");
    assert!(ways["none"] <= 3, "{ways:?}");
}
