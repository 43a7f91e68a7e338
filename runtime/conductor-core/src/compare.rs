//! Whether a property is as it should be.
//!
//! The one idea: three values meet. `desired` is what the Plan says (in term form), `applied` what we wrote last, `observed` what a read
//! shows. Reality may hold more than we wrote (defaults, tags of others): that is not ours and no difference. What we wrote and no
//! longer want must go. Lists that the schema calls sets are compared as sets, documents as JSON, blanks as absence.

use std::cmp::Ordering;

use lw_plan::{Json, Map, Term, canonical_json};
use rustc_hash::FxHashMap;

use crate::TypeFacts;

/// Gives the value of an attribute of another resource, if it is known.
pub(crate) type Lookup<'a> = dyn Fn(&str, &str) -> Option<Json> + 'a;

/// Reads the entries of a sorted map along with another one.
pub(crate) struct Cursor<'a> {
    map: &'a Map<String, Json>,
    entries: std::iter::Peekable<serde_json::map::Iter<'a>>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(map: &'a Map<String, Json>) -> Cursor<'a> {
        Cursor { map, entries: map.iter().peekable() }
    }

    pub(crate) fn get(&mut self, key: &str) -> Option<&'a Json> {
        while let Some((name, value)) = self.entries.peek() {
            match name.as_str().cmp(key) {
                Ordering::Less => self.entries.next(),
                Ordering::Equal => {
                    let value = *value;
                    self.entries.next();
                    return Some(value);
                }
                Ordering::Greater => break,
            };
        }
        // Not there, if the map is sorted; and correct if it is not.
        self.map.get(key)
    }
}

/// Whether a value in term form is plainly equal to data; `None` where a term is not known or needs evaluation.
pub(crate) fn plainly_equal(desired: &Json, data: &Json, lookup: &Lookup<'_>) -> Option<bool> {
    match (desired, data) {
        (Json::Object(left), data) => {
            match Term::of_object(left) {
                None => {}
                Some(Term::Get { path, attribute }) => return lookup(path, attribute).map(|value| value == *data),
                Some(Term::Literal(value)) => return Some(value == data),
                Some(_) => return None,
            }
            let Json::Object(right) = data else { return Some(false) };
            if left.len() != right.len() {
                return Some(false);
            }
            let mut others = Cursor::new(right);
            for (key, value) in left {
                let Some(other) = others.get(key) else { return Some(false) };
                match plainly_equal(value, other, lookup) {
                    Some(true) => {}
                    other => return other,
                }
            }
            Some(true)
        }
        (Json::Array(left), Json::Array(right)) => {
            if left.len() != right.len() {
                return Some(false);
            }
            for (value, other) in left.iter().zip(right) {
                match plainly_equal(value, other, lookup) {
                    Some(true) => {}
                    other => return other,
                }
            }
            Some(true)
        }
        (left, right) => Some(left == right),
    }
}

/// Whether reality plainly holds all of `applied`: no facts needed.
pub(crate) fn plainly_covers(observed: &Json, applied: &Json) -> bool {
    match (observed, applied) {
        (Json::Object(observed), Json::Object(applied)) => {
            let mut observed = Cursor::new(observed);
            let mut covers = |(key, value): (&String, &Json)| {
                observed.get(key).is_some_and(|observed| plainly_covers(observed, value))
            };
            applied.iter().all(&mut covers)
        }
        (Json::Array(observed), Json::Array(applied)) => {
            observed.len() == applied.len()
                && observed.iter().zip(applied).all(|(observed, applied)| plainly_covers(observed, applied))
        }
        (observed, applied) => observed == applied,
    }
}

/// Compares values of one type by its facts.
pub(crate) struct Comparison<'a> {
    facts: &'a TypeFacts,
    /// Where we are, `*` for any element.
    steps: Vec<&'a str>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn of(facts: &'a TypeFacts, property: &'a str) -> Comparison<'a> {
        Comparison { facts, steps: vec![property] }
    }

    fn is_set(&self) -> bool {
        self.facts.sets.iter().any(|path| path.fits(&self.steps))
    }

    fn is_document(&self) -> bool {
        self.facts.documents.iter().any(|path| path.fits(&self.steps))
    }

    fn is_arn_or_name(&self) -> bool {
        self.facts.arn_or_name.iter().any(|path| path.fits(&self.steps))
    }

    /// Whether no read ever shows what is here.
    fn is_hidden(&self) -> bool {
        self.facts.write_only.iter().any(|path| path.fits(&self.steps))
    }

    /// Whether no read ever shows anything of a value.
    fn is_all_hidden(&mut self, value: &'a Json) -> bool {
        self.is_hidden()
            || value.as_object().is_some_and(|object| {
                let mut members = object.iter();
                !object.is_empty() && members.all(|(key, value)| self.inside(key, |inner| inner.is_all_hidden(value)))
            })
    }

    fn default(&self) -> Option<&'a Json> {
        self.facts.defaults.iter().find(|(path, _)| path.fits(&self.steps)).map(|(_, value)| value)
    }

    fn inside<T>(&mut self, step: &'a str, compare: impl FnOnce(&mut Comparison<'a>) -> T) -> T {
        self.steps.push(step);
        let result = compare(self);
        self.steps.pop();
        result
    }

    /// Whether two values that we wrote, or would write, mean the same.
    pub(crate) fn same(&mut self, left: Option<&'a Json>, right: Option<&'a Json>) -> bool {
        let (Some(left), Some(right)) = (present(left), present(right)) else {
            return is_blank(left) && is_blank(right);
        };
        if self.is_document() {
            return document(left) == document(right);
        }
        match (left, right) {
            (Json::Object(left), Json::Object(right)) => {
                left.iter().all(|(key, value)| self.inside(key, |inner| inner.same(Some(value), right.get(key))))
                    && right.iter().filter(|(key, _)| !left.contains_key(*key)).all(|(_, value)| is_blank(Some(value)))
            }
            (Json::Array(left), Json::Array(right)) if self.is_set() => {
                left.len() == right.len()
                    && self.pair_up(left, right, |inner, left, right| inner.same(Some(left), Some(right)))
            }
            (Json::Array(left), Json::Array(right)) => {
                let pairs = || left.iter().zip(right);
                left.len() == right.len()
                    && self.inside("*", |inner| pairs().all(|(left, right)| inner.same(Some(left), Some(right))))
            }
            (left, right) => same_scalar(left, right),
        }
    }

    /// Whether `observed` has all of `desired`, and nothing of `applied` that is no longer desired.
    pub(crate) fn covers(
        &mut self,
        observed: Option<&'a Json>,
        desired: Option<&'a Json>,
        applied: Option<&'a Json>,
    ) -> bool {
        // Of what is hidden as a whole, what was written is all that is known.
        if self.steps.len() > 1 && self.is_hidden() {
            return true;
        }
        let Some(observed) = present(observed) else {
            return is_blank(desired)
                || desired == self.default()
                || desired.is_some_and(|desired| self.is_all_hidden(desired));
        };
        let Some(desired) = present(desired) else {
            // What we no longer write: gone, or what it is when nobody writes it.
            return is_blank(applied) || is_blank(Some(observed)) || Some(observed) == self.default();
        };
        if self.is_document() {
            return document(observed) == document(desired);
        }
        match (observed, desired) {
            (Json::Object(observed), Json::Object(desired)) => {
                let applied = applied.and_then(Json::as_object);
                let mut dropped = applied.into_iter().flatten().filter(|(key, _)| !desired.contains_key(*key));
                desired.iter().all(|(key, value)| {
                    let (observed, applied) = (observed.get(key), applied.and_then(|applied| applied.get(key)));
                    self.inside(key, |inner| inner.covers(observed, Some(value), applied))
                }) && dropped
                    .all(|(key, value)| self.inside(key, |inner| inner.covers(observed.get(key), None, Some(value))))
            }
            (Json::Array(observed), Json::Array(desired)) if self.is_set() => {
                observed.len() == desired.len()
                    && self.pair_up(observed, desired, |inner, observed, desired| {
                        inner.covers(Some(observed), Some(desired), None)
                    })
            }
            (Json::Array(observed), Json::Array(desired)) => {
                let applied = applied.and_then(Json::as_array).filter(|applied| applied.len() == desired.len());
                let pairs = || observed.iter().zip(desired).enumerate();
                observed.len() == desired.len()
                    && self.inside("*", |inner| {
                        pairs().all(|(index, (observed, desired))| {
                            inner.covers(Some(observed), Some(desired), applied.map(|applied| &applied[index]))
                        })
                    })
            }
            (observed, desired) => {
                same_scalar(observed, desired) || (self.is_arn_or_name() && same_object(observed, desired))
            }
        }
    }

    /// Whether the elements of two lists of one length fit each other in some order. Equal ones are paired first; the rest greedily.
    fn pair_up(
        &mut self,
        left: &'a [Json],
        right: &'a [Json],
        mut fit: impl FnMut(&mut Comparison<'a>, &'a Json, &'a Json) -> bool,
    ) -> bool {
        let mut texts: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (index, value) in right.iter().enumerate() {
            texts.entry(canonical_json(value)).or_default().push(index);
        }
        let mut right_left: Vec<bool> = vec![true; right.len()];
        let mut unpaired = Vec::new();
        for value in left {
            match texts.get_mut(&canonical_json(value)).and_then(Vec::pop) {
                Some(index) => right_left[index] = false,
                None => unpaired.push(value),
            }
        }
        self.inside("*", |inner| {
            unpaired.into_iter().all(|value| {
                let found = (0..right.len()).find(|&index| right_left[index] && fit(inner, value, &right[index]));
                found.inspect(|&index| right_left[index] = false).is_some()
            })
        })
    }
}

/// `null` is absence.
fn present(value: Option<&Json>) -> Option<&Json> {
    value.filter(|value| !value.is_null())
}

/// What a cloud leaves out when it shows an object.
fn is_blank(value: Option<&Json>) -> bool {
    match value {
        None | Some(Json::Null) => true,
        Some(Json::Array(items)) => items.is_empty(),
        Some(Json::Object(object)) => object.is_empty(),
        Some(_) => false,
    }
}

/// A JSON document, read where it is text.
fn document(value: &Json) -> Json {
    let read = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    read.unwrap_or_else(|| value.clone())
}

/// Numbers by value, and what some APIs show as text by its text.
fn same_scalar(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Json::String(text), other @ (Json::Number(_) | Json::Bool(_)))
        | (other @ (Json::Number(_) | Json::Bool(_)), Json::String(text)) => *text == canonical_json(other),
        (left, right) => left == right,
    }
}

/// One object by its ARN and by the name or id at the end of it.
fn same_object(left: &Json, right: &Json) -> bool {
    let (Some(left), Some(right)) = (left.as_str(), right.as_str()) else { return false };
    let ends_with = |arn: &str, name: &str| {
        let before = arn.strip_suffix(name).filter(|before| !name.is_empty() && before.starts_with("arn:"));
        before.is_some_and(|before| before.ends_with(['/', ':']))
    };
    (!right.starts_with("arn:") && ends_with(left, right)) || (!left.starts_with("arn:") && ends_with(right, left))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::PropertyPath;

    fn facts() -> TypeFacts {
        TypeFacts {
            sets: vec![PropertyPath::parse("Rules"), PropertyPath::parse("Nested/*/Ids")],
            documents: vec![PropertyPath::parse("Policy")],
            write_only: vec![PropertyPath::parse("Ingress/*/Name"), PropertyPath::parse("Code/Key")],
            arn_or_name: vec![PropertyPath::parse("Function")],
            defaults: [(PropertyPath::parse("Size"), json!(8))].into(),
            ..TypeFacts::default()
        }
    }

    fn covers(property: &str, observed: Json, desired: Json, applied: Json) -> bool {
        let facts = facts();
        let given = |value: &Json| (!value.is_null()).then(|| value.clone());
        let (observed, desired, applied) = (given(&observed), given(&desired), given(&applied));
        Comparison::of(&facts, property).covers(observed.as_ref(), desired.as_ref(), applied.as_ref())
    }

    #[test]
    fn what_no_read_shows_is_no_difference_and_what_is_beside_it_is() {
        let rule = json!([{"Port": 80, "Name": "a", "Description": "web"}]);
        assert!(covers("Ingress", json!([{"Port": 80, "Description": "web"}]), rule.clone(), rule.clone()));
        assert!(!covers("Ingress", json!([{"Port": 80}]), rule.clone(), rule.clone()));
        assert!(!covers("Ingress", json!([{"Port": 81, "Description": "web"}]), rule.clone(), rule));
        let code = json!({"Key": "build.zip"});
        assert!(covers("Code", Json::Null, code.clone(), code.clone()));
        assert!(!covers("Code", Json::Null, json!({"Key": "build.zip", "Handler": "main"}), code));
    }

    #[test]
    fn what_we_did_not_write_is_not_ours() {
        assert!(covers("Tags", json!({"a": "1", "aws:x": "y"}), json!({"a": "1"}), json!({"a": "1"})));
        assert!(!covers("Tags", json!({"a": "2"}), json!({"a": "1"}), json!({"a": "1"})));
        assert!(covers("Size", json!(4), Json::Null, Json::Null));
        assert!(covers("Other", Json::Null, json!([]), Json::Null));
    }

    #[test]
    fn what_we_no_longer_write_must_go() {
        assert!(!covers("Tags", json!({"a": "1", "b": "2"}), json!({"a": "1"}), json!({"a": "1", "b": "2"})));
        assert!(!covers("Size", json!(9), Json::Null, json!(9)));
        assert!(covers("Size", json!(8), Json::Null, json!(9)));
        assert!(covers("Size", Json::Null, json!(8), json!(8)));
    }

    #[test]
    fn sets_have_no_order_and_lists_have() {
        let (ab, ba) = (json!([{"p": 1}, {"p": 2}]), json!([{"p": 2, "extra": true}, {"p": 1}]));
        assert!(covers("Rules", ba.clone(), ab.clone(), ab.clone()));
        assert!(!covers("List", ba, ab.clone(), ab.clone()));
        assert!(!covers("Rules", json!([{"p": 1}, {"p": 1}]), ab.clone(), ab.clone()));
        assert!(!covers("Rules", json!([{"p": 1}, {"p": 2}, {"p": 3}]), ab.clone(), ab));
        assert!(covers("Nested", json!([{"Ids": ["b", "a"]}]), json!([{"Ids": ["a", "b"]}]), Json::Null));
    }

    #[test]
    fn an_arn_and_the_name_at_its_end() {
        let arn = json!("arn:aws:lambda:eu-west-1:1:function:orders");
        assert!(covers("Function", arn.clone(), json!("orders"), Json::Null));
        assert!(covers("Function", json!("orders"), arn.clone(), Json::Null));
        assert!(!covers("Function", arn.clone(), json!("ders"), Json::Null));
        assert!(!covers("Function", arn.clone(), json!(""), Json::Null));
        assert!(!covers("Function", arn.clone(), json!("arn:aws:lambda:eu-west-2:1:function:orders"), Json::Null));
        assert!(!covers("Other", arn, json!("orders"), Json::Null), "only where the type says so");
    }

    #[test]
    fn documents_numbers_and_text() {
        assert!(covers("Policy", json!("{\"b\": 1, \"a\": [2]}"), json!({"a": [2], "b": 1}), Json::Null));
        assert!(covers("N", json!(1.0), json!(1), Json::Null));
        assert!(covers("N", json!("true"), json!(true), Json::Null));
        assert!(!covers("N", json!("1.0"), json!(1), Json::Null));
        let facts = facts();
        let (left, right) = (json!([1, 2]), json!([2, 1]));
        assert!(Comparison::of(&facts, "Rules").same(Some(&left), Some(&right)));
        assert!(!Comparison::of(&facts, "List").same(Some(&left), Some(&right)));
    }

    #[test]
    fn terms_are_compared_by_their_values() {
        let lookup = |path: &str, _: &str| (path == "a").then(|| json!("id-1"));
        let equal = |desired: Json, data: Json| plainly_equal(&desired, &data, &lookup);
        assert_eq!(equal(json!([{"$get": ["a", "Id"]}]), json!(["id-1"])), Some(true));
        assert_eq!(equal(json!({"k": {"$get": ["a", "Id"]}}), json!({"k": "id-2"})), Some(false));
        assert_eq!(equal(json!({"k": {"$get": ["b", "Id"]}}), json!({"k": "id-2"})), None);
        assert_eq!(equal(json!({"$concat": ["a"]}), json!("a")), None);
        assert_eq!(equal(json!({"$literal": {"$x": 1}}), json!({"$x": 1})), Some(true));
    }
}
