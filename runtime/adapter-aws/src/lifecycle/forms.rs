//! Properties that stand in operations in another form than in the type. Each function says why the shapes alone do not say it.

use lw_plan::{Json, Map};
use serde_json::json;

use super::table::Entry;
use super::{s3, zip};

type Form = (&'static str, fn(&Json) -> Json, fn(&Json) -> Json);

/// Name, to the operation, from the operation.
const FORMS: &[Form] = &[
    ("percentEncoded", same, percent_decoded),
    ("ingressRules", ip_permissions, |value| rules(value, Direction::In)),
    ("egressRules", ip_permissions, |value| rules(value, Direction::Out)),
    ("policies", same, policies),
    ("httpsUrl", same, https_url),
    ("streamSpecification", stream_specification, same),
    ("pointInTimeRecovery", same, point_in_time_recovery),
    ("timeToLive", same, time_to_live),
    ("serverSideEncryption", same, server_side_encryption),
    ("zippedCode", zipped_code, same),
    ("principal", same, principal),
    ("enabledState", same, enabled_state),
    ("domain", same, domain),
    ("parameterMap", parameter_list, parameter_map),
    ("enabledFlag", enabled_flag, enabled_state),
    ("namedProfile", named_profile, same),
    ("ruleText", rule_text, same),
    ("commaList", comma_text, comma_list),
    ("lifecycleRules", s3::lifecycle_to_api, s3::lifecycle_from_api),
    ("notifications", s3::notifications_to_api, s3::notifications_from_api),
    ("cannedAcl", s3::canned_acl, same),
];

/// What an operation takes for a property.
pub fn to_api(entry: &Entry, property: &str, value: &Json) -> Json {
    form(entry, property).map_or_else(|| value.clone(), |(_, to, _)| to(value))
}

/// What a property is, of which an operation shows this.
pub fn from_api(entry: &Entry, property: &str, value: Json) -> Json {
    form(entry, property).map_or_else(|| value.clone(), |(_, _, from)| from(&value))
}

/// Whether there is a form of a name.
pub fn is_known(name: &str) -> bool {
    FORMS.iter().any(|(own, ..)| *own == name)
}

fn form(entry: &Entry, property: &str) -> Option<&'static Form> {
    let name = entry.forms.get(property)?;
    FORMS.iter().find(|(own, ..)| own == name)
}

fn same(value: &Json) -> Json {
    value.clone()
}

/// IAM shows policy documents percent-encoded, and takes them as they are.
fn percent_decoded(value: &Json) -> Json {
    let Some(text) = value.as_str() else { return value.clone() };
    let text = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    serde_json::from_str(&text).unwrap_or_else(|_| Json::from(text))
}

/// The documents of inline policies, which IAM shows percent-encoded too.
fn policies(value: &Json) -> Json {
    let decoded = |policy: &Json| {
        let mut policy = policy.clone();
        if let Some(document) = policy.get_mut("PolicyDocument") {
            *document = percent_decoded(document);
        }
        policy
    };
    value.as_array().into_iter().flatten().map(decoded).collect()
}

/// IAM shows the address of an identity provider without its scheme, which can only be this one.
fn https_url(value: &Json) -> Json {
    match value.as_str() {
        Some(text) if !text.contains("://") => Json::from(format!("https://{text}")),
        _ => value.clone(),
    }
}

/// A stream that is specified is on; the operation wants to be told so.
fn stream_specification(value: &Json) -> Json {
    let mut specification = value.clone();
    if let Some(object) = specification.as_object_mut() {
        object.remove("ResourcePolicy");
        object.insert("StreamEnabled".to_string(), Json::Bool(true));
    }
    specification
}

/// Set as a flag, shown as a state.
fn point_in_time_recovery(value: &Json) -> Json {
    let enabled = value.get("PointInTimeRecoveryStatus").and_then(Json::as_str) == Some("ENABLED");
    let mut shown = Map::new();
    shown.insert("PointInTimeRecoveryEnabled".to_string(), Json::Bool(enabled));
    shown.extend(value.get("RecoveryPeriodInDays").map(|days| ("RecoveryPeriodInDays".to_string(), days.clone())));
    Json::Object(shown)
}

/// Set as a flag, shown as a state.
fn time_to_live(value: &Json) -> Json {
    let state = value.get("TimeToLiveStatus").and_then(Json::as_str).unwrap_or_default();
    let mut shown = Map::new();
    shown.insert("Enabled".to_string(), Json::Bool(matches!(state, "ENABLED" | "ENABLING")));
    shown.extend(value.get("AttributeName").map(|name| ("AttributeName".to_string(), name.clone())));
    Json::Object(shown)
}

/// Set as a flag, shown as a state.
fn server_side_encryption(value: &Json) -> Json {
    let state = value.get("Status").and_then(Json::as_str).unwrap_or_default();
    let mut shown = Map::new();
    shown.insert("SSEEnabled".to_string(), Json::Bool(matches!(state, "ENABLED" | "ENABLING" | "UPDATING")));
    shown.extend(value.get("SSEType").map(|kind| ("SSEType".to_string(), kind.clone())));
    shown.extend(value.get("KMSMasterKeyArn").map(|key| ("KMSMasterKeyId".to_string(), key.clone())));
    Json::Object(shown)
}

/// Source text that stands in a composition becomes the archive that Lambda takes: `index`, for whichever runtime.
fn zipped_code(value: &Json) -> Json {
    let mut code = value.clone();
    if let Some(source) = code.get("ZipFile").and_then(Json::as_str) {
        let names = ["index.js", "index.py"];
        let archive = zip::archive(&names.map(|name| (name, source.as_bytes())));
        use base64::Engine as _;
        code["ZipFile"] = json!({"$base64": base64::engine::general_purpose::STANDARD.encode(archive)});
    }
    code
}

/// Set as a flag, shown as a state; what is on its way there counts as there.
fn enabled_state(value: &Json) -> Json {
    let state = value.as_str().unwrap_or_default().to_ascii_lowercase();
    Json::Bool(matches!(state.as_str(), "enabled" | "enabling" | "creating" | "updating"))
}

/// Route 53 shows names with the root's dot.
fn domain(value: &Json) -> Json {
    value.as_str().map_or_else(|| value.clone(), |text| Json::from(text.trim_end_matches('.')))
}

/// Parameters by name, of which RDS wants to know when each is applied: static ones with the next start, which it takes for any.
fn parameter_list(value: &Json) -> Json {
    let parameter = |(name, value): (&String, &Json)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        json!({"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"})
    };
    value.as_object().into_iter().flatten().map(parameter).collect()
}

fn parameter_map(value: &Json) -> Json {
    let entry =
        |item: &Json| Some((item.get("ParameterName")?.as_str()?.to_string(), item.get("ParameterValue")?.clone()));
    Json::Object(value.as_array().into_iter().flatten().filter_map(entry).collect())
}

/// A flag that the operation wraps.
fn enabled_flag(value: &Json) -> Json {
    json!({"Enabled": value})
}

/// An instance profile by its name, or by its ARN.
fn named_profile(value: &Json) -> Json {
    match value.as_str() {
        Some(text) if text.starts_with("arn:") => json!({"Arn": text}),
        _ => json!({"Name": value}),
    }
}

/// A protocol may be written as its number.
fn rule_text(value: &Json) -> Json {
    if value.is_string() { value.clone() } else { Json::from(value.to_string()) }
}

/// A list that the operation takes as one text, and shows as one.
fn comma_text(value: &Json) -> Json {
    match value {
        Json::Array(items) => Json::from(items.iter().filter_map(Json::as_str).collect::<Vec<&str>>().join(",")),
        other => other.clone(),
    }
}

fn comma_list(value: &Json) -> Json {
    match value.as_str() {
        Some(text) => text.split(',').filter(|item| !item.is_empty()).collect(),
        None => value.clone(),
    }
}

/// A statement names its principal with its kind; a permission without.
fn principal(value: &Json) -> Json {
    let named = ["Service", "AWS", "Federated"].iter().find_map(|kind| value.get(*kind));
    named.unwrap_or(value).clone()
}

/// Rules of a security group name one source each; EC2 groups the sources of a port range under one permission, each in a list of
/// its kind with its description.
pub fn ip_permissions(value: &Json) -> Json {
    let permission = |rule: &Json| {
        let text = |name: &str| rule.get(name).filter(|value| !value.is_null()).cloned();
        let mut permission = Map::new();
        for name in ["IpProtocol", "FromPort", "ToPort"] {
            permission.extend(text(name).map(|value| (name.to_string(), value)));
        }
        if let Some(protocol) = permission.get_mut("IpProtocol").filter(|protocol| !protocol.is_string()) {
            *protocol = Json::from(protocol.to_string());
        }
        for (names, list, own) in SOURCES {
            let Some(source) = names.iter().find_map(|name| text(name)) else { continue };
            let mut range = Map::new();
            range.insert((*own).to_string(), source);
            range.extend(text("Description").map(|value| ("Description".to_string(), value)));
            if *list == "UserIdGroupPairs" {
                range.extend(text("SourceSecurityGroupOwnerId").map(|value| ("UserId".to_string(), value)));
            }
            permission.insert((*list).to_string(), Json::Array(vec![Json::Object(range)]));
        }
        Json::Object(permission)
    };
    match value {
        Json::Array(rules) => rules.iter().map(permission).collect(),
        rule => permission(rule),
    }
}

/// What a rule calls its source, the list that a permission has for it, and what it is called there.
const SOURCES: &[(&[&str], &str, &str)] = &[
    (&["CidrIp"], "IpRanges", "CidrIp"),
    (&["CidrIpv6"], "Ipv6Ranges", "CidrIpv6"),
    (&["SourcePrefixListId", "DestinationPrefixListId"], "PrefixListIds", "PrefixListId"),
    (&["SourceSecurityGroupId", "DestinationSecurityGroupId"], "UserIdGroupPairs", "GroupId"),
    (&["SourceSecurityGroupName"], "UserIdGroupPairs", "GroupName"),
];

/// Whether rules name where traffic comes from, or where it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

/// Permissions as rules, one for each source.
fn rules(value: &Json, direction: Direction) -> Json {
    let mut found = Vec::new();
    for permission in value.as_array().into_iter().flatten() {
        for (names, list, own) in SOURCES.iter().filter(|(names, ..)| names[0] != "SourceSecurityGroupName") {
            let name = if direction == Direction::In { names.first() } else { names.last() };
            let Some(name) = name else { continue };
            for range in permission.get(*list).and_then(Json::as_array).into_iter().flatten() {
                let mut rule = Map::new();
                for name in ["IpProtocol", "FromPort", "ToPort"] {
                    rule.extend(permission.get(name).map(|value| (name.to_string(), value.clone())));
                }
                let Some(source) = range.get(*own) else { continue };
                rule.insert((*name).to_string(), source.clone());
                rule.extend(range.get("Description").map(|value| ("Description".to_string(), value.clone())));
                let owner = range.get("UserId").filter(|_| *list == "UserIdGroupPairs" && direction == Direction::In);
                rule.extend(owner.map(|user| ("SourceSecurityGroupOwnerId".to_string(), user.clone())));
                found.push(Json::Object(rule));
            }
        }
    }
    Json::Array(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_permissions() {
        let written = json!([
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0", "Description": "all"},
            {"IpProtocol": -1, "SourceSecurityGroupId": "sg-1"},
        ]);
        let permissions = ip_permissions(&written);
        let expected = json!([
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]},
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1"}]},
        ]);
        assert_eq!(permissions, expected);
        let seen = rules(&permissions, Direction::In);
        assert_eq!(seen[0], written[0]);
        assert_eq!(seen[1], json!({"IpProtocol": "-1", "SourceSecurityGroupId": "sg-1"}));
        let seen = rules(&permissions, Direction::Out);
        assert_eq!(seen[1], json!({"IpProtocol": "-1", "DestinationSecurityGroupId": "sg-1"}));
    }

    #[test]
    fn documents_are_decoded() {
        assert_eq!(percent_decoded(&json!("%7B%22A%22%3A%5B%5D%7D")), json!({"A": []}));
        assert_eq!(percent_decoded(&json!("100%")), json!("100%"));
    }
}
