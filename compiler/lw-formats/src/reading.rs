//! A template as resources of the library's types: what a program that says the same would evaluate to.
//!
//! The one idea: a property is read by the schema of its type. Functions are resolved first, one level at a time; what they leave is
//! literal, or a value that is known only later, or both worlds of a condition.

use std::rc::Rc;
use std::sync::Arc;

use lw_check::Name;
use lw_check::schema::{ResourceSchema, Schema};
use lw_core::{Cause, ConditionId, Conditions, Later, NameId, OriginId, Record, ResourceId, Term, Value};
use lw_diagnostics::Diagnostic;
use rustc_hash::FxHashMap;

use crate::conditions::{Decided, Decision, Subject};
use crate::cycles;
use crate::errors;
use crate::settings::Settings;
use crate::template::{Declaration, Template};

/// What reading needs to know besides the template.
#[derive(Clone, Copy)]
pub struct Surroundings<'s> {
    pub schema: &'s Schema,
    /// Names of fields by their text, as the lowered program numbers them.
    pub names: &'s FxHashMap<Arc<str>, NameId>,
    pub settings: &'s Settings,
    /// All wire types that there are.
    pub wire_types: &'s dyn Fn() -> Vec<&'static str>,
}

/// One resource of a template whose type the library knows.
#[derive(Debug)]
pub struct ReadResource {
    /// Its number in [`Template::resources`].
    pub declaration: usize,
    pub resource_type: lw_core::ResourceTypeId,
    pub properties: Record,
    /// What is written although the type has no such property, by wire name.
    pub undeclared: Vec<(Arc<str>, Value)>,
    /// Under which it exists.
    pub condition: Option<ConditionId>,
}

/// The properties of one resource.
pub(crate) struct Properties {
    pub written: Record,
    pub undeclared: Vec<(Arc<str>, Value)>,
}

/// What reading gives.
#[derive(Debug, Default)]
pub struct Resources {
    /// Their place here is the [`ResourceId`] that references among them use.
    pub resources: Vec<ReadResource>,
    /// What is left open by parameters without values.
    pub conditions: Conditions,
}

pub(crate) struct Reading<'s, 't> {
    pub surroundings: Surroundings<'s>,
    pub template: &'t Template,
    pub diagnostics: &'s mut Vec<Diagnostic>,
    /// By declaration: what it is known as, if its type is known and it exists.
    pub ids: Vec<Option<ResourceId>>,
    /// Conditions that have been decided, by name; `None` while one is looked at.
    pub decided: Decided,
    /// Conditions that are being looked at, outermost first.
    pub deciding: Vec<Arc<str>>,
    pub conditions: Conditions,
    pub subjects: Vec<Subject>,
    pub subject_numbers: FxHashMap<Arc<str>, usize>,
    /// What is being read does not exist, whatever the conditions turn out to be: values that only parameters give are no mistakes.
    pub absent: bool,
}

/// Reads every resource of a template; what does not fit its schema is reported.
pub fn read_resources(
    template: &Template,
    surroundings: Surroundings<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resources {
    let mut reading = Reading {
        surroundings,
        template,
        diagnostics,
        ids: vec![None; template.resources.len()],
        decided: FxHashMap::default(),
        deciding: Vec::new(),
        conditions: Conditions::default(),
        subjects: Vec::new(),
        subject_numbers: FxHashMap::default(),
        absent: false,
    };
    reading.read_conditions();
    let mut existing = Vec::new();
    let mut next = 0;
    for (number, declaration) in template.resources.iter().enumerate() {
        let schema = reading.schema_of(declaration);
        let condition = match &declaration.condition {
            Some((name, span)) => reading.named_condition(name, *span),
            None => Decision::Known(true),
        };
        if let Some(schema) = schema {
            if condition.may_hold() {
                reading.ids[number] = Some(ResourceId(next));
                next += 1;
            }
            existing.push((number, schema, condition));
        }
    }
    reading.check_dependencies();
    let mut resources = Resources::default();
    for (number, schema, decision) in existing {
        // What the conditions leave out is held against its schema all the same.
        reading.absent = !decision.may_hold();
        let before = reading.diagnostics.len();
        let Properties { written, undeclared } = reading.properties(&template.resources[number], schema);
        if template.is_plan {
            let address = &template.resources[number].name;
            reading.diagnostics[before..].iter_mut().for_each(|found| errors::does_not_fit(found, address));
        }
        let condition = match decision {
            Decision::Known(false) => continue,
            Decision::Known(true) => None,
            Decision::Open(condition) => Some(condition),
        };
        let resource_type = lw_core::ResourceTypeId(schema.id.0);
        resources.resources.push(ReadResource {
            declaration: number,
            resource_type,
            properties: written,
            undeclared,
            condition,
        });
    }
    resources.conditions = reading.conditions;
    // Terraform has found the circles of a plan.
    if !template.is_plan {
        cycles::report(template, &resources, &reading.ids, reading.diagnostics);
    }
    resources
}

impl<'s, 't> Reading<'s, 't> {
    /// The schema of a resource's type; a type that nobody knows is reported.
    fn schema_of(&mut self, declaration: &Declaration) -> Option<&'s ResourceSchema> {
        let wire = &*declaration.wire_type;
        let found = Name::existing(library_type(wire)).and_then(|wire| self.surroundings.schema.resources.get(&wire));
        if found.is_none() && wire.starts_with("AWS::") {
            let known = (self.surroundings.wire_types)();
            self.diagnostics.push(errors::unknown_type(wire, declaration.type_span, known.into_iter()));
        }
        found
    }

    fn check_dependencies(&mut self) {
        for declaration in &self.template.resources {
            for (name, span) in &declaration.depends_on {
                if self.template.resource(name).is_none() {
                    let known = self.template.resources.iter().map(|resource| &*resource.name);
                    self.diagnostics.push(errors::unknown_reference("resource", name, *span, known));
                }
            }
        }
    }

    pub fn name(&self, name: &str) -> Option<NameId> {
        self.surroundings.names.get(name).copied()
    }

    /// The schema of a resource, by its name in the template.
    pub fn resource_schema(&self, name: &str) -> Option<&'s ResourceSchema> {
        let declaration = self.template.resource(name)?;
        let wire = Name::existing(library_type(&declaration.wire_type))?;
        self.surroundings.schema.resources.get(&wire)
    }

    pub fn id(&self, name: &str) -> Option<ResourceId> {
        self.ids[*self.template.resource_numbers.get(name)?]
    }
}

/// The type under which the library has a type of a template: custom ones are all of one.
pub fn library_type(wire: &str) -> &str {
    if wire.starts_with("Custom::") { "AWS::CloudFormation::CustomResource" } else { wire }
}

/// A value that nobody can tell from the template alone.
pub(crate) fn unknown(what: impl Into<Arc<str>>) -> Value {
    Value::Undecided(Rc::new(Cause::Unknown(what.into())))
}

pub(crate) fn later(term: Term) -> Value {
    Value::Later(Rc::new(Later { term, origin: OriginId::NONE }))
}
