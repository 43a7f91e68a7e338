//! What stands above a resource: lifecycle, provider, adoption, former path, waivers.

use lw_core::{self as core, ResourceId, Value};
use lw_diagnostics::Span;
use lw_plan::{Enforcement, Lifecycle};

use crate::diagnostics;
use crate::evaluate::Evaluation;

/// The annotations of one resource, read and merged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub lifecycle: Lifecycle,
    /// Was `protect` written, and not only left out?
    pub depends_on: Vec<ResourceId>,
    pub provider: Option<Value>,
    pub adopt: Option<String>,
    pub former_path: Option<String>,
    pub waivers: Vec<KeptWaiver>,
    /// Scalars of the lifecycle that are decided.
    decided: Decided,
}

#[derive(Clone, Copy, Debug, Default)]
struct Decided {
    enforcement: bool,
    protect: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptWaiver {
    pub policy: String,
    pub reason: String,
    pub until: Option<String>,
}

impl Evaluation<'_> {
    pub(crate) fn keep_annotations(&mut self, id: ResourceId) {
        let applied = self.machine.resource(id).annotations.clone();
        let default = self.defaults.lifecycle.clone();
        if applied.is_empty() && default.is_none() {
            return;
        }
        let mut kept = Kept::default();
        // Nearest first: what is written closest to a resource wins.
        for annotation in &applied {
            let value = match self.machine.annotation(annotation) {
                Ok(value) => value,
                Err(failure) => {
                    if let Some(failure) = failure {
                        self.fail(failure);
                    }
                    continue;
                }
            };
            let name = self.lowered.core.name(annotation.name).clone();
            match &*name {
                "lifecycle" => self.lifecycle(id, &value, true, &mut kept),
                "provider" => kept.provider = kept.provider.or(Some(value)),
                "adopt" => kept.adopt = kept.adopt.take().or(value.text().map(|text| text.to_string())),
                "id" => kept.former_path = kept.former_path.take().or(value.text().map(|text| text.to_string())),
                "waive" => self.waiver(id, &value, &mut kept),
                _ => {}
            }
        }
        if let Some(default) = default {
            self.lifecycle(id, &default, false, &mut kept);
        }
        kept.depends_on.retain(|other| *other != id);
        self.kept.insert(id, kept);
    }

    /// A field of an annotation's record, with its Optional taken off.
    fn argument(&self, value: &Value, name: &str) -> Option<Value> {
        let Value::Record(record) = value else { return None };
        let found = record.fields().find(|(field, _)| **self.lowered.core.name(*field) == *name);
        match found?.1 {
            Value::None => None,
            Value::Some(inner) => Some((***inner).clone()),
            value => Some(value.clone()),
        }
    }

    fn lifecycle(&mut self, id: ResourceId, value: &Value, own: bool, kept: &mut Kept) {
        if let Some(Value::Constructor(constructor, None)) = self.argument(value, "enforcement")
            && !kept.decided.enforcement
        {
            kept.decided.enforcement = true;
            kept.lifecycle.enforcement = Some(match &*self.lowered.core.constructor(constructor).name {
                "Absorb" => Enforcement::Absorb,
                "Alert" => Enforcement::Alert,
                "Ignore" => Enforcement::Ignore,
                _ => Enforcement::Correct,
            });
        }
        if let Some(Value::Bool(protect)) = self.argument(value, "protect")
            && !kept.decided.protect
        {
            kept.decided.protect = true;
            kept.lifecycle.protect = protect;
        }
        if let Some(timeouts) = self.argument(value, "timeouts") {
            for operation in ["create", "update", "delete"] {
                if let Some(Value::Duration(milliseconds)) = self.argument(&timeouts, operation) {
                    let milliseconds = u64::try_from(milliseconds).unwrap_or(0);
                    kept.lifecycle.timeouts.entry(operation.to_string()).or_insert(milliseconds);
                }
            }
        }
        if let Some(depends_on) = self.argument(value, "dependsOn") {
            let mut found = Vec::new();
            core::mentioned(&depends_on, &mut found);
            for other in found {
                if !kept.depends_on.contains(&other) {
                    kept.depends_on.push(other);
                }
            }
        }
        if let Some(Value::List(ignores)) = self.argument(value, "ignores") {
            for name in ignores.iter().filter_map(Value::text) {
                self.ignore(id, name, own, kept);
            }
        }
    }

    /// Adds a property to what is never drift; its name is the program's or the wire's.
    fn ignore(&mut self, id: ResourceId, name: &str, own: bool, kept: &mut Kept) {
        let core = &self.lowered.core;
        let resource_type = core.resource_type(self.machine.resource(id).resource_type);
        let head = name.split('.').next().unwrap_or(name);
        let found = resource_type
            .properties
            .iter()
            .find(|property| **core.name(property.name) == *head || *property.wire == *head);
        match found {
            Some(property) => {
                let wire = property.wire.to_string();
                if !kept.lifecycle.ignores.contains(&wire) {
                    kept.lifecycle.ignores.push(wire);
                    kept.lifecycle.ignores.sort();
                }
            }
            // A default speaks for all types; not each has the property.
            None if own => {
                let names: Vec<&str> =
                    resource_type.properties.iter().map(|property| &**core.name(property.name)).collect();
                let place = self.annotation_span(id, "lifecycle");
                let diagnostic = diagnostics::unknown_ignored(name, &resource_type.name, &names, place);
                self.report_once(diagnostic);
            }
            None => {}
        }
    }

    fn waiver(&mut self, id: ResourceId, value: &Value, kept: &mut Kept) {
        let text = |name: &str| self.argument(value, name).and_then(|value| value.text().map(|text| text.to_string()));
        let (policy, reason, until) = (text("policy"), text("reason"), text("until"));
        if let Some(until) = &until
            && !is_date(until)
        {
            let place = self.annotation_span(id, "waive");
            let diagnostic = diagnostics::malformed_date(until, place);
            self.report_once(diagnostic);
        }
        let waiver = KeptWaiver { policy: policy.unwrap_or_default(), reason: reason.unwrap_or_default(), until };
        if !kept.waivers.contains(&waiver) {
            kept.waivers.push(waiver);
        }
    }

    /// Where an annotation of a resource stands; else the resource.
    pub(crate) fn annotation_span(&self, id: ResourceId, name: &str) -> Option<Span> {
        let origin = self.machine.resource(id).origin;
        let resource = self.lowered.span(origin)?;
        // The nearest annotated expression that holds the constructor.
        let holds =
            |span: &Span| span.file == resource.file && span.start <= resource.start && resource.end <= span.end;
        let found = self.lowered.annotations.iter().filter_map(|(node, places)| {
            let around = self.lowered.spans[*node as usize];
            let place = places.iter().rev().find(|(found, _)| *found == name)?.1;
            holds(&around).then_some((around.end - around.start, place))
        });
        Some(found.min_by_key(|(width, _)| *width).map_or(resource, |(_, place)| place))
    }

    /// One mistake in an annotation over many resources is one mistake.
    pub(crate) fn report_once(&mut self, diagnostic: lw_diagnostics::Diagnostic) {
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }
}

/// A day of the Gregorian calendar, as ISO 8601 writes it.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let number = |text: &str, length: usize| {
        (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u32>().ok())
            .flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_are_days_that_exist() {
        for date in ["2026-01-31", "2024-02-29", "2000-02-29", "2026-12-01"] {
            assert!(is_date(date), "{date}");
        }
        for text in ["2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "soon", "2026-04-31", ""] {
            assert!(!is_date(text), "{text}");
        }
    }
}
