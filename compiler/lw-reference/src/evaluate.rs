//! The naive evaluator: it walks the tree, and looks names up in a list.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::{Value as Json, json};

use crate::library::FUNCTIONS;
use crate::program::{Clause, Expr, Function, Local, Operator, Part, Pattern, Program};
use crate::types::Kind;
use crate::value::{
    BY_ZERO, Callable, Failure, KEY_TWICE, Later, Made, NEEDS_ITSELF, NOT_OURS, OTHER_CONSTRUCTOR, OUTSIDE, STOPPED,
    Scope, Slot, State, TOO_LARGE, Text, Value, done,
};

pub type Outcome<T> = Result<T, Failure>;

/// Not a failure of the program: it is too long, or writes a number in a form that is not modelled here.
pub const SKIPPED: Failure = "skipped";

const STEPS_MAX: usize = 200_000;

pub struct Evaluator<'p> {
    functions: HashMap<&'p str, &'p Function>,
    pub bindings: BTreeMap<&'p str, Slot>,
    pub made: Vec<Made>,
    owner: Option<String>,
    steps: usize,
}

/// What a program comes to: everything that failed, or the values of bindings and outputs.
pub struct Evaluated<'p> {
    pub evaluator: Evaluator<'p>,
    pub failures: BTreeSet<Failure>,
    pub values: Vec<(String, Value)>,
    pub outputs: Vec<(String, Value)>,
}

pub fn evaluate(program: &Program) -> Evaluated<'_> {
    let bindings = program.bindings.iter().map(|binding| {
        (binding.name.as_str(), Rc::new(RefCell::new(State::Waiting(binding.value.clone(), Scope::default()))))
    });
    let mut evaluator = Evaluator {
        functions: program.functions.iter().map(|function| (function.name.as_str(), function)).collect(),
        bindings: bindings.collect(),
        made: Vec::new(),
        owner: None,
        steps: 0,
    };
    let mut failures = BTreeSet::new();
    let mut values = Vec::new();
    let names: Vec<&str> = evaluator.bindings.keys().copied().collect();
    for name in names {
        match evaluator.binding(name) {
            Ok(value) => values.push((name.to_string(), value)),
            Err(failure) => _ = failures.insert(failure),
        }
    }
    let mut outputs = Vec::new();
    for (name, value) in &program.outputs {
        match evaluator.eval(value, &Scope::default()) {
            Ok(value) => outputs.push((name.clone(), value)),
            Err(failure) => _ = failures.insert(failure),
        }
    }
    Evaluated { evaluator, failures, values, outputs }
}

/// An Int that JSON carries exactly.
pub fn in_range(value: i64) -> Option<i64> {
    (value.abs() <= 9_007_199_254_740_991).then_some(value)
}

fn whole(value: Option<i64>) -> Outcome<i64> {
    value.and_then(in_range).ok_or(TOO_LARGE)
}

impl Evaluator<'_> {
    pub fn step(&mut self) -> Outcome<()> {
        self.steps += 1;
        if self.steps > STEPS_MAX { Err(SKIPPED) } else { Ok(()) }
    }

    fn binding(&mut self, name: &str) -> Outcome<Value> {
        let slot = self.bindings[name].clone();
        let owner = self.owner.replace(name.to_string());
        let value = self.force(&slot);
        self.owner = owner;
        value
    }

    pub fn force(&mut self, slot: &Slot) -> Outcome<Value> {
        let state = slot.borrow().clone();
        match state {
            State::Done(value) => Ok(value),
            State::Failed(failure) => Err(failure),
            State::Running => Err(NEEDS_ITSELF),
            State::Waiting(expr, scope) => {
                *slot.borrow_mut() = State::Running;
                let outcome = self.eval(&expr, &scope);
                *slot.borrow_mut() = match &outcome {
                    Ok(value) => State::Done(value.clone()),
                    Err(failure) => State::Failed(failure),
                };
                outcome
            }
        }
    }

    /// A property, evaluated on behalf of the binding that made its resource.
    pub fn property(&mut self, resource: usize, name: &str) -> Outcome<Option<Value>> {
        let made = &self.made[resource];
        let Some((_, slot)) = made.properties.iter().find(|(property, _)| property == name) else { return Ok(None) };
        let slot = slot.clone();
        let owner = std::mem::replace(&mut self.owner, made.owner.clone());
        let value = self.force(&slot);
        self.owner = owner;
        value.map(Some)
    }

    pub fn apply(&mut self, function: &Value, arguments: Vec<Value>) -> Outcome<Value> {
        self.step()?;
        let Value::Function(callable) = function else { unreachable!("a function: {function:?}") };
        match &**callable {
            Callable::Closure { parameters, body, scope } => {
                let mut inner = scope.clone();
                for (name, argument) in parameters.iter().zip(arguments) {
                    inner = inner.with(name, done(argument));
                }
                self.eval(body, &inner)
            }
            Callable::Library(number) => (FUNCTIONS[*number].run)(self, &arguments),
        }
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, scope: &Scope) -> Outcome<Vec<Value>> {
        exprs.into_iter().map(|expr| self.eval(expr, scope)).collect()
    }

    fn record(&mut self, fields: &[(String, Expr)], scope: &Scope) -> Outcome<BTreeMap<String, Value>> {
        fields.iter().map(|(name, value)| Ok((name.clone(), self.eval(value, scope)?))).collect()
    }

    fn make(&mut self, kind: Kind, properties: Vec<(String, Slot)>, existing: Option<String>) -> Value {
        self.made.push(Made { kind, properties, owner: self.owner.clone(), existing });
        Value::Resource(self.made.len() - 1)
    }

    fn eval(&mut self, expr: &Expr, scope: &Scope) -> Outcome<Value> {
        self.step()?;
        Ok(match expr {
            Expr::Int(value) => Value::Int(*value),
            Expr::Float(value) => Value::Float(*value),
            Expr::WholeFloat(value) => Value::Float(*value as f64),
            Expr::Bool(value) => Value::Bool(*value),
            Expr::String(value) => Value::text(value),
            Expr::Duration(value, unit) => {
                let unit = match *unit {
                    "ms" => 1,
                    "s" => 1_000,
                    "m" => 60_000,
                    "h" => 3_600_000,
                    _ => 86_400_000,
                };
                Value::Duration(value * unit)
            }
            Expr::Size(value, unit) => {
                let shift = match *unit {
                    "KiB" => 10,
                    "MiB" => 20,
                    "GiB" => 30,
                    _ => 40,
                };
                Value::Size(value << shift)
            }
            Expr::Interpolate(parts) => {
                let mut text = Text::default();
                for part in parts {
                    match part {
                        Part::Text(known) => text.append(&Text::known(known)),
                        Part::Value(value) => match self.eval(value, scope)? {
                            Value::Text(inner) => text.append(&inner),
                            other => text.append(&Text::known(shown(&other)?)),
                        },
                    }
                }
                Value::Text(text)
            }
            Expr::Name(name) => return self.name(name, scope),
            Expr::None => Value::None,
            Expr::Some(value) | Expr::Lifted(value) => Value::optional(Some(self.eval(value, scope)?)),
            Expr::Reference(value, wire) => {
                let Value::Resource(resource) = self.eval(value, scope)? else { unreachable!("a resource") };
                Value::Text(Text::later(Later::Get(resource, wire)))
            }
            Expr::Refined(value) => match self.eval(value, scope)? {
                Value::Int(port) if !(0..=65_535).contains(&port) => return Err(OUTSIDE),
                value => value,
            },
            Expr::Tuple(items) => Value::tuple(self.all(items, scope)?),
            Expr::List(items) => Value::list(self.all(items, scope)?),
            Expr::Record(fields) => Value::Record(Rc::new(self.record(fields, scope)?)),
            Expr::Dictionary(entries) => {
                let mut all = BTreeMap::new();
                for (key, value) in entries {
                    let key = self.key(key, scope)?;
                    let value = self.eval(value, scope)?;
                    if all.insert(key, value).is_some() {
                        return Err(KEY_TWICE);
                    }
                }
                Value::Dictionary(Rc::new(all))
            }
            Expr::ListOf(element, clauses) => {
                let mut all = Vec::new();
                self.comprehend(clauses, scope, &mut |evaluator, inner| {
                    all.push(evaluator.eval(element, inner)?);
                    Ok(())
                })?;
                Value::list(all)
            }
            Expr::DictionaryOf(key, value, clauses) => {
                let mut all = BTreeMap::new();
                self.comprehend(clauses, scope, &mut |evaluator, inner| {
                    let key = evaluator.key(key, inner)?;
                    let value = evaluator.eval(value, inner)?;
                    if all.insert(key, value).is_some() { Err(KEY_TWICE) } else { Ok(()) }
                })?;
                Value::Dictionary(Rc::new(all))
            }
            Expr::Field(value, name) => {
                let value = self.eval(value, scope)?;
                return self.field(&value, name);
            }
            Expr::ConstructorField(value, constructor, name) => match self.eval(value, scope)? {
                Value::Constructor(found, Some(payload)) if found == *constructor => return self.field(&payload, name),
                _ => return Err(OTHER_CONSTRUCTOR),
            },
            Expr::With(value, updates) => {
                let value = self.eval(value, scope)?;
                return self.with(value, updates, scope);
            }
            Expr::Call(function, arguments) => {
                let function = self.eval(function, scope)?;
                let arguments = self.all(arguments, scope)?;
                return self.apply(&function, arguments);
            }
            Expr::CallRecord(name, fields) => {
                let function = self.functions[name.as_str()];
                let given = self.record(fields, scope)?;
                let mut inner = Scope::default();
                for (parameter, _) in &function.parameters {
                    inner = inner.with(parameter, done(given.get(parameter).cloned().unwrap_or(Value::None)));
                }
                return self.eval(&function.body, &inner);
            }
            Expr::Library(number, arguments) => {
                let arguments = self.all(arguments, scope)?;
                return (FUNCTIONS[*number].run)(self, &arguments);
            }
            Expr::LibraryValue(number) => Value::Function(Rc::new(Callable::Library(*number))),
            Expr::Binary(operator, left, right) => return self.binary(*operator, left, right, scope),
            Expr::Not(value) => match self.eval(value, scope)? {
                Value::Bool(value) => Value::Bool(!value),
                other => unreachable!("a Bool: {other:?}"),
            },
            Expr::Negate(value) => match self.eval(value, scope)? {
                Value::Int(value) => Value::Int(-value),
                Value::Float(value) => Value::Float(-value),
                Value::Duration(value) => Value::Duration(-value),
                Value::Size(value) => Value::Size(-value),
                other => unreachable!("a number: {other:?}"),
            },
            Expr::If(branches, otherwise) => {
                for (condition, then) in branches {
                    if self.condition(condition, scope)? {
                        return self.eval(then, scope);
                    }
                }
                return self.eval(otherwise, scope);
            }
            Expr::Case(value, arms) => {
                let value = self.eval(value, scope)?;
                for (pattern, arm) in arms {
                    if let Some(inner) = matched(pattern, &value, scope)? {
                        return self.eval(arm, &inner);
                    }
                }
                unreachable!("an arm matches {value:?}")
            }
            Expr::Lambda(parameters, body) => Value::Function(Rc::new(Callable::Closure {
                parameters: parameters.iter().map(|(name, _)| name.clone()).collect(),
                body: (**body).clone(),
                scope: scope.clone(),
            })),
            Expr::Let(locals, body) => {
                // Each sees the others: the slots come first, what is in them afterwards.
                let mut inner = scope.clone();
                let mut slots = Vec::new();
                for local in locals {
                    let (Local::Value { name, .. } | Local::Function { name, .. }) = local;
                    let slot = done(Value::None);
                    inner = inner.with(name, slot.clone());
                    slots.push(slot);
                }
                for (local, slot) in locals.iter().zip(slots) {
                    *slot.borrow_mut() = match local {
                        Local::Value { value, .. } => State::Waiting(value.clone(), inner.clone()),
                        Local::Function { parameters, body, .. } => {
                            State::Done(Value::Function(Rc::new(Callable::Closure {
                                parameters: parameters.iter().map(|(name, _)| name.clone()).collect(),
                                body: body.clone(),
                                scope: inner.clone(),
                            })))
                        }
                    };
                }
                return self.eval(body, &inner);
            }
            Expr::Construct(name, payload) => {
                let payload = payload.as_ref().map(|payload| self.eval(payload, scope)).transpose()?;
                Value::Constructor(name, payload.map(Rc::new))
            }
            Expr::Resource(kind, properties) => {
                let waiting = |value: &Expr| Rc::new(RefCell::new(State::Waiting(value.clone(), scope.clone())));
                let properties = properties.iter().map(|(name, value)| (name.clone(), waiting(value))).collect();
                self.make(*kind, properties, None)
            }
            Expr::Existing(kind, id) => self.make(*kind, Vec::new(), Some(id.clone())),
            Expr::Error(_) => return Err(STOPPED),
            Expr::Annotated(value) => return self.eval(value, scope),
        })
    }

    fn name(&mut self, name: &str, scope: &Scope) -> Outcome<Value> {
        if let Some(slot) = scope.find(name) {
            return self.force(&slot);
        }
        match self.functions.get(name) {
            Some(function) => Ok(Value::Function(Rc::new(Callable::Closure {
                parameters: function.parameters.iter().map(|(name, _)| name.clone()).collect(),
                body: function.body.clone(),
                scope: Scope::default(),
            }))),
            None => self.binding(name),
        }
    }

    fn key(&mut self, key: &Expr, scope: &Scope) -> Outcome<String> {
        match self.eval(key, scope)? {
            Value::Text(text) => text.as_known(),
            other => unreachable!("a key is text: {other:?}"),
        }
    }

    fn condition(&mut self, condition: &Expr, scope: &Scope) -> Outcome<bool> {
        match self.eval(condition, scope)? {
            Value::Bool(value) => Ok(value),
            other => unreachable!("a condition is a Bool: {other:?}"),
        }
    }

    fn comprehend(
        &mut self,
        clauses: &[Clause],
        scope: &Scope,
        each: &mut dyn FnMut(&mut Self, &Scope) -> Outcome<()>,
    ) -> Outcome<()> {
        match clauses.split_first() {
            None => each(self, scope),
            Some((Clause::If(condition), rest)) => {
                if self.condition(condition, scope)? {
                    self.comprehend(rest, scope, each)?;
                }
                Ok(())
            }
            Some((Clause::For(pattern, source), rest)) => {
                let items = match self.eval(source, scope)? {
                    Value::List(items) => (*items).clone(),
                    Value::Dictionary(entries) => {
                        entries.iter().map(|(key, value)| Value::tuple(vec![Value::text(key), value.clone()])).collect()
                    }
                    Value::Some(value) => vec![(*value).clone()],
                    Value::None => Vec::new(),
                    other => unreachable!("a source: {other:?}"),
                };
                for item in items {
                    let inner = matched(pattern, &item, scope)?.unwrap_or_else(|| unreachable!("{pattern:?} matches"));
                    self.comprehend(rest, &inner, each)?;
                }
                Ok(())
            }
        }
    }

    fn field(&mut self, value: &Value, name: &str) -> Outcome<Value> {
        match value {
            Value::Record(fields) => Ok(fields.get(name).cloned().unwrap_or(Value::None)),
            Value::Constructor(_, Some(payload)) => self.field(payload, name),
            Value::Resource(resource) => {
                let kind = self.made[*resource].kind;
                if let Some(attribute) = kind.attributes().iter().find(|(attribute, _)| *attribute == name) {
                    let text = match &self.made[*resource].existing {
                        Some(id) if attribute.0 == kind.attributes()[0].0 => Text::known(id),
                        _ => Text::later(Later::Get(*resource, attribute.1)),
                    };
                    return Ok(Value::Text(text));
                }
                // What is not ours is known only later, in a type that is not modelled.
                if self.made[*resource].existing.is_some() {
                    return Err(SKIPPED);
                }
                let properties = kind.properties();
                let required = properties.iter().any(|property| property.name == name && property.required);
                let written = self.property(*resource, name)?;
                Ok(match written {
                    Some(value) if required => value,
                    // What was written is lifted where it was written.
                    Some(value @ (Value::Some(_) | Value::None)) => value,
                    other => Value::optional(other),
                })
            }
            other => unreachable!("a record: {other:?}"),
        }
    }

    fn with(&mut self, value: Value, updates: &[(Vec<String>, Expr)], scope: &Scope) -> Outcome<Value> {
        if let Value::Resource(resource) = value {
            let mut made = self.made[resource].clone();
            if made.existing.is_some() {
                return Err(NOT_OURS);
            }
            for (path, update) in updates {
                let slot = Rc::new(RefCell::new(State::Waiting(update.clone(), scope.clone())));
                made.properties.retain(|(name, _)| *name != path[0]);
                made.properties.push((path[0].clone(), slot));
            }
            return Ok(self.make(made.kind, made.properties, None));
        }
        let mut value = value;
        for (path, update) in updates {
            let update = self.eval(update, scope)?;
            value = replaced(&value, path, update);
        }
        Ok(value)
    }

    fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr, scope: &Scope) -> Outcome<Value> {
        let first = self.eval(left, scope)?;
        match (operator, &first) {
            (Operator::And, Value::Bool(false)) => return Ok(Value::Bool(false)),
            (Operator::Or, Value::Bool(true)) => return Ok(Value::Bool(true)),
            (Operator::And | Operator::Or, _) => return self.eval(right, scope),
            (Operator::Default, Value::Some(value)) => return Ok((**value).clone()),
            (Operator::Default, _) => return self.eval(right, scope),
            _ => {}
        }
        let second = self.eval(right, scope)?;
        Ok(match operator {
            Operator::Equal => Value::Bool(equal(&first, &second)),
            Operator::NotEqual => Value::Bool(!equal(&first, &second)),
            Operator::Less => Value::Bool(less(&first, &second)),
            Operator::Greater => Value::Bool(less(&second, &first)),
            Operator::LessOrEqual => Value::Bool(less(&first, &second) || equal(&first, &second)),
            Operator::GreaterOrEqual => Value::Bool(less(&second, &first) || equal(&first, &second)),
            Operator::Append => match (first, second) {
                (Value::Text(mut first), Value::Text(second)) => {
                    first.append(&second);
                    Value::Text(first)
                }
                (Value::List(first), Value::List(second)) => {
                    Value::list(first.iter().chain(second.iter()).cloned().collect())
                }
                (first, second) => unreachable!("{first:?} ++ {second:?}"),
            },
            Operator::Own => match (first, second) {
                (Value::Int(first), Value::Int(second)) => {
                    let double = whole(second.checked_mul(2))?;
                    Value::Int(whole(first.checked_sub(double))?)
                }
                (first, second) => unreachable!("{first:?} +++ {second:?}"),
            },
            _ => arithmetic(operator, &first, &second)?,
        })
    }
}

fn replaced(value: &Value, path: &[String], update: Value) -> Value {
    let Some((name, rest)) = path.split_first() else { return update };
    let Value::Record(fields) = value else { unreachable!("a record: {value:?}") };
    let mut fields = (**fields).clone();
    let before = fields.get(name).cloned().unwrap_or(Value::None);
    fields.insert(name.clone(), replaced(&before, rest, update));
    Value::Record(Rc::new(fields))
}

fn arithmetic(operator: Operator, left: &Value, right: &Value) -> Outcome<Value> {
    let on_whole = |left: i64, right: i64| -> Outcome<i64> {
        if right == 0 && matches!(operator, Operator::Divide | Operator::Remainder) {
            return Err(BY_ZERO);
        }
        whole(match operator {
            Operator::Add => left.checked_add(right),
            Operator::Subtract => left.checked_sub(right),
            Operator::Multiply => left.checked_mul(right),
            Operator::Divide => left.checked_div(right),
            Operator::Remainder => left.checked_rem(right),
            Operator::Power => {
                // Multiplied out; the exponent is small and not negative in these programs.
                let mut power = Some(1_i64);
                for _ in 0..right {
                    power = power.and_then(|power| power.checked_mul(left));
                }
                power
            }
            other => unreachable!("{other:?}"),
        })
    };
    Ok(match (left, right) {
        (Value::Int(left), Value::Int(right)) => Value::Int(on_whole(*left, *right)?),
        (Value::Float(left), Value::Float(right)) => {
            if *right == 0.0 && matches!(operator, Operator::Divide | Operator::Remainder) {
                return Err(BY_ZERO);
            }
            let value = match operator {
                Operator::Add => left + right,
                Operator::Subtract => left - right,
                Operator::Multiply => left * right,
                Operator::Divide => left / right,
                Operator::Remainder => left % right,
                other => unreachable!("{other:?}"),
            };
            if value.is_finite() { Value::Float(value) } else { return Err(TOO_LARGE) }
        }
        (Value::Duration(left), Value::Duration(right)) if operator == Operator::Divide => {
            Value::Int(on_whole(*left, *right)?)
        }
        (Value::Duration(left), Value::Duration(right) | Value::Int(right)) => {
            Value::Duration(on_whole(*left, *right)?)
        }
        (Value::Size(left), Value::Size(right)) if operator == Operator::Divide => Value::Int(on_whole(*left, *right)?),
        (Value::Size(left), Value::Size(right) | Value::Int(right)) => Value::Size(on_whole(*left, *right)?),
        (Value::Int(left), Value::Duration(right)) => Value::Duration(on_whole(*left, *right)?),
        (Value::Int(left), Value::Size(right)) => Value::Size(on_whole(*left, *right)?),
        (left, right) => unreachable!("{left:?} {operator:?} {right:?}"),
    })
}

/// Names bound by a pattern, if it matches.
fn matched(pattern: &Pattern, value: &Value, scope: &Scope) -> Outcome<Option<Scope>> {
    let each = |patterns: &[Pattern], values: &[Value]| -> Outcome<Option<Scope>> {
        if patterns.len() != values.len() {
            return Ok(None);
        }
        let mut inner = scope.clone();
        for (pattern, value) in patterns.iter().zip(values) {
            match matched(pattern, value, &inner)? {
                Some(more) => inner = more,
                None => return Ok(None),
            }
        }
        Ok(Some(inner))
    };
    let when = |holds: bool| Ok(holds.then(|| scope.clone()));
    match (pattern, value) {
        (Pattern::Wildcard, _) => when(true),
        (Pattern::Bind(name), value) => Ok(Some(scope.with(name, done(value.clone())))),
        (Pattern::Bool(wanted), Value::Bool(found)) => when(wanted == found),
        (Pattern::Int(wanted), Value::Int(found)) => when(wanted == found),
        (Pattern::String(wanted), Value::Text(found)) => when(*wanted == found.as_known()?),
        (Pattern::None, value) => when(matches!(value, Value::None)),
        (Pattern::Some(inner), Value::Some(value)) => matched(inner, value, scope),
        (Pattern::Some(_), _) => when(false),
        (Pattern::Constructor(wanted, inner), Value::Constructor(found, payload)) => match (inner, payload) {
            _ if wanted != found => when(false),
            (Some(inner), Some(payload)) => matched(inner, payload, scope),
            _ => when(true),
        },
        (Pattern::Tuple(patterns), Value::Tuple(values)) | (Pattern::List(patterns), Value::List(values)) => {
            each(patterns, values)
        }
        (Pattern::Record(fields), Value::Record(found)) => {
            let mut inner = scope.clone();
            for (name, pattern) in fields {
                match matched(pattern, found.get(name).unwrap_or(&Value::None), &inner)? {
                    Some(more) => inner = more,
                    None => return Ok(None),
                }
            }
            Ok(Some(inner))
        }
        (pattern, value) => unreachable!("{pattern:?} against {value:?}"),
    }
}

/// Structural; a missing field is one that is None.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(left), Value::Int(right))
        | (Value::Duration(left), Value::Duration(right))
        | (Value::Size(left), Value::Size(right)) => left == right,
        (Value::Float(left), Value::Float(right)) => left == right,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::None, Value::None) => true,
        (Value::Some(left), Value::Some(right)) => equal(left, right),
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| equal(left, right))
        }
        (Value::Record(left), Value::Record(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            names
                .into_iter()
                .all(|name| equal(left.get(name).unwrap_or(&Value::None), right.get(name).unwrap_or(&Value::None)))
        }
        (Value::Dictionary(left), Value::Dictionary(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other)))
        }
        (Value::Constructor(left, one), Value::Constructor(right, other)) => {
            left == right
                && match (one, other) {
                    (Some(one), Some(other)) => equal(one, other),
                    _ => true,
                }
        }
        (Value::Resource(left), Value::Resource(right)) => left == right,
        _ => false,
    }
}

/// Of two values that have an order, whether the first comes first.
pub fn less(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(left), Value::Int(right))
        | (Value::Duration(left), Value::Duration(right))
        | (Value::Size(left), Value::Size(right)) => left < right,
        (Value::Float(left), Value::Float(right)) => left < right,
        (Value::Text(left), Value::Text(right)) => {
            left.as_known().unwrap_or_default() < right.as_known().unwrap_or_default()
        }
        (left, right) => unreachable!("{left:?} < {right:?}"),
    }
}

fn unit(value: i64, units: &[(&str, i64)], smallest: &str) -> Outcome<String> {
    for (unit, length) in units {
        if value != 0 && value % length == 0 {
            return Ok(format!("{}{unit}", value / length));
        }
    }
    if smallest.is_empty() { Err(SKIPPED) } else { Ok(format!("{value}{smallest}")) }
}

/// A value as an expression would write it.
pub fn shown(value: &Value) -> Outcome<String> {
    let all =
        |values: &[Value]| -> Outcome<String> { Ok(values.iter().map(shown).collect::<Outcome<Vec<_>>>()?.join(", ")) };
    Ok(match value {
        Value::Int(value) => value.to_string(),
        Value::Float(value) => {
            let text = value.to_string();
            if text.contains('.') { text } else { text + ".0" }
        }
        Value::Bool(value) => if *value { "True" } else { "False" }.to_string(),
        Value::Duration(value) => {
            unit(*value, &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)], "ms")?
        }
        Value::Size(value) => {
            unit(*value, &[("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)], "")?
        }
        Value::Text(text) => {
            let known = text.as_known()?;
            // Escapes are written in more than one way.
            if known.contains(['"', '\\', '\n', '\t']) {
                return Err(SKIPPED);
            }
            format!("\"{known}\"")
        }
        Value::List(items) => format!("[{}]", all(items)?),
        Value::Tuple(items) => format!("({})", all(items)?),
        _ => return Err(SKIPPED),
    })
}

/// A known value as JSON.
pub fn json(value: &Value) -> Outcome<Json> {
    Ok(match value {
        Value::Int(value) | Value::Size(value) => json!(value),
        Value::Float(value) => number(*value)?,
        Value::Duration(value) => number(*value as f64 / 1000.0)?,
        Value::Bool(value) => json!(value),
        Value::Text(text) => Json::String(text.as_known()?),
        Value::None => Json::Null,
        Value::Some(value) => json(value)?,
        Value::List(items) | Value::Tuple(items) => Json::Array(items.iter().map(json).collect::<Outcome<_>>()?),
        Value::Record(fields) => Json::Object(
            fields
                .iter()
                .filter(|(_, value)| !matches!(value, Value::None))
                .map(|(name, value)| Ok((name.clone(), json(value)?)))
                .collect::<Outcome<_>>()?,
        ),
        Value::Dictionary(entries) => {
            Json::Object(entries.iter().map(|(key, value)| Ok((key.clone(), json(value)?))).collect::<Outcome<_>>()?)
        }
        Value::Constructor(name, None) => json!(name),
        Value::Constructor(name, Some(payload)) => json!({ *name: json(payload)? }),
        Value::Function(_) | Value::Resource(_) => return Err(SKIPPED),
    })
}

/// A number; the forms of very large and very small ones are not modelled.
pub fn number(value: f64) -> Outcome<Json> {
    let size = value.abs();
    if size < 9_007_199_254_740_991.0 && value.fract() == 0.0 {
        Ok(json!(value as i64))
    } else if (1e-3..1e15).contains(&size) {
        Ok(json!(value))
    } else {
        Err(SKIPPED)
    }
}
