//! `case`, with arms that match every value.

use super::{Generator, Place};
use crate::program::{Expr, Pattern};
use crate::types::{Declared, Type};

/// A pattern, and the names that it binds.
type Arm = (Pattern, Vec<(String, Type)>);

impl Generator {
    pub(crate) fn case(&mut self, ty: &Type, fuel: usize, place: Place) -> Expr {
        self.count("Case");
        let (scrutinee, arms) = self.arms();
        let value = self.expr(&scrutinee, fuel.min(2), Place::Inferred);
        let arms = arms
            .into_iter()
            .map(|(pattern, names)| {
                let arm = self.within(names, |generator| generator.expr(ty, fuel, place));
                (pattern, arm)
            })
            .collect();
        Expr::Case(Box::new(value), arms)
    }

    /// A type, and patterns that match all of its values, each with the names that it binds.
    fn arms(&mut self) -> (Type, Vec<Arm>) {
        let (one, other) = (self.fresh("m"), self.fresh("m"));
        let bind = |name: &String| Pattern::Bind(name.clone());
        match self.random.below(10) {
            0 => {
                self.count("Optional pattern");
                let inner = self.data_type(1);
                let some = (Pattern::Some(Box::new(bind(&one))), vec![(one, inner.clone())]);
                (Type::optional(inner), vec![some, (Pattern::None, vec![])])
            }
            1 => {
                self.count("Bool pattern");
                (Type::Bool, vec![(Pattern::Bool(true), vec![]), (Pattern::Bool(false), vec![])])
            }
            2 => {
                self.count("constructor pattern");
                let square = Pattern::Record(vec![("side".to_string(), bind(&other))]);
                (
                    Type::Declared(Declared::Shape),
                    vec![
                        (Pattern::Constructor("Circle", Some(Box::new(bind(&one)))), vec![(one, Type::Float)]),
                        (Pattern::Constructor("Square", Some(Box::new(square))), vec![(other, Type::Int)]),
                        (Pattern::Constructor("Dot", None), vec![]),
                    ],
                )
            }
            3 => {
                self.count("nested pattern");
                let inner = Pattern::Constructor(
                    "Node",
                    Some(Box::new(Pattern::Record(vec![("value".to_string(), bind(&one))]))),
                );
                let node = Pattern::Record(vec![("left".to_string(), inner), ("value".to_string(), bind(&other))]);
                (
                    Type::Declared(Declared::Tree),
                    vec![
                        (
                            Pattern::Constructor("Node", Some(Box::new(node))),
                            vec![(one, Type::Int), (other, Type::Int)],
                        ),
                        (Pattern::Wildcard, vec![]),
                    ],
                )
            }
            4 => {
                self.count("Int pattern");
                let (least, next) = (self.random.below(5) as i64, 5 + self.random.below(20) as i64);
                (
                    Type::Int,
                    vec![
                        (Pattern::Int(least), vec![]),
                        (Pattern::Int(next), vec![]),
                        (bind(&one), vec![(one, Type::Int)]),
                    ],
                )
            }
            5 => {
                self.count("String pattern");
                (
                    Type::String,
                    vec![
                        (Pattern::String("a".to_string()), vec![]),
                        (Pattern::String("Größe".to_string()), vec![]),
                        (Pattern::Wildcard, vec![]),
                    ],
                )
            }
            6 => {
                self.count("union pattern");
                (
                    Type::Mode,
                    vec![
                        (Pattern::String("on".to_string()), vec![]),
                        (Pattern::String("off".to_string()), vec![]),
                        (Pattern::String("auto".to_string()), vec![]),
                    ],
                )
            }
            7 => {
                self.count("List pattern");
                let element = self.data_type(1);
                (
                    Type::list(element.clone()),
                    vec![
                        (Pattern::List(vec![]), vec![]),
                        (Pattern::List(vec![bind(&one), Pattern::Wildcard]), vec![(one, element)]),
                        (Pattern::Wildcard, vec![]),
                    ],
                )
            }
            8 => {
                self.count("Tuple pattern");
                let inner = self.data_type(0);
                let types = vec![Type::optional(inner.clone()), Type::Bool];
                (
                    Type::Tuple(types),
                    vec![
                        (
                            Pattern::Tuple(vec![Pattern::Some(Box::new(bind(&one))), Pattern::Bool(true)]),
                            vec![(one, inner)],
                        ),
                        (Pattern::Tuple(vec![Pattern::None, bind(&other)]), vec![(other, Type::Bool)]),
                        (Pattern::Wildcard, vec![]),
                    ],
                )
            }
            _ => {
                self.count("Wrapped pattern");
                let inner = self.data_type(0);
                (
                    Type::Wrapped(Box::new(inner.clone())),
                    vec![
                        (Pattern::Constructor("Empty", None), vec![]),
                        (Pattern::Constructor("Full", Some(Box::new(bind(&one)))), vec![(one, inner)]),
                    ],
                )
            }
        }
    }
}
