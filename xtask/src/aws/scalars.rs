//! Limits, defaults and the meaning of names, of single values.

use serde_json::Value;

use super::model::{Bounds, Limits, Type};
use super::patterns;
use super::schema::{Site, list};

/// Larger bounds are a type's own size, not a rule.
const BOUND_MAX: u64 = i32::MAX as u64;

/// The largest integer that the language has.
const INT_MAX: i64 = (1 << 53) - 1;

/// A property so named is an IAM document when its schema takes an object.
const POLICY_DOCUMENTS: &[&str] = &[
    "AccessPolicies",
    "AccessPolicy",
    "AssumeRolePolicyDocument",
    "DeliveryDestinationPolicy",
    "FileSystemPolicy",
    "InlinePolicy",
    "KeyPolicy",
    "ModelPackageGroupPolicy",
    "NamespaceResourcePolicy",
    "PermissionsPolicyDocument",
    "Policy",
    "PolicyDocument",
    "PolicyText",
    "RepositoryPolicyText",
    "ResourcePolicy",
    "ResourcePolicyDocument",
    "S3AccessPolicy",
];

/// Named like an IAM document, in a language of its own (a core network's segments); and the reverse.
const NOT_POLICY_DOCUMENTS: &[(&str, &str)] = &[("AWS::NetworkManager::CoreNetwork", "PolicyDocument")];
const OTHER_POLICY_DOCUMENTS: &[(&str, &str)] = &[("AWS::Organizations::ResourcePolicy", "Content")];

/// Text properties with such an ending hold a secret, whether or not the schema calls them write-only.
const SENSITIVE_ENDINGS: &[&str] = &[
    "AccessToken",
    "AuthToken",
    "ClientSecret",
    "Password",
    "PrivateKey",
    "RefreshToken",
    "SecretAccessKey",
    "SecretKey",
    "SecretString",
];

pub fn is_policy_document(wire_type: &str, property: &str) -> bool {
    let pair = &(wire_type, property);
    OTHER_POLICY_DOCUMENTS.contains(pair)
        || (POLICY_DOCUMENTS.contains(&property) && !NOT_POLICY_DOCUMENTS.contains(pair))
}

pub fn is_sensitive(property: &str) -> bool {
    SENSITIVE_ENDINGS.iter().any(|ending| property.ends_with(ending))
}

/// Whether a top-level property is set by the cloud or part of the identifier.
pub fn is_identifying(schema: &Value, property: &str) -> bool {
    let path = format!("/properties/{property}");
    ["readOnlyProperties", "primaryIdentifier"]
        .iter()
        .any(|name| list(schema.get(*name)).iter().any(|entry| *entry == path))
}

/// Whether a scalar of several types may also be text.
pub fn accepts_text(site: &Site<'_>) -> bool {
    let is_string = |value: &Value| *value == "string";
    let has_scalar = |value: &Value| *value == "boolean" || *value == "number" || *value == "integer";
    let of_types = list(site.get("type"));
    let of_choices: Vec<&Value> = site.choices().filter_map(|choice| choice.get("type")).collect();
    (of_types.iter().any(is_string) && of_types.iter().any(has_scalar))
        || (of_choices.iter().any(|value| is_string(value)) && of_choices.iter().any(|value| has_scalar(value)))
}

pub fn text_limits(site: &Site<'_>) -> Limits {
    let own = site.text("pattern").map(str::to_owned);
    let pattern = own.or_else(|| {
        let patterns: Vec<&str> = site.choices().filter_map(|choice| choice.get("pattern")?.as_str()).collect();
        let all = site.choices().count() == patterns.len() && !patterns.is_empty();
        all.then(|| patterns.iter().map(|pattern| format!("(?:{pattern})")).collect::<Vec<_>>().join("|"))
    });
    Limits {
        length: bounds(site, "minLength", "maxLength"),
        pattern: pattern.and_then(|pattern| patterns::translated(&pattern)),
        ..Limits::default()
    }
}

pub fn number_limits(site: &Site<'_>, is_float: bool) -> Limits {
    let bound = |key: &str| {
        let value = site.get(key)?;
        if is_float {
            return value.as_f64().map(float);
        }
        let whole =
            value.as_i64().or_else(|| value.as_f64().filter(|value| value.fract() == 0.0).map(|value| value as i64))?;
        (whole.abs() <= INT_MAX).then(|| whole.to_string())
    };
    let one_of = list(site.get("enum")).iter().filter_map(Value::as_i64).collect();
    Limits { range: (bound("minimum"), bound("maximum")), one_of, ..Limits::default() }
}

pub fn collection_limits(site: &Site<'_>) -> Limits {
    Limits {
        items: bounds(site, "minItems", "maxItems"),
        unique: site.flag("uniqueItems") == Some(true),
        unordered: site.flag("insertionOrder") == Some(false),
        ..Limits::default()
    }
}

fn bounds(site: &Site<'_>, min: &str, max: &str) -> Bounds {
    let whole = |key: &str| {
        site.count(key).or_else(|| site.get(key)?.as_f64().filter(|value| *value >= 0.0).map(|value| value as u64))
    };
    Bounds { min: whole(min).filter(|min| *min > 0), max: whole(max).filter(|max| *max < BOUND_MAX) }
}

impl Limits {
    /// These limits of a collection with those of its elements.
    pub fn around(self, element: Limits) -> Limits {
        Limits { items: self.items, unique: self.unique, unordered: self.unordered, keys: self.keys, ..element }
    }
}

/// A scalar default, as a literal of the type.
pub fn default(site: &Site<'_>, shape: &Type) -> Option<String> {
    let value = site.get("default")?;
    match (shape, value) {
        (Type::Bool, Value::Bool(flag)) => Some(if *flag { "True" } else { "False" }.to_owned()),
        (Type::Bool, Value::String(word)) if word.eq_ignore_ascii_case("true") => Some("True".to_owned()),
        (Type::Bool, Value::String(word)) if word.eq_ignore_ascii_case("false") => Some("False".to_owned()),
        (Type::Int, Value::Number(number)) => {
            number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)).map(|number| number.to_string())
        }
        (Type::Float, Value::Number(number)) => number.as_f64().map(float),
        (Type::Union(values), Value::String(text)) => values.contains(text).then(|| quoted(text)),
        (Type::String | Type::Named(_), Value::String(text)) => Some(quoted(text)),
        _ => None,
    }
}

/// Always with a decimal point, never with an exponent.
pub fn float(number: f64) -> String {
    let text = number.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// A string literal.
pub fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for letter in text.chars() {
        match letter {
            '\\' => literal.push_str("\\\\"),
            '"' => literal.push_str("\\\""),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            '\r' => literal.push_str("\\r"),
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_never_opens_an_interpolation() {
        assert_eq!(quoted(r#"\(a"b)"#), r#""\\(a\"b)""#);
    }

    #[test]
    fn floats_carry_a_point() {
        assert_eq!(
            (float(1.0).as_str(), float(0.25).as_str(), float(1e20).as_str()),
            ("1.0", "0.25", "100000000000000000000.0")
        );
    }
}
