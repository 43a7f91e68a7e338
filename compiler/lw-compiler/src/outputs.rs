//! What other deployments give out, as modules: `import deployment network@prod as Network`.
//!
//! The one idea: the outputs that `lw.lock` records of a deployment are written down as a library of lookups, each of the type that it was
//! recorded with. So they are checked, completed, hovered and listed in the Plan as any lookup is.

use std::sync::Arc;

use lw_check::{IndexedStatement, ModuleSource};
use lw_eval::OUTPUT_SOURCE;
use lw_plan::Json;

use crate::lock::Lock;

/// The module of a deployment's outputs; none where the lock has none of it.
pub fn module(lock: &Lock, deployment: &str) -> Option<ModuleSource> {
    let mut text = String::new();
    let mut index = Vec::new();
    let outputs = lock.outputs.iter().filter(|output| output.deployment == deployment);
    for output in outputs.clone() {
        // What cannot be named cannot be read.
        let Some(of_type) = output.of_type.clone().or_else(|| type_of(&output.answer)) else { continue };
        if !is_name(&output.name) {
            continue;
        }
        let start = text.len() as u32;
        text.push_str(&format!(
            "## An output of the deployment `{deployment}`, recorded on {}.\nlookup {of_type} {}: \
             __lookup({OUTPUT_SOURCE:?}, {{deployment: {deployment:?}, output: {:?}}})\n",
            output.recorded, output.name, output.name
        ));
        index.push(IndexedStatement {
            start,
            end: text.len() as u32,
            keyword: "lookup",
            name: Arc::from(output.name.as_str()),
        });
        text.push('\n');
    }
    outputs.count().checked_sub(1)?;
    let file_name = Arc::from(format!("{} of {deployment}", crate::lock::FILE_NAME));
    Some(ModuleSource { file_name, text: Arc::from(text), index: Some(index) })
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The type that holds a value, and others like it.
fn type_of(value: &Json) -> Option<String> {
    Some(match value {
        Json::String(_) => "String".to_string(),
        Json::Bool(_) => "Bool".to_string(),
        Json::Number(number) if number.is_i64() => "Int".to_string(),
        Json::Number(_) => "Float".to_string(),
        Json::Null => "Optional<String>".to_string(),
        Json::Array(items) => format!("List<{}>", common(items.iter())?),
        Json::Object(fields) => format!("Dictionary<{}>", common(fields.values())?),
    })
}

/// The type of all of them; text where there are none.
fn common<'v>(mut values: impl Iterator<Item = &'v Json>) -> Option<String> {
    let Some(first) = values.next() else { return Some("String".to_string()) };
    let first = type_of(first)?;
    values.all(|value| type_of(value).as_ref() == Some(&first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_have_types() {
        for (value, expected) in [
            (json!("a"), Some("String")),
            (json!(1), Some("Int")),
            (json!(1.5), Some("Float")),
            (json!([]), Some("List<String>")),
            (json!([["a"], ["b"]]), Some("List<List<String>>")),
            (json!({"a": true}), Some("Dictionary<Bool>")),
            (json!(["a", 1]), None),
        ] {
            assert_eq!(type_of(&value).as_deref(), expected, "{value}");
        }
    }
}
