//! Resources, and what is read of them.

use super::{Generator, Place};
use crate::library;
use crate::program::{Binding, Clause, Expr, Pattern};
use crate::types::{Kind, Takes, Type};

impl Generator {
    /// Something that is a resource of a kind.
    pub(crate) fn resource(&mut self, kind: Kind, fuel: usize) -> Expr {
        let ty = Type::Resource(kind);
        if self.random.chance(30)
            && let Some(name) = self.name_of(&ty)
        {
            if self.random.chance(25) {
                return self.varied(kind, name, fuel);
            }
            return name;
        }
        if kind == Kind::Network && self.random.chance(20) {
            self.count("Existing");
            let number = self.random.below(3);
            return Expr::Existing(kind, format!("vpc-0abc{number}"));
        }
        self.count("Resource");
        let properties = self.properties(kind, fuel);
        let made = Expr::Resource(kind, properties);
        if self.random.chance(8) {
            self.count("Annotated");
            return Expr::Annotated(Box::new(made));
        }
        made
    }

    /// `r with {…}`, which makes another.
    fn varied(&mut self, kind: Kind, base: Expr, fuel: usize) -> Expr {
        self.count("With resource");
        let properties = self.properties(kind, fuel);
        Expr::With(Box::new(base), properties.into_iter().map(|(name, value)| (vec![name], value)).collect())
    }

    fn properties(&mut self, kind: Kind, fuel: usize) -> Vec<(String, Expr)> {
        let mut made = Vec::new();
        for property in kind.properties() {
            if !property.required && self.random.chance(55) {
                continue;
            }
            let value = match &property.takes {
                Takes::Value(Type::Dictionary(_)) => self.tags(fuel.min(1)),
                Takes::Value(ty @ Type::Text) => self.expr(ty, fuel.min(1), Place::Checked),
                Takes::Value(ty) => self.expr(ty, fuel.min(2), Place::Checked),
                Takes::Number(least, most) if fuel > 0 && self.random.chance(50) => {
                    // Computed, and within the range.
                    let number = self.expr(&Type::Int, fuel.min(2), Place::Checked);
                    let size = Expr::Library(library_number("Int.abs"), vec![number]);
                    let rest = Expr::Library(library_number("Int.mod"), vec![size, Expr::Int(most - least)]);
                    self.count("Int.abs");
                    self.count("Int.mod");
                    rest
                }
                Takes::Number(least, most) => Expr::Int(least + self.random.below((most - least) as usize) as i64),
                Takes::NumberOf(numbers) => Expr::Int(*self.random.pick(numbers)),
                Takes::OneOf(texts) => {
                    self.count("union literal");
                    Expr::String((*self.random.pick(texts)).to_string())
                }
                Takes::NewName => Expr::String(self.fresh("named-")),
                Takes::Attribute(target, name) => {
                    self.count("widening");
                    let resource = self.resource(*target, fuel.saturating_sub(1));
                    Expr::Field(Box::new(resource), (*name).to_string())
                }
                Takes::Reference(target, wire) => {
                    self.count("reference lifting");
                    Expr::Reference(Box::new(self.resource(*target, fuel.saturating_sub(1))), wire)
                }
            };
            made.push((property.name.to_string(), value));
        }
        made
    }

    fn tags(&mut self, fuel: usize) -> Expr {
        self.count("Dictionary");
        let count = 1 + self.random.below(2);
        Expr::Dictionary(
            (0..count).map(|number| (Expr::String(format!("tag{number}")), self.text(fuel, Place::Checked))).collect(),
        )
    }

    /// An attribute that only the cloud knows, of a resource in scope.
    pub(crate) fn attribute(&mut self, fuel: usize) -> Option<Expr> {
        let mut kinds = Vec::new();
        for (_, ty) in &self.scope {
            if let Type::Resource(kind) = ty
                && !kind.attributes().is_empty()
            {
                kinds.push(*kind);
            }
        }
        let kind = if kinds.is_empty() || (fuel > 0 && self.random.chance(10)) {
            Kind::Queue
        } else {
            *self.random.pick(&kinds)
        };
        let resource = match self.name_of(&Type::Resource(kind)) {
            Some(name) => name,
            None if fuel == 0 => return None,
            None => return None,
        };
        self.count("later attribute");
        let (name, _) = *self.random.pick(kind.attributes());
        Some(Expr::Field(Box::new(resource), name.to_string()))
    }

    /// A written property read back.
    pub(crate) fn read_back(&mut self, ty: &Type) -> Option<Expr> {
        let (kind, name) = match ty {
            Type::Optional(inner) if **inner == Type::Int => (Kind::Queue, "delaySeconds"),
            Type::Optional(inner) if **inner == Type::Bool => (Kind::Network, "enableDnsSupport"),
            Type::String => (Kind::Group, "groupDescription"),
            _ => return None,
        };
        let resource = self.name_of(&Type::Resource(kind))?;
        self.count("property read");
        Some(Expr::Field(Box::new(resource), name.to_string()))
    }

    /// A binding that makes several resources.
    pub(crate) fn crowd(&mut self) -> Binding {
        let kind = *self.random.pick(&Kind::ALL);
        let name = self.fresh("crowd");
        let count = 3 + self.random.below(4);
        let number = self.fresh("i");
        let numbers = Expr::Library(library_number("List.range"), vec![Expr::Int(0), Expr::Int(count as i64)]);
        self.count("List.range");
        let clause = Clause::For(Pattern::Bind(number.clone()), numbers);
        let element = self.within(vec![(number.clone(), Type::Int)], |generator| {
            let properties = generator.properties(kind, 2);
            generator.count("Resource");
            Expr::Resource(kind, properties)
        });
        let (value, ty) = if self.random.chance(50) {
            self.count("ListOf");
            (Expr::ListOf(Box::new(element), vec![clause]), Type::list(Type::Resource(kind)))
        } else {
            self.count("DictionaryOf");
            let key = Expr::Library(library_number("Int.toString"), vec![Expr::Name(number)]);
            self.count("Int.toString");
            (Expr::DictionaryOf(Box::new(key), Box::new(element), vec![clause]), Type::dictionary(Type::Resource(kind)))
        };
        self.scope.push((name.clone(), ty));
        self.count("Binding");
        Binding { name, annotation: None, value }
    }
}

/// A function of the library by its name.
pub(crate) fn library_number(name: &str) -> usize {
    library::FUNCTIONS
        .iter()
        .position(|function| function.name == name)
        .unwrap_or_else(|| unreachable!("`{name}` is in the table"))
}
