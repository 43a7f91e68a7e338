//! A Plan from its text, with everything checked that a reader rests on.

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::term::single_dollar_key;
use crate::{DEPTH_MAX, FORMAT, Meaning, NodeKind, Plan, ResourcePath, Term, digest, references, to_canonical};

/// Why a text is not a Plan to go by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("this is not a Plan: {reason}")]
    NotAPlan { reason: String },
    #[error("the Plan has the format `{format}`, which is newer than this program's `{FORMAT}`")]
    NewerFormat { format: String },
    #[error("the Plan was changed after it was sealed: its content has the hash {found}, and it states {stated}")]
    HashMismatch { stated: String, found: String },
    #[error("`{path}` stands before `{reference}`, to which it refers")]
    NodeOrder { path: ResourcePath, reference: ResourcePath },
    #[error("two nodes have the path `{path}`")]
    DuplicatePath { path: ResourcePath },
    #[error("`{path}` refers to `{reference}`, which is not in the Plan")]
    DanglingReference { path: ResourcePath, reference: ResourcePath },
    #[error("`{path}` names the provider `{provider}`, which is not in the Plan")]
    DanglingProvider { path: ResourcePath, provider: String },
    #[error("`{path}` holds `{term}`, which is no term that this program knows")]
    UnknownTerm { path: ResourcePath, term: String },
}

impl DecodeError {
    /// The code of its page.
    pub fn code(&self) -> &'static str {
        match self {
            DecodeError::NotAPlan { .. } => "LW0520",
            DecodeError::NewerFormat { .. } => "LW0521",
            DecodeError::HashMismatch { .. } => "LW0522",
            DecodeError::NodeOrder { .. } => "LW0523",
            DecodeError::DuplicatePath { .. } => "LW0524",
            DecodeError::DanglingReference { .. } => "LW0525",
            DecodeError::DanglingProvider { .. } => "LW0526",
            DecodeError::UnknownTerm { .. } => "LW0527",
        }
    }
}

impl Plan {
    /// Reads a Plan and checks it: format, hash, and all that [`Meaning::check`] checks.
    pub fn decode(text: &str) -> Result<Plan, DecodeError> {
        #[derive(Deserialize)]
        struct Header {
            format: Option<Json>,
        }
        let not_a_plan = |error: serde_json::Error| DecodeError::NotAPlan { reason: error.to_string() };
        let header: Header = serde_json::from_str(text).map_err(not_a_plan)?;
        check_format(header.format.as_ref())?;
        let plan: Plan = serde_json::from_str(text).map_err(not_a_plan)?;
        plan.check()?;
        Ok(plan)
    }

    /// Checks a Plan that was read as part of something else.
    pub fn check(&self) -> Result<(), DecodeError> {
        check_format(Some(&Json::from(self.format.as_str())))?;
        let found = digest(to_canonical(&self.meaning).as_bytes());
        if found != self.hash {
            return Err(DecodeError::HashMismatch { stated: self.hash.clone(), found });
        }
        let (origins, nodes) = (self.provenance.origins.len(), self.meaning.nodes.len());
        if origins != 0 && origins != nodes {
            return Err(DecodeError::NotAPlan { reason: format!("it has {nodes} nodes and {origins} origins") });
        }
        self.meaning.check()
    }
}

fn check_format(format: Option<&Json>) -> Result<(), DecodeError> {
    let Some(format) = format.and_then(Json::as_str) else {
        return Err(DecodeError::NotAPlan { reason: format!("it has no `format`, such as `{FORMAT}`") });
    };
    if format == FORMAT {
        return Ok(());
    }
    match format.strip_prefix("linework.plan/") {
        Some(version) if !version.is_empty() => Err(DecodeError::NewerFormat { format: format.to_string() }),
        _ => Err(DecodeError::NotAPlan { reason: format!("its format is `{format}`") }),
    }
}

impl Meaning {
    /// Paths are unique, every reference leads to an earlier node (a deferred one to any node), every provider is bound, every
    /// term is known.
    pub fn check(&self) -> Result<(), DecodeError> {
        let mut places: FxHashMap<&str, usize> =
            FxHashMap::with_capacity_and_hasher(self.nodes.len(), Default::default());
        for (place, node) in self.nodes.iter().enumerate() {
            if places.insert(node.path.as_str(), place).is_some() {
                return Err(DecodeError::DuplicatePath { path: node.path.clone() });
            }
        }
        for (place, node) in self.nodes.iter().enumerate() {
            let path = || node.path.clone();
            if !node.provider.is_empty() && !self.providers.contains_key(&node.provider) {
                return Err(DecodeError::DanglingProvider { path: path(), provider: node.provider.clone() });
            }
            if node.kind == NodeKind::Existing && node.physical_id.is_none() {
                return Err(DecodeError::NotAPlan {
                    reason: format!("`{}` exists, and has no physical id", node.path),
                });
            }
            let mut wrong = None;
            let mut check = |reference: &str, limit: usize| match places.get(reference) {
                Some(&target) if target < limit => {}
                found => {
                    let (path, reference) = (path(), ResourcePath::from_text(reference));
                    wrong.get_or_insert(match found {
                        Some(_) => DecodeError::NodeOrder { path, reference },
                        None => DecodeError::DanglingReference { path, reference },
                    });
                }
            };
            node.dependencies(&mut |reference| check(reference, place));
            for deferred in &node.deferred {
                references(&deferred.value, &mut |reference, _| check(reference, usize::MAX));
            }
            if let Some(wrong) = wrong {
                return Err(wrong);
            }
            for value in node.properties.values().chain(node.deferred.iter().map(|deferred| &deferred.value)) {
                match unknown_term(value, 0) {
                    None => {}
                    Some(UnknownTerm::Key(term)) => return Err(DecodeError::UnknownTerm { path: path(), term }),
                    Some(UnknownTerm::TooDeep) => {
                        let reason = format!("a value of `{}` nests deeper than {DEPTH_MAX} levels", node.path);
                        return Err(DecodeError::NotAPlan { reason });
                    }
                }
            }
        }
        Ok(())
    }
}

enum UnknownTerm {
    Key(String),
    TooDeep,
}

/// What has the look of a term and is none.
fn unknown_term(value: &Json, depth: usize) -> Option<UnknownTerm> {
    if depth > DEPTH_MAX {
        return Some(UnknownTerm::TooDeep);
    }
    match value {
        Json::Array(items) => items.iter().find_map(|item| unknown_term(item, depth + 1)),
        Json::Object(object) => match Term::of_object(object) {
            Some(Term::Get { .. } | Term::Literal(_) | Term::Secret(_)) => None,
            None if single_dollar_key(object).is_some() => {
                single_dollar_key(object).map(|(key, _)| UnknownTerm::Key(key.to_string()))
            }
            _ => object.values().find_map(|item| unknown_term(item, depth + 1)),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Provenance;

    fn node(path: &str, properties: Json) -> Json {
        json!({"path": path, "type": "T", "class": "configuration", "properties": properties, "fingerprint": "f"})
    }

    fn sealed(nodes: Json) -> Plan {
        let meaning = json!({"composition": "shop", "nodes": nodes});
        Plan::new(serde_json::from_value(meaning).unwrap(), Provenance::default())
    }

    fn code_of(text: &str) -> &'static str {
        Plan::decode(text).expect_err(text).code()
    }

    #[test]
    fn a_plan_reads_back_what_it_was() {
        let plan = sealed(json!([node("a", json!({"N": 1.5})), node("b", json!({"R": {"$get": ["a", "Id"]}}))]));
        assert_eq!(Plan::decode(&plan.to_canonical()), Ok(plan.clone()));
        assert_eq!(Plan::decode(&serde_json::to_string_pretty(&plan).unwrap()), Ok(plan));
    }

    #[test]
    fn each_fault_has_its_code() {
        assert_eq!(code_of("vpc: 1"), "LW0520");
        assert_eq!(code_of("{}"), "LW0520");
        assert_eq!(code_of("[1]"), "LW0520");
        assert_eq!(code_of(r#"{"format":"linework.changes/1"}"#), "LW0520");
        assert_eq!(code_of(r#"{"format":"linework.plan/1"}"#), "LW0520");
        assert_eq!(code_of(r#"{"format":"linework.plan/2","anything":[]}"#), "LW0521");
        let plan = sealed(json!([node("a", json!({"N": 1}))]));
        assert_eq!(code_of(&plan.to_canonical().replace("\"N\":1", "\"N\":2")), "LW0522");
        let faults = [
            (json!([node("b", json!({"R": {"$get": ["c", "Id"]}})), node("c", json!({}))]), "LW0523"),
            (json!([node("b", json!({"R": {"$get": ["b", "Id"]}}))]), "LW0523"),
            (json!([node("b", json!({})), node("b", json!({}))]), "LW0524"),
            (json!([node("b", json!({"R": {"$concat": [{"$get": ["x", "Id"]}]}}))]), "LW0525"),
            (json!([node("b", json!({"R": [{"$ref": 1}]}))]), "LW0527"),
        ];
        for (nodes, code) in faults {
            assert_eq!(code_of(&sealed(nodes.clone()).to_canonical()), code, "{nodes}");
        }
        let mut plan = sealed(json!([node("a", json!({}))]));
        plan.meaning.nodes[0].provider = "aws".to_string();
        assert_eq!(code_of(&Plan::new(plan.meaning, plan.provenance).to_canonical()), "LW0526");
    }

    #[test]
    fn a_deferred_reference_may_look_ahead() {
        let mut first = node("a", json!({}));
        first["deferred"] = json!([{"property": "P", "value": {"$get": ["b", "Id"]}}]);
        let plan = sealed(json!([first, node("b", json!({"R": {"$get": ["a", "Id"]}}))]));
        assert_eq!(Plan::decode(&plan.to_canonical()), Ok(plan));
    }
}
