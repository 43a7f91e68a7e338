//! Types as inference sees them: an arena of nodes, addressed by id, with variables that are bound in place.
//!
//! The one idea: a type is never rewritten. Binding a variable fills its cell; everything that mentions it sees the binding.
//! Deliberately absent: where a type was written (the caller has the span) and how it is printed ([`crate::display`]).

use lw_syntax::Name;
use rustc_hash::FxHashMap;

/// A type; meaningful only with the [`Types`] that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ty(pub u32);

/// A declared type: sum, record, resource, refinement, opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeclaredId(pub u32);

#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Already reported; agrees with everything.
    Error,
    /// An inference variable; its number indexes the cells.
    Variable(u32),
    /// A type variable of an annotation, while the body it belongs to is checked.
    Rigid(Name, u32),
    /// A variable of a generalised type, by position.
    Generic(u32),
    Builtin(Builtin, Box<[Ty]>),
    Declared(DeclaredId, Box<[Ty]>),
    Function(Box<[Ty]>, Ty),
    /// Empty is unit; never of length one.
    Tuple(Box<[Ty]>),
    /// Fields sorted by name; the rest is a variable, or absent in a closed record.
    Record(Box<[(Name, Ty)]>, Option<Ty>),
    /// A string-literal type as the argument of `Id`, `Arn`, `Name`: a wire type.
    Literal(Name),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    Int,
    Float,
    String,
    Bool,
    Bytes,
    Duration,
    Size,
    List,
    Dictionary,
    Optional,
    Json,
    PolicyDocument,
    Secret,
    Blueprint,
    Id,
    Arn,
    Name,
    Anything,
    Graph,
}

impl Builtin {
    pub const ALL: [Builtin; 19] = [
        Builtin::Int,
        Builtin::Float,
        Builtin::String,
        Builtin::Bool,
        Builtin::Bytes,
        Builtin::Duration,
        Builtin::Size,
        Builtin::List,
        Builtin::Dictionary,
        Builtin::Optional,
        Builtin::Json,
        Builtin::PolicyDocument,
        Builtin::Secret,
        Builtin::Blueprint,
        Builtin::Id,
        Builtin::Arn,
        Builtin::Name,
        Builtin::Anything,
        Builtin::Graph,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Builtin::Int => "Int",
            Builtin::Float => "Float",
            Builtin::String => "String",
            Builtin::Bool => "Bool",
            Builtin::Bytes => "Bytes",
            Builtin::Duration => "Duration",
            Builtin::Size => "Size",
            Builtin::List => "List",
            Builtin::Dictionary => "Dictionary",
            Builtin::Optional => "Optional",
            Builtin::Json => "Json",
            Builtin::PolicyDocument => "PolicyDocument",
            Builtin::Secret => "Secret",
            Builtin::Blueprint => "Blueprint",
            Builtin::Id => "Id",
            Builtin::Arn => "Arn",
            Builtin::Name => "Name",
            Builtin::Anything => "Anything",
            Builtin::Graph => "Graph",
        }
    }

    pub fn of(name: &str) -> Option<Builtin> {
        Builtin::ALL.into_iter().find(|builtin| builtin.name() == name)
    }

    pub fn parameters(self) -> usize {
        match self {
            Builtin::List
            | Builtin::Dictionary
            | Builtin::Optional
            | Builtin::Secret
            | Builtin::Blueprint
            | Builtin::Id
            | Builtin::Arn
            | Builtin::Name => 1,
            _ => 0,
        }
    }

    pub fn is_numeric(self) -> bool {
        matches!(self, Builtin::Int | Builtin::Float | Builtin::Duration | Builtin::Size)
    }

    /// `Id`, `Arn` or `Name`: an attribute that names a resource.
    pub fn is_reference(self) -> bool {
        matches!(self, Builtin::Id | Builtin::Arn | Builtin::Name)
    }
}

/// A type with its generalised variables counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    pub generics: u32,
    pub ty: Ty,
}

impl Scheme {
    pub fn mono(ty: Ty) -> Scheme {
        Scheme { generics: 0, ty }
    }
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    bound: Option<Ty>,
    level: u32,
}

/// The arena.
#[derive(Debug)]
pub struct Types {
    nodes: Vec<Type>,
    cells: Vec<Cell>,
    rigids: u32,
    /// How many generalisable scopes are open.
    pub level: u32,
    /// The last walk that met each node: what is shared is walked once, however often it is mentioned.
    met: Vec<u32>,
    walks: u32,
    /// A type has grown past what is looked at; it has become the error type, and its definition is to be reported.
    pub too_large: bool,
}

/// A type of more parts, or of more variables, is too large.
const PARTS_MAX: usize = 5_000;

impl Types {
    pub const ERROR: Ty = Ty(0);
    pub const INT: Ty = Ty(1);
    pub const FLOAT: Ty = Ty(2);
    pub const STRING: Ty = Ty(3);
    pub const BOOL: Ty = Ty(4);
    pub const DURATION: Ty = Ty(5);
    pub const SIZE: Ty = Ty(6);
    pub const UNIT: Ty = Ty(7);
    pub const ANYTHING: Ty = Ty(8);
    pub const JSON: Ty = Ty(9);

    pub fn new() -> Types {
        let nullary = |builtin| Type::Builtin(builtin, Box::new([]));
        Types {
            nodes: vec![
                Type::Error,
                nullary(Builtin::Int),
                nullary(Builtin::Float),
                nullary(Builtin::String),
                nullary(Builtin::Bool),
                nullary(Builtin::Duration),
                nullary(Builtin::Size),
                Type::Tuple(Box::new([])),
                nullary(Builtin::Anything),
                nullary(Builtin::Json),
            ],
            cells: Vec::new(),
            rigids: 0,
            level: 0,
            met: Vec::new(),
            walks: 0,
            too_large: false,
        }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn add(&mut self, node: Type) -> Ty {
        self.nodes.push(node);
        Ty(self.nodes.len() as u32 - 1)
    }

    pub fn fresh(&mut self) -> Ty {
        self.cells.push(Cell { bound: None, level: self.level });
        let variable = self.cells.len() as u32 - 1;
        self.add(Type::Variable(variable))
    }

    pub fn rigid(&mut self, name: Name) -> Ty {
        self.rigids += 1;
        let number = self.rigids;
        self.add(Type::Rigid(name, number))
    }

    pub fn builtin(&mut self, builtin: Builtin, arguments: &[Ty]) -> Ty {
        self.add(Type::Builtin(builtin, arguments.into()))
    }

    pub fn list(&mut self, element: Ty) -> Ty {
        self.builtin(Builtin::List, &[element])
    }

    pub fn dictionary(&mut self, element: Ty) -> Ty {
        self.builtin(Builtin::Dictionary, &[element])
    }

    pub fn optional(&mut self, element: Ty) -> Ty {
        self.builtin(Builtin::Optional, &[element])
    }

    pub fn function(&mut self, parameters: &[Ty], result: Ty) -> Ty {
        self.add(Type::Function(parameters.into(), result))
    }

    pub fn record(&mut self, mut fields: Vec<(Name, Ty)>, rest: Option<Ty>) -> Ty {
        fields.sort_by(|left, right| left.0.as_str().cmp(right.0.as_str()));
        self.add(Type::Record(fields.into(), rest))
    }

    /// Follows bound variables to what a type is now.
    pub fn shallow(&self, mut ty: Ty) -> Ty {
        while let Type::Variable(variable) = &self.nodes[ty.0 as usize]
            && let Some(bound) = self.cells[*variable as usize].bound
        {
            ty = bound;
        }
        ty
    }

    /// The node of a type, with bound variables followed.
    pub fn get(&self, ty: Ty) -> &Type {
        &self.nodes[self.shallow(ty).0 as usize]
    }

    pub fn is_variable(&self, ty: Ty) -> bool {
        matches!(self.get(ty), Type::Variable(_))
    }

    pub fn is_error(&self, ty: Ty) -> bool {
        matches!(self.get(ty), Type::Error)
    }

    /// The argument of a one-parameter builtin, if the type is one.
    pub fn argument_of(&self, ty: Ty, builtin: Builtin) -> Option<Ty> {
        match self.get(ty) {
            Type::Builtin(found, arguments) if *found == builtin => arguments.first().copied(),
            _ => None,
        }
    }

    pub fn bind(&mut self, variable: u32, ty: Ty) {
        self.cells[variable as usize].bound = Some(ty);
    }

    /// True if `variable` occurs in `ty`; lowers the level of every variable met, as binding requires.
    pub fn occurs_and_lower(&mut self, variable: u32, ty: Ty) -> bool {
        let level = self.cells[variable as usize].level;
        let mut occurs = false;
        self.walk(&[ty], |cells, found| {
            occurs |= found == variable;
            let cell = &mut cells[found as usize];
            cell.level = cell.level.min(level);
        });
        occurs
    }

    /// Keeps the variables of a type from being generalised above `level`.
    pub fn lower(&mut self, ty: Ty, level: u32) {
        self.walk(&[ty], |cells, found| {
            let cell = &mut cells[found as usize];
            cell.level = cell.level.min(level);
        });
    }

    /// Turns the variables above the current level into generics, numbered in order through all of the types, which may share
    /// some; gives how many there are.
    pub fn generalise(&mut self, types: &[Ty]) -> u32 {
        let level = self.level;
        let mut found: Vec<u32> = Vec::new();
        self.walk(types, |cells, variable| {
            if cells[variable as usize].level > level {
                found.push(variable);
            }
        });
        for (position, variable) in found.iter().enumerate() {
            let generic = self.add(Type::Generic(position as u32));
            self.bind(*variable, generic);
        }
        found.len() as u32
    }

    /// Visits every unbound variable of some types once, in order.
    fn walk(&mut self, types: &[Ty], mut visit: impl FnMut(&mut [Cell], u32)) {
        self.walks += 1;
        self.met.resize(self.nodes.len(), 0);
        let mut work: Vec<Ty> = types.iter().rev().copied().collect();
        while let Some(ty) = work.pop() {
            let ty = self.shallow(ty);
            if std::mem::replace(&mut self.met[ty.0 as usize], self.walks) == self.walks {
                continue;
            }
            match &self.nodes[ty.0 as usize] {
                Type::Variable(variable) => visit(&mut self.cells, *variable),
                node => children(node, &mut work),
            }
        }
    }

    /// Fresh variables in place of generics.
    pub fn instantiate(&mut self, scheme: Scheme) -> Ty {
        if scheme.generics == 0 {
            return scheme.ty;
        }
        if scheme.generics as usize > PARTS_MAX {
            self.too_large = true;
            return Types::ERROR;
        }
        let fresh: Vec<Ty> = (0..scheme.generics).map(|_| self.fresh()).collect();
        self.substitute(scheme.ty, &fresh)
    }

    /// Replaces generics by `arguments`; shares what mentions none.
    pub fn substitute(&mut self, ty: Ty, arguments: &[Ty]) -> Ty {
        if arguments.is_empty() {
            return ty;
        }
        self.substitute_below(ty, arguments, &mut FxHashMap::default())
    }

    fn substitute_below(&mut self, ty: Ty, arguments: &[Ty], known: &mut FxHashMap<Ty, Ty>) -> Ty {
        let ty = self.shallow(ty);
        match self.get(ty) {
            Type::Generic(position) => return arguments.get(*position as usize).copied().unwrap_or(Types::ERROR),
            Type::Error | Type::Variable(_) | Type::Rigid(..) | Type::Literal(_) => return ty,
            _ => {}
        }
        if let Some(new) = known.get(&ty) {
            return *new;
        }
        if known.len() > PARTS_MAX {
            self.too_large = true;
            return Types::ERROR;
        }
        // Counted on the way down: a type can be as deep as it is large.
        known.insert(ty, Types::ERROR);
        let new = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.substitute_compound(ty, arguments, known));
        known.insert(ty, new);
        new
    }

    fn substitute_compound(&mut self, ty: Ty, arguments: &[Ty], known: &mut FxHashMap<Ty, Ty>) -> Ty {
        match self.get(ty).clone() {
            Type::Error | Type::Variable(_) | Type::Rigid(..) | Type::Generic(_) | Type::Literal(_) => ty,
            Type::Builtin(builtin, inner) => match self.substitute_all(&inner, arguments, known) {
                Some(inner) => self.add(Type::Builtin(builtin, inner)),
                None => ty,
            },
            Type::Declared(declared, inner) => match self.substitute_all(&inner, arguments, known) {
                Some(inner) => self.add(Type::Declared(declared, inner)),
                None => ty,
            },
            Type::Tuple(inner) => match self.substitute_all(&inner, arguments, known) {
                Some(inner) => self.add(Type::Tuple(inner)),
                None => ty,
            },
            Type::Function(parameters, result) => {
                let new_parameters = self.substitute_all(&parameters, arguments, known);
                let new_result = self.substitute_below(result, arguments, known);
                if new_parameters.is_none() && new_result == self.shallow(result) {
                    return ty;
                }
                self.add(Type::Function(new_parameters.unwrap_or(parameters), new_result))
            }
            Type::Record(fields, rest) => {
                let types: Vec<Ty> = fields.iter().map(|(_, ty)| *ty).collect();
                let new_types = self.substitute_all(&types, arguments, known);
                let new_rest = rest.map(|rest| self.substitute_below(rest, arguments, known));
                if new_types.is_none() && new_rest == rest.map(|rest| self.shallow(rest)) {
                    return ty;
                }
                let types = new_types.unwrap_or(types.into());
                let fields = fields.iter().zip(types.iter()).map(|((name, _), ty)| (*name, *ty)).collect();
                self.add(Type::Record(fields, new_rest))
            }
        }
    }

    fn substitute_all(&mut self, types: &[Ty], arguments: &[Ty], known: &mut FxHashMap<Ty, Ty>) -> Option<Box<[Ty]>> {
        let new: Box<[Ty]> = types.iter().map(|ty| self.substitute_below(*ty, arguments, known)).collect();
        let changed = new.iter().zip(types).any(|(new, old)| *new != self.shallow(*old));
        changed.then_some(new)
    }
}

fn children(node: &Type, work: &mut Vec<Ty>) {
    match node {
        Type::Error | Type::Variable(_) | Type::Rigid(..) | Type::Generic(_) | Type::Literal(_) => {}
        Type::Builtin(_, inner) | Type::Declared(_, inner) | Type::Tuple(inner) => work.extend(inner.iter().rev()),
        Type::Function(parameters, result) => {
            work.push(*result);
            work.extend(parameters.iter().rev());
        }
        Type::Record(fields, rest) => {
            work.extend(rest);
            work.extend(fields.iter().rev().map(|(_, ty)| *ty));
        }
    }
}
