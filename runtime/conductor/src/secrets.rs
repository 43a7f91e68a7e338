//! Secrets are read for one call and are nowhere afterwards: not in State, not in a change set, not in what is said to people.
//!
//! The simulated cloud is told a digest under the key of the installation in place of a secret: it shows when a secret changes, and keeps nothing that anybody could use.

use std::collections::HashMap;

use adapter::{Adapter, AdapterError, Call, Place, Question};
use conductor_store::CloudKind;
use lw_plan::{Json, Map, canonical_json, mentions_secret, reveal};

use crate::registry;
use crate::secret_key::SecretKey;

/// Properties as the cloud is to have them: every secret read from its source.
pub async fn revealed(
    properties: Map<String, Json>,
    kind: CloudKind,
    adapter: &dyn Adapter,
    call: &Call,
    key: &SecretKey,
) -> Result<Map<String, Json>, AdapterError> {
    if !properties.values().any(mentions_secret) {
        return Ok(properties);
    }
    let mut sources = Vec::new();
    properties.values().for_each(|value| collect(value, &mut sources));
    let mut secrets = HashMap::new();
    for source in sources {
        let text = match source.get("identity") {
            Some(_) => registry::identity(&call.owner.uid, key)?,
            None => read(source, adapter, &call.place).await?,
        };
        let text = match kind {
            CloudKind::Sim => format!("secret-{}", &key.digest(&text)?[..16]),
            CloudKind::Real => text,
        };
        secrets.insert(canonical_json(source), text);
    }
    let mut plain = Map::new();
    for (name, value) in &properties {
        let value = reveal(value, &mut |source| secrets.get(&canonical_json(source)).cloned());
        let unreadable = |error| AdapterError::permanent("Secret", format!("`{name}` cannot be worked out: {error:?}"));
        plain.insert(name.clone(), value.map_err(unreadable)?);
    }
    Ok(plain)
}

/// Takes out of what a cloud shows whatever was written as a secret: the handle stands in its place.
pub fn mask(observed: &mut Map<String, Json>, written: &Map<String, Json>) {
    for (name, value) in written {
        if mentions_secret(value)
            && let Some(shown) = observed.get_mut(name)
        {
            shown.clone_from(value);
        }
    }
}

fn collect<'a>(value: &'a Json, sources: &mut Vec<&'a Json>) {
    match value {
        Json::Array(items) => items.iter().for_each(|item| collect(item, sources)),
        Json::Object(object) => match lw_plan::Term::of_object(object) {
            Some(lw_plan::Term::Secret(source)) => sources.push(source),
            Some(lw_plan::Term::Literal(_)) => {}
            _ => object.values().for_each(|item| collect(item, sources)),
        },
        _ => {}
    }
}

/// What stands at a source, other than the identity of what is made: `{"env": name}`, `{"file": path}`, `{"ssm": name}`,
/// `{"aws": {"name": …, "field": …}}`.
async fn read(source: &Json, adapter: &dyn Adapter, place: &Place) -> Result<String, AdapterError> {
    let missing = |what: String| AdapterError::permanent("Secret", what);
    let (kind, argument) = source
        .as_object()
        .and_then(|source| source.iter().next())
        .ok_or_else(|| missing(format!("`{source}` is no source of a secret")))?;
    let name = argument.as_str().or_else(|| argument.get("name")?.as_str());
    let name = name.ok_or_else(|| missing(format!("`{source}` is no source of a secret")))?;
    match kind.as_str() {
        "env" => std::env::var(name).map_err(|_| missing(format!("the environment variable `{name}` is not set"))),
        "file" => {
            let text = std::fs::read_to_string(name);
            let text = text.map_err(|error| missing(format!("the file `{name}` cannot be read: {error}")))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_string())
        }
        "ssm" | "aws" => {
            let source = if kind == "ssm" { "secret.parameter" } else { "secret.aws" };
            let mut fields = argument.as_object().cloned().unwrap_or_default();
            fields.insert("name".to_string(), Json::from(name));
            let answer = adapter.answer(place, &Question::new(source, fields)).await?;
            answer.as_str().map(str::to_string).ok_or_else(|| missing(format!("the secret `{name}` is no text")))
        }
        _ => Err(missing(format!("this version cannot read secrets from `{kind}`"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Json) -> Map<String, Json> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn what_was_written_as_a_secret_is_not_seen() {
        let written = map(json!({"Password": {"$secret": {"env": "X"}}, "Name": "db"}));
        let mut observed = map(json!({"Password": "hunter2", "Name": "db", "Id": "1"}));
        mask(&mut observed, &written);
        assert_eq!(observed, map(json!({"Password": {"$secret": {"env": "X"}}, "Name": "db", "Id": "1"})));
    }

    #[tokio::test]
    async fn the_simulated_cloud_gets_a_digest() {
        let cloud = adapter::sim::SimulatedCloud::in_memory(adapter::sim::Config::default());
        let folder = tempfile::tempdir().expect("a folder");
        let key = SecretKey::beside(&folder.path().join("state.db"));
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "hunter2\n").expect("a file that can be written");
        let source = json!({"$secret": {"file": file.path()}});
        let call = Call {
            operation: String::new(),
            owner: adapter::Owner { uid: "7".to_string(), deployment: "shop".to_string() },
            place: Place::default(),
            deadline: std::time::Duration::from_secs(1),
        };
        let written = map(json!({"Url": {"$concat": ["db://", source, "@host"]}, "Name": "db"}));
        let plain = revealed(written.clone(), CloudKind::Sim, &cloud, &call, &key).await.unwrap();
        assert_eq!(plain["Url"], json!(format!("db://secret-{}@host", &key.digest("hunter2").unwrap()[..16])));
        let plain = revealed(written, CloudKind::Real, &cloud, &call, &key).await.unwrap();
        assert_eq!(plain["Url"], json!("db://hunter2@host"));
        let own = map(json!({"Token": {"$secret": {"identity": "member"}}}));
        let plain = revealed(own, CloudKind::Real, &cloud, &call, &key).await.unwrap();
        assert_eq!(plain["Token"], json!(registry::identity("7", &key).unwrap()));
        let absent = map(json!({"Url": {"$secret": {"env": "LINEWORK_TEST_ABSENT"}}}));
        let refused = revealed(absent, CloudKind::Real, &cloud, &call, &key).await.unwrap_err();
        assert!(refused.message.contains("`LINEWORK_TEST_ABSENT` is not set"), "{refused}");
    }
}
