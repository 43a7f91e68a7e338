//! From `type` and `resource` statements, and from written types, to [`Ty`]s.
//!
//! A declaration is reserved when its name is first met and elaborated when its contents are first needed, so that recursive and
//! mutually recursive types need nothing special and an unused property costs nothing.

use std::rc::Rc;
use std::sync::Arc;

use lw_syntax::Name;
use lw_syntax::ast::{self, StatementKind, TypeDefinition, TypeKind};

use rustc_hash::FxHashSet;

use crate::checker::{Checker, ValuePart};
use crate::constraint::Constraints;
use crate::declared::{
    Declared, DeclaredKind, Field, RecordType, RefinementType, ResourceType, SumConstructor, SumType,
};
use crate::deprecated::advice_of;
use crate::errors;
use crate::module::{ModuleId, dotted};
use crate::presence::rules;
use crate::schema::TagShape;
use crate::typed::{self, ConstructorId, RefinementId, RefinementRule, ResourceTypeId};
use crate::types::{Builtin, DeclaredId, Ty, Type, Types};

/// Where the text of a type stands.
#[derive(Clone, Copy)]
pub struct TypeSite<'t> {
    pub module: ModuleId,
    pub statement: &'t ast::Statement,
}

/// What a lower-case name means in a type.
pub enum TypeVariables<'v> {
    /// A declaration's parameters, as generics by position; nothing else is in scope.
    Parameters(&'v [Name]),
    /// A signature: each new name is a generic of its own.
    Signature(&'v mut Vec<Name>),
    /// Within a body: the signature's rigid variables, and inference variables for new names.
    Body(&'v mut Vec<(Name, Ty)>),
}

impl Checker<'_> {
    /// Gives a type statement its id, without looking into it.
    pub fn reserve(&mut self, module: ModuleId, slot: u32, statement: &ast::Statement) -> DeclaredId {
        let (name, parameters, span) = match &statement.kind {
            StatementKind::Type(declaration) => {
                (dotted(&declaration.name), declaration.parameters.len(), declaration.name.range)
            }
            StatementKind::Resource(declaration) => {
                (dotted(&declaration.name), declaration.parameters.len(), declaration.name.range)
            }
            _ => (Name::from("?"), 0, statement.range),
        };
        let id = DeclaredId(self.declared.len() as u32);
        let display = self.display_name(module, name);
        let span = statement.span(self.module(module).file, span);
        let parameters = parameters as u32;
        self.declared.push(Declared { name, display, span, parameters, kind: DeclaredKind::Pending });
        self.declared_slots.push(Some((module, slot)));
        self.modules[module.0 as usize].declared_ids.insert(slot, id);
        id
    }

    /// `VPC` of `AWS.EC2` is shown as `EC2.VPC`.
    fn display_name(&self, module: ModuleId, name: Name) -> Name {
        let module = self.module(module);
        if !module.library || module.name.as_str().starts_with("Ludwig") {
            return name;
        }
        let short = module.name.as_str().rsplit('.').next().unwrap_or_default();
        Name::from(&format!("{short}.{name}"))
    }

    /// A type statement's id.
    pub fn declare(&mut self, module: ModuleId, slot: u32) -> DeclaredId {
        let statement = self.statement(module, slot);
        self.reserve(module, slot, &statement)
    }

    /// What a declaration holds, elaborated on first use.
    pub fn kind(&mut self, id: DeclaredId) -> DeclaredKind {
        let declared = &self.declared[id.0 as usize];
        if !matches!(declared.kind, DeclaredKind::Pending) {
            return declared.kind.clone();
        }
        let Some((module, slot)) = self.declared_slots[id.0 as usize] else { return DeclaredKind::Error };
        if !self.elaborating.insert(id) {
            let declared = &self.declared[id.0 as usize];
            self.diagnostics.push(errors::types::cyclic_alias(declared.name, declared.span));
            return DeclaredKind::Error;
        }
        let statement = self.statement(module, slot);
        let kind = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.elaborate(id, module, &statement));
        self.elaborating.remove(&id);
        self.declared[id.0 as usize].kind = kind.clone();
        kind
    }

    fn elaborate(&mut self, id: DeclaredId, module: ModuleId, statement: &ast::Statement) -> DeclaredKind {
        let site = TypeSite { module, statement };
        match &statement.kind {
            StatementKind::Type(declaration) => {
                let parameters: Vec<Name> = declaration.parameters.iter().map(|name| name.name).collect();
                for (at, ident) in declaration.parameters.iter().enumerate() {
                    if parameters[..at].contains(&ident.name) {
                        let place = statement.span(self.module(module).file, ident.range);
                        self.diagnostics.push(errors::names::duplicate(ident.name, place, None));
                    }
                }
                self.elaborate_definition(id, site, &parameters, &declaration.definition)
            }
            StatementKind::Resource(declaration) => self.elaborate_resource(id, site, declaration),
            _ => DeclaredKind::Error,
        }
    }

    fn elaborate_definition(
        &mut self,
        id: DeclaredId,
        site: TypeSite<'_>,
        parameters: &[Name],
        definition: &TypeDefinition,
    ) -> DeclaredKind {
        match definition {
            TypeDefinition::Opaque => DeclaredKind::Opaque,
            TypeDefinition::Alias(ty) => match &site.statement.tree[*ty].kind {
                TypeKind::Union(strings) => {
                    let ignore_case = site.statement.annotations.iter().any(|note| note.name.name == "ignoreCase");
                    DeclaredKind::Refinement(Rc::new(self.union(id, strings, ignore_case)))
                }
                TypeKind::Record { fields, rest: None } if !fields.is_empty() => {
                    let fields = fields
                        .iter()
                        .map(|(name, ty)| self.plain_field(site, name, *ty, &mut TypeVariables::Parameters(parameters)))
                        .collect();
                    DeclaredKind::Record(Rc::new(RecordType::new(fields, rules(site.statement))))
                }
                _ => DeclaredKind::Alias(self.written_type(site, *ty, &mut TypeVariables::Parameters(parameters))),
            },
            TypeDefinition::Refinement(base, predicate) => {
                let base = self.written_type(site, *base, &mut TypeVariables::Parameters(parameters));
                // Looked into, so that one that narrows itself is found.
                if let Type::Declared(below, _) = *self.types.get(base)
                    && matches!(self.kind(below), DeclaredKind::Error)
                {
                    return DeclaredKind::Error;
                }
                let Some((module, slot)) = self.declared_slots[id.0 as usize] else { return DeclaredKind::Error };
                let name = self.declared[id.0 as usize].name;
                let function = self.add_value(module, slot, ValuePart::Predicate(id), name);
                let file = self.module(module).file;
                let range = site.statement.tree[*predicate].range;
                let span = site.statement.span(file, range);
                let text: Arc<str> = self.files.text(file)[span.start as usize..span.end as usize].into();
                let refinement = RefinementId(self.program.refinements.len() as u32);
                let function = self.demand(function);
                self.program.refinements.push(typed::Refinement {
                    name: self.declared[id.0 as usize].display,
                    span: self.declared[id.0 as usize].span,
                    rule: RefinementRule::Predicate { function, text },
                });
                let rule = RefinementType {
                    id: refinement,
                    base,
                    strings: None,
                    members: FxHashSet::default(),
                    ignore_case: false,
                };
                DeclaredKind::Refinement(Rc::new(rule))
            }
            TypeDefinition::Record(fields) => {
                let fields = self.elaborate_fields(site, fields, parameters);
                DeclaredKind::Record(Rc::new(RecordType::new(fields, rules(site.statement))))
            }
            TypeDefinition::Sum(constructors) => {
                let type_name = self.declared[id.0 as usize].name;
                let mut elaborated = Vec::with_capacity(constructors.len());
                for constructor in constructors {
                    let payload = match &constructor.payload {
                        ast::Payload::None => None,
                        ast::Payload::Type(ty) => {
                            Some(self.written_type(site, *ty, &mut TypeVariables::Parameters(parameters)))
                        }
                        ast::Payload::Fields(fields) => {
                            let fields = self.elaborate_fields(site, fields, parameters);
                            let fields = fields.into_iter().map(|field| (field.name, field.ty)).collect();
                            Some(self.types.record(fields, None))
                        }
                    };
                    let number = ConstructorId(self.program.constructors.len() as u32);
                    let name = constructor.name.name;
                    let payload_given = payload.is_some();
                    self.program.constructors.push(typed::Constructor { name, type_name, payload: payload_given });
                    elaborated.push(SumConstructor { id: number, name, payload });
                }
                DeclaredKind::Sum(Rc::new(SumType { constructors: elaborated }))
            }
        }
    }

    fn union(&mut self, id: DeclaredId, strings: &[String], ignore_case: bool) -> RefinementType {
        let strings: Vec<Arc<str>> = strings.iter().map(|text| text.as_str().into()).collect();
        let refinement = RefinementId(self.program.refinements.len() as u32);
        let declared = &self.declared[id.0 as usize];
        self.program.refinements.push(typed::Refinement {
            name: declared.display,
            span: declared.span,
            rule: match ignore_case {
                true => RefinementRule::UnionIgnoringCase(strings.clone()),
                false => RefinementRule::Union(strings.clone()),
            },
        });
        RefinementType {
            id: refinement,
            base: Types::STRING,
            members: strings.iter().cloned().collect(),
            strings: Some(strings),
            ignore_case,
        }
    }

    /// A union that is written where it is used; equal unions are one type.
    fn anonymous_union(&mut self, site: TypeSite<'_>, range: ast::Range, strings: &[String]) -> Ty {
        let display = strings.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(" | ");
        let display = Name::from(&display);
        if let Some(ty) = self.unions.get(&display) {
            return *ty;
        }
        let id = DeclaredId(self.declared.len() as u32);
        let span = site.statement.span(self.module(site.module).file, range);
        self.declared.push(Declared { name: display, display, span, parameters: 0, kind: DeclaredKind::Pending });
        self.declared_slots.push(None);
        let refinement = self.union(id, strings, false);
        self.declared[id.0 as usize].kind = DeclaredKind::Refinement(Rc::new(refinement));
        let ty = self.types.add(Type::Declared(id, Box::new([])));
        self.unions.insert(display, ty);
        ty
    }

    fn elaborate_fields(
        &mut self,
        site: TypeSite<'_>,
        fields: &[ast::FieldDeclaration],
        parameters: &[Name],
    ) -> Vec<Field> {
        let mut elaborated: Vec<Field> = Vec::with_capacity(fields.len());
        for field in fields {
            let mut variables = TypeVariables::Parameters(parameters);
            let mut plain = self.plain_field(site, &field.name, field.annotation, &mut variables);
            let mut constraints = Constraints::default();
            let mut constrained = false;
            for annotation in &field.annotations {
                self.annotate_field(site, annotation, &mut plain);
                constrained |= constraints.read(&site.statement.tree, annotation);
            }
            plain.constraints = constrained.then(|| Arc::new(constraints));
            if plain.takes_secrets() {
                plain.written = self.with_secrets(plain.written);
            }
            let library = self.module(site.module).library;
            if !library && elaborated.iter().any(|earlier| earlier.name == plain.name) {
                self.diagnostics.push(errors::names::duplicate(plain.name, plain.span, None));
                continue;
            }
            elaborated.push(plain);
        }
        elaborated
    }

    /// A type whose texts may be secrets.
    fn with_secrets(&mut self, ty: Ty) -> Ty {
        match self.types.get(ty).clone() {
            Type::Builtin(Builtin::String, _) => self.types.builtin(Builtin::Secret, &[Types::STRING]),
            Type::Builtin(builtin @ (Builtin::Optional | Builtin::List | Builtin::Dictionary), arguments) => {
                let inner = self.with_secrets(arguments[0]);
                self.types.builtin(builtin, &[inner])
            }
            _ => ty,
        }
    }

    fn plain_field(
        &mut self,
        site: TypeSite<'_>,
        name: &ast::Ident,
        ty: ast::TypeId,
        variables: &mut TypeVariables<'_>,
    ) -> Field {
        let ty = self.written_type(site, ty, variables);
        let mut wire = String::with_capacity(name.name.len());
        let mut letters = name.name.chars();
        wire.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        wire.extend(letters);
        Field {
            name: name.name,
            span: site.statement.span(self.module(site.module).file, name.range),
            ty,
            written: ty,
            optional: self.types.argument_of(ty, Builtin::Optional).is_some(),
            read_only: false,
            create_only: false,
            write_only: false,
            sensitive: false,
            wire: Name::from(&wire),
            ignore_case: false,
            deprecated: None,
            constraints: None,
            tags: None,
        }
    }

    /// The marks of the generated library.
    fn annotate_field(&mut self, site: TypeSite<'_>, annotation: &ast::Annotation, field: &mut Field) {
        match annotation.name.name.as_str() {
            "readOnly" => field.read_only = true,
            "createOnly" | "conditionalCreateOnly" => field.create_only = true,
            "writeOnly" => field.write_only = true,
            "sensitive" => field.sensitive = true,
            "ignoreCase" => field.ignore_case = true,
            "deprecated" => field.deprecated = Some(Name::from(&advice_of(&site.statement.tree, annotation))),
            "tags" => field.tags = tag_shape(site.statement, annotation),
            "wire" => {
                if let Some(text) = first_text(site.statement, annotation) {
                    field.wire = Name::from(text);
                }
            }
            _ => {}
        }
    }

    fn elaborate_resource(
        &mut self,
        id: DeclaredId,
        site: TypeSite<'_>,
        declaration: &ast::ResourceDeclaration,
    ) -> DeclaredKind {
        let mut fields = self.elaborate_fields(site, &declaration.fields, &[]);
        let wire = Name::from(&declaration.wire_type);
        for field in &mut fields {
            self.let_own_name_be_text(field, wire);
        }
        let record = RecordType::new(fields, rules(site.statement));
        let mut class = Name::from("configuration");
        let mut identifier: Vec<Name> = Vec::new();
        for annotation in &site.statement.annotations {
            let ast::AnnotationArguments::Record(entries) = &annotation.arguments else { continue };
            if annotation.name.name != "catalogue" {
                continue;
            }
            for entry in entries {
                let tree = &site.statement.tree;
                match (key_name(tree, entry).as_deref(), &tree[entry.value].kind) {
                    (Some("class"), _) => {
                        class = text_of(tree, entry.value).map_or(class, Name::from);
                    }
                    (Some("identifier"), ast::ExprKind::List(items)) => {
                        identifier = items.iter().filter_map(|item| text_of(tree, *item)).map(Name::from).collect();
                    }
                    _ => {}
                }
            }
        }
        let attribute = |checker: &Self, wanted: Builtin| {
            let of_this = |field: &&Field| {
                let ty = checker.types.argument_of(field.ty, Builtin::Optional).unwrap_or(field.ty);
                match checker.types.argument_of(ty, wanted).map(|argument| checker.types.get(argument)) {
                    Some(Type::Literal(name)) => *name == wire,
                    _ => false,
                }
            };
            let candidates: Vec<&Field> = record.fields.iter().filter(of_this).collect();
            let identifying = candidates.iter().find(|field| identifier.contains(&field.name));
            identifying.or(candidates.first()).map(|field| field.name)
        };
        let id_attribute = attribute(self, Builtin::Id);
        let arn_attribute = attribute(self, Builtin::Arn);
        let name_attribute = attribute(self, Builtin::Name);
        let number = ResourceTypeId(self.program.resource_types.len() as u32);
        let tags = Name::from("tags");
        self.program.resource_types.push(typed::ResourceType {
            name: self.declared[id.0 as usize].display,
            wire,
            class,
            identifier,
            // Filled at the end, for the properties that are used.
            properties: Vec::new(),
            presence: record.presence.clone(),
            tags: record.field(tags).map(|field| field.name),
            span: self.declared[id.0 as usize].span,
        });
        let resource = Rc::new(ResourceType { id: number, wire, record, id_attribute, arn_attribute, name_attribute });
        self.resources.push(resource.clone());
        DeclaredKind::Resource(resource)
    }

    /// A property that names the resource itself is written as text and read as a name.
    fn let_own_name_be_text(&mut self, field: &mut Field, wire: Name) {
        let inner = self.types.argument_of(field.ty, Builtin::Optional).unwrap_or(field.ty);
        let Type::Builtin(builtin, arguments) = self.types.get(inner) else { return };
        let own = builtin.is_reference()
            && arguments.first().is_some_and(|argument| *self.types.get(*argument) == Type::Literal(wire));
        if own && !field.read_only {
            field.written = if field.optional { self.types.optional(Types::STRING) } else { Types::STRING };
        }
    }

    /// A written type.
    pub fn written_type(&mut self, site: TypeSite<'_>, ty: ast::TypeId, variables: &mut TypeVariables<'_>) -> Ty {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.written_type_grown(site, ty, variables))
    }

    fn written_type_grown(&mut self, site: TypeSite<'_>, ty: ast::TypeId, variables: &mut TypeVariables<'_>) -> Ty {
        let node = &site.statement.tree[ty];
        let place = |checker: &Self, range| site.statement.span(checker.module(site.module).file, range);
        match &node.kind {
            TypeKind::Error => Types::ERROR,
            TypeKind::Variable(name) => {
                let name = *name;
                match self.type_variable(name, variables) {
                    Some(ty) => ty,
                    None => {
                        self.unknown_variable(name, place(self, node.range), variables);
                        Types::ERROR
                    }
                }
            }
            TypeKind::Function { parameters, result } => {
                let parameters: Vec<Ty> =
                    parameters.iter().map(|parameter| self.written_type(site, *parameter, variables)).collect();
                let result = self.written_type(site, *result, variables);
                self.types.function(&parameters, result)
            }
            TypeKind::Tuple(items) => match items.as_slice() {
                [] => Types::UNIT,
                [one] => self.written_type(site, *one, variables),
                _ => {
                    let items = items.iter().map(|item| self.written_type(site, *item, variables)).collect();
                    self.types.add(Type::Tuple(items))
                }
            },
            TypeKind::Record { fields, rest } => {
                let mut elaborated: Vec<(Name, Ty)> = Vec::with_capacity(fields.len());
                for (name, ty) in fields {
                    let ty = self.written_type(site, *ty, variables);
                    if elaborated.iter().any(|(earlier, _)| *earlier == name.name) {
                        let place = place(self, name.range);
                        self.diagnostics.push(errors::names::duplicate(name.name, place, None));
                        continue;
                    }
                    elaborated.push((name.name, ty));
                }
                let rest = match rest {
                    Some(rest) => match self.type_variable(rest.name, variables) {
                        Some(rest) => Some(rest),
                        None => {
                            self.unknown_variable(rest.name, place(self, rest.range), variables);
                            return Types::ERROR;
                        }
                    },
                    None => None,
                };
                self.types.record(elaborated, rest)
            }
            TypeKind::Union(strings) => self.anonymous_union(site, node.range, strings),
            TypeKind::Constructor { path, arguments } => {
                self.applied_type(site, node.range, path, arguments, variables)
            }
        }
    }

    fn unknown_variable(&mut self, name: Name, place: lw_diagnostics::Span, variables: &TypeVariables<'_>) {
        let known = match variables {
            TypeVariables::Parameters(names) => names,
            _ => &[][..],
        };
        self.diagnostics.push(errors::types::unknown_variable(name, place, known));
    }

    fn type_variable(&mut self, name: Name, variables: &mut TypeVariables<'_>) -> Option<Ty> {
        match variables {
            TypeVariables::Parameters(names) => {
                let position = names.iter().position(|known| *known == name)?;
                Some(self.types.add(Type::Generic(position as u32)))
            }
            TypeVariables::Signature(names) => {
                let position = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                    names.push(name);
                    names.len() - 1
                });
                Some(self.types.add(Type::Generic(position as u32)))
            }
            TypeVariables::Body(known) => {
                if let Some((_, ty)) = known.iter().rev().find(|(known, _)| *known == name) {
                    return Some(*ty);
                }
                let ty = self.types.fresh();
                known.push((name, ty));
                Some(ty)
            }
        }
    }

    fn applied_type(
        &mut self,
        site: TypeSite<'_>,
        range: ast::Range,
        path: &ast::ModulePath,
        arguments: &[ast::TypeId],
        variables: &mut TypeVariables<'_>,
    ) -> Ty {
        let place = site.statement.span(self.module(site.module).file, range);
        if let [one] = path.segments.as_slice()
            && let Some(builtin) = Builtin::of(&one.name)
            && !self.module(site.module).types.contains_key(&one.name)
        {
            if builtin.parameters() != arguments.len() {
                self.diagnostics.push(errors::types::argument_count(
                    one.name,
                    builtin.parameters(),
                    arguments.len(),
                    place,
                ));
                return Types::ERROR;
            }
            let nullary = match builtin {
                Builtin::Int => Some(Types::INT),
                Builtin::Float => Some(Types::FLOAT),
                Builtin::String => Some(Types::STRING),
                Builtin::Bool => Some(Types::BOOL),
                Builtin::Duration => Some(Types::DURATION),
                Builtin::Size => Some(Types::SIZE),
                Builtin::Anything => Some(Types::ANYTHING),
                Builtin::Json => Some(Types::JSON),
                _ => None,
            };
            if let Some(nullary) = nullary {
                return nullary;
            }
            let arguments: Vec<Ty> = match (builtin.is_reference(), arguments) {
                (true, [argument]) => vec![self.reference_argument(site, *argument, variables)],
                _ => arguments.iter().map(|argument| self.written_type(site, *argument, variables)).collect(),
            };
            return self.types.builtin(builtin, &arguments);
        }
        let Some(declared) = self.resolve_type(site.module, path) else {
            let path_place = site.statement.span(self.module(site.module).file, path.range);
            self.report_unknown_type(site.module, path, path_place);
            return Types::ERROR;
        };
        let expected = self.declared[declared.0 as usize].parameters as usize;
        if expected != arguments.len() {
            let name = self.declared[declared.0 as usize].name;
            self.diagnostics.push(errors::types::argument_count(name, expected, arguments.len(), place));
            return Types::ERROR;
        }
        let arguments: Vec<Ty> =
            arguments.iter().map(|argument| self.written_type(site, *argument, variables)).collect();
        // An alias is its target; everything else stays a name, so that it is looked into only when needed.
        if self.is_alias(declared) {
            return match self.kind(declared) {
                DeclaredKind::Alias(target) => self.types.substitute(target, &arguments),
                DeclaredKind::Error | DeclaredKind::Pending => Types::ERROR,
                _ => self.types.add(Type::Declared(declared, arguments.into())),
            };
        }
        self.types.add(Type::Declared(declared, arguments.into()))
    }

    fn is_alias(&mut self, declared: DeclaredId) -> bool {
        let Some((module, slot)) = self.declared_slots[declared.0 as usize] else { return false };
        let statement = self.statement(module, slot);
        match &statement.kind {
            StatementKind::Type(ast::TypeDeclaration { definition: TypeDefinition::Alias(ty), .. }) => {
                // Braces and unions are declarations of their own.
                match &statement.tree[*ty].kind {
                    TypeKind::Union(_) => false,
                    TypeKind::Record { fields, rest } => fields.is_empty() || rest.is_some(),
                    _ => true,
                }
            }
            StatementKind::Error { .. } => true,
            _ => false,
        }
    }

    /// The argument of `Id`, `Arn`, `Name`: a resource type, as its wire type.
    fn reference_argument(&mut self, site: TypeSite<'_>, ty: ast::TypeId, variables: &mut TypeVariables<'_>) -> Ty {
        if let TypeKind::Union(strings) = &site.statement.tree[ty].kind
            && let [wire] = strings.as_slice()
        {
            return self.types.add(Type::Literal(Name::from(wire)));
        }
        let written = self.written_type(site, ty, variables);
        if let Type::Declared(declared, _) = *self.types.get(written)
            && let DeclaredKind::Resource(resource) = self.kind(declared)
        {
            return self.types.add(Type::Literal(resource.wire));
        }
        written
    }
}

/// The text of a literal string without interpolation.
pub fn text_of(tree: &ast::Tree, expr: ast::ExprId) -> Option<&str> {
    match &tree[expr].kind {
        ast::ExprKind::String(parts) => match parts.as_slice() {
            [] => Some(""),
            [ast::StringPart::Text(text)] => Some(text),
            _ => None,
        },
        ast::ExprKind::Group(inner) => text_of(tree, *inner),
        _ => None,
    }
}

/// The name of a record entry: a bare word or a quoted string.
pub fn key_name(tree: &ast::Tree, entry: &ast::Entry) -> Option<String> {
    match &tree[entry.key].kind {
        ast::ExprKind::Name(name) => Some(name.to_string()),
        ast::ExprKind::String(_) => text_of(tree, entry.key).map(str::to_string),
        _ => None,
    }
}

fn first_text<'t>(statement: &'t ast::Statement, annotation: &ast::Annotation) -> Option<&'t str> {
    match &annotation.arguments {
        ast::AnnotationArguments::Positional(arguments) => text_of(&statement.tree, *arguments.first()?),
        _ => None,
    }
}

/// `@tags("map")`, or the keys of a list's mappings.
fn tag_shape(statement: &ast::Statement, annotation: &ast::Annotation) -> Option<TagShape> {
    let ast::AnnotationArguments::Positional(arguments) = &annotation.arguments else { return None };
    let texts: Vec<&str> = arguments.iter().filter_map(|argument| text_of(&statement.tree, *argument)).collect();
    match texts.as_slice() {
        ["map"] => Some(TagShape::Map),
        [key, value, flags @ ..] => {
            let flags = flags.iter().map(|flag| Name::from(flag)).collect();
            Some(TagShape::List(Name::from(key), Name::from(value), flags))
        }
        _ => None,
    }
}
