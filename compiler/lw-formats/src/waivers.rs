//! Exceptions that a template records in the words of other tools.

use lw_eval::Waiver;

use crate::template::Declaration;
use crate::tree::Node;

/// Policies from which a resource is excepted, with the reason.
pub fn waivers(declaration: &Declaration) -> Vec<(String, Waiver)> {
    let mut found = Vec::new();
    let Some(metadata) = &declaration.metadata else { return found };
    let suppressed = metadata.get("guard").and_then(|guard| guard.get("SuppressedRules"));
    for rule in suppressed.map_or(&[][..], Node::items) {
        if let Some(rule) = rule.scalar_text() {
            let reason = "suppressed by `Metadata.guard.SuppressedRules`".to_string();
            found.push((rule.to_string(), Waiver { reason, until: None }));
        }
    }
    found
}
