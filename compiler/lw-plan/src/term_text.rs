//! Values in term form, written straight as canonical text.
//!
//! The one idea: a reference is written as the path it names and marked as what it leads to, so that one text serves the Plan, which
//! has paths, and the fingerprint, which has fingerprints in their place. Deliberately absent: a tree of the value.

use std::cmp::Ordering;
use std::fmt::Write;

use serde_json::Value as Json;

use crate::canonical::{append_canonical, compare_quoted, write_string};

/// Opens and closes what keeps data from being read as a term.
const LITERAL: &str = r#"{"$literal":"#;
const LITERAL_END: &str = "}";

/// Canonical text of values in term form, one after the other or within each other.
#[derive(Clone, Debug, Default)]
pub struct TermText {
    text: String,
    /// In the order of their places.
    references: Vec<Reference>,
    /// Elements and entries of the lists and objects that are open now, innermost last.
    parts: Vec<Part>,
}

/// A quoted path in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    start: usize,
    end: usize,
    /// What the path names, as its writer numbers it.
    pub target: u32,
}

/// What a value is to whoever looks for terms in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Plain data that nobody takes for a term.
    Data,
    /// Plain data that looks like a term somewhere: to be wrapped before it stands among terms.
    Ambiguous,
    /// Holds terms; everything else in it is wrapped where need be.
    Terms,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    /// Where its key starts, or the element.
    start: usize,
    key_end: usize,
    value: usize,
    form: Form,
}

/// A list or an object that has been opened.
#[must_use]
#[derive(Debug)]
pub struct Open {
    /// After the bracket.
    start: usize,
    parts: usize,
    in_order: bool,
}

/// How far a text was written.
#[derive(Clone, Copy, Debug)]
pub struct Saved {
    text: usize,
    references: usize,
    parts: usize,
}

impl TermText {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    pub fn clear(&mut self) {
        self.text.clear();
        self.references.clear();
        self.parts.clear();
    }

    /// The text as pieces, each with what the path after it leads to; the last has none.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = (&str, Option<u32>)> {
        let starts = std::iter::once(0).chain(self.references.iter().map(|reference| reference.end));
        let ends = self.references.iter().map(|reference| (reference.start, Some(reference.target)));
        let ends = ends.chain(std::iter::once((self.text.len(), None)));
        starts.zip(ends).map(|(start, (end, target))| (&self.text[start..end], target))
    }

    pub fn string(&mut self, text: &str) -> Form {
        write_string(&mut self.text, text);
        Form::Data
    }

    pub fn integer(&mut self, number: i64) -> Form {
        write!(self.text, "{number}").expect("a String takes everything");
        Form::Data
    }

    pub fn bool(&mut self, value: bool) -> Form {
        self.text.push_str(if value { "true" } else { "false" });
        Form::Data
    }

    /// A value without parts: a number, a string, null.
    pub fn scalar(&mut self, value: &Json) -> Form {
        debug_assert!(!value.is_array() && !value.is_object());
        append_canonical(&mut self.text, value);
        Form::Data
    }

    /// Data that is never looked into.
    pub fn verbatim(&mut self, value: &Json) {
        append_canonical(&mut self.text, value);
    }

    /// What there is now, for [`TermText::restore`].
    pub fn save(&self) -> Saved {
        Saved { text: self.text.len(), references: self.references.len(), parts: self.parts.len() }
    }

    /// Takes back what was written since.
    pub fn restore(&mut self, saved: Saved) {
        self.text.truncate(saved.text);
        self.references.truncate(saved.references);
        self.parts.truncate(saved.parts);
    }

    pub fn open_list(&mut self) -> Open {
        self.open('[')
    }

    /// Before each element.
    pub fn element(&mut self, list: &Open) {
        self.separate(list);
        let at = self.text.len();
        self.parts.push(Part { start: at, key_end: at, value: at, form: Form::Data });
    }

    pub fn open_object(&mut self) -> Open {
        self.open('{')
    }

    /// Before each value.
    pub fn key(&mut self, object: &mut Open, key: &str) {
        self.separate(object);
        let start = self.text.len();
        write_string(&mut self.text, key);
        let key_end = self.text.len();
        self.text.push(':');
        if object.in_order && self.parts.len() > object.parts {
            let before = self.parts[self.parts.len() - 1];
            let order = compare_quoted(&self.text[before.start..before.key_end], &self.text[start..key_end]);
            object.in_order = order != Ordering::Greater;
        }
        self.parts.push(Part { start, key_end, value: self.text.len(), form: Form::Data });
    }

    /// After each element or value: what was written for it.
    pub fn end(&mut self, form: Form) {
        if let Some(part) = self.parts.last_mut() {
            part.form = form;
        }
    }

    /// Whether nothing has been written into what is open.
    pub fn is_empty(&self, open: &Open) -> bool {
        self.parts.len() == open.parts
    }

    pub fn close_list(&mut self, list: Open) -> Form {
        self.close(list, ']')
    }

    /// The error is the key of an object that would be read as a term, and cannot be wrapped because it holds one.
    pub fn close_object(&mut self, object: Open) -> Result<Form, String> {
        let only = match self.parts[object.parts..] {
            [part] => self.text[part.start..part.key_end].starts_with("\"$").then_some(part),
            _ => None,
        };
        if let Some(part) = only
            && part.form == Form::Terms
        {
            let quoted = &self.text[part.start..part.key_end];
            return Err(serde_json::from_str(quoted).expect("we wrote this string"));
        }
        match self.close(object, '}') {
            Form::Data if only.is_some() => Ok(Form::Ambiguous),
            form => Ok(form),
        }
    }

    /// `{"$get": [path, attribute]}`
    pub fn get(&mut self, target: u32, path: &str, attribute: &str) -> Form {
        self.text.push_str(r#"{"$get":["#);
        let start = self.text.len();
        write_string(&mut self.text, path);
        self.references.push(Reference { start, end: self.text.len(), target });
        self.text.push(',');
        write_string(&mut self.text, attribute);
        self.text.push_str("]}");
        Form::Terms
    }

    /// Any other term: its key and, by `argument`, what it is over.
    pub fn term<E>(&mut self, key: &str, argument: impl FnOnce(&mut TermText) -> Result<(), E>) -> Result<Form, E> {
        self.text.push('{');
        write_string(&mut self.text, key);
        self.text.push(':');
        argument(self)?;
        self.text.push('}');
        Ok(Form::Terms)
    }

    /// The argument of a term: a list of given parts, each in term form.
    pub fn arguments<E>(
        &mut self,
        count: usize,
        mut argument: impl FnMut(&mut TermText, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        self.text.push('[');
        for at in 0..count {
            if at > 0 {
                self.text.push(',');
            }
            argument(self, at)?;
        }
        self.text.push(']');
        Ok(())
    }

    /// What `write` writes, wrapped if it could be read as a term.
    pub fn in_term_form<E>(&mut self, write: impl FnOnce(&mut TermText) -> Result<Form, E>) -> Result<(), E> {
        let start = self.text.len();
        if write(self)? == Form::Ambiguous {
            self.text.insert_str(start, LITERAL);
            self.text.push_str(LITERAL_END);
        }
        Ok(())
    }

    fn open(&mut self, bracket: char) -> Open {
        self.text.push(bracket);
        Open { start: self.text.len(), parts: self.parts.len(), in_order: true }
    }

    fn separate(&mut self, open: &Open) {
        if !self.is_empty(open) {
            self.text.push(',');
        }
    }

    fn close(&mut self, open: Open, bracket: char) -> Form {
        let has = |form| self.parts[open.parts..].iter().any(|part| part.form == form);
        let (terms, ambiguous) = (has(Form::Terms), has(Form::Ambiguous));
        if !open.in_order || (terms && ambiguous) {
            self.rewrite(&open, terms);
        }
        self.parts.truncate(open.parts);
        self.text.push(bracket);
        match (terms, ambiguous) {
            (true, _) => Form::Terms,
            (false, true) => Form::Ambiguous,
            (false, false) => Form::Data,
        }
    }

    /// Puts the parts of what is open in the order of their keys, and wraps what is ambiguous among terms.
    #[cold]
    fn rewrite(&mut self, open: &Open, wrap: bool) {
        let text = self.text.split_off(open.start);
        let first = self.references.partition_point(|reference| reference.start < open.start);
        let references = self.references.split_off(first);
        let parts = &self.parts[open.parts..];
        let ends = parts[1..].iter().map(|next| next.start - 1).chain([open.start + text.len()]);
        let mut parts: Vec<(Part, usize)> = parts.iter().copied().zip(ends).collect();
        let inner = |start: usize, end: usize| &text[start - open.start..end - open.start];
        if !open.in_order {
            let key = |part: &Part| inner(part.start, part.key_end);
            parts.sort_by(|left, right| compare_quoted(key(&left.0), key(&right.0)));
        }
        for (at, (part, end)) in parts.iter().enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            self.text.push_str(inner(part.start, part.value));
            let wrapped = wrap && part.form == Form::Ambiguous;
            if wrapped {
                self.text.push_str(LITERAL);
            }
            let value = self.text.len();
            self.text.push_str(inner(part.value, *end));
            if wrapped {
                self.text.push_str(LITERAL_END);
            }
            let moved = references.iter().filter(|found| (part.value..*end).contains(&found.start));
            self.references.extend(moved.map(|found| Reference {
                start: found.start - part.value + value,
                end: found.end - part.value + value,
                target: found.target,
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::references;

    /// Writes JSON with `{"get": [path, attribute]}` in place of references.
    fn write(out: &mut TermText, value: &Json) -> Result<Form, String> {
        match value {
            Json::Array(items) => {
                let list = out.open_list();
                for item in items {
                    out.element(&list);
                    let form = write(out, item)?;
                    out.end(form);
                }
                Ok(out.close_list(list))
            }
            Json::Object(fields) => {
                if let Some(Json::Array(parts)) = fields.get("get") {
                    let path = parts[0].as_str().unwrap();
                    return Ok(out.get(path.len() as u32, path, parts[1].as_str().unwrap()));
                }
                let mut object = out.open_object();
                for (key, value) in fields {
                    out.key(&mut object, key);
                    let form = write(out, value)?;
                    out.end(form);
                }
                out.close_object(object)
            }
            scalar => Ok(out.scalar(scalar)),
        }
    }

    fn written(value: Json) -> Result<String, String> {
        let mut out = TermText::default();
        out.in_term_form(|out| write(out, &value))?;
        let named: String =
            out.pieces().map(|(text, target)| text.to_string() + &"#".repeat(target.unwrap_or(0) as usize)).collect();
        let mut paths = Vec::new();
        references(&serde_json::from_str(out.as_str()).unwrap(), &mut |path, _| paths.push(path.to_string()));
        let marked: Vec<String> =
            out.references().iter().map(|found| out.text[found.start + 1..found.end - 1].to_string()).collect();
        assert_eq!(marked, paths);
        Ok(named)
    }

    #[test]
    fn paths_are_marked_and_ambiguous_data_is_wrapped_among_terms_alone() {
        use serde_json::json;
        let get = json!({"get": ["abc", "Id"]});
        let cases = [
            (json!({"a": 1, "b": [true, null, "x"]}), r#"{"a":1,"b":[true,null,"x"]}"#),
            (json!([{"$x": 1}]), r#"{"$literal":[{"$x":1}]}"#),
            (json!([{"$x": 1}, get, get]), r#"[{"$literal":{"$x":1}},{"$get":[###,"Id"]},{"$get":[###,"Id"]}]"#),
            (
                json!({"k": get, "l": {"$x": [1]}, "m": get}),
                r#"{"k":{"$get":[###,"Id"]},"l":{"$literal":{"$x":[1]}},"m":{"$get":[###,"Id"]}}"#,
            ),
            // By code units, the last comes first.
            (
                json!({"\u{fb33}": get, "😀": [get, 1]}),
                "{\"😀\":[{\"$get\":[###,\"Id\"]},1],\"\u{fb33}\":{\"$get\":[###,\"Id\"]}}",
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(written(value).as_deref(), Ok(expected));
        }
        assert_eq!(written(json!([{"$x": get}])), Err("$x".to_string()));
        assert!(written(json!([{"$x": get, "y": 1}])).is_ok());
    }
}
