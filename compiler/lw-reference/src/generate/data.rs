//! The plainest expression of each type: literals, names, constructors.

use super::{Generator, Place};
use crate::program::{Expr, Part};
use crate::types::{Declared, Type};

const WORDS: [&str; 10] = ["", "a", "shop", "Größe", "x y", "b-1", "42", "-7", "on", "ü"];

impl Generator {
    /// A literal, a constructor or a name; it ends when the fuel does.
    pub(crate) fn plain(&mut self, ty: &Type, fuel: usize, place: Place) -> Expr {
        if self.random.chance(45)
            && let Some(name) = self.name_of(ty)
        {
            return name;
        }
        match ty {
            Type::Int => {
                self.count("Int");
                Expr::Int(self.random.below(40) as i64)
            }
            Type::Float if place == Place::Checked && self.random.chance(40) => {
                self.count("whole Float");
                Expr::WholeFloat(self.random.below(9) as i64)
            }
            Type::Float => {
                self.count("Float");
                Expr::Float(self.random.below(64) as f64 / 8.0)
            }
            Type::Bool => {
                self.count("Bool");
                Expr::Bool(self.random.chance(50))
            }
            Type::String => self.word(),
            Type::Text => self.text(fuel.min(2), place),
            Type::Duration => {
                self.count("Duration");
                let number = self.random.below(90) as i64;
                let unit = *self.random.pick(&["ms", "s", "m", "h", "d"]);
                Expr::Duration(number, unit)
            }
            Type::Size => {
                self.count("Size");
                let number = self.random.below(90) as i64;
                let unit = *self.random.pick(&["KiB", "MiB", "GiB"]);
                Expr::Size(number, unit)
            }
            Type::Mode if place == Place::Checked => {
                self.count("union literal");
                Expr::String((*self.random.pick(&["on", "off", "auto"])).to_string())
            }
            Type::Port if place == Place::Checked => {
                self.count("refined literal");
                Expr::Int(self.random.below(65_536) as i64)
            }
            // What is not known to be wanted cannot be made without a name for it.
            Type::Mode | Type::Port => self.ascribed(ty, fuel),
            Type::List(element) => {
                self.count("List");
                let count = if place == Place::Checked { self.random.below(4) } else { 1 + self.random.below(3) };
                // Only the first decides where nothing is wanted; the others have its type anyway.
                Expr::List((0..count).map(|_| self.expr(element, fuel.min(2), place)).collect())
            }
            Type::Dictionary(element) => {
                self.count("Dictionary");
                let count = if place == Place::Checked { self.random.below(3) } else { 1 + self.random.below(2) };
                Expr::Dictionary(
                    (0..count)
                        .map(|number| {
                            let key = Expr::String(format!("{}{number}", self.random.pick(&["k", "é", "z z"])));
                            (key, self.expr(element, fuel.min(2), place))
                        })
                        .collect(),
                )
            }
            Type::Optional(inner) => self.optional(inner, fuel, place),
            Type::Tuple(types) => {
                self.count("Tuple");
                Expr::Tuple(types.iter().map(|ty| self.expr(ty, fuel.min(2), place)).collect())
            }
            Type::Record(fields) => {
                self.count("Record");
                let mut made = Vec::new();
                for (name, ty) in fields {
                    if place == Place::Checked && matches!(ty, Type::Optional(_)) && self.random.chance(40) {
                        self.count("None padding");
                        continue;
                    }
                    made.push((name.clone(), self.expr(ty, fuel.min(2), place)));
                }
                self.shuffle(&mut made);
                Expr::Record(made)
            }
            Type::Declared(Declared::Volume) if place == Place::Inferred => self.ascribed(ty, fuel),
            Type::Declared(Declared::Volume) => {
                self.count("Record");
                let mut made = vec![
                    ("size".to_string(), self.expr(&Type::Int, fuel.min(2), place)),
                    ("mode".to_string(), self.expr(&Type::Mode, fuel.min(2), place)),
                ];
                if self.random.chance(50) {
                    made.push(("name".to_string(), self.expr(&Type::optional(Type::String), fuel.min(2), place)));
                } else {
                    self.count("None padding");
                }
                Expr::Record(made)
            }
            Type::Declared(Declared::Shape) => {
                self.count("Construct");
                match self.random.below(3) {
                    0 => Expr::Construct("Dot", None),
                    1 => {
                        let radius = self.expr(&Type::Float, fuel.min(2), Place::Checked);
                        Expr::Construct("Circle", Some(Box::new(radius)))
                    }
                    _ => {
                        let mut fields = vec![("side".to_string(), self.expr(&Type::Int, fuel.min(2), Place::Checked))];
                        if self.random.chance(50) {
                            let label = self.expr(&Type::optional(Type::String), fuel.min(2), Place::Checked);
                            fields.push(("label".to_string(), label));
                        } else {
                            self.count("None padding");
                        }
                        Expr::Construct("Square", Some(Box::new(Expr::Record(fields))))
                    }
                }
            }
            Type::Declared(Declared::Tree) => {
                self.count("Construct");
                if fuel == 0 || self.random.chance(40) {
                    return Expr::Construct("Leaf", None);
                }
                let fields = vec![
                    ("left".to_string(), self.expr(ty, fuel - 1, Place::Checked)),
                    ("value".to_string(), self.expr(&Type::Int, fuel.min(2), Place::Checked)),
                    ("right".to_string(), self.expr(ty, fuel.min(2) - 1, Place::Checked)),
                ];
                Expr::Construct("Node", Some(Box::new(Expr::Record(fields))))
            }
            Type::Wrapped(inner) => {
                self.count("Construct");
                if place == Place::Checked && self.random.chance(30) {
                    return Expr::Construct("Empty", None);
                }
                let value = self.expr(inner, fuel.min(2), Place::Inferred);
                Expr::Construct("Full", Some(Box::new(value)))
            }
            Type::Function(parameters, result) => self.lambda(parameters, result, fuel, true, Place::Inferred),
            Type::Resource(kind) => self.resource(*kind, fuel),
            Type::Variable(_) => unreachable!("nothing is made for a variable"),
        }
    }

    /// A name in scope that has the type.
    pub(crate) fn name_of(&mut self, ty: &Type) -> Option<Expr> {
        let named: Vec<String> =
            self.scope.iter().filter(|(_, found)| found == ty).map(|(name, _)| name.clone()).collect();
        if named.is_empty() {
            return None;
        }
        self.count("Name");
        Some(Expr::Name(self.random.pick(&named).clone()))
    }

    pub(crate) fn word(&mut self) -> Expr {
        self.count("String");
        Expr::String((*self.random.pick(&WORDS)).to_string())
    }

    /// `None`, `Optional(e)`, or the value itself where an Optional is known to be wanted.
    fn optional(&mut self, inner: &Type, fuel: usize, place: Place) -> Expr {
        if place == Place::Inferred {
            self.count("Some");
            return Expr::Some(Box::new(self.expr(inner, fuel, Place::Inferred)));
        }
        match self.random.below(3) {
            0 => {
                self.count("None");
                Expr::None
            }
            1 if !matches!(inner, Type::Optional(_)) => {
                self.count("Optional lifting");
                // Its head must be evident; a general function's result would be unified instead.
                Expr::Lifted(Box::new(self.plain(inner, fuel.min(1), Place::Inferred)))
            }
            _ => {
                self.count("Some");
                Expr::Some(Box::new(self.expr(inner, fuel, Place::Inferred)))
            }
        }
    }

    /// Text that may be known only later.
    pub(crate) fn text(&mut self, fuel: usize, place: Place) -> Expr {
        if fuel > 0 && self.random.chance(60) {
            return self.interpolation(fuel - 1);
        }
        if self.random.chance(60)
            && let Some(attribute) = self.attribute(fuel)
        {
            // An ARN is no String before one is wanted.
            if place == Place::Inferred {
                self.count("Interpolate");
                return Expr::Interpolate(vec![Part::Value(attribute)]);
            }
            self.count("widening");
            return attribute;
        }
        self.word()
    }

    pub(crate) fn interpolation(&mut self, fuel: usize) -> Expr {
        self.count("Interpolate");
        let mut parts = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            if self.random.chance(50) {
                parts.push(Part::Text((*self.random.pick(&WORDS)).to_string()));
            }
            let ty = match self.random.below(6) {
                0 => Type::Int,
                1 => Type::Bool,
                2 => Type::Duration,
                3 => Type::String,
                _ => Type::Text,
            };
            parts.push(Part::Value(self.expr(&ty, fuel, Place::Inferred)));
        }
        Expr::Interpolate(parts)
    }
}
