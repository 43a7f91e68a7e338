//! What the files on the command line declare: bindings, outputs, tests, policies, defaults; and the library's wire forms that
//! evaluation will need.

use std::rc::Rc;

use lw_syntax::Name;
use lw_syntax::ast::{self, StatementKind};
use rustc_hash::FxHashSet;

use crate::checker::{Checker, ValueId, ValuePart};
use crate::declare::{key_name, text_of};
use crate::declared::{DeclaredKind, Field, RecordType};
use crate::errors;
use crate::module::{ModuleId, name_range};
use crate::typed::{
    Access, Defaults, GlobalId, Output, Property, RefinementId, Root, Selector, Test, WireField, WireRecord,
    WireRecordId, WireShape,
};
use crate::types::{Builtin, Ty, Type};

impl Checker<'_> {
    /// Checks every statement of a module that was given as a file or imported from the project.
    pub fn check_whole(&mut self, id: ModuleId) {
        // Also where none is used: two of one name are reported.
        self.know_constructors(id);
        for slot in 0..self.module(id).slots.len() as u32 {
            let statement = self.statement(id, slot);
            let keyword = self.module(id).slots[slot as usize].keyword;
            match &statement.kind {
                StatementKind::Type(_) | StatementKind::Resource(_) => {
                    let declared = match self.module(id).declared_ids.get(&slot) {
                        Some(declared) => *declared,
                        None => self.declare(id, slot),
                    };
                    self.kind(declared);
                }
                StatementKind::Function(_)
                | StatementKind::Binding(_)
                | StatementKind::Parameter { .. }
                | StatementKind::Lookup { .. }
                | StatementKind::Operator(_)
                | StatementKind::Output { .. }
                | StatementKind::Test { .. }
                | StatementKind::Validate(_) => {
                    let range = name_range(&statement);
                    let text = &self.module(id).text;
                    let (start, end) = (statement.start + range.start, statement.start + range.end);
                    let name = Name::from(text.get(start as usize..end as usize).unwrap_or_default());
                    let value = self.value_of_slot(id, slot, name);
                    self.scheme_of(value);
                    if matches!(statement.kind, StatementKind::Function(_)) {
                        self.unannotated(id, &statement, value);
                    }
                }
                StatementKind::Defaults(entries) => {
                    for at in 0..entries.len() as u32 {
                        self.default_value(id, slot, at);
                    }
                }
                _ => {}
            }
            if !self.module(id).library && !matches!(statement.kind, StatementKind::Binding(_)) {
                self.known_annotations(self.module(id).file, &statement);
            }
            let wrong_place = matches!(keyword, "parameter" | "lookup" | "defaults" | "output");
            if wrong_place && !self.module(id).composition && !self.module(id).library {
                let place = statement.span(self.module(id).file, name_range(&statement));
                self.diagnostics.push(errors::modules::only_in_composition(keyword, place));
            }
        }
        self.finish_waiting();
    }

    fn default_value(&mut self, id: ModuleId, slot: u32, at: u32) -> ValueId {
        let statement = self.statement(id, slot);
        let name = match &statement.kind {
            StatementKind::Defaults(entries) => key_name(&statement.tree, &entries[at as usize]),
            _ => None,
        };
        let name = Name::from(name.as_deref().unwrap_or_default());
        let known = self
            .values
            .iter()
            .position(|value| value.module == id && value.slot == slot && value.part == ValuePart::Default(at));
        let value = match known {
            Some(known) => ValueId(known as u32),
            None => self.add_value(id, slot, ValuePart::Default(at), name),
        };
        self.scheme_of(value);
        value
    }

    /// An exported function of a library whose result nobody wrote down.
    pub fn unannotated(&mut self, id: ModuleId, statement: &ast::Statement, value: ValueId) {
        let StatementKind::Function(function) = &statement.kind else { return };
        let module = self.module(id);
        if function.result.is_some() || module.composition || module.library {
            return;
        }
        let exported = module.exports.as_ref().is_none_or(|exports| exports.values.contains(&function.name.name));
        let Type::Function(_, result) = self.types.get(self.value(value).scheme.ty).clone() else { return };
        if !exported || self.types.is_error(result) {
            return;
        }
        let file = self.module(id).file;
        let after = statement.span(file, function.parameters.range);
        let shown = self.show(result);
        let place = statement.span(file, function.name.range);
        self.diagnostics.push(errors::types::result_not_written(function.name.name, &shown, place, after));
    }

    /// The root of a file that was given.
    pub fn root(&mut self, id: ModuleId) -> Root {
        let file = self.module(id).file;
        let composition = self.module(id).composition;
        let mut root = Root {
            file,
            composition,
            bindings: Vec::new(),
            defaults: None,
            outputs: Vec::new(),
            parameter_ids: Vec::new(),
            tests: Vec::new(),
            policies: Vec::new(),
        };
        for slot in 0..self.module(id).slots.len() as u32 {
            let statement = self.statement(id, slot);
            let value = self.module(id).value_ids.get(&slot).copied();
            let span = statement.span(file, name_range(&statement));
            match (&statement.kind, value) {
                (StatementKind::Binding(binding), Some(value)) if binding.old_parameters.is_none() => {
                    root.bindings.push(GlobalId(value.0));
                }
                (StatementKind::Parameter { .. } | StatementKind::Lookup { .. }, Some(value)) => {
                    if let (StatementKind::Parameter { name, .. }, Some(id)) = (&statement.kind, id_of(&statement)) {
                        root.parameter_ids.push((name.name, id));
                    }
                    root.bindings.push(GlobalId(value.0));
                }
                (StatementKind::Output { name, .. }, Some(value)) => {
                    if let Some(earlier) = root.outputs.iter().find(|output| output.name == name.name) {
                        self.diagnostics.push(errors::names::duplicate(name.name, span, Some(earlier.span)));
                    }
                    root.outputs.push(Output {
                        name: name.name,
                        id: id_of(&statement),
                        value: GlobalId(value.0),
                        span,
                    });
                }
                (StatementKind::Test { name, .. }, Some(value)) => {
                    root.tests.push(Test { name: name.clone(), value: GlobalId(value.0), span });
                }
                (StatementKind::Defaults(entries), _) => {
                    let mut defaults = Defaults::default();
                    for (at, entry) in entries.iter().enumerate() {
                        let value = GlobalId(self.default_value(id, slot, at as u32).0);
                        match key_name(&statement.tree, entry).as_deref() {
                            Some("provider") => defaults.provider = Some(value),
                            Some("lifecycle") => defaults.lifecycle = Some(value),
                            Some("tags") => defaults.tags = Some(value),
                            _ => {}
                        }
                    }
                    if root.defaults.is_some() {
                        self.diagnostics.push(errors::names::duplicate(Name::from("defaults"), span, None));
                    }
                    root.defaults = Some(defaults);
                }
                _ => {}
            }
        }
        root.policies = self.policies_in_force(id);
        root
    }

    /// Which values a policy's argument selects.
    pub fn selector(&mut self, ty: Ty) -> Selector {
        match self.types.get(ty).clone() {
            Type::Builtin(Builtin::List, arguments) => Selector::All(Box::new(self.selector(arguments[0]))),
            Type::Builtin(Builtin::Graph, _) => Selector::Graph,
            Type::Record(fields, Some(_)) => Selector::ResourcesWith(fields.iter().map(|(name, _)| *name).collect()),
            Type::Declared(declared, _) => {
                let display = self.declared[declared.0 as usize].display;
                match self.kind(declared) {
                    DeclaredKind::Resource(resource) => Selector::Resource(resource.id),
                    DeclaredKind::Record(record) => Selector::Record(self.wire_record(display, &record)),
                    DeclaredKind::Refinement(_) => Selector::Site(display),
                    _ => Selector::Nothing,
                }
            }
            _ => Selector::Nothing,
        }
    }

    /// Fills in the properties of the resource types that the program uses.
    pub fn finish_resources(&mut self) {
        let mut at = 0;
        // Wire forms may elaborate further types, but no further resource types are written.
        while at < self.resources.len() {
            let resource = self.resources[at].clone();
            let written = self.written.get(&resource.id).cloned();
            let mut properties = Vec::with_capacity(resource.record.fields.len());
            for field in &resource.record.fields {
                // What is read of an attribute that is a record needs its shape too: `database.endpoint.address`.
                let needed = match &written {
                    _ if field.read_only => true,
                    Some(Some(names)) => names.contains(&field.name),
                    Some(None) => true,
                    None => false,
                };
                let wire = if needed { self.wire_form(field.ty) } else { WireForm::of(WireShape::Value) };
                properties.push(property(field, wire));
            }
            properties.sort_by(|left, right| left.name.as_str().cmp(right.name.as_str()));
            self.program.resource_types[resource.id.0 as usize].properties = properties;
            at += 1;
        }
    }

    /// How values of a type are written on the wire, and what narrows them.
    fn wire_form(&mut self, ty: Ty) -> WireForm {
        match self.types.get(ty).clone() {
            Type::Builtin(Builtin::Optional | Builtin::Secret, arguments) => self.wire_form(arguments[0]),
            Type::Builtin(Builtin::List, arguments) => {
                let form = self.wire_form(arguments[0]);
                WireForm { shape: WireShape::List(Box::new(form.shape)), ..form }
            }
            Type::Builtin(Builtin::Dictionary, arguments) => {
                let form = self.wire_form(arguments[0]);
                WireForm { shape: WireShape::Dictionary(Box::new(form.shape)), ..form }
            }
            Type::Builtin(Builtin::Json | Builtin::Anything, _) => WireForm::of(WireShape::Json),
            Type::Builtin(Builtin::PolicyDocument, _) => WireForm::of(WireShape::PolicyDocument),
            Type::Declared(declared, _) => {
                let display = self.declared[declared.0 as usize].display;
                match self.kind(declared) {
                    DeclaredKind::Record(record) => WireForm::of(WireShape::Record(self.wire_record(display, &record))),
                    DeclaredKind::Refinement(refinement) => {
                        let inner = self.wire_form(refinement.base);
                        let named = !display.as_str().starts_with('"');
                        let site = if named { Some(display) } else { inner.site };
                        WireForm { shape: inner.shape, site, refinement: Some(refinement.id) }
                    }
                    DeclaredKind::Alias(target) => self.wire_form(target),
                    _ => WireForm::of(WireShape::Value),
                }
            }
            _ => WireForm::of(WireShape::Value),
        }
    }

    fn wire_record(&mut self, name: Name, record: &Rc<RecordType>) -> WireRecordId {
        if let Some(known) = record.wire.get() {
            return known;
        }
        let id = WireRecordId(self.program.wire_records.len() as u32);
        // Known before its fields are: a record may contain itself.
        record.wire.set(Some(id));
        self.program.wire_records.push(WireRecord { name, fields: Vec::new(), presence: record.presence.clone() });
        let mut fields = Vec::with_capacity(record.fields.len());
        for field in &record.fields {
            let form = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.wire_form(field.ty));
            fields.push(WireField {
                name: field.name,
                wire: field.wire,
                shape: form.shape,
                optional: field.optional,
                constraints: field.constraints.clone(),
                refinement: form.refinement,
                takes_secrets: field.takes_secrets(),
                site: form.site,
            });
        }
        self.program.wire_records[id.0 as usize].fields = fields;
        id
    }

    /// Every import that leads back to a module on the way to it, reported once.
    pub fn report_cycles(&mut self) {
        let mut imports: Vec<Vec<(ModuleId, lw_diagnostics::Span)>> = vec![Vec::new(); self.modules.len()];
        for (from, to, place) in &self.import_places {
            imports[from.0 as usize].push((*to, *place));
        }
        let mut met: FxHashSet<ModuleId> = FxHashSet::default();
        for start in (0..self.modules.len() as u32).map(ModuleId) {
            if !met.insert(start) {
                continue;
            }
            // The way from `start`: each module with how many of its imports have been followed.
            let mut way: Vec<(ModuleId, usize)> = vec![(start, 0)];
            while let Some((module, next)) = way.last_mut() {
                let Some((target, place)) = imports[module.0 as usize].get(*next).copied() else {
                    way.pop();
                    continue;
                };
                *next += 1;
                if let Some(at) = way.iter().position(|(module, _)| *module == target) {
                    let circle = way[at..].iter().map(|(module, _)| *module).chain([target]);
                    let names: Vec<Name> = circle.map(|module| self.module(module).name).collect();
                    self.diagnostics.push(errors::modules::import_cycle(&names, place));
                } else if met.insert(target) {
                    way.push((target, 0));
                }
            }
        }
    }
}

/// What a type is to evaluation.
struct WireForm {
    shape: WireShape,
    /// The declared name that a policy could select values by.
    site: Option<Name>,
    /// What narrows the scalars in it.
    refinement: Option<RefinementId>,
}

impl WireForm {
    fn of(shape: WireShape) -> WireForm {
        WireForm { shape, site: None, refinement: None }
    }
}

fn property(field: &Field, form: WireForm) -> Property {
    Property {
        name: field.name,
        wire: field.wire,
        access: match (field.read_only, field.optional) {
            (true, _) => Access::ReadOnly,
            (false, true) => Access::Optional,
            (false, false) => Access::Required,
        },
        create_only: field.create_only,
        write_only: field.write_only,
        shape: form.shape,
        constraints: field.constraints.clone(),
        refinement: form.refinement,
        takes_secrets: field.takes_secrets(),
        site: form.site,
    }
}

/// The name that `@id` says above a parameter or an output.
fn id_of(statement: &ast::Statement) -> Option<String> {
    let annotation = statement.annotations.iter().find(|annotation| annotation.name.name == "id")?;
    match &annotation.arguments {
        ast::AnnotationArguments::Positional(arguments) => {
            text_of(&statement.tree, *arguments.first()?).map(|text| text.to_string())
        }
        _ => None,
    }
}
