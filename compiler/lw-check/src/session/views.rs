//! Types and symbols as an editor shows them.

use std::sync::Arc;

use lw_diagnostics::FileId;
use lw_syntax::Name;
use lw_syntax::ast::{self, StatementKind, TypeDefinition};

use super::{Session, Symbol};
use crate::declared::{DeclaredKind, Field};
use crate::module::ModuleId;
use crate::resolve::Upper;
use crate::types::{Builtin, DeclaredId, Scheme, Ty, Type, Types};

/// What a type is made of, as far as somebody who writes a value of it wants to know.
#[derive(Clone, Debug, Default)]
pub struct TypeView {
    /// As people write it.
    pub shown: String,
    pub optional: bool,
    /// The strings of a union, which may be the elements of a list.
    pub strings: Vec<Arc<str>>,
    /// Of a sum: name, whether it has a payload.
    pub constructors: Vec<(Name, bool, Symbol)>,
    /// The wire type of the resource that is wanted, where an `Id`, `Arn` or `Name` is.
    pub reference: Option<Name>,
    pub is_bool: bool,
    pub is_list: bool,
    /// A record, a resource's properties or a dictionary: written in braces.
    pub is_braces: bool,
    /// The declared type itself.
    pub declared: Option<Symbol>,
    /// Its parameters and result, where it is a function.
    pub function: Option<(Vec<Ty>, Ty)>,
}

/// A field of a record or a property of a resource.
#[derive(Clone, Debug)]
pub struct FieldView {
    pub name: Name,
    pub ty: Ty,
    pub shown: String,
    pub optional: bool,
    pub read_only: bool,
    pub create_only: bool,
    pub write_only: bool,
    pub symbol: Option<Symbol>,
}

impl Session {
    /// A type as people write it.
    pub fn show(&self, ty: Ty) -> String {
        self.checker.show(ty)
    }

    pub fn is_known(&self, ty: Ty) -> bool {
        !self.checker.types.is_variable(ty) && !self.checker.types.is_error(ty)
    }

    /// The type of a value.
    pub fn value_type(&self, symbol: Symbol) -> Option<Ty> {
        match symbol {
            Symbol::Value(value) => self.checker.values.get(value.0 as usize).map(|value| value.scheme.ty),
            _ => None,
        }
    }

    /// The type of a value, inferred now if nobody needed it before.
    pub fn type_of_value(&mut self, symbol: Symbol) -> Option<Ty> {
        let Symbol::Value(value) = symbol else { return None };
        let scheme = self.checker.scheme_of(value);
        self.settle();
        Some(scheme.ty)
    }

    /// Bodies of the library that a question reached are checked silently.
    fn settle(&mut self) {
        self.checker.finish_waiting();
        self.checker.diagnostics.clear();
    }

    pub fn view(&mut self, ty: Ty) -> TypeView {
        let mut view = TypeView { shown: self.checker.show(ty), ..TypeView::default() };
        self.look_into(ty, 0, &mut view);
        view
    }

    fn look_into(&mut self, ty: Ty, depth: usize, view: &mut TypeView) {
        if depth > 8 {
            return;
        }
        match self.checker.types.get(ty).clone() {
            Type::Builtin(Builtin::Optional, arguments) => {
                view.optional = true;
                self.look_into(arguments[0], depth + 1, view);
            }
            Type::Builtin(Builtin::List, arguments) => {
                view.is_list = true;
                self.look_into(arguments[0], depth + 1, view);
            }
            Type::Builtin(Builtin::Secret | Builtin::Blueprint, arguments) => {
                self.look_into(arguments[0], depth + 1, view);
            }
            Type::Builtin(Builtin::Bool, _) => view.is_bool = true,
            Type::Builtin(Builtin::Dictionary | Builtin::Json | Builtin::PolicyDocument, _) => view.is_braces = true,
            Type::Builtin(builtin, arguments) if builtin.is_reference() => {
                if let Some(Type::Literal(wire)) = arguments.first().map(|argument| self.checker.types.get(*argument)) {
                    view.reference = Some(*wire);
                }
            }
            Type::Record(..) => view.is_braces = true,
            Type::Function(parameters, result) => view.function = Some((parameters.to_vec(), result)),
            Type::Declared(declared, arguments) => {
                view.declared.get_or_insert(Symbol::Type(declared));
                match self.checker.kind(declared) {
                    DeclaredKind::Refinement(refinement) => match &refinement.strings {
                        Some(strings) => view.strings = strings.clone(),
                        None => self.look_into(refinement.base, depth + 1, view),
                    },
                    DeclaredKind::Sum(sum) => {
                        let constructor = |(at, constructor): (usize, &crate::declared::SumConstructor)| {
                            let symbol = Symbol::Constructor(declared, at as u32);
                            (constructor.name, constructor.payload.is_some(), symbol)
                        };
                        view.constructors = sum.constructors.iter().enumerate().map(constructor).collect();
                    }
                    DeclaredKind::Record(_) => view.is_braces = true,
                    DeclaredKind::Alias(target) => {
                        let target = self.checker.types.substitute(target, &arguments);
                        self.look_into(target, depth + 1, view);
                    }
                    DeclaredKind::Resource(resource) => view.reference = Some(resource.wire),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// The fields of a record, or the properties of a resource; through `Optional`, `List` and the like. Empty for what has none.
    pub fn fields(&mut self, ty: Ty) -> Vec<FieldView> {
        if let Some(owner) = self.checker.owner_of(ty) {
            let arguments = match self.checker.types.get(ty) {
                Type::Declared(_, arguments) => arguments.clone(),
                _ => Box::default(),
            };
            return self.fields_of(owner, &arguments);
        }
        let inner = match self.checker.types.get(ty) {
            Type::Builtin(_, arguments) if arguments.len() == 1 => arguments[0],
            _ => ty,
        };
        if let Type::Declared(declared, arguments) = self.checker.types.get(inner).clone()
            && let DeclaredKind::Sum(sum) = self.checker.kind(declared)
            && let [only] = sum.constructors.as_slice()
            && let Some(payload) = only.payload
        {
            let payload = self.checker.types.substitute(payload, &arguments);
            return self.fields(payload);
        }
        let Type::Record(fields, _) = self.checker.types.get(inner).clone() else { return Vec::new() };
        let view = |(name, ty): &(Name, Ty)| FieldView {
            name: *name,
            ty: *ty,
            shown: self.checker.show(*ty),
            optional: self.checker.types.argument_of(*ty, Builtin::Optional).is_some(),
            read_only: false,
            create_only: false,
            write_only: false,
            symbol: None,
        };
        fields.iter().map(view).collect()
    }

    fn fields_of(&mut self, owner: DeclaredId, arguments: &[Ty]) -> Vec<FieldView> {
        let fields: Vec<Field> = match self.checker.kind(owner) {
            DeclaredKind::Record(record) => record.fields.clone(),
            DeclaredKind::Resource(resource) => resource.record.fields.clone(),
            _ => Vec::new(),
        };
        let checker = &mut self.checker;
        let mut view = |field: Field| {
            let ty = checker.types.substitute(field.ty, arguments);
            FieldView {
                name: field.name,
                ty,
                shown: checker.show(ty),
                optional: field.optional,
                read_only: field.read_only,
                create_only: field.create_only,
                write_only: field.write_only,
                symbol: Some(Symbol::Field(owner, field.name)),
            }
        };
        fields.into_iter().map(&mut view).collect()
    }

    /// The fields of a type's values by its symbol.
    pub fn fields_of_type(&mut self, symbol: Symbol) -> Vec<FieldView> {
        match symbol {
            Symbol::Type(declared) => self.fields_of(declared, &[]),
            _ => Vec::new(),
        }
    }

    /// The type that a type's symbol stands for.
    pub fn type_named(&mut self, symbol: Symbol) -> Option<Ty> {
        let Symbol::Type(declared) = symbol else { return None };
        let parameters = self.checker.declared[declared.0 as usize].parameters;
        let arguments: Box<[Ty]> = (0..parameters).map(|_| Types::ERROR).collect();
        Some(self.checker.types.add(Type::Declared(declared, arguments)))
    }

    /// The wire type and class of a resource type.
    pub fn resource(&mut self, symbol: Symbol) -> Option<(Name, Name)> {
        let Symbol::Type(declared) = symbol else { return None };
        match self.checker.kind(declared) {
            DeclaredKind::Resource(resource) => {
                let known = &self.checker.program.resource_types[resource.id.0 as usize];
                Some((known.wire, known.class))
            }
            _ => None,
        }
    }

    /// A type's name as people write it.
    pub fn type_name(&self, symbol: Symbol) -> Option<Name> {
        match symbol {
            Symbol::Type(declared) | Symbol::Constructor(declared, _) | Symbol::Field(declared, _) => {
                self.checker.declared.get(declared.0 as usize).map(|declared| declared.display)
            }
            _ => None,
        }
    }

    /// What a dotted upper-case path means in a file: a module, a type or a constructor.
    pub fn resolve(&mut self, file: FileId, path: &str) -> Option<Symbol> {
        let module = self.module_of(file)?;
        let ident = |name: &str| ast::Ident { name: Name::from(name), range: ast::Range::default() };
        let path: Vec<ast::Ident> = path.split('.').map(ident).collect();
        let found = self.checker.resolve_upper(module, &path);
        self.settle();
        match found? {
            Upper::Module(module) => Some(Symbol::Module(module)),
            Upper::Type(declared) => Some(Symbol::Type(declared)),
            Upper::Constructor(found) => Some(Symbol::Constructor(found.declared, found.position)),
            _ => None,
        }
    }

    /// The module that a dotted path means in a file.
    pub fn resolve_module(&mut self, file: FileId, path: &str) -> Option<Symbol> {
        let module = self.module_of(file)?;
        let ident = |name: &str| ast::Ident { name: Name::from(name), range: ast::Range::default() };
        let path: Vec<ast::Ident> = path.split('.').map(ident).collect();
        let found = self.checker.resolve_module(module, &path);
        self.settle();
        found.map(Symbol::Module)
    }

    /// What a lower-case name means at the top level of a file.
    pub fn resolve_value(&mut self, file: FileId, name: &str) -> Option<Symbol> {
        let module = self.module_of(file)?;
        let found = self.checker.resolve_value(module, Name::from(name));
        self.settle();
        found.map(Symbol::Value)
    }

    /// Every module that could be imported.
    pub fn module_names(&self) -> Vec<String> {
        self.checker.sources.names()
    }

    /// The module of a name, imported or not.
    pub fn load_module(&mut self, name: &str) -> Option<Symbol> {
        let short = format!("Ludwig.{name}");
        let found = self.checker.load(Name::from(name)).or_else(|| self.checker.load(Name::from(&short)));
        self.settle();
        found.map(Symbol::Module)
    }

    /// Values, types and constructors that a module lets others see, sorted by name.
    pub fn members(&mut self, module: Symbol) -> Vec<(Name, Symbol)> {
        let Symbol::Module(id) = module else { return Vec::new() };
        let found = self.checker.module(id);
        let library = found.library;
        let mut values: Vec<Name> = found.values.keys().copied().collect();
        let mut types: Vec<Name> = found.types.keys().copied().collect();
        if let Some(exports) = &found.exports {
            values.extend(exports.values.iter().copied().chain(exports.foreign.keys().copied()));
            types.extend(exports.types.iter().copied());
        }
        let opened = found.exports.as_ref().map(|exports| exports.opened.clone()).unwrap_or_default();
        let mut members: Vec<(Name, Symbol)> = Vec::new();
        for name in values {
            if !name.starts_with("__")
                && let Some(value) = self.checker.exported_value(id, name)
            {
                members.push((name, Symbol::Value(value)));
            }
        }
        for name in types {
            if let Some(declared) = self.checker.exported_type(id, name) {
                members.push((name, Symbol::Type(declared)));
            }
        }
        if !library || self.checker.module(id).name.starts_with("Ludwig") {
            self.checker.know_constructors(id);
            let names: Vec<Name> = self.checker.module(id).constructors.keys().copied().collect();
            for name in names {
                if let Some(found) = self.checker.exported_constructor(id, name) {
                    members.push((name, Symbol::Constructor(found.declared, found.position)));
                }
            }
        }
        for module in opened {
            members.extend(self.members(Symbol::Module(module)));
        }
        self.settle();
        members.sort_by(|left, right| left.0.as_str().cmp(right.0.as_str()));
        members.dedup();
        members
    }

    /// What a file sees without a qualifier: its own names, imported and opened ones, the prelude's.
    pub fn names_in(&mut self, file: FileId) -> Vec<(Name, Symbol)> {
        let Some(id) = self.module_of(file) else { return Vec::new() };
        let mut names = self.own_names(id);
        let imports = &self.checker.module(id).imports;
        let values: Vec<(Name, (ModuleId, Name))> = imports.values.iter().map(|(name, from)| (*name, *from)).collect();
        let uppers: Vec<(Name, (ModuleId, Name))> = imports.uppers.iter().map(|(name, from)| (*name, *from)).collect();
        let mut opened = imports.opened.clone();
        let aliases: Vec<(Name, ModuleId)> =
            imports.aliases.iter().filter_map(|(name, ids)| Some((*name, *ids.first()?))).collect();
        opened.extend(self.checker.prelude);
        for (name, (from, original)) in values {
            if let Some(value) = self.checker.exported_value(from, original) {
                names.push((name, Symbol::Value(value)));
            }
        }
        for (name, (from, original)) in uppers {
            if let Some(declared) = self.checker.exported_type(from, original) {
                names.push((name, Symbol::Type(declared)));
            } else if let Some(found) = self.checker.exported_constructor(from, original) {
                names.push((name, Symbol::Constructor(found.declared, found.position)));
            }
        }
        for module in opened {
            let members = self.members(Symbol::Module(module));
            names.extend(members);
        }
        names.extend(aliases.into_iter().map(|(name, module)| (name, Symbol::Module(module))));
        self.settle();
        let mut seen = rustc_hash::FxHashSet::default();
        names.retain(|(name, _)| seen.insert(*name));
        names
    }

    fn own_names(&mut self, id: ModuleId) -> Vec<(Name, Symbol)> {
        let mut names: Vec<(Name, Symbol)> = Vec::new();
        let mut values: Vec<(u32, Name)> =
            self.checker.module(id).values.iter().map(|(name, slot)| (*slot, *name)).collect();
        values.sort_unstable_by_key(|(slot, _)| *slot);
        for (_, name) in values {
            if let Some(value) = self.checker.own_value(id, name) {
                names.push((name, Symbol::Value(value)));
            }
        }
        let mut types: Vec<(u32, Name)> =
            self.checker.module(id).types.iter().map(|(name, slot)| (*slot, *name)).collect();
        types.sort_unstable_by_key(|(slot, _)| *slot);
        for (_, name) in types {
            if let Some(declared) = self.checker.own_type(id, name) {
                names.push((name, Symbol::Type(declared)));
            }
        }
        self.checker.know_constructors(id);
        let mut constructors: Vec<Name> = self.checker.module(id).constructors.keys().copied().collect();
        constructors.sort_by_key(|name| name.as_str());
        for name in constructors {
            let found = self.checker.module(id).constructors[&name];
            names.push((name, Symbol::Constructor(found.declared, found.position)));
        }
        names
    }

    /// The doc comment of what a symbol stands for.
    pub fn documentation(&mut self, symbol: Symbol) -> Option<String> {
        let (_, statement) = self.declared_by(symbol)?;
        let of_fields = |fields: &[ast::FieldDeclaration], name: Name| {
            fields.iter().find(|field| field.name.name == name).and_then(|field| field.doc.clone())
        };
        match (symbol, &statement.kind) {
            (Symbol::Field(_, name), StatementKind::Resource(declaration)) => of_fields(&declaration.fields, name),
            (Symbol::Field(_, name), StatementKind::Type(declaration)) => match &declaration.definition {
                TypeDefinition::Record(fields) => of_fields(fields, name),
                _ => None,
            },
            (Symbol::Constructor(_, at), StatementKind::Type(declaration)) => match &declaration.definition {
                TypeDefinition::Sum(constructors) => constructors.get(at as usize)?.doc.clone(),
                _ => None,
            },
            _ => statement.doc.clone(),
        }
    }

    /// The source text of a statement of a file, without its comments.
    pub fn text_of(&self, file: FileId, statement: &ast::Statement, range: ast::Range) -> &str {
        let span = statement.span(file, range);
        self.checker.files.text(file).get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// A type with its generic parts as letters.
    pub fn show_value(&mut self, symbol: Symbol) -> Option<String> {
        let ty = self.type_of_value(symbol)?;
        let shown = Scheme::mono(ty).ty;
        Some(self.checker.show(shown))
    }
}
