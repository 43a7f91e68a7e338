//! What stands for what in the values of the table.
//!
//! A text that begins with `$` is replaced whole: `$id` (the physical id), `$id.1` (its second part), `$Name/Of/It` (a written
//! property), `$answer/Vpc/VpcId` (the answer of the first call), `$seen/Arn` (what a read shows), `$item`, `$item/Key`, `$items`,
//! `$tags`, `$keys`, `$locationConstraint` (the region, where S3 wants to hear it), `$permission`, `$groupTags`, `$token`, `$region`, `$account`, `$partition`. `$Arn#:` is what follows
//! the last `:` of a text, `$Arn#<:` what comes before it, if there is one. `${…}` inside a text is replaced in place. What has no value is left out,
//! with the parameter that it is for.

use lw_plan::{Json, Map};

#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub properties: &'a Map<String, Json>,
    pub id: &'a str,
    pub answer: Option<&'a Map<String, Json>>,
    pub seen: Option<&'a Map<String, Json>>,
    pub item: Option<&'a Json>,
    pub items: Option<&'a Json>,
    pub tags: Option<&'a Json>,
    pub keys: Option<&'a Json>,
    pub token: &'a str,
    pub region: &'a str,
    pub account: &'a str,
}

impl<'a> Scope<'a> {
    pub fn new(properties: &'a Map<String, Json>, id: &'a str) -> Scope<'a> {
        Scope {
            properties,
            id,
            answer: None,
            seen: None,
            item: None,
            items: None,
            tags: None,
            keys: None,
            token: "",
            region: "",
            account: "",
        }
    }

    /// A value of the table with everything put in; `None` where it stands for something that is not there.
    pub fn fill(&self, template: &Json) -> Option<Json> {
        match template {
            Json::String(text) if text.contains("${") => self.interpolated(text).map(Json::from),
            Json::String(text) => match text.strip_prefix('$') {
                // `$$` is the sign itself.
                Some(name) if name.starts_with('$') => Some(Json::from(name)),
                Some(name) => self.named(name),
                None => Some(template.clone()),
            },
            Json::Array(items) => {
                let filled: Vec<Json> = items.iter().filter_map(|item| self.fill(item)).collect();
                (items.is_empty() || !filled.is_empty()).then_some(Json::Array(filled))
            }
            Json::Object(object) => {
                let entries = object.iter().filter_map(|(name, value)| Some((name.clone(), self.fill(value)?)));
                let filled: Map<String, Json> = entries.collect();
                (object.is_empty() || !filled.is_empty()).then_some(Json::Object(filled))
            }
            other => Some(other.clone()),
        }
    }

    pub fn interpolated(&self, text: &str) -> Option<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            filled.push_str(before);
            match self.named(name)? {
                Json::String(value) => filled.push_str(&value),
                other => filled.push_str(&other.to_string()),
            }
            rest = after;
        }
        filled.push_str(rest);
        Some(filled)
    }

    fn named(&self, name: &str) -> Option<Json> {
        if let Some((inner, cut)) = name.rsplit_once('#') {
            let text = self.named(inner)?;
            let text = text.as_str()?;
            let part = match cut.strip_prefix('<') {
                Some(sign) => text.rsplit_once(sign)?.0,
                None => text.rsplit_once(cut).map_or(text, |(_, after)| after),
            };
            return Some(Json::from(part));
        }
        let text = |value: &str| (!value.is_empty()).then(|| Json::from(value));
        let (first, rest) = name.split_once('/').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let below = |value: &Json| match rest {
            None => Some(value.clone()),
            Some(path) => value.as_object().and_then(|object| at(object, path)).cloned(),
        };
        match first {
            "id" => text(self.id),
            "token" => text(self.token),
            "region" => text(self.region),
            "account" => text(self.account),
            "partition" => text(crate::client::partition(self.region)),
            "suffix" => text(crate::client::suffix(self.region)),
            "locationConstraint" => text(self.region).filter(|_| self.region != "us-east-1"),
            // The one rule that a rule of a security group is.
            "permission" => Some(Json::Array(vec![super::forms::ip_permissions(&Json::Object(self.properties.clone()))])),
            // Tags of an Auto Scaling group name the group they belong to.
            "groupTags" => Some(self.tags?.as_object()?.iter().map(|(key, value)| serde_json::json!({
                "ResourceId": self.id, "ResourceType": "auto-scaling-group", "Key": key, "Value": value, "PropagateAtLaunch": true,
            })).collect()),
            "item" => self.item.and_then(below),
            "items" => self.items.cloned(),
            "tags" => self.tags.cloned(),
            "keys" => self.keys.cloned(),
            "answer" => self.answer.and_then(|answer| at(answer, rest?)).cloned(),
            "seen" => self.seen.and_then(|seen| at(seen, rest?)).cloned(),
            _ => match first.strip_prefix("id.") {
                Some(number) => text(self.id.split('|').nth(number.parse().ok()?)?),
                None => at(self.properties, name).filter(|value| !value.is_null()).cloned(),
            },
        }
    }
}

/// The value at `A/B/0/C`.
pub fn at<'a>(object: &'a Map<String, Json>, path: &str) -> Option<&'a Json> {
    let mut steps = path.split('/');
    let mut value = object.get(steps.next()?)?;
    for step in steps {
        value = match value {
            Json::Object(object) => object.get(step)?,
            Json::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

/// Puts a value at a place, with the objects around it.
pub fn put(object: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('/') {
        None => {
            object.insert(path.to_string(), value);
        }
        Some((first, rest)) => {
            let inner = object.entry(first.to_string()).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_there_is_left_out() {
        let properties = json!({"A": {"B": [{"C": 1}]}, "N": "x"});
        let properties = properties.as_object().unwrap();
        let scope = Scope { region: "eu-west-1", ..Scope::new(properties, "one|two") };
        let filled = scope.fill(&json!({
            "a": "$A/B/0/C", "missing": "$Q", "inside": {"of": "$Q"}, "list": ["$Q"], "id": "$id.1", "plain": "x",
            "arn": "arn:${partition}:x:${region}::${N}", "half": "${N}/${Q}", "empty": [], "flag": true,
        }));
        let expected = json!({
            "a": 1, "id": "two", "plain": "x", "arn": "arn:aws:x:eu-west-1::x", "empty": [], "flag": true,
        });
        assert_eq!(filled, Some(expected));
        let arn = Scope::new(properties, "arn:aws:lambda:layer:tools:3");
        let cut = |template: &str| arn.fill(&Json::from(template));
        assert_eq!(cut("$id#:"), Some(json!("3")));
        assert_eq!(cut("${id#<:#:}"), Some(json!("tools")));
        assert_eq!(cut("$id#/"), Some(json!("arn:aws:lambda:layer:tools:3")));
    }

    #[test]
    fn places_are_made() {
        let mut object = Map::new();
        put(&mut object, "A/B", json!(1));
        put(&mut object, "A/C", json!(2));
        assert_eq!(Json::Object(object), json!({"A": {"B": 1, "C": 2}}));
    }
}
