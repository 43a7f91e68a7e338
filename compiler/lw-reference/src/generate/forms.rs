//! Expressions that have parts: operators, calls, branches, blocks, comprehensions.

use super::resources::library_number;
use super::{Callee, Generator, Place};
use crate::library::{self, Over};
use crate::program::{Binding, Clause, Expr, Local, Operator, Part, Pattern};
use crate::types::{Declared, Type};

impl Generator {
    /// One form of a type, if the one that chance picks fits.
    pub(crate) fn form(&mut self, ty: &Type, fuel: usize, place: Place) -> Option<Expr> {
        match self.random.below(20) {
            0 | 1 => self.name_of(ty),
            2 | 3 => Some(self.branches(ty, fuel, place)),
            4 | 5 => Some(self.case(ty, fuel, place)),
            6 => Some(self.block(ty, fuel, place)),
            7..10 => self.library_call(ty, fuel, place),
            10 | 11 => self.call(ty, fuel),
            12 => self.applied(ty, fuel, place),
            13 => self.field(ty, fuel),
            14 if !matches!(ty, Type::Optional(_) | Type::Mode | Type::Port | Type::Function(..)) => {
                // The default's type follows from the left side.
                self.count("?|");
                let left = self.expr(&Type::optional(ty.clone()), fuel, Place::Inferred);
                let right = self.expr(ty, fuel, Place::Inferred);
                Some(Expr::Binary(Operator::Default, Box::new(left), Box::new(right)))
            }
            15 if self.random.chance(4) && place == Place::Checked && !matches!(ty, Type::Function(..)) => {
                // Mostly never needed: one arm of two.
                self.count("error");
                let condition = self.expr(&Type::Bool, fuel, Place::Checked);
                let value = self.expr(ty, fuel, place);
                Some(Expr::If(vec![(condition, Expr::Error("it cannot be".to_string()))], Box::new(value)))
            }
            _ => self.form_of_type(ty, fuel, place),
        }
    }

    fn form_of_type(&mut self, ty: &Type, fuel: usize, place: Place) -> Option<Expr> {
        Some(match ty {
            Type::Int => self.whole_number(fuel),
            Type::Float => {
                let operator = *self.random.pick(&[
                    Operator::Add,
                    Operator::Subtract,
                    Operator::Multiply,
                    Operator::Divide,
                    Operator::Remainder,
                ]);
                self.operation(operator, "Float", &Type::Float, &Type::Float, fuel)
            }
            Type::Bool => self.truth(fuel),
            Type::Duration | Type::Size => {
                let written = ty.written();
                match self.random.below(5) {
                    0 => self.operation(Operator::Add, &written, ty, ty, fuel),
                    1 => self.operation(Operator::Subtract, &written, ty, ty, fuel),
                    2 => self.operation(Operator::Multiply, &format!("{written} by Int"), ty, &Type::Int, fuel),
                    3 => self.operation(Operator::Multiply, &format!("Int by {written}"), &Type::Int, ty, fuel),
                    _ => self.operation(Operator::Divide, &format!("{written} by Int"), ty, &Type::Int, fuel),
                }
            }
            Type::String | Type::Text => match self.random.below(3) {
                0 => self.operation(Operator::Append, "String", ty, ty, fuel),
                1 if *ty == Type::Text => self.interpolation(fuel),
                _ => return self.read_back(ty),
            },
            Type::List(element) => match self.random.below(3) {
                0 => self.operation(Operator::Append, "List", ty, ty, fuel),
                _ => self.comprehension(element, fuel, place),
            },
            Type::Dictionary(element) => self.dictionary_comprehension(element, fuel, place),
            Type::Port if place == Place::Checked => {
                self.count("refinement check");
                // A sum is an Int for sure; whether it is a port is seen when it is known.
                let sum = self.operation(Operator::Add, "Int", &Type::Int, &Type::Int, fuel.min(1));
                Expr::Refined(Box::new(sum))
            }
            Type::Optional(_) => return self.read_back(ty),
            Type::Record(fields) if place == Place::Checked && !fields.is_empty() => {
                let base = self.name_of(ty)?;
                self.count("With");
                let at = self.random.below(fields.len());
                let (name, field) = &fields[at];
                let value = self.expr(field, fuel, Place::Checked);
                Expr::With(Box::new(base), vec![(vec![name.clone()], value)])
            }
            Type::Declared(Declared::Volume) => {
                let base = self.name_of(ty)?;
                self.count("With");
                let size = self.expr(&Type::Int, fuel, Place::Checked);
                let name = self.expr(&Type::optional(Type::String), fuel, Place::Checked);
                Expr::With(Box::new(base), vec![(vec!["size".into()], size), (vec!["name".into()], name)])
            }
            Type::Function(parameters, result) => match library_value(parameters, result) {
                Some(numbers) if self.random.chance(40) => {
                    self.count("library function as a value");
                    Expr::LibraryValue(*self.random.pick(&numbers))
                }
                _ => self.lambda(parameters, result, fuel, true, Place::Inferred),
            },
            Type::Resource(kind) => self.resource(*kind, fuel),
            _ => return None,
        })
    }

    pub(crate) fn operation(&mut self, operator: Operator, of: &str, left: &Type, right: &Type, fuel: usize) -> Expr {
        self.count(&format!("{} {of}", operator.written()));
        let left = self.expr(left, fuel, Place::Inferred);
        let divides = matches!(operator, Operator::Divide | Operator::Remainder);
        let right = if divides && self.random.chance(90) {
            match right {
                Type::Float => Expr::Float(0.5 + self.random.below(8) as f64),
                Type::Duration => Expr::Duration(1 + self.random.below(9) as i64, "m"),
                Type::Size => Expr::Size(1 + self.random.below(9) as i64, "KiB"),
                _ => Expr::Int(1 + self.random.below(12) as i64),
            }
        } else {
            self.expr(right, fuel, Place::Inferred)
        };
        Expr::Binary(operator, Box::new(left), Box::new(right))
    }

    fn whole_number(&mut self, fuel: usize) -> Expr {
        let int = &Type::Int;
        match self.random.below(12) {
            0..3 => self.operation(Operator::Add, "Int", int, int, fuel),
            3 | 4 => self.operation(Operator::Subtract, "Int", int, int, fuel),
            5 => self.operation(Operator::Multiply, "Int", int, int, fuel),
            6 => self.operation(Operator::Divide, "Int", int, int, fuel),
            7 => self.operation(Operator::Remainder, "Int", int, int, fuel),
            8 => {
                self.count("^ Int");
                let base = self.expr(int, fuel, Place::Inferred);
                let exponent = Expr::Int(self.random.below(4) as i64);
                Expr::Binary(Operator::Power, Box::new(base), Box::new(exponent))
            }
            9 => {
                self.count("Negate");
                Expr::Negate(Box::new(self.expr(int, fuel, Place::Inferred)))
            }
            10 => {
                let ty = if self.random.chance(50) { Type::Duration } else { Type::Size };
                self.operation(Operator::Divide, &ty.written(), &ty, &ty, fuel)
            }
            _ => self.operation(Operator::Own, "Int", int, int, fuel),
        }
    }

    fn truth(&mut self, fuel: usize) -> Expr {
        match self.random.below(7) {
            0 => {
                self.count("!");
                Expr::Not(Box::new(self.expr(&Type::Bool, fuel, Place::Checked)))
            }
            1 => self.operation(Operator::And, "Bool", &Type::Bool, &Type::Bool, fuel),
            2 => self.operation(Operator::Or, "Bool", &Type::Bool, &Type::Bool, fuel),
            3 | 4 => {
                let ty = match self.random.below(4) {
                    0 => Type::Float,
                    1 => Type::Duration,
                    2 => Type::Size,
                    _ => Type::Int,
                };
                let all = [Operator::Less, Operator::LessOrEqual, Operator::Greater, Operator::GreaterOrEqual];
                let operator = *self.random.pick(&all);
                self.operation(operator, &ty.written(), &ty, &ty, fuel)
            }
            _ => {
                let ty = self.data_type(2);
                let operator = if self.random.chance(60) { Operator::Equal } else { Operator::NotEqual };
                self.operation(operator, "data", &ty, &ty, fuel.min(2))
            }
        }
    }

    fn branches(&mut self, ty: &Type, fuel: usize, place: Place) -> Expr {
        self.count("If");
        let mut branches = Vec::new();
        for _ in 0..1 + usize::from(self.random.chance(20)) {
            let condition = self.expr(&Type::Bool, fuel, Place::Checked);
            branches.push((condition, self.expr(ty, fuel, place)));
        }
        Expr::If(branches, Box::new(self.expr(ty, fuel, place)))
    }

    fn block(&mut self, ty: &Type, fuel: usize, place: Place) -> Expr {
        self.count("Let");
        let mut locals = Vec::new();
        let mut names = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            if self.random.chance(25) {
                self.count("Let function");
                let name = self.fresh("inner");
                let parameters: Vec<(String, Type)> = vec![(self.fresh("p"), self.data_type(1))];
                let result = self.data_type(1);
                let body = self.within([names.clone(), parameters.clone()].concat(), |generator| {
                    generator.expr(&result, fuel.min(2), Place::Checked)
                });
                let of = Type::function(vec![parameters[0].1.clone()], result.clone());
                names.push((name.clone(), of));
                locals.push(Local::Function { name, parameters, result, body });
                continue;
            }
            let name = self.fresh("x");
            let annotated = self.random.chance(40);
            let ty = if annotated { self.boundary_type(2) } else { self.data_type(2) };
            let place = if annotated { Place::Checked } else { Place::Inferred };
            let value = self.within(names.clone(), |generator| generator.expr(&ty, fuel, place));
            names.push((name.clone(), ty.clone()));
            locals.push(Local::Value { name, annotation: annotated.then_some(ty), value });
        }
        self.shuffle(&mut locals);
        let body = self.within(names, |generator| generator.expr(ty, fuel, place));
        Expr::Let(locals, Box::new(body))
    }

    /// `known`: the parameters' types follow from where the lambda stands.
    pub(crate) fn lambda(
        &mut self,
        parameters: &[Type],
        result: &Type,
        fuel: usize,
        annotated: bool,
        place: Place,
    ) -> Expr {
        self.count("Lambda");
        let named: Vec<(String, Type)> = parameters.iter().map(|ty| (self.fresh("y"), ty.clone())).collect();
        let body = self.within(named.clone(), |generator| generator.expr(result, fuel.min(3), place));
        let written = named.into_iter().map(|(name, ty)| (name, annotated.then_some(ty))).collect();
        Expr::Lambda(written, Box::new(body))
    }

    /// A function of the library whose result fits.
    fn library_call(&mut self, ty: &Type, fuel: usize, place: Place) -> Option<Expr> {
        for _ in 0..6 {
            let number = self.random.below(library::FUNCTIONS.len());
            let function = &library::FUNCTIONS[number];
            let (_, result) = (function.types)();
            let mut bound = Vec::new();
            // Every known text is text that may be known only later.
            let wanted = if *ty == Type::Text && result == Type::String { &Type::String } else { ty };
            if !result.matches(wanted, &mut bound) || (place == Place::Inferred && has_boundary(ty)) {
                continue;
            }
            if matches!(result, Type::Variable(_)) && self.random.chance(60) {
                // They fit everything, and would be everywhere.
                continue;
            }
            // They stop where there is no such element, which is most of the time.
            let stops = matches!(
                function.name,
                "List.index" | "List.elementAt" | "List.fold1" | "Dictionary.find" | "Optional.unpackOrError"
            );
            if stops && self.random.chance(85) {
                continue;
            }
            if let Some(call) = self.library_call_of(number, bound, fuel) {
                return Some(call);
            }
        }
        None
    }

    /// A call of one function of the library, some of whose type variables are bound already.
    fn library_call_of(&mut self, number: usize, mut bound: Vec<Option<Type>>, fuel: usize) -> Option<Expr> {
        let function = &library::FUNCTIONS[number];
        let (parameters, _) = (function.types)();
        bound.resize(4, None);
        let free = [0, 1].into_iter().filter(|at| bound[*at].is_none()).collect::<Vec<_>>();
        for at in free {
            bound[at] = Some(if function.over == Over::Ordered {
                self.random.pick(&[Type::Int, Type::Float, Type::String, Type::Duration]).clone()
            } else {
                self.data_type(1)
            });
        }
        let fits = bound.iter().flatten().all(|ty| match function.over {
            Over::All => !has_boundary(ty),
            Over::Data => is_data(ty),
            Over::Ordered => {
                matches!(ty, Type::Int | Type::Float | Type::String | Type::Duration | Type::Size)
            }
        });
        if !fits {
            return None;
        }
        self.count(function.name);
        let mut arguments = Vec::new();
        for parameter in &parameters {
            let ty = parameter.with(&bound);
            let general = parameter.has_variables();
            arguments.push(match (&ty, parameter) {
                (Type::Function(inner, result), Type::Function(_, declared)) => {
                    let place = if declared.has_variables() { Place::Inferred } else { Place::Checked };
                    let annotated = self.random.chance(50);
                    if !annotated {
                        self.count("Lambda without types");
                    }
                    self.lambda(inner, result, fuel, annotated, place)
                }
                _ if general => self.expr(&ty, fuel.min(3), Place::Inferred),
                _ => self.small(&ty, fuel.min(3), function.name),
            });
        }
        Some(Expr::Library(number, arguments))
    }

    /// A binding that calls one function of the library.
    pub(crate) fn library_binding(&mut self, number: usize) -> Option<Binding> {
        let name = self.fresh("called");
        let value = self.library_call_of(number, Vec::new(), 3)?;
        self.count("Binding");
        Some(Binding { name, annotation: None, value })
    }

    /// An argument that does not make a result too long.
    fn small(&mut self, ty: &Type, fuel: usize, function: &str) -> Expr {
        match (function, ty) {
            ("String.repeat" | "String.padLeft" | "String.padRight" | "List.range", Type::Int) => {
                Expr::Int(self.random.below(7) as i64)
            }
            _ => self.expr(ty, fuel, Place::Checked),
        }
    }

    /// A function of the program whose result fits.
    fn call(&mut self, ty: &Type, fuel: usize) -> Option<Expr> {
        let fitting: Vec<Callee> = self.callees.iter().filter(|callee| callee.result == *ty).cloned().collect();
        if let Some((own, counted)) = self.own_call.clone()
            && own.result == *ty
            && self.random.chance(70)
        {
            self.count("Call itself");
            let less = Expr::Binary(Operator::Subtract, Box::new(Expr::Name(counted)), Box::new(Expr::Int(1)));
            return Some(self.arguments(&own, fuel, Some(less)));
        }
        if fitting.is_empty() {
            return None;
        }
        let callee = self.random.pick(&fitting).clone();
        self.count("Call");
        let first = callee.recursive.then(|| Expr::Int(self.random.below(4) as i64));
        Some(self.arguments(&callee, fuel, first))
    }

    fn arguments(&mut self, callee: &Callee, fuel: usize, first: Option<Expr>) -> Expr {
        if callee.takes_record {
            self.count("Call with a record");
            let mut fields = Vec::new();
            for (name, ty) in &callee.parameters {
                if matches!(ty, Type::Optional(_)) && self.random.chance(40) {
                    self.count("None padding");
                    continue;
                }
                fields.push((name.clone(), self.expr(ty, fuel.min(2), Place::Checked)));
            }
            self.shuffle(&mut fields);
            return Expr::CallRecord(callee.name.clone(), fields);
        }
        let mut first = first;
        let mut arguments = Vec::new();
        for (at, (_, ty)) in callee.parameters.iter().enumerate() {
            if at == 0
                && let Some(first) = first.take()
            {
                arguments.push(first);
            } else if at == 0
                && let Some(field) = &callee.open_field
            {
                self.count("open record");
                let size = self.expr(&Type::Int, fuel.min(2), Place::Inferred);
                let mut fields = vec![(field.clone(), size)];
                if self.random.chance(60) {
                    fields.push(("more".to_string(), self.expr(&Type::Bool, 1, Place::Inferred)));
                }
                arguments.push(Expr::Record(fields));
            } else {
                arguments.push(self.expr(ty, fuel.min(2), Place::Checked));
            }
        }
        Expr::Call(Box::new(Expr::Name(callee.name.clone())), arguments)
    }

    /// A function that is a value, called.
    fn applied(&mut self, ty: &Type, fuel: usize, place: Place) -> Option<Expr> {
        let named: Vec<(String, Vec<Type>)> = self
            .scope
            .iter()
            .filter_map(|(name, found)| match found {
                Type::Function(parameters, result) if **result == *ty => Some((name.clone(), parameters.clone())),
                _ => None,
            })
            .collect();
        if !named.is_empty() {
            let (name, parameters) = self.random.pick(&named).clone();
            self.count("Call of a value");
            let arguments = parameters.iter().map(|ty| self.expr(ty, fuel.min(2), Place::Inferred)).collect();
            return Some(Expr::Call(Box::new(Expr::Name(name)), arguments));
        }
        if place == Place::Checked || has_boundary(ty) {
            return None;
        }
        self.count("Call of a lambda");
        let parameter = self.data_type(1);
        let function = self.lambda(std::slice::from_ref(&parameter), ty, fuel, true, Place::Inferred);
        let argument = self.expr(&parameter, fuel.min(2), Place::Inferred);
        Some(Expr::Call(Box::new(function), vec![argument]))
    }

    /// A field of a record in scope, or of a constructor's.
    fn field(&mut self, ty: &Type, fuel: usize) -> Option<Expr> {
        if *ty == Type::Int && self.random.chance(25) {
            self.count("ConstructorField");
            let sides = vec![("side".to_string(), self.expr(&Type::Int, fuel.min(2), Place::Checked))];
            let name = self.fresh("x");
            let square = Expr::Construct("Square", Some(Box::new(Expr::Record(sides))));
            let shape = if self.random.chance(95) { square } else { Expr::Construct("Dot", None) };
            let locals = vec![Local::Value {
                name: name.clone(),
                annotation: Some(Type::Declared(Declared::Shape)),
                value: shape,
            }];
            let read = Expr::ConstructorField(Box::new(Expr::Name(name)), "Square", "side".to_string());
            return Some(Expr::Let(locals, Box::new(read)));
        }
        let mut found = Vec::new();
        for (name, of) in &self.scope {
            match of {
                Type::Record(fields) => {
                    found.extend(
                        fields.iter().filter(|(_, field)| field == ty).map(|(field, _)| (name.clone(), field.clone())),
                    );
                }
                Type::Declared(Declared::Volume) => {
                    let fields = [("size", Type::Int), ("name", Type::optional(Type::String)), ("mode", Type::Mode)];
                    found.extend(
                        fields
                            .iter()
                            .filter(|(_, field)| field == ty)
                            .map(|(field, _)| (name.clone(), field.to_string())),
                    );
                }
                _ => {}
            }
        }
        if found.is_empty() {
            return None;
        }
        self.count("Field");
        let (name, field) = self.random.pick(&found).clone();
        Some(Expr::Field(Box::new(Expr::Name(name)), field))
    }

    /// Where a comprehension's elements come from, and what they are called.
    fn clauses(&mut self, fuel: usize) -> (Vec<Clause>, Vec<(String, Type)>) {
        let mut clauses = Vec::new();
        let mut names: Vec<(String, Type)> = Vec::new();
        for _ in 0..1 + usize::from(self.random.chance(20)) {
            let element = self.data_type(1);
            let (source, element) = match self.random.below(5) {
                0 => {
                    // Key and value.
                    self.count("for in Dictionary");
                    (Type::dictionary(element.clone()), Type::Tuple(vec![Type::String, element]))
                }
                1 => {
                    self.count("for in Optional");
                    (Type::optional(element.clone()), element)
                }
                _ => {
                    self.count("for in List");
                    (Type::list(element.clone()), element)
                }
            };
            let source = self.within(names.clone(), |generator| generator.expr(&source, fuel.min(2), Place::Inferred));
            let pattern = match element {
                Type::Tuple(types) => {
                    self.count("pattern in for");
                    let parts: Vec<(String, Type)> = types.iter().map(|ty| (self.fresh("z"), ty.clone())).collect();
                    let patterns = parts.iter().map(|(name, _)| Pattern::Bind(name.clone())).collect();
                    names.extend(parts);
                    Pattern::Tuple(patterns)
                }
                element => {
                    let name = self.fresh("z");
                    names.push((name.clone(), element));
                    Pattern::Bind(name)
                }
            };
            clauses.push(Clause::For(pattern, source));
        }
        if self.random.chance(40) {
            self.count("for if");
            let condition =
                self.within(names.clone(), |generator| generator.expr(&Type::Bool, fuel.min(2), Place::Checked));
            clauses.push(Clause::If(condition));
        }
        (clauses, names)
    }

    fn comprehension(&mut self, element: &Type, fuel: usize, place: Place) -> Expr {
        self.count("ListOf");
        let (clauses, names) = self.clauses(fuel);
        let element = self.within(names, |generator| generator.expr(element, fuel.min(2), place));
        Expr::ListOf(Box::new(element), clauses)
    }

    fn dictionary_comprehension(&mut self, element: &Type, fuel: usize, place: Place) -> Expr {
        self.count("DictionaryOf");
        if self.random.chance(15) {
            // Most likely a key occurs twice.
            let (clauses, names) = self.clauses(fuel.min(2));
            let (key, value) = self.within(names, |generator| {
                let key = generator.expr(&Type::String, fuel.min(2), Place::Checked);
                (key, generator.expr(element, fuel.min(2), place))
            });
            return Expr::DictionaryOf(Box::new(key), Box::new(value), clauses);
        }
        let of = self.data_type(1);
        let list = self.expr(&Type::list(of.clone()), fuel.min(2), Place::Inferred);
        let numbered = Expr::Library(library_number("List.enumerate"), vec![list]);
        self.count("List.enumerate");
        let names = vec![(self.fresh("i"), Type::Int), (self.fresh("z"), of)];
        let pattern = Pattern::Tuple(names.iter().map(|(name, _)| Pattern::Bind(name.clone())).collect());
        let key = Expr::Interpolate(vec![Part::Text("at ".to_string()), Part::Value(Expr::Name(names[0].0.clone()))]);
        let value = self.within(names, |generator| generator.expr(element, fuel.min(2), place));
        let clauses = vec![Clause::For(pattern, numbered)];
        Expr::DictionaryOf(Box::new(key), Box::new(value), clauses)
    }
}

/// Functions of the library that have a type, none of them general.
fn library_value(parameters: &[Type], result: &Type) -> Option<Vec<usize>> {
    let numbers: Vec<usize> = (0..library::FUNCTIONS.len())
        .filter(|number| {
            let (found, gives) = (library::FUNCTIONS[*number].types)();
            found == parameters && gives == *result
        })
        .collect();
    (!numbers.is_empty()).then_some(numbers)
}

/// Whether a type has a part that only an annotated place gives.
pub(crate) fn has_boundary(ty: &Type) -> bool {
    match ty {
        Type::Mode | Type::Port | Type::Function(..) | Type::Declared(Declared::Volume) => true,
        Type::List(inner) | Type::Dictionary(inner) | Type::Optional(inner) | Type::Wrapped(inner) => {
            has_boundary(inner)
        }
        Type::Tuple(types) => types.iter().any(has_boundary),
        Type::Record(fields) => fields.iter().any(|(_, ty)| has_boundary(ty)),
        _ => false,
    }
}

/// Whether values of a type are known and can be compared and written.
fn is_data(ty: &Type) -> bool {
    match ty {
        Type::Text | Type::Resource(_) | Type::Function(..) | Type::Mode | Type::Port => false,
        Type::Declared(declared) => *declared != Declared::Volume,
        Type::List(inner) | Type::Dictionary(inner) | Type::Optional(inner) | Type::Wrapped(inner) => is_data(inner),
        Type::Tuple(types) => types.iter().all(is_data),
        Type::Record(fields) => fields.iter().all(|(_, ty)| is_data(ty)),
        _ => true,
    }
}
