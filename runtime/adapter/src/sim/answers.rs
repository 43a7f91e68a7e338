//! What the simulated cloud says when it is asked: the same to the same question, in every run and on every machine.

use lw_plan::Json;

use super::dice::Dice;
use super::world::World;
use crate::question::{Question, field_of};
use crate::{AdapterError, Place};

/// Whether the answer depends on what is there.
pub fn needs_world(question: &Question) -> bool {
    !matches!(question.source.as_str(), "aws.image" | "aws.zones" | "aws.account" | "aws.export")
}

/// The answer; `place` names its account and region.
pub fn answer(
    seed: u64,
    world: Option<(&World, u64)>,
    place: &Place,
    question: &Question,
) -> Result<Json, AdapterError> {
    let dice = |parts: &[&str]| {
        let mut all = vec![question.source.as_str(), place.region.as_str()];
        all.extend_from_slice(parts);
        Dice::of(seed, &all)
    };
    match question.source.as_str() {
        "aws.image" => {
            let architecture = question.optional("architecture").unwrap_or_default();
            let id = dice(&[question.text("owner")?, question.text("name")?, architecture]).hex(17);
            Ok(Json::from(format!("ami-{id}")))
        }
        "aws.zones" => {
            let region = question.optional("region").unwrap_or(&place.region);
            Ok(["a", "b", "c"].map(|letter| format!("{region}{letter}")).to_vec().into())
        }
        "aws.export" => Ok(Json::from(format!("simulated-{}", dice(&[question.text("name")?]).hex(16)))),
        "aws.account" => Ok(Json::from(place.account.as_str())),
        "aws.parameter" | "secret.parameter" => {
            let name = question.text("name")?;
            let made = match name.contains("/ami") {
                true => format!("ami-{}", dice(&[name]).hex(17)),
                false => format!("simulated-{}", dice(&[name]).hex(16)),
            };
            let found = property_by_name(world, place, "AWS::SSM::Parameter", name, "Value");
            Ok(Json::from(found.unwrap_or(made)))
        }
        "secret.aws" => {
            let (name, field) = (question.text("name")?, question.optional("field"));
            let made = format!("simulated-{}", dice(&[name, field.unwrap_or_default()]).hex(16));
            let found = property_by_name(world, place, "AWS::SecretsManager::Secret", name, "SecretString");
            Ok(Json::from(found.and_then(|text| field_of(&text, field)).unwrap_or(made)))
        }
        "aws.object" => {
            let (wire_type, id, property) = (question.text("type")?, question.text("id")?, question.text("property")?);
            let object = world.and_then(|(world, now_ms)| world.read(now_ms, place, wire_type, id));
            let object = object.ok_or_else(|| question.nothing(format!("{wire_type} `{id}`")))?;
            let found = object.properties.get(property);
            found.cloned().ok_or_else(|| question.nothing(format!("property `{property}` of {wire_type} `{id}`")))
        }
        _ => Err(question.unknown("sim")),
    }
}

/// A property of the object of a type that has a name.
fn property_by_name(
    world: Option<(&World, u64)>,
    place: &Place,
    wire_type: &str,
    name: &str,
    property: &str,
) -> Option<String> {
    let (world, now_ms) = world?;
    let objects = world.list(now_ms, place, wire_type);
    let found = objects.iter().find(|object| object.properties.get("Name").and_then(Json::as_str) == Some(name))?;
    found.properties.get(property).and_then(Json::as_str).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(source: &str, argument: Json) -> Result<Json, AdapterError> {
        let place = Place { account: "000000000000".to_string(), region: "eu-west-1".to_string() };
        let argument = argument.as_object().expect("an object").clone();
        answer(0, None, &place, &Question::new(source, argument))
    }

    #[test]
    fn the_same_question_has_the_same_answer() {
        let image = json!({"owner": "amazon", "name": "al2023-*"});
        let found = ask("aws.image", image.clone()).unwrap();
        assert_eq!(found, ask("aws.image", image).unwrap());
        assert_eq!(found.as_str().map(str::len), Some(21), "{found}");
        assert_ne!(found, ask("aws.image", json!({"owner": "amazon", "name": "al2022-*"})).unwrap());
        assert_eq!(ask("aws.zones", json!({"region": "us-east-2"})).unwrap()[1], "us-east-2b");
        assert_eq!(ask("aws.account", json!({})).unwrap(), "000000000000");
    }

    #[test]
    fn what_cannot_be_answered_is_said() {
        assert!(ask("aws.image", json!({"owner": "amazon"})).unwrap_err().message.contains("without a `name`"));
        assert!(ask("aws.weather", json!({})).unwrap_err().message.contains("`aws.weather`"));
        let object = json!({"type": "AWS::EC2::VPC", "id": "vpc-1", "property": "CidrBlock"});
        assert_eq!(ask("aws.object", object).unwrap_err().message, "there is no AWS::EC2::VPC `vpc-1`");
    }
}
