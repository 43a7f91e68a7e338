//! Resources and outputs.

use super::code::{Code, Entries, Kind};
use super::{Import, errors};
use crate::reading::library_type;
use crate::template::Declaration;
use crate::tree::{Entry, Node};
use crate::waivers;

/// Attributes of a resource that say how a stack is made, and why no program says so.
const LEFT_OUT: &[(&str, &str)] = &[
    ("UpdatePolicy", "how members are exchanged is said by a `Fleet`: `rollout`, `health`"),
    ("CreationPolicy", "when something is ready is said by a `Fleet`: `health`"),
    ("Connectors", "permissions are written out"),
];

/// A resource's statement in parts.
pub(super) struct Statement {
    /// Lines.
    pub comments: String,
    pub annotations: Vec<String>,
    pub own_type: String,
    pub value: String,
}

impl<'t> Import<'_, 't> {
    pub(super) fn resource(&mut self, declaration: &'t Declaration) -> Option<String> {
        if let Some(repetition) = declaration.repeated.as_deref() {
            return self.repeated(declaration, repetition);
        }
        let binding = self.binding(declaration);
        let Statement { comments, annotations, own_type, value } = self.conditional(declaration)?;
        let id = id_of(&binding, &declaration.name);
        let annotations: String =
            annotations.into_iter().chain(id).map(|annotation| format!("{annotation}\n")).collect();
        let of_type = if declaration.condition.is_some() { format!("{own_type} ") } else { String::new() };
        Some(format!("{comments}{annotations}{of_type}{binding}: {value}"))
    }

    pub(super) fn conditional(&mut self, declaration: &'t Declaration) -> Option<Statement> {
        match &declaration.condition {
            None => self.unconditional(declaration),
            Some((condition, _)) => {
                let condition = self.condition_named(condition);
                let statement = self.under(&condition, true, |all| all.unconditional(declaration))?;
                let Statement { own_type, value, .. } = &statement;
                Some(Statement {
                    value: format!("if {} then {value} else None", condition.written()),
                    own_type: format!("Optional<{own_type}>"),
                    ..statement
                })
            }
        }
    }

    fn unconditional(&mut self, declaration: &'t Declaration) -> Option<Statement> {
        let template = self.template;
        let above = self.comments.take_above(declaration.name_span.start);
        let wire = library_type(&declaration.wire_type);
        let Some((display, record)) =
            self.resource_schema(declaration).map(|schema| (schema.name, schema.record.clone()))
        else {
            self.diagnostics.push(errors::unknown_type(&declaration.wire_type, declaration.type_span));
            return None;
        };
        let alias = display.as_str().split('.').next().unwrap_or_default().to_string();
        let module = format!("{}.{alias}", wire.split("::").next().unwrap_or("AWS"));
        self.names.reserve_type(&alias);
        self.modules.insert(alias, module);
        let own_type = display.as_str();
        let entries = declaration.properties.as_ref().map_or(&[][..], Node::entries);
        let start = declaration.properties.as_ref().map_or(declaration.span.start, |node| node.span.start);
        let is_custom = wire == "AWS::CloudFormation::CustomResource";
        let fields = match is_custom {
            true => self.custom_fields(entries, &record, &declaration.wire_type),
            false => self.fields(entries, &record, &declaration.wire_type, declaration.name_span.end.min(start)),
        };
        let body = fields.written(!fields.is_empty());
        let mut lines: Vec<String> = above;
        let rest = self.comments.take(declaration.span.start, declaration.span.end);
        lines.extend(rest);
        let mut annotations = self.annotations(declaration);
        for (policy, waiver) in waivers::waivers(template, declaration) {
            let reason = Code::literal(waiver.reason).written();
            let until =
                waiver.until.map_or_else(String::new, |until| format!(", until: {}", Code::literal(until).written()));
            annotations
                .push(format!("@waive {{policy: {}, reason: {reason}{until}}}", Code::literal(policy).written()));
        }
        for entry in &declaration.more {
            if let Some((_, reason)) = LEFT_OUT.iter().find(|(name, _)| **name == *entry.key) {
                self.diagnostics.push(errors::left_out(&entry.key, reason, entry.key_span));
                lines.push(format!("{} of the stack was left out.", entry.key));
            }
        }
        if let Some(metadata) = &declaration.metadata {
            for entry in metadata.entries() {
                // Where a construct stands in somebody's source, and what became of its files.
                let is_of_cdk = entry.key.starts_with("aws:cdk:") || entry.key.starts_with("aws:asset:");
                if !is_of_cdk
                    && !matches!(&*entry.key, "linework" | "guard" | "cfn_nag" | "cfn-nag" | "checkov" | "cfn-lint")
                {
                    let reason = "metadata is read by tools that ask the stack for it, and there is no stack";
                    self.diagnostics.push(errors::left_out(&format!("Metadata.{}", entry.key), reason, entry.key_span));
                    lines.push(format!("Metadata of the stack was left out: {}.", entry.key));
                }
            }
        }
        let comments: String = lines.iter().map(|line| format!("{}\n", format!("# {line}").trim_end())).collect();
        Some(Statement { comments, annotations, own_type: own_type.to_string(), value: format!("{own_type} {body}") })
    }

    /// Whoever made a custom type knows what it takes; the library knows where it is asked.
    fn custom_fields(&mut self, entries: &'t [Entry], record: &lw_check::schema::RecordSchema, owner: &str) -> Entries {
        let (known, other): (Vec<&'t Entry>, Vec<&'t Entry>) =
            entries.iter().partition(|entry| record.by_wire(&entry.key).is_some_and(|field| !field.read_only));
        let mut fields = Entries::new('{', '}');
        for entry in other {
            self.diagnostics.push(errors::unknown_property(&entry.key, owner, entry.key_span));
        }
        for entry in known {
            let Some(field) = record.by_wire(&entry.key) else { continue };
            let sink = super::values::Sink::of(field);
            if let Some(value) = self.value(&entry.value, sink) {
                fields.push(Vec::new(), format!("{}: {}", field.name, value.written()), None);
            }
        }
        if fields.is_empty() {
            let stopped = self.stopped("ServiceToken").written();
            fields.push(Vec::new(), format!("serviceToken: {stopped}"), None);
        }
        fields
    }

    fn annotations(&mut self, declaration: &'t Declaration) -> Vec<String> {
        let mut lifecycle: Vec<String> = Vec::new();
        let replace = declaration.more.iter().find(|entry| &*entry.key == "UpdateReplacePolicy");
        let policies = declaration.deletion_policy.iter().map(|node| ("DeletionPolicy", node));
        let policies: Vec<(&str, &Node)> =
            policies.chain(replace.map(|entry| ("UpdateReplacePolicy", &entry.value))).collect();
        let mut protects = false;
        for (attribute, node) in policies {
            match node.text().map(|text| &**text) {
                Some("Retain" | "RetainExceptOnCreate") => protects = true,
                Some("Delete") => {}
                Some(other) => {
                    protects = true;
                    self.diagnostics.push(errors::other_policy(attribute, other, node.span));
                }
                None => {
                    let reason = "whether a resource is kept is no matter of conditions";
                    self.diagnostics.push(errors::left_out(attribute, reason, node.span));
                }
            }
        }
        if protects {
            lifecycle.push("protect: True".to_string());
        }
        let mut depends_on: Vec<String> = Vec::new();
        for (name, _) in &declaration.depends_on {
            let known = self.template.resource(name).filter(|other| self.resource_schema(other).is_some());
            if let Some(other) = known {
                depends_on.push(self.one_of(name, other));
            }
        }
        if !depends_on.is_empty() {
            lifecycle.push(format!("dependsOn: [{}]", depends_on.join(", ")));
        }
        if lifecycle.is_empty() { Vec::new() } else { vec![format!("@lifecycle {{{}}}", lifecycle.join(", "))] }
    }

    pub(super) fn output(&mut self, entry: &'t Entry) -> Option<String> {
        let value = entry.value.get("Value")?;
        let mut above = self.comments.take_above(entry.key_span.start);
        above.extend(self.comments.take(entry.key_span.start, entry.value.span.end));
        let name = self.names.of_output(&entry.key);
        let condition = entry.value.get("Condition").and_then(Node::text).map(|name| self.condition_named(name));
        let mut code = match &condition {
            None => self.expression(value),
            Some(condition) => self.under(condition, true, |all| all.expression(value)),
        };
        if code.kind() == Kind::Document && matches!(&code, Code::Plain { text, .. } if text == "None") {
            return None;
        }
        if let Some(condition) = condition {
            let text = format!("if {} then Optional({}) else None", condition.written(), code.written());
            code = Code::atom(Kind::Document, text);
        }
        self.exported(entry);
        let mut lines: Vec<String> = above.iter().map(|line| format!("# {line}\n")).collect();
        let description = entry.value.get("Description").and_then(Node::scalar_text);
        lines.extend(description.iter().flat_map(|text| text.lines()).map(|line| format!("## {}\n", line.trim())));
        let id = id_of(&name, &entry.key).map_or_else(String::new, |id| format!("{id}\n"));
        Some(format!("{}{id}output {name}: {}", lines.concat(), code.written()))
    }

    /// What is exported keeps the name that every output is exported under, or is reported.
    fn exported(&mut self, entry: &'t Entry) {
        let Some(export) = entry.value.get("Export").and_then(|export| export.get("Name")) else { return };
        let text = export.only_entry().and_then(|entry| entry.value.scalar_text()).or_else(|| export.scalar_text());
        let usual = format!("${{AWS::StackName}}-{}", entry.key);
        if text.is_none_or(|text| *text != *usual) {
            let reason = format!("an output is exported as `{usual}`");
            self.diagnostics.push(errors::left_out("Export.Name", &reason, export.span));
        }
    }

    /// Sections that no program has.
    pub(super) fn without_form(&mut self) {
        for section in &self.template.left_out {
            let reason = match &*section.0 {
                "Rules" => "write what must hold of parameters as a type with `where`",
                "Hooks" => "a deployment is one change set",
                _ => "macros run in the account that they are installed in",
            };
            self.diagnostics.push(errors::left_out(&section.0, reason, section.1));
        }
    }
}

/// `@id`, where a binding alone would not come back as the name that a stack knows it by.
pub(super) fn id_of(binding: &str, name: &str) -> Option<String> {
    (crate::emit::capital_words(binding) != name).then(|| format!("@id({})", Code::literal(name).written()))
}
