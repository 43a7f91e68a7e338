//! Dictionaries that a template asks by itself: `Mappings`, and `Fn::FindInMap`.

use lw_plan::{Json, Term};

use super::document::Document;
use super::logical::capital_words;
use super::{Emit, errors};

/// The second key of a dictionary that has one key only.
const ONLY_KEY: &str = "Value";

/// Mappings by their names, each content once, in the order in which they are asked.
#[derive(Debug, Default)]
pub(crate) struct Mappings {
    known: Vec<(String, Document)>,
}

impl Mappings {
    /// The name of a mapping with that content; `wanted` is what it is called, if that is still free.
    fn name(&mut self, wanted: &str, content: Document) -> String {
        if let Some((name, _)) = self.known.iter().find(|(_, known)| *known == content) {
            return name.clone();
        }
        let wanted = if wanted.is_empty() { "Mapping".to_string() } else { capital_words(wanted) };
        let mut name = wanted.clone();
        let mut number = 2;
        while self.known.iter().any(|(known, _)| *known == name) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        self.known.push((name.clone(), content));
        name
    }

    pub fn into_entries(self) -> Vec<(String, Document)> {
        self.known
    }
}

impl Emit<'_> {
    /// The entry of a mapping, by keys that are parameters: `{name, keys, entries}`.
    pub(super) fn find_in_map(&mut self, argument: &Json) -> Document {
        let part = |name: &str| argument.get(name).map_or(&Json::Null, plain);
        let (name, Json::Array(keys), Json::Object(entries)) = (part("name"), part("keys"), part("entries")) else {
            return Document::text("");
        };
        let is_deep = entries.values().map(plain).all(Json::is_object);
        if is_deep != (keys.len() == 2) {
            let reason = "`Fn::FindInMap` gives a text or a list, and this is a dictionary of them";
            self.report(errors::no_value("the entry of a dictionary", reason), "used here");
            return Document::text("");
        }
        let content = entries.iter().map(|(key, value)| {
            let value = plain(value);
            let inner = match value {
                Json::Object(inner) => {
                    inner.iter().map(|(key, value)| (key.clone(), Document::plain(plain(value)))).collect()
                }
                value => vec![(ONLY_KEY.to_string(), Document::plain(value))],
            };
            (key.clone(), Document::Mapping(inner))
        });
        let content = Document::Mapping(content.collect());
        let mut parts = vec![Document::text(&self.mappings.name(name.as_str().unwrap_or_default(), content))];
        parts.extend(keys.iter().map(|key| self.text(key)));
        if !is_deep {
            parts.push(Document::text(ONLY_KEY));
        }
        Document::function("Fn::FindInMap", Document::List(parts))
    }
}

/// What is written, whether it looks like a term or not.
fn plain(value: &Json) -> &Json {
    match Term::of(value) {
        Some(Term::Literal(inner)) => inner,
        _ => value,
    }
}
