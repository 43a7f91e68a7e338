//! Parts of a bucket's configuration that CloudFormation writes in another form than S3.

use lw_plan::{Json, Map};
use serde_json::json;

/// `PublicRead` → `public-read`.
pub fn canned_acl(value: &Json) -> Json {
    let Some(text) = value.as_str() else { return value.clone() };
    let mut name = String::new();
    for sign in text.chars() {
        if sign.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(sign.to_lowercase());
    }
    Json::from(name)
}

/// CloudFormation writes the days of an expiry and each filter beside the rule, S3 in it.
pub fn lifecycle_to_api(value: &Json) -> Json {
    let rules = value.get("Rules").and_then(Json::as_array).into_iter().flatten().map(|rule| {
        let get = |name: &str| rule.get(name).filter(|value| !value.is_null()).cloned();
        let mut made = Map::new();
        made.extend(get("Id").map(|id| ("ID".to_string(), id)));
        made.extend(get("Status").map(|status| ("Status".to_string(), status)));
        made.insert("Filter".to_string(), filter(rule));
        let mut expiration = Map::new();
        expiration.extend(get("ExpirationInDays").map(|days| ("Days".to_string(), days)));
        expiration.extend(get("ExpirationDate").map(|date| ("Date".to_string(), date)));
        expiration.extend(get("ExpiredObjectDeleteMarker").map(|flag| ("ExpiredObjectDeleteMarker".to_string(), flag)));
        if !expiration.is_empty() {
            made.insert("Expiration".to_string(), Json::Object(expiration));
        }
        let renamed = |item: &Json, pairs: &[(&str, &str)]| -> Json {
            let object = item.as_object().into_iter().flatten();
            let rename = |name: &String| {
                pairs.iter().find(|(from, _)| from == name).map_or(name.clone(), |(_, to)| (*to).to_string())
            };
            Json::Object(object.map(|(name, value)| (rename(name), value.clone())).collect())
        };
        let list = |one: &str, many: &str| get(many).or_else(|| get(one).map(|item| json!([item])));
        if let Some(Json::Array(items)) = list("Transition", "Transitions") {
            let pairs = [("TransitionInDays", "Days"), ("TransitionDate", "Date")];
            made.insert("Transitions".to_string(), items.iter().map(|item| renamed(item, &pairs)).collect());
        }
        if let Some(Json::Array(items)) = list("NoncurrentVersionTransition", "NoncurrentVersionTransitions") {
            let pairs = [("TransitionInDays", "NoncurrentDays")];
            made.insert(
                "NoncurrentVersionTransitions".to_string(),
                items.iter().map(|item| renamed(item, &pairs)).collect(),
            );
        }
        if let Some(days) = get("NoncurrentVersionExpirationInDays") {
            made.insert("NoncurrentVersionExpiration".to_string(), json!({"NoncurrentDays": days}));
        }
        made.extend(get("NoncurrentVersionExpiration").map(|value| ("NoncurrentVersionExpiration".to_string(), value)));
        made.extend(
            get("AbortIncompleteMultipartUpload").map(|value| ("AbortIncompleteMultipartUpload".to_string(), value)),
        );
        Json::Object(made)
    });
    json!({"Rules": rules.collect::<Json>()})
}

/// One condition stands alone, several in `And`.
fn filter(rule: &Json) -> Json {
    let mut conditions = Map::new();
    for (from, to) in [
        ("Prefix", "Prefix"),
        ("ObjectSizeGreaterThan", "ObjectSizeGreaterThan"),
        ("ObjectSizeLessThan", "ObjectSizeLessThan"),
    ] {
        conditions.extend(rule.get(from).filter(|value| !value.is_null()).map(|value| (to.to_string(), value.clone())));
    }
    let tags = rule.get("TagFilters").and_then(Json::as_array).cloned().unwrap_or_default();
    match (conditions.len(), &tags[..]) {
        (0, []) => json!({"Prefix": ""}),
        (0, [tag]) => json!({"Tag": tag}),
        (1, []) => Json::Object(conditions),
        _ => {
            if !tags.is_empty() {
                conditions.insert("Tags".to_string(), Json::Array(tags));
            }
            json!({"And": conditions})
        }
    }
}

pub fn lifecycle_from_api(value: &Json) -> Json {
    let rules = value.as_array().into_iter().flatten().map(|rule| {
        let get = |name: &str| rule.get(name).filter(|value| !value.is_null()).cloned();
        let mut made = Map::new();
        made.extend(get("Id").or_else(|| get("ID")).map(|id| ("Id".to_string(), id)));
        made.extend(get("Status").map(|status| ("Status".to_string(), status)));
        let filter = get("Filter").unwrap_or_else(|| json!({}));
        let and = filter.get("And").unwrap_or(&filter);
        let prefix = get("Prefix").or_else(|| and.get("Prefix").cloned()).filter(|prefix| *prefix != "");
        made.extend(prefix.map(|prefix| ("Prefix".to_string(), prefix)));
        for name in ["ObjectSizeGreaterThan", "ObjectSizeLessThan"] {
            made.extend(and.get(name).map(|value| (name.to_string(), Json::from(value.to_string()))));
        }
        let tags = and.get("Tags").cloned().or_else(|| and.get("Tag").map(|tag| json!([tag])));
        made.extend(tags.map(|tags| ("TagFilters".to_string(), tags)));
        if let Some(expiration) = get("Expiration") {
            for (from, to) in [
                ("Days", "ExpirationInDays"),
                ("Date", "ExpirationDate"),
                ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
            ] {
                made.extend(expiration.get(from).map(|value| (to.to_string(), value.clone())));
            }
        }
        let renamed = |items: Json, pairs: &[(&str, &str)]| -> Json {
            let rename = |name: &String| {
                pairs.iter().find(|(from, _)| from == name).map_or(name.clone(), |(_, to)| (*to).to_string())
            };
            let item = |item: &Json| -> Json {
                Json::Object(
                    item.as_object().into_iter().flatten().map(|(name, value)| (rename(name), value.clone())).collect(),
                )
            };
            items.as_array().into_iter().flatten().map(item).collect()
        };
        if let Some(items) = get("Transitions") {
            made.insert(
                "Transitions".to_string(),
                renamed(items, &[("Days", "TransitionInDays"), ("Date", "TransitionDate")]),
            );
        }
        if let Some(items) = get("NoncurrentVersionTransitions") {
            made.insert(
                "NoncurrentVersionTransitions".to_string(),
                renamed(items, &[("NoncurrentDays", "TransitionInDays")]),
            );
        }
        made.extend(get("NoncurrentVersionExpiration").map(|value| ("NoncurrentVersionExpiration".to_string(), value)));
        made.extend(
            get("AbortIncompleteMultipartUpload").map(|value| ("AbortIncompleteMultipartUpload".to_string(), value)),
        );
        Json::Object(made)
    });
    json!({"Rules": rules.collect::<Json>()})
}

/// What CloudFormation calls a kind of notification and its target, and what S3 does.
const TARGETS: [(&str, &str, &str, &str); 3] = [
    ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
];

/// CloudFormation writes one event for each target, S3 a list of them.
pub fn notifications_to_api(value: &Json) -> Json {
    let mut made = Map::new();
    for (list, target, own_list, own_target) in TARGETS {
        let items = value.get(list).and_then(Json::as_array).into_iter().flatten();
        let items: Vec<Json> = items
            .map(|item| {
                let mut own = json!({own_target: item.get(target), "Events": [item.get("Event")]});
                if let Some(rules) = item.pointer("/Filter/S3Key/Rules") {
                    own["Filter"] = json!({"Key": {"FilterRules": rules}});
                }
                own
            })
            .collect();
        if !items.is_empty() {
            made.insert(own_list.to_string(), Json::Array(items));
        }
    }
    if let Some(bridge) = value.get("EventBridgeConfiguration")
        && bridge.get("EventBridgeEnabled") != Some(&Json::Bool(false))
    {
        made.insert("EventBridgeConfiguration".to_string(), json!({}));
    }
    Json::Object(made)
}

pub fn notifications_from_api(value: &Json) -> Json {
    let mut made = Map::new();
    for (list, target, own_list, own_target) in TARGETS {
        let mut items = Vec::new();
        for item in value.get(own_list).and_then(Json::as_array).into_iter().flatten() {
            for event in item.get("Events").and_then(Json::as_array).into_iter().flatten() {
                let mut own = json!({target: item.get(own_target), "Event": event});
                if let Some(rules) = item.pointer("/Filter/Key/FilterRules").filter(|rules| **rules != json!([])) {
                    own["Filter"] = json!({"S3Key": {"Rules": rules}});
                }
                items.push(own);
            }
        }
        if !items.is_empty() {
            made.insert(list.to_string(), Json::Array(items));
        }
    }
    if value.get("EventBridgeConfiguration").is_some() {
        made.insert("EventBridgeConfiguration".to_string(), json!({"EventBridgeEnabled": true}));
    }
    Json::Object(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifecycle_rules_there_and_back() {
        let written = json!({"Rules": [
            {"Id": "a", "Status": "Enabled", "Prefix": "logs/", "ExpirationInDays": 30,
                "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 10}]},
            {"Id": "b", "Status": "Enabled", "TagFilters": [{"Key": "k", "Value": "v"}],
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        ]});
        let sent = lifecycle_to_api(&written);
        assert_eq!(sent["Rules"][0]["Filter"], json!({"Prefix": "logs/"}));
        assert_eq!(sent["Rules"][0]["Expiration"], json!({"Days": 30}));
        assert_eq!(lifecycle_from_api(&sent["Rules"]), written);
    }

    #[test]
    fn notifications_there_and_back() {
        let written = json!({"QueueConfigurations": [
            {"Queue": "arn:q", "Event": "s3:ObjectCreated:*", "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "a"}]}}},
        ]});
        assert_eq!(notifications_from_api(&notifications_to_api(&written)), written);
    }

    #[test]
    fn canned_lists() {
        assert_eq!(canned_acl(&json!("BucketOwnerFullControl")), json!("bucket-owner-full-control"));
    }
}
