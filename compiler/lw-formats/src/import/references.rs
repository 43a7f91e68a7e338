//! What names of a template stand for: parameters, resources and their attributes, exports of other stacks.

use lw_check::Name;
use lw_check::schema::{FieldSchema, ReferenceKind, ResourceSchema, ValueSchema};
use lw_diagnostics::Span;

use super::code::{Code, Kind};
use super::names::{Space, camel};
use super::resources::Statement;
use super::{Helper, Import, errors};
use crate::reading::library_type;
use crate::template::{Declaration, Repetition};
use crate::tree::Node;

/// What CloudFormation fills in by itself: what the parameter is called, its type, its default, and what it is.
const PSEUDO: &[(&str, &str, &str, Option<&str>, &str)] = &[
    ("AWS::Region", "region", "Region", Some("us-east-1"), "Where it runs."),
    ("AWS::AccountId", "accountId", "String", None, "The number of the account."),
    (
        "AWS::Partition",
        "partition",
        "String",
        Some("aws"),
        "The partition of the region: `aws`, `aws-cn`, `aws-us-gov`.",
    ),
    ("AWS::URLSuffix", "urlSuffix", "String", Some("amazonaws.com"), "The domain of the partition."),
    ("AWS::StackName", "stackName", "String", Some(""), "What names begin with; the stack's name."),
    ("AWS::StackId", "stackId", "String", None, "The ARN of the stack."),
    ("AWS::NotificationARNs", "notificationArns", "List<String>", None, "Topics that hear of the stack."),
];

/// What another stack exports, and where it is used.
pub(super) struct Export {
    binding: String,
    /// Its name, as an expression.
    name: String,
    /// The conditions under which each use matters.
    uses: Vec<Vec<String>>,
}

impl Export {
    /// Nobody asks where every use is under a condition that does not hold: there may be no such stack.
    fn statement(&self) -> String {
        let Export { binding, name, uses } = self;
        let asked = format!("AWS.exported {{name: {name}}}");
        let mut needed: Vec<&Vec<String>> = Vec::new();
        for one in uses {
            let is_within = |other: &Vec<String>| other.iter().all(|condition| one.contains(condition));
            let (wider, is_known) = (
                uses.iter().any(|other| other.len() < one.len() && is_within(other)),
                needed.iter().any(|known| known.len() == one.len() && is_within(known)),
            );
            if !wider && !is_known {
                needed.push(one);
            }
        }
        let is_opposite = |left: &str, right: &str| left.strip_prefix('!') == Some(right);
        let alone = || needed.iter().filter(|one| one.len() == 1).map(|one| one[0].as_str());
        let always = needed.iter().any(|one| one.is_empty())
            || alone().any(|left| alone().any(|right| is_opposite(left, right)));
        if always {
            return format!("lookup String {binding}: {asked}");
        }
        let conditions: Vec<String> = needed.iter().map(|one| one.join(" && ")).collect();
        format!("lookup String {binding}: if {} then {asked} else \"\"", conditions.join(" || "))
    }
}

impl<'t> Import<'_, 't> {
    pub(super) fn resource_schema(&self, declaration: &Declaration) -> Option<&ResourceSchema> {
        let wire = ustr_of(library_type(&declaration.wire_type))?;
        self.surroundings.schema.resources.get(&wire)
    }

    /// What `Ref` gives; `sink` is what the value is for, where it refers to something.
    pub(super) fn reference(&mut self, name: &str, sink: Option<(ReferenceKind, Name)>, span: Span) -> Code {
        let template = self.template;
        if let Some((_, binding)) = self.variables.iter().rev().find(|(known, _)| **known == *name) {
            return Code::atom(Kind::Text, binding.clone());
        }
        if let Some((known, _)) = template.parameters.get_key_value(name) {
            self.read_parameters.insert(known.clone());
            let kind = self.parameter_kinds.get(name).copied().unwrap_or(Kind::Text);
            return Code::atom(kind, self.names.of(Space::Logical, name));
        }
        if let Some((pseudo, .., own_type, _, _)) = pseudo(name) {
            self.pseudo.insert(pseudo);
            let kind = if own_type.starts_with("List") { Kind::Texts } else { Kind::Text };
            return Code::atom(kind, self.pseudo_name(pseudo));
        }
        let Some(declaration) = template.resource(name) else {
            return self.given(name, None, span);
        };
        let Some(schema) = self.resource_schema(declaration) else { return self.given(name, None, span) };
        let Some(field) = schema.referred().cloned() else {
            return self.given(name, None, span);
        };
        let target = self.target(name, declaration);
        if sink.is_some() && sink == field.reference {
            return Code::atom(Kind::Text, target);
        }
        self.own_attribute(&target, &field, declaration)
    }

    /// An attribute that identifies a resource, or that is written.
    fn own_attribute(&mut self, target: &str, field: &FieldSchema, declaration: &Declaration) -> Code {
        let name = field.name;
        let kind = kind_of(&field.value);
        if field.read_only {
            let access = format!("{target}.{name}");
            return match field.optional {
                true => Code::atom(kind, format!("{}({access})", self.helper(Helper::Present))),
                false => Code::atom(kind, access),
            };
        }
        let is_written =
            declaration.properties.as_ref().is_some_and(|properties| properties.get(field.wire.as_str()).is_some());
        if !field.optional {
            return Code::atom(kind, format!("{target}.{name}"));
        }
        if let Some(code) = self.name_in_arn(target, field, declaration) {
            return code;
        }
        match field.reference {
            Some((ReferenceKind::Name, _)) => Code::atom(kind, format!("AWS.name({target})")),
            Some((ReferenceKind::Id, _)) if !is_written => Code::atom(kind, format!("AWS.id({target})")),
            Some((ReferenceKind::Arn, _)) if !is_written => Code::atom(kind, format!("AWS.arn({target})")),
            _ if is_written => Code::atom(kind, format!("{}({target}.{name})", self.helper(Helper::Present))),
            _ => self.given(&declaration.name, Some(field.wire.as_str()), declaration.name_span),
        }
    }

    /// A name that is no identifier, as the last part of the ARN: so it stays a reference, whether it is written or not.
    fn name_in_arn(&self, target: &str, field: &FieldSchema, declaration: &Declaration) -> Option<Code> {
        let arn = match (&*declaration.wire_type, field.wire.as_str()) {
            ("AWS::SNS::Topic", "TopicName") => "topicArn",
            ("AWS::SQS::Queue", "QueueName") => "arn",
            _ => return None,
        };
        Some(Code::atom(Kind::Text, format!("List.elementAt(5, String.split(\":\", {target}.{arn}))")))
    }

    /// A resource by its name; one that a condition may leave out, as if it did not.
    pub(super) fn target(&mut self, name: &str, declaration: &Declaration) -> String {
        let name = self.one_of(name, declaration);
        match declaration.condition {
            Some(_) => format!("{}({name})", self.helper(Helper::Present)),
            None => name,
        }
    }

    /// The binding of a resource; where a loop makes it, the entry that has its name.
    pub(super) fn one_of(&mut self, name: &str, declaration: &Declaration) -> String {
        let binding = self.binding(declaration);
        let Some(repetition) = &declaration.repeated else { return binding };
        let key = match self.template.repeated.get(name) {
            Some(value) => Code::literal(&**value),
            None => self.reference(&repetition.variable, None, declaration.name_span),
        };
        format!("Dictionary.find({}, {binding})", key.written())
    }

    pub(super) fn binding(&mut self, declaration: &Declaration) -> String {
        match &declaration.repeated {
            Some(repetition) if repetition.is_alone => self.names.called(&declaration.name, &repetition.name),
            Some(repetition) => {
                let plain = declaration.name.replace(&format!("${{{}}}", repetition.variable), "");
                self.names.called(&declaration.name, &plain)
            }
            None => self.names.of(Space::Logical, &declaration.name),
        }
    }

    /// What is said once for all that a loop makes: a dictionary by the variable's values.
    pub(super) fn repeated(&mut self, declaration: &'t Declaration, repetition: &'t Repetition) -> Option<String> {
        let variable = self.names.called(&format!("{}/{}", repetition.name, repetition.variable), &repetition.variable);
        let collection = self.texts(&repetition.collection).written();
        self.variables.push((repetition.variable.clone(), variable.clone()));
        let id = self.stored_text(&declaration.name).written();
        let one = self.conditional(declaration);
        self.variables.pop();
        let Statement { comments, annotations, own_type, value } = one?;
        let binding = self.binding(declaration);
        let annotations: String = annotations.iter().map(|annotation| format!("{annotation} ")).collect();
        Some(format!(
            "{comments}Dictionary<{own_type}> {binding}: {{\n  ({variable}): @id({id}) {annotations}{value} for {variable} in {collection}\n}}"
        ))
    }

    /// What `Fn::GetAtt` gives, with whether it is a reference of the kind that is wanted.
    pub(super) fn attribute(
        &mut self,
        name: &str,
        attribute: &str,
        sink: Option<(ReferenceKind, Name)>,
        span: Span,
    ) -> (Code, bool) {
        let template = self.template;
        let Some(declaration) = template.resource(name) else {
            return (self.given(name, Some(attribute), span), false);
        };
        let wire_type = &*declaration.wire_type;
        if wire_type.starts_with("Custom::")
            || matches!(wire_type, "AWS::CloudFormation::Stack" | "AWS::CloudFormation::CustomResource")
        {
            return (self.given(name, Some(attribute), span), false);
        }
        let Some(schema) = self.resource_schema(declaration) else {
            return (self.given(name, Some(attribute), span), false);
        };
        let mut steps = attribute.split('.');
        let Some(first) = steps.next().and_then(|step| schema.record.by_wire(step)).cloned() else {
            return (self.given(name, Some(attribute), span), false);
        };
        let mut way: Vec<FieldSchema> = Vec::new();
        for step in steps {
            let last = way.last().unwrap_or(&first);
            let ValueSchema::Record(number) = last.value else {
                return (self.given(name, Some(attribute), span), false);
            };
            let Some(field) = self.surroundings.schema.records[number as usize].by_wire(step).cloned() else {
                return (self.given(name, Some(attribute), span), false);
            };
            way.push(field);
        }
        let target = self.target(name, declaration);
        if way.is_empty() {
            let is_wanted = sink.is_some() && sink == first.reference && first.read_only && !first.optional;
            return (self.own_attribute(&target, &first, declaration), is_wanted);
        }
        let mut code = self.own_attribute(&target, &first, declaration).written();
        for field in &way {
            code = format!("{code}.{}", field.name);
            if field.optional {
                code = format!("{}({code})", self.helper(Helper::Present));
            }
        }
        (Code::atom(way.last().map_or(Kind::Document, |field| kind_of(&field.value)), code), false)
    }

    /// What nobody here knows: something that a custom resource, a nested stack or a macro gives. A parameter.
    pub(super) fn given(&mut self, name: &str, attribute: Option<&str>, span: Span) -> Code {
        let whole = attribute.map_or_else(|| name.to_string(), |attribute| format!("{name}.{attribute}"));
        let binding = self.names.of(Space::Given, &whole);
        if !self.gathered.iter().any(|(known, _)| *known == binding) {
            self.diagnostics.push(errors::became_parameter(&whole, &binding, span));
        }
        let text = format!("## What the stack has as `{whole}`.\nparameter String {binding}");
        self.gather(&binding, || text);
        Code::atom(Kind::Text, binding)
    }

    /// What another stack exports under a name.
    pub(super) fn export(&mut self, name: Code) -> Code {
        // Named after what is written: `${Parent}-VPC` is `parentVPC`.
        let label: String = match &name {
            Code::Text(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    super::code::Piece::Text(text) | super::code::Piece::Code(text) => capital(text),
                })
                .collect(),
            code => capital(&code.written()),
        };
        let binding = self.names.of(Space::Export, &camel(&uncapital(&label)));
        let under = self.under.clone();
        match self.exports.iter_mut().find(|export| export.binding == binding) {
            Some(known) => known.uses.push(under),
            None => {
                self.exports.push(Export { binding: binding.clone(), name: name.written(), uses: vec![under] });
            }
        }
        Code::atom(Kind::Text, binding)
    }

    /// Does something that matters only where a condition holds, or only where it does not.
    pub(super) fn under<T>(&mut self, condition: &Code, holds: bool, work: impl FnOnce(&mut Self) -> T) -> T {
        let condition = if holds { condition.clone() } else { condition.clone().negated() };
        self.under.push(condition.operand());
        let done = work(self);
        self.under.pop();
        done
    }

    pub(super) fn export_lookups(&self) -> Vec<String> {
        self.exports.iter().map(Export::statement).collect()
    }

    /// The zones of a region.
    pub(super) fn zones(&mut self, region: Option<Code>) -> Code {
        let (binding, region) = match region {
            Some(region) if region.written() != self.pseudo_name("AWS::Region") => {
                (self.names.of(Space::Given, &format!("zones-{}", region.written())), region.written())
            }
            _ => {
                self.pseudo.insert("AWS::Region");
                (self.names.of(Space::Given, "zones"), self.pseudo_name("AWS::Region"))
            }
        };
        self.gather(&binding, || format!("lookup List<String> {binding}: AWS.zones {{region: {region}}}"));
        Code::atom(Kind::Texts, binding)
    }

    fn pseudo_name(&mut self, wire: &str) -> String {
        match pseudo(wire) {
            Some((_, name, ..)) if !self.names.is_taken_by_another(Space::Logical, wire, name) => {
                self.names.named(Space::Logical, wire, name)
            }
            _ => self.names.of(Space::Logical, wire),
        }
    }

    pub(super) fn pseudo_parameters(&mut self) -> Vec<String> {
        let used: Vec<_> = PSEUDO.iter().filter(|(wire, ..)| self.pseudo.contains(wire)).collect();
        used.into_iter()
            .map(|(wire, _, own_type, default, what)| {
                let name = self.pseudo_name(wire);
                let default = match (*wire, default) {
                    ("AWS::StackName", _) => Some(self.surroundings.name),
                    (_, default) => *default,
                };
                let default = default.map_or(String::new(), |text| format!(": {}", Code::literal(text).written()));
                format!("## {what}\nparameter {own_type} {name}{default}")
            })
            .collect()
    }
}

fn pseudo(wire: &str) -> Option<(&'static str, &'static str, &'static str, Option<&'static str>, &'static str)> {
    PSEUDO.iter().find(|(known, ..)| *known == wire).copied()
}

fn ustr_of(text: &str) -> Option<Name> {
    lw_check::Name::existing(text)
}

/// What a value of that schema is as an expression.
pub(super) fn kind_of(schema: &ValueSchema) -> Kind {
    match schema {
        ValueSchema::Int => Kind::Int,
        ValueSchema::Float => Kind::Float,
        ValueSchema::Bool => Kind::Bool,
        ValueSchema::String | ValueSchema::Reference | ValueSchema::OneOf { .. } => Kind::Text,
        ValueSchema::Refined { base, .. } => kind_of(base),
        ValueSchema::List(inner) if kind_of(inner) == Kind::Text => Kind::Texts,
        _ => Kind::Document,
    }
}

/// The argument of `Ref`, or the resource of `Fn::GetAtt`.
pub(super) fn attribute_parts(argument: &Node) -> Option<(String, Vec<&Node>)> {
    match argument.items() {
        [name, rest @ ..] if !rest.is_empty() => Some((name.text()?.to_string(), rest.iter().collect())),
        _ => None,
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn uncapital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}
