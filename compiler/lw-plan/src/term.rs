//! The closed language of values that are known only once a resource exists.
//!
//! In a Plan's JSON a term is an object with exactly one key that starts with `$`:
//!
//! | term | value |
//! |---|---|
//! | `{"$get": [path, attribute]}` | an attribute (wire name) of another node |
//! | `{"$concat": [a, …]}` | strings one after the other |
//! | `{"$join": [separator, [a, …]]}` | strings with a separator between |
//! | `{"$json": value}` | the canonical JSON text of a value that holds terms |
//! | `{"$base64": a}` | RFC 4648 with padding |
//! | `{"$select": [index, list]}` | an element of a list, from 0 |
//! | `{"$split": [separator, text]}` | a list of strings |
//! | `{"$cidr": [prefix, new bits, number]}` | a subnet of a network |
//! | `{"$literal": value}` | the value as it is: for an object with a single key that starts with `$` |
//! | `{"$secret": source}` | a secret, read from its source by the executor for one call; stays in place until then |
//!
//! A value is in *term form* as long as it may hold terms, and plain data after [`resolve`]. Data that still holds secrets stays in term
//! form until [`reveal`].

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use crate::{ResourcePath, canonical_json, subnet};

/// Values nested deeper than this are refused: a reader of the Plan would not take them (serde_json stops at 128).
pub const DEPTH_MAX: usize = 100;

/// One step into a term; `None` for plain data.
#[derive(Clone, Copy, Debug)]
pub enum Term<'a> {
    Get { path: &'a str, attribute: &'a str },
    Concat(&'a [Json]),
    Join { separator: &'a str, parts: &'a Json },
    Json(&'a Json),
    Base64(&'a Json),
    Select { index: usize, list: &'a Json },
    Split { separator: &'a str, text: &'a Json },
    Cidr(&'a [Json]),
    Literal(&'a Json),
    Secret(&'a Json),
}

impl<'a> Term<'a> {
    pub fn of(value: &'a Json) -> Option<Term<'a>> {
        Term::of_object(value.as_object()?)
    }

    pub fn of_object(object: &'a Map<String, Json>) -> Option<Term<'a>> {
        let (key, argument) = single_dollar_key(object)?;
        let list = argument.as_array().map(Vec::as_slice);
        Some(match (key, list) {
            ("$get", Some([path, attribute])) => Term::Get { path: path.as_str()?, attribute: attribute.as_str()? },
            ("$concat", Some(parts)) => Term::Concat(parts),
            ("$join", Some([separator, parts])) => Term::Join { separator: separator.as_str()?, parts },
            ("$json", _) => Term::Json(argument),
            ("$base64", _) => Term::Base64(argument),
            ("$select", Some([index, list])) => Term::Select { index: usize::try_from(index.as_u64()?).ok()?, list },
            ("$split", Some([separator, text])) => Term::Split { separator: separator.as_str()?, text },
            ("$cidr", Some(parts)) if parts.len() == 3 => Term::Cidr(parts),
            ("$literal", _) => Term::Literal(argument),
            ("$secret", _) => Term::Secret(argument),
            _ => return None,
        })
    }
}

/// The key and value of an object that has the look of a term.
pub(crate) fn single_dollar_key(object: &Map<String, Json>) -> Option<(&str, &Json)> {
    if object.len() != 1 {
        return None;
    }
    let (key, value) = object.iter().next()?;
    key.starts_with('$').then_some((key.as_str(), value))
}

/// Calls `found` with the path and attribute of every `$get` in a value, in order, repeats included.
pub fn references(value: &Json, found: &mut dyn FnMut(&str, &str)) {
    match value {
        Json::Array(items) => items.iter().for_each(|item| references(item, found)),
        Json::Object(object) => match Term::of_object(object) {
            Some(Term::Get { path, attribute }) => found(path, attribute),
            Some(Term::Literal(_) | Term::Secret(_)) => {}
            _ => object.values().for_each(|item| references(item, found)),
        },
        _ => {}
    }
}

/// Whether a value holds no `$get`: nothing that it says depends on what another resource will be.
pub fn is_known(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().all(is_known),
        Json::Object(object) => match Term::of_object(object) {
            Some(Term::Get { .. }) => false,
            Some(Term::Literal(_) | Term::Secret(_)) => true,
            _ => object.values().all(is_known),
        },
        _ => true,
    }
}

/// Why a term has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The attribute is not known (yet).
    #[error("`{attribute}` of `{path}` is not known")]
    Unknown { path: ResourcePath, attribute: String },
    /// The attribute's value does not fit the term around it.
    #[error("{0}")]
    Shape(String),
    /// The value nests deeper than [`DEPTH_MAX`].
    #[error("the value nests deeper than {DEPTH_MAX} levels")]
    TooDeep,
}

/// A value with every term replaced, by `attribute(path, wire name)`. What holds a secret stays in term form.
pub fn resolve(value: &Json, attribute: &mut dyn FnMut(&str, &str) -> Option<Json>) -> Result<Json, ResolveError> {
    let mut missing = None;
    let mut secret = |_: &Json| None;
    let mut found = |path: &str, name: &str| {
        let value = attribute(path, name);
        if value.is_none() && missing.is_none() {
            missing = Some(ResolveError::Unknown { path: ResourcePath::from_text(path), attribute: name.to_string() });
        }
        value
    };
    let (value, _) = Evaluation { attribute: &mut found, secret: &mut secret }.evaluate(value, 0)?;
    match missing {
        Some(error) => Err(error),
        None if mentions_secret(&value) => Ok(value),
        None => Ok(data_of(value)),
    }
}

/// A value with those terms replaced whose attributes are known: still in term form.
pub fn simplify(value: &Json, attribute: &mut dyn FnMut(&str, &str) -> Option<Json>) -> Result<Json, ResolveError> {
    let mut secret = |_: &Json| None;
    Ok(Evaluation { attribute, secret: &mut secret }.evaluate(value, 0)?.0)
}

/// What [`resolve`] gave, with every secret read by `secret(source)`: plain data, for one call and never to be stored.
pub fn reveal(value: &Json, secret: &mut dyn FnMut(&Json) -> Option<String>) -> Result<Json, ResolveError> {
    if !mentions_secret(value) {
        return Ok(value.clone());
    }
    let mut missing = false;
    let mut read = |source: &Json| {
        let text = secret(source);
        missing |= text.is_none();
        text
    };
    let (value, _) = Evaluation { attribute: &mut |_, _| None, secret: &mut read }.evaluate(value, 0)?;
    if missing { Err(ResolveError::Shape("a secret's source gave no value".to_string())) } else { Ok(data_of(value)) }
}

/// Whether an object with the single key `$secret` is anywhere inside.
pub fn mentions_secret(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().any(mentions_secret),
        Json::Object(object) => {
            single_dollar_key(object).is_some_and(|(key, _)| key == "$secret") || object.values().any(mentions_secret)
        }
        _ => false,
    }
}

/// A value in which `$literal` is the only term, without it.
fn data_of(value: Json) -> Json {
    match value {
        Json::Array(items) => Json::Array(items.into_iter().map(data_of).collect()),
        Json::Object(mut object) => {
            if let Some(("$literal", _)) = single_dollar_key(&object) {
                return object.remove("$literal").expect("the key that was just seen");
            }
            object.values_mut().for_each(|value| *value = data_of(value.take()));
            Json::Object(object)
        }
        value => value,
    }
}

/// Data in term form: wrapped where it could be mistaken for a term.
pub fn literal(value: Json) -> Json {
    fn needs_wrapping(value: &Json) -> bool {
        match value {
            Json::Array(items) => items.iter().any(needs_wrapping),
            Json::Object(object) => single_dollar_key(object).is_some() || object.values().any(needs_wrapping),
            _ => false,
        }
    }
    if needs_wrapping(&value) { json!({ "$literal": value }) } else { value }
}

struct Evaluation<'a> {
    attribute: &'a mut dyn FnMut(&str, &str) -> Option<Json>,
    secret: &'a mut dyn FnMut(&Json) -> Option<String>,
}

impl Evaluation<'_> {
    /// The value in term form, and whether something in it is still open.
    fn evaluate(&mut self, value: &Json, depth: usize) -> Result<(Json, bool), ResolveError> {
        if depth > DEPTH_MAX {
            return Err(ResolveError::TooDeep);
        }
        match value {
            Json::Array(items) => {
                let (items, open) = self.list(items, depth)?;
                Ok((Json::Array(items), open))
            }
            Json::Object(object) => match Term::of_object(object) {
                Some(term) => stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.term(value, term, depth)),
                None => {
                    let (mut fields, mut open) = (Map::new(), false);
                    for (name, value) in object {
                        let (value, value_open) = self.evaluate(value, depth + 1)?;
                        open |= value_open;
                        fields.insert(name.clone(), value);
                    }
                    Ok((Json::Object(fields), open))
                }
            },
            plain => Ok((plain.clone(), false)),
        }
    }

    fn list(&mut self, items: &[Json], depth: usize) -> Result<(Vec<Json>, bool), ResolveError> {
        let (mut values, mut open) = (Vec::with_capacity(items.len()), false);
        for item in items {
            let (value, value_open) = self.evaluate(item, depth + 1)?;
            open |= value_open;
            values.push(value);
        }
        Ok((values, open))
    }

    fn term(&mut self, whole: &Json, term: Term<'_>, depth: usize) -> Result<(Json, bool), ResolveError> {
        let still_open = |value: Json| Ok((value, true));
        let known = |value: Json| Ok((value, false));
        match term {
            Term::Literal(_) => known(whole.clone()),
            Term::Get { path, attribute } => match (self.attribute)(path, attribute) {
                Some(value) => known(literal(value)),
                None => still_open(whole.clone()),
            },
            Term::Secret(source) => match (self.secret)(source) {
                Some(text) => known(Json::String(text)),
                None => still_open(whole.clone()),
            },
            Term::Concat(parts) => {
                let (parts, open) = self.list(parts, depth)?;
                if open {
                    return still_open(json!({ "$concat": parts }));
                }
                known(Json::String(joined("", &parts)?))
            }
            Term::Join { separator, parts } => {
                let (parts, open) = self.evaluate(parts, depth + 1)?;
                if open {
                    return still_open(json!({ "$join": [separator, parts] }));
                }
                known(Json::String(joined(separator, list_of(&parts)?)?))
            }
            Term::Json(argument) => {
                let (value, open) = self.evaluate(argument, depth + 1)?;
                if open {
                    return still_open(json!({ "$json": value }));
                }
                known(Json::String(canonical_json(&data_of(value))))
            }
            Term::Base64(argument) => {
                let (value, open) = self.evaluate(argument, depth + 1)?;
                if open {
                    return still_open(json!({ "$base64": value }));
                }
                known(Json::String(STANDARD.encode(text_of(&value)?)))
            }
            Term::Select { index, list } => {
                let (list, open) = self.evaluate(list, depth + 1)?;
                if open {
                    return still_open(json!({ "$select": [index, list] }));
                }
                let list = list_of(&list)?;
                match list.get(index) {
                    Some(value) => known(value.clone()),
                    None => Err(ResolveError::Shape(format!("a list of {} has no element {index}", list.len()))),
                }
            }
            Term::Split { separator, text } => {
                let (text, open) = self.evaluate(text, depth + 1)?;
                if open {
                    return still_open(json!({ "$split": [separator, text] }));
                }
                if separator.is_empty() {
                    return Err(ResolveError::Shape("a text cannot be split at nothing".to_string()));
                }
                known(text_of(&text)?.split(separator).map(Json::from).collect())
            }
            Term::Cidr(parts) => {
                let (parts, open) = self.list(parts, depth)?;
                if open {
                    return still_open(json!({ "$cidr": parts }));
                }
                let whole_number =
                    |value: &Json| value.as_u64().ok_or_else(|| ResolveError::Shape(format!("{value} is not a count")));
                let new_bits = u32::try_from(whole_number(&parts[1])?).unwrap_or(u32::MAX);
                let number = u128::from(whole_number(&parts[2])?);
                known(Json::String(subnet(&text_of(&parts[0])?, new_bits, number).map_err(ResolveError::Shape)?))
            }
        }
    }
}

fn list_of(value: &Json) -> Result<&[Json], ResolveError> {
    match value {
        Json::Array(items) => Ok(items),
        // An attribute that is a list of objects with `$` keys.
        Json::Object(object) => match Term::of_object(object) {
            Some(Term::Literal(Json::Array(items))) => Ok(items),
            _ => Err(ResolveError::Shape("a list is needed here, and this is an object".to_string())),
        },
        _ => Err(ResolveError::Shape(format!("a list is needed here, and this is {value}"))),
    }
}

/// Text, and what has one way to be written as text.
fn text_of(value: &Json) -> Result<String, ResolveError> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(_) | Json::Bool(_) => Ok(canonical_json(value)),
        Json::Null | Json::Array(_) | Json::Object(_) => {
            Err(ResolveError::Shape(format!("text is needed here, and this is {value}")))
        }
    }
}

fn joined(separator: &str, parts: &[Json]) -> Result<String, ResolveError> {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        match part {
            Json::String(part) => text.push_str(part),
            other => text.push_str(&text_of(other)?),
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a.Id` is `id-1`, `a.List` a list, `a.Doc` an object with a `$` key; all else is not known.
    fn attribute(path: &str, name: &str) -> Option<Json> {
        match (path, name) {
            ("a", "Id") => Some(json!("id-1")),
            ("a", "Port") => Some(json!(443)),
            ("a", "List") => Some(json!(["x", "y"])),
            ("a", "Cidr") => Some(json!("fd00::/56")),
            ("a", "Doc") => Some(json!({"$ref": 1})),
            _ => None,
        }
    }

    fn resolved(value: Json) -> Result<Json, ResolveError> {
        resolve(&value, &mut attribute)
    }

    #[test]
    fn each_term_has_its_value() {
        let cases = [
            (json!({"$get": ["a", "Id"]}), json!("id-1")),
            (json!({"$concat": ["p-", {"$get": ["a", "Id"]}, ":", {"$get": ["a", "Port"]}]}), json!("p-id-1:443")),
            (json!({"$join": [",", {"$get": ["a", "List"]}]}), json!("x,y")),
            (json!({"$join": [",", []]}), json!("")),
            (json!({"$json": {"b": {"$get": ["a", "Id"]}, "a": 1.0}}), json!(r#"{"a":1,"b":"id-1"}"#)),
            (json!({"$json": {"$literal": {"$x": 1}}}), json!(r#"{"$x":1}"#)),
            (json!({"$base64": "hello?"}), json!("aGVsbG8/")),
            (json!({"$select": [1, {"$get": ["a", "List"]}]}), json!("y")),
            (json!({"$split": [".", "a.b"]}), json!(["a", "b"])),
            (json!({"$cidr": [{"$get": ["a", "Cidr"]}, 8, 1]}), json!("fd00:0:0:1::/64")),
            (json!({"$literal": {"$get": ["a", "Id"]}}), json!({"$get": ["a", "Id"]})),
            (json!([{"k": {"$get": ["a", "Id"]}}, null]), json!([{"k": "id-1"}, null])),
            (json!({"$get": ["a", "Doc"]}), json!({"$ref": 1})),
            (json!({"$unheard": 1}), json!({"$unheard": 1})),
            (json!({"$get": 1, "other": 2}), json!({"$get": 1, "other": 2})),
        ];
        for (term, value) in cases {
            assert_eq!(resolved(term.clone()), Ok(value), "{term}");
        }
    }

    #[test]
    fn what_has_no_value_says_why() {
        let unknown = ResolveError::Unknown { path: ResourcePath::from_text("b"), attribute: "Id".to_string() };
        assert_eq!(resolved(json!({"$concat": ["x", {"$get": ["b", "Id"]}]})), Err(unknown));
        let cases = [
            (json!({"$select": [2, {"$get": ["a", "List"]}]}), "a list of 2 has no element 2"),
            (json!({"$select": [0, "text"]}), "a list is needed here, and this is \"text\""),
            (json!({"$concat": [{"$get": ["a", "List"]}]}), "text is needed here, and this is [\"x\",\"y\"]"),
            (json!({"$base64": null}), "text is needed here, and this is null"),
            (json!({"$split": ["", "a"]}), "a text cannot be split at nothing"),
            (json!({"$cidr": ["10.0.0.0/8", -1, 0]}), "-1 is not a count"),
            (json!({"$cidr": ["10.0.0.0/8", 99, 0]}), "`10.0.0.0/8` has no 99 further bits"),
        ];
        for (term, message) in cases {
            assert_eq!(resolved(term), Err(ResolveError::Shape(message.to_string())));
        }
        let deep = (0..=DEPTH_MAX).fold(json!("x"), |inner, _| json!({ "$concat": [inner] }));
        assert_eq!(resolved(deep), Err(ResolveError::TooDeep));
    }

    #[test]
    fn simplifying_and_then_resolving_is_resolving() {
        let value = json!({
            "both": {"$concat": [{"$get": ["a", "Id"]}, {"$get": ["b", "Id"]}]},
            "known": {"$join": ["-", {"$get": ["a", "List"]}]},
            "later": {"$json": [{"$get": ["b", "Id"]}, {"$get": ["a", "Doc"]}]},
            "plain": {"$literal": {"$get": []}},
        });
        let simple = simplify(&value, &mut attribute).unwrap();
        assert_eq!(
            simple,
            json!({
                "both": {"$concat": ["id-1", {"$get": ["b", "Id"]}]},
                "known": "x-y",
                "later": {"$json": [{"$get": ["b", "Id"]}, {"$literal": {"$ref": 1}}]},
                "plain": {"$literal": {"$get": []}},
            })
        );
        assert!(!is_known(&simple["both"]) && is_known(&simple["known"]) && is_known(&simple["plain"]));
        let mut all = |path: &str, name: &str| attribute(path, name).or((path == "b").then(|| json!("id-2")));
        assert_eq!(resolve(&simple, &mut all), resolve(&value, &mut all));
        assert_eq!(resolve(&simple, &mut all).unwrap()["later"], json!(r#"["id-2",{"$ref":1}]"#));
    }

    #[test]
    fn secrets_stay_until_they_are_revealed() {
        let value = json!({
            "password": {"$secret": {"env": "DB"}},
            "url": {"$concat": ["db://", {"$secret": {"env": "DB"}}, "@", {"$get": ["a", "Id"]}]},
            "doc": {"$literal": {"$secret": "not one"}},
        });
        let stored = resolved(value).unwrap();
        assert_eq!(stored["url"], json!({"$concat": ["db://", {"$secret": {"env": "DB"}}, "@", "id-1"]}));
        let told = reveal(&stored, &mut |source| (source["env"] == "DB").then(|| "s3cret".to_string()));
        let expected = json!({"password": "s3cret", "url": "db://s3cret@id-1", "doc": {"$secret": "not one"}});
        assert_eq!(told, Ok(expected));
        assert!(reveal(&stored, &mut |_| None).is_err());
    }

    #[test]
    fn references_are_found_in_order_but_not_in_literals() {
        let value =
            json!([{"$get": ["b", "X"]}, {"$json": {"k": {"$get": ["a", "Y"]}}}, {"$literal": {"$get": ["c", "Z"]}}]);
        let mut found = Vec::new();
        references(&value, &mut |path, name| found.push(format!("{path}.{name}")));
        assert_eq!(found, ["b.X", "a.Y"]);
    }
}
