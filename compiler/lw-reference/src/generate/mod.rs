//! Random programs, well typed by construction.
//!
//! Every expression is made for a type, and for one of two places: where the checker knows the type that is wanted, so that it may lift
//! and pad, or where it finds the type out, so that it may not. Types, functions and bindings come first to last; what is made later
//! may use what is there already, and the order in which it is written is then shuffled.

mod data;
mod forms;
mod patterns;
mod resources;

use std::collections::BTreeMap;

use crate::library::FUNCTIONS;
use crate::program::{Binding, Expr, Function, Local, Program};
use crate::random::Random;
use crate::types::{Declared, Kind, Type};

/// Whether the type that is wanted is known to the checker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Checked,
    Inferred,
}

/// A function that can be called.
#[derive(Clone, Debug)]
struct Callee {
    name: String,
    parameters: Vec<(String, Type)>,
    takes_record: bool,
    open_field: Option<String>,
    result: Type,
    /// The first parameter counts down to 0.
    recursive: bool,
}

/// How often each form, function, operator and coercion was made.
pub type Counts = BTreeMap<String, u64>;

pub(crate) struct Generator {
    random: Random,
    counts: Counts,
    next_name: usize,
    /// Locals and earlier bindings in scope.
    scope: Vec<(String, Type)>,
    callees: Vec<Callee>,
    /// Within a function that counts down: its own call, by the parameter that counts.
    own_call: Option<(Callee, String)>,
}

/// The program of a seed, and what it is made of.
pub fn generate(seed: u64) -> (Program, Counts) {
    let mut generator = Generator {
        random: Random(seed),
        counts: Counts::new(),
        next_name: 0,
        scope: Vec::new(),
        callees: Vec::new(),
        own_call: None,
    };
    let program = generator.program(seed);
    (program, generator.counts)
}

impl Generator {
    fn program(&mut self, seed: u64) -> Program {
        let mut program = Program::default();
        for _ in 0..2 + self.random.below(4) {
            program.functions.push(self.function());
        }
        let many = self.random.chance(80);
        for _ in 0..4 + self.random.below(8) {
            program.bindings.push(self.binding());
        }
        if many {
            for _ in 0..3 + self.random.below(3) {
                let binding = self.crowd();
                program.bindings.push(binding);
            }
        }
        // Each function of the library has its turn.
        for turn in 0..2 {
            let number = (seed as usize).wrapping_mul(2).wrapping_add(turn) % FUNCTIONS.len();
            program.bindings.extend(self.library_binding(number));
        }
        for number in 0..1 + self.random.below(4) {
            let ty = self.output_type();
            let value = self.expr(&ty, 3, Place::Inferred);
            program.outputs.push((format!("result{number}"), value));
        }
        self.shuffle(&mut program.bindings);
        self.shuffle(&mut program.functions);
        program
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            let other = self.random.below(at + 1);
            items.swap(at, other);
        }
    }

    pub(crate) fn count(&mut self, form: &str) {
        *self.counts.entry(form.to_string()).or_default() += 1;
    }

    pub(crate) fn fresh(&mut self, stem: &str) -> String {
        self.next_name += 1;
        format!("{stem}{}", self.next_name)
    }

    /// Something made with more names in scope.
    pub(crate) fn within<T>(&mut self, names: Vec<(String, Type)>, make: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.scope.len();
        self.scope.extend(names);
        let made = make(self);
        self.scope.truncate(length);
        made
    }

    fn function(&mut self) -> Function {
        let name = self.fresh("make");
        let recursive = self.random.chance(25);
        let takes_record = !recursive && self.random.chance(25);
        let open_field = (!recursive && !takes_record && self.random.chance(25)).then(|| "size".to_string());
        let result =
            if self.random.chance(25) { Type::Resource(*self.random.pick(&Kind::ALL)) } else { self.boundary_type(2) };
        let mut parameters = Vec::new();
        if recursive || open_field.is_some() {
            parameters.push((self.fresh("n"), Type::Int));
        }
        for _ in 0..1 + self.random.below(2) {
            let ty = if takes_record && self.random.chance(50) {
                Type::optional(self.data_type(1))
            } else if !takes_record && self.random.chance(15) {
                self.function_type()
            } else {
                self.boundary_type(2)
            };
            parameters.push((self.fresh("p"), ty));
        }
        let callee = Callee {
            name: name.clone(),
            parameters: parameters.clone(),
            takes_record,
            open_field: open_field.clone(),
            result: result.clone(),
            recursive,
        };
        // A body sees its parameters, not the bindings: then any binding may call it.
        let scope = std::mem::take(&mut self.scope);
        let mut names = parameters.clone();
        if let Some(field) = &open_field {
            names[0].1 = Type::Record(vec![(field.clone(), Type::Int)]);
        }
        let body = if recursive {
            let counted = parameters[0].0.clone();
            let base = self.within(names.clone(), |generator| generator.expr(&result, 2, Place::Checked));
            self.own_call = Some((callee.clone(), counted.clone()));
            let step = self.within(names, |generator| generator.expr(&result, 4, Place::Checked));
            self.own_call = None;
            let condition = Expr::Binary(
                crate::program::Operator::LessOrEqual,
                Box::new(Expr::Name(counted)),
                Box::new(Expr::Int(0)),
            );
            Expr::If(vec![(condition, base)], Box::new(step))
        } else {
            self.within(names, |generator| generator.expr(&result, 4, Place::Checked))
        };
        self.scope = scope;
        self.callees.push(callee);
        self.count("Function");
        Function { name, parameters, takes_record, open_field, result, body }
    }

    fn binding(&mut self) -> Binding {
        let name = self.fresh("value");
        let ty = match self.random.below(10) {
            0..3 => Type::Resource(*self.random.pick(&Kind::ALL)),
            3 => self.function_type(),
            4 => Type::list(Type::Resource(*self.random.pick(&Kind::ALL))),
            5 => Type::Text,
            _ => self.boundary_type(3),
        };
        // The type of a name without annotation is what is inferred for it.
        let annotated = self.random.chance(60) || matches!(ty, Type::Mode | Type::Port | Type::Function(..));
        let place = if annotated { Place::Checked } else { Place::Inferred };
        let value = self.expr(&ty, 4, place);
        self.scope.push((name.clone(), ty.clone()));
        self.count("Binding");
        Binding { name, annotation: annotated.then_some(ty), value }
    }

    /// An expression for a type. Fuel says how deep it may go.
    pub(crate) fn expr(&mut self, ty: &Type, fuel: usize, place: Place) -> Expr {
        if fuel > 0 {
            for _ in 0..4 {
                if let Some(expr) = self.form(ty, fuel - 1, place) {
                    return expr;
                }
            }
        }
        self.plain(ty, fuel.saturating_sub(1), place)
    }

    /// `let T name: e`, then the name: a place where the type is found out gets one that is known.
    pub(crate) fn ascribed(&mut self, ty: &Type, fuel: usize) -> Expr {
        let name = self.fresh("x");
        let value = self.expr(ty, fuel, Place::Checked);
        self.count("Let");
        Expr::Let(
            vec![Local::Value { name: name.clone(), annotation: Some(ty.clone()), value }],
            Box::new(Expr::Name(name)),
        )
    }

    /// What a library function over data can take, and what compares.
    pub(crate) fn data_type(&mut self, depth: usize) -> Type {
        match self.random.below(if depth == 0 { 6 } else { 13 }) {
            0 | 1 => Type::Int,
            2 => Type::String,
            3 => Type::Bool,
            4 => Type::Float,
            5 => {
                if self.random.chance(50) {
                    Type::Duration
                } else {
                    Type::Size
                }
            }
            6 | 7 => Type::list(self.data_type(depth - 1)),
            8 => Type::dictionary(self.data_type(depth - 1)),
            9 => Type::optional(self.data_type(0)),
            10 => Type::Tuple(vec![self.data_type(depth - 1), self.data_type(0)]),
            11 => Type::Record(vec![("label".to_string(), self.data_type(depth - 1)), ("size".to_string(), Type::Int)]),
            _ => match self.random.below(3) {
                0 => Type::Declared(Declared::Shape),
                1 => Type::Declared(Declared::Tree),
                _ => Type::Wrapped(Box::new(self.data_type(0))),
            },
        }
    }

    /// What stands at an annotated place.
    pub(crate) fn boundary_type(&mut self, depth: usize) -> Type {
        match self.random.below(12) {
            0 => Type::Mode,
            1 => Type::Port,
            2 => Type::Declared(Declared::Volume),
            3 => Type::list(Type::Port),
            4 => Type::Record(vec![
                ("name".to_string(), Type::optional(Type::String)),
                ("port".to_string(), Type::Port),
                ("size".to_string(), Type::Int),
            ]),
            _ => self.data_type(depth),
        }
    }

    fn function_type(&mut self) -> Type {
        let parameters = (0..1 + self.random.below(2)).map(|_| self.data_type(1)).collect();
        let result = self.data_type(1);
        Type::function(parameters, result)
    }

    fn output_type(&mut self) -> Type {
        match self.random.below(6) {
            0 => Type::Text,
            1 => Type::list(Type::Text),
            2 => Type::dictionary(Type::Text),
            _ => self.data_type(3),
        }
    }
}
