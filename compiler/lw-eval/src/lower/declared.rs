//! Declarations: globals, constructors, types.

use std::sync::Arc;

use lw_check::Name;
use lw_check::typed::{self, ExprKind, GlobalKind};
use lw_core as core;

use super::body::BodyLowering;
use super::{Alias, Lowering};

fn text(name: Name) -> Arc<str> {
    Arc::from(name.as_str())
}

impl<'t> Lowering<'t> {
    /// What has to be known before bodies are lowered.
    pub(super) fn declare(&mut self) {
        let program = self.program;
        self.out.core.constructors = program
            .constructors
            .iter()
            .map(|constructor| core::Constructor {
                name: text(constructor.name),
                type_name: text(constructor.type_name),
                payload: constructor.payload,
            })
            .collect();
        self.out.core.refinements = program.refinements.iter().map(refinement).collect();
        for resource_type in &program.resource_types {
            let lowered = self.resource_type(resource_type);
            self.out.core.resource_types.push(lowered);
        }
        for record in &program.wire_records {
            let lowered = self.wire_record(record);
            self.out.core.wire_records.push(lowered);
        }
        for (at, global) in program.globals.iter().enumerate() {
            let function = match &global.kind {
                GlobalKind::Function(header, body) => {
                    if let Some(alias) = alias(header, body) {
                        self.aliases.insert(typed::GlobalId(at as u32), alias);
                    }
                    let name = self.name(global.name);
                    let code = core::Code { frame: 0, body: core::NodeId(0), name };
                    let parameters = core::Parameters::Positional(0, Vec::new());
                    self.out.core.functions.push(core::Function { parameters, code });
                    Some(core::FunctionId(self.out.core.functions.len() as u32 - 1))
                }
                _ => None,
            };
            self.functions.push(function);
        }
    }

    pub(super) fn global(&mut self, at: usize, global: &'t typed::Global) -> core::Global {
        let name = self.name(global.name);
        match &global.kind {
            GlobalKind::Value(body) => core::Global::Value(BodyLowering::of(self, body).value(name)),
            GlobalKind::Function(header, body) => {
                let Some(id) = self.functions[at] else { return core::Global::Error };
                let function = BodyLowering::of(self, body).function(header, name);
                self.out.core.functions[id.index()] = function;
                match self.aliases.get(&typed::GlobalId(at as u32)) {
                    Some(Alias { primitive, fields: None }) => core::Global::Primitive(*primitive),
                    _ => core::Global::Function(id),
                }
            }
            GlobalKind::Parameter { input, refinement, default } => {
                let input = self.input_type(input);
                let default = default.as_ref().map(|body| BodyLowering::of(self, body).value(name));
                let body = self.node(core::Node::Error, global.span);
                core::Global::Parameter {
                    name: text(global.name),
                    input,
                    refinement: refinement.map(|id| core::RefinementId(id.0)),
                    default,
                    code: core::Code { frame: 0, body, name },
                }
            }
            GlobalKind::Lookup { input, refinement, query } => core::Global::Lookup {
                name: text(global.name),
                input: self.input_type(input),
                refinement: refinement.map(|id| core::RefinementId(id.0)),
                code: BodyLowering::of(self, query).value(name),
            },
            GlobalKind::Error => core::Global::Error,
        }
    }

    fn input_type(&mut self, input: &typed::InputType) -> core::InputType {
        match input {
            typed::InputType::Int => core::InputType::Int,
            typed::InputType::Float => core::InputType::Float,
            typed::InputType::Bool => core::InputType::Bool,
            typed::InputType::String => core::InputType::String,
            typed::InputType::Duration => core::InputType::Duration,
            typed::InputType::Size => core::InputType::Size,
            typed::InputType::Union(texts) => {
                core::InputType::Union(texts.iter().map(|text| Arc::from(&**text)).collect())
            }
            typed::InputType::Optional(inner) => core::InputType::Optional(Box::new(self.input_type(inner))),
            typed::InputType::List(inner) => core::InputType::List(Box::new(self.input_type(inner))),
            typed::InputType::Dictionary(inner) => core::InputType::Dictionary(Box::new(self.input_type(inner))),
            typed::InputType::Record(fields) => core::InputType::Record(
                fields.iter().map(|(name, inner)| (self.name(*name), self.input_type(inner))).collect(),
            ),
            typed::InputType::Unsupported => core::InputType::Unsupported,
        }
    }

    fn resource_type(&mut self, declared: &typed::ResourceType) -> core::ResourceType {
        let mut properties: Vec<core::Property> = declared
            .properties
            .iter()
            .map(|property| core::Property {
                name: self.name(property.name),
                wire: text(property.wire),
                access: match property.access {
                    typed::Access::Required => core::Access::Required,
                    typed::Access::Optional => core::Access::Optional,
                    typed::Access::ReadOnly => core::Access::ReadOnly,
                },
                create_only: property.create_only,
                write_only: property.write_only,
                shape: wire_shape(&property.shape),
                site: property.site.map(text),
            })
            .collect();
        properties.sort_by_key(|property| property.name);
        core::ResourceType {
            name: text(declared.name),
            wire: text(declared.wire),
            identifier: declared.identifier.iter().map(|name| self.name(*name)).collect(),
            properties,
            tags: declared.tags.map(|name| self.name(name)),
        }
    }

    fn wire_record(&mut self, declared: &typed::WireRecord) -> core::WireRecord {
        let mut fields: Vec<core::WireField> = declared
            .fields
            .iter()
            .map(|field| core::WireField {
                name: self.name(field.name),
                wire: text(field.wire),
                shape: wire_shape(&field.shape),
                optional: field.optional,
                site: field.site.map(text),
            })
            .collect();
        fields.sort_by_key(|field| field.name);
        core::WireRecord { name: text(declared.name), fields }
    }
}

fn refinement(declared: &typed::Refinement) -> core::Refinement {
    let rule = match &declared.rule {
        typed::RefinementRule::Predicate { function, text } => {
            core::RefinementRule::Predicate { function: core::GlobalId(function.0), text: text.clone() }
        }
        typed::RefinementRule::Union(texts) => core::RefinementRule::Union(texts.clone()),
        typed::RefinementRule::UnionIgnoringCase(texts) => core::RefinementRule::UnionIgnoringCase(texts.clone()),
    };
    core::Refinement { name: text(declared.name), rule }
}

fn wire_shape(shape: &typed::WireShape) -> core::WireShape {
    match shape {
        typed::WireShape::Value => core::WireShape::Value,
        typed::WireShape::List(inner) => core::WireShape::List(Box::new(wire_shape(inner))),
        typed::WireShape::Dictionary(inner) => core::WireShape::Dictionary(Box::new(wire_shape(inner))),
        typed::WireShape::Record(id) => core::WireShape::Record(core::WireRecordId(id.0)),
        typed::WireShape::Json => core::WireShape::Json,
        typed::WireShape::PolicyDocument => core::WireShape::PolicyDocument,
    }
}

/// A function that only hands its parameters on, in order, to a primitive.
fn alias(header: &typed::Function, body: &typed::Body) -> Option<Alias> {
    let ExprKind::Call(callee, arguments) = &body[body.root].kind else { return None };
    let ExprKind::Primitive(name) = &body[*callee].kind else { return None };
    let primitive = core::primitive(name.as_str())?;
    let locals: Vec<typed::LocalId> = match header {
        typed::Function::Positional(patterns) => patterns
            .iter()
            .map(|pattern| match pattern {
                typed::Pattern::Bind(local) => Some(*local),
                _ => None,
            })
            .collect::<Option<_>>()?,
        typed::Function::Record(fields) => fields.iter().map(|(_, local)| *local).collect(),
    };
    let in_order = primitive.arity() == arguments.len()
        && locals.len() == arguments.len()
        && locals
            .iter()
            .zip(arguments)
            .all(|(local, argument)| matches!(&body[*argument].kind, ExprKind::Local(found) if found == local));
    let fields = match header {
        typed::Function::Positional(_) => None,
        typed::Function::Record(fields) => Some(fields.iter().map(|(name, _)| *name).collect()),
    };
    in_order.then_some(Alias { primitive, fields })
}
