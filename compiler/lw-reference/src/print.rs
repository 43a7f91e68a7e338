//! A program as source text.

use std::fmt::Write;

use crate::library;
use crate::program::{Clause, Expr, Function, Local, Part, Pattern, Program};

/// What every program begins with; [`crate::types::Declared`] knows these types.
const PRELUDE: &str = r#"composition

import AWS.SQS as SQS
import AWS.SNS as SNS
import AWS.EC2 as EC2
import AWS.Logs as Logs
import Net

type Shape:
  | Dot
  | Circle Float
  | Square {side: Int, label: Optional<String>}

type Tree:
  | Leaf
  | Node {left: Tree, value: Int, right: Tree}

type Wrapped<a>:
  | Empty
  | Full a

type Mode: "on" | "off" | "auto"

type Port: Int where 0 <= self && self <= 65535

type Volume:
  size: Int
  name: Optional<String>
  mode: Mode

fun difference-of(x: Int, y: Int) -> Int: x - y * 2

operator +++ infixl 6: difference-of

"#;

/// Text and the column that it has reached.
struct Writer {
    text: String,
    line: usize,
}

impl Program {
    /// The whole program as it would stand in a file.
    pub fn written(&self) -> String {
        let mut writer = Writer { text: PRELUDE.to_string(), line: PRELUDE.len() };
        for function in &self.functions {
            writer.function(function);
        }
        for binding in &self.bindings {
            if let Some(annotation) = &binding.annotation {
                writer.put(&annotation.written());
                writer.put(" ");
            }
            writer.put(&binding.name);
            writer.put(": ");
            writer.expr(&binding.value);
            writer.new_line(0);
        }
        for (name, value) in &self.outputs {
            writer.put("output ");
            writer.put(name);
            writer.put(": ");
            writer.expr(value);
            writer.new_line(0);
        }
        writer.text
    }
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn column(&self) -> usize {
        self.text[self.line..].chars().count()
    }

    fn new_line(&mut self, indentation: usize) {
        self.text.push('\n');
        self.line = self.text.len();
        for _ in 0..indentation {
            self.text.push(' ');
        }
    }

    fn function(&mut self, function: &Function) {
        let parameters: Vec<String> = function
            .parameters
            .iter()
            .enumerate()
            .map(|(at, (name, ty))| match &function.open_field {
                Some(field) if at == 0 => format!("{name}: {{{field}: {} | r}}", ty.written()),
                _ => format!("{name}: {}", ty.written()),
            })
            .collect();
        let (open, close) = if function.takes_record { (" {", "}") } else { ("(", ")") };
        let name = &function.name;
        let result = function.result.written();
        self.put(&format!("fun {name}{open}{}{close} -> {result}: ", parameters.join(", ")));
        self.expr(&function.body);
        self.new_line(0);
    }

    fn list<'e>(&mut self, items: impl IntoIterator<Item = &'e Expr>) {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.put(", ");
            }
            self.expr(item);
        }
    }

    fn fields(&mut self, fields: &[(String, Expr)]) {
        self.put("{");
        for (at, (name, value)) in fields.iter().enumerate() {
            if at > 0 {
                self.put(", ");
            }
            self.put(name);
            self.put(": ");
            self.expr(value);
        }
        self.put("}");
    }

    fn clauses(&mut self, clauses: &[Clause]) {
        for clause in clauses {
            match clause {
                Clause::For(pattern, source) => {
                    self.put(" for ");
                    self.put(&written(pattern));
                    self.put(" in ");
                    self.expr(source);
                }
                Clause::If(condition) => {
                    self.put(" if ");
                    self.expr(condition);
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Int(value) | Expr::WholeFloat(value) => _ = write!(self.text, "{value}"),
            Expr::Float(value) => _ = write!(self.text, "{value:?}"),
            Expr::Bool(value) => self.put(if *value { "True" } else { "False" }),
            Expr::String(value) => self.put(&quoted(value)),
            Expr::Duration(value, unit) | Expr::Size(value, unit) => _ = write!(self.text, "{value}{unit}"),
            Expr::Interpolate(parts) => {
                self.put("\"");
                for part in parts {
                    match part {
                        Part::Text(text) => self.put(&escaped(text)),
                        Part::Value(value) => {
                            self.put("\\(");
                            self.expr(value);
                            self.put(")");
                        }
                    }
                }
                self.put("\"");
            }
            Expr::Name(name) => self.put(name),
            Expr::None => self.put("None"),
            Expr::Some(value) => {
                self.put("Optional(");
                self.expr(value);
                self.put(")");
            }
            Expr::Lifted(value) | Expr::Reference(value, _) | Expr::Refined(value) => self.expr(value),
            Expr::Tuple(items) => {
                self.put("(");
                self.list(items);
                self.put(")");
            }
            Expr::List(items) => {
                self.put("[");
                self.list(items);
                self.put("]");
            }
            Expr::Record(fields) => self.fields(fields),
            Expr::Dictionary(entries) => {
                self.put("{");
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 {
                        self.put(", ");
                    }
                    match key {
                        Expr::String(_) => self.expr(key),
                        _ => {
                            self.put("(");
                            self.expr(key);
                            self.put(")");
                        }
                    }
                    self.put(": ");
                    self.expr(value);
                }
                self.put("}");
            }
            Expr::ListOf(element, clauses) => {
                self.put("[");
                self.expr(element);
                self.clauses(clauses);
                self.put("]");
            }
            Expr::DictionaryOf(key, value, clauses) => {
                self.put("{(");
                self.expr(key);
                self.put("): ");
                self.expr(value);
                self.clauses(clauses);
                self.put("}");
            }
            Expr::Field(value, name) => {
                self.expr(value);
                self.put(".");
                self.put(name);
            }
            Expr::ConstructorField(value, constructor, name) => {
                self.expr(value);
                self.put(&format!(".({constructor}).{name}"));
            }
            Expr::With(value, updates) => {
                self.put("(");
                self.expr(value);
                self.put(" with {");
                for (at, (path, value)) in updates.iter().enumerate() {
                    if at > 0 {
                        self.put(", ");
                    }
                    self.put(&path.join("."));
                    self.put(": ");
                    self.expr(value);
                }
                self.put("})");
            }
            Expr::Call(function, arguments) => {
                let is_name = matches!(**function, Expr::Name(_) | Expr::Field(..));
                if !is_name {
                    self.put("(");
                }
                self.expr(function);
                if !is_name {
                    self.put(")");
                }
                self.put("(");
                self.list(arguments);
                self.put(")");
            }
            Expr::CallRecord(function, fields) => {
                self.put(function);
                self.put(" ");
                self.fields(fields);
            }
            Expr::Library(number, arguments) => {
                self.put(library::FUNCTIONS[*number].name);
                self.put("(");
                self.list(arguments);
                self.put(")");
            }
            Expr::LibraryValue(number) => self.put(library::FUNCTIONS[*number].name),
            Expr::Binary(operator, left, right) => {
                self.put("(");
                self.expr(left);
                self.put(&format!(" {} ", operator.written()));
                self.expr(right);
                self.put(")");
            }
            Expr::Not(value) => {
                self.put("(!");
                self.expr(value);
                self.put(")");
            }
            Expr::Negate(value) => {
                self.put("(-");
                self.expr(value);
                self.put(")");
            }
            Expr::If(branches, otherwise) => {
                self.put("(");
                for (at, (condition, then)) in branches.iter().enumerate() {
                    self.put(if at == 0 { "if " } else { " elif " });
                    self.expr(condition);
                    self.put(" then ");
                    self.expr(then);
                }
                self.put(" else ");
                self.expr(otherwise);
                self.put(")");
            }
            Expr::Case(value, arms) => {
                self.put("(case ");
                self.expr(value);
                self.put(" of");
                for (pattern, arm) in arms {
                    self.put(" | ");
                    self.put(&written(pattern));
                    self.put(" -> ");
                    self.expr(arm);
                }
                self.put(")");
            }
            Expr::Lambda(parameters, body) => {
                self.put("(fun (");
                for (at, (name, ty)) in parameters.iter().enumerate() {
                    if at > 0 {
                        self.put(", ");
                    }
                    self.put(name);
                    if let Some(ty) = ty {
                        self.put(": ");
                        self.put(&ty.written());
                    }
                }
                self.put("): ");
                self.expr(body);
                self.put(")");
            }
            Expr::Let(locals, body) => {
                self.put("(");
                let column = self.column();
                for local in locals {
                    self.local(local);
                    self.new_line(column);
                }
                self.expr(body);
                self.put(")");
            }
            Expr::Construct(name, None) => self.put(name),
            Expr::Construct(name, Some(payload)) => {
                self.put(name);
                match &**payload {
                    Expr::Record(fields) => {
                        self.put(" ");
                        self.fields(fields);
                    }
                    other => {
                        self.put("(");
                        self.expr(other);
                        self.put(")");
                    }
                }
            }
            Expr::Resource(kind, properties) => {
                self.put(kind.written());
                self.put(" ");
                self.fields(properties);
            }
            Expr::Existing(kind, id) => {
                self.put(&format!("{}.existing {{{}: {}}}", kind.written(), kind.attributes()[0].0, quoted(id)));
            }
            Expr::Error(message) => self.put(&format!("error({})", quoted(message))),
            Expr::Annotated(value) => {
                self.put("(@lifecycle {protect: False} ");
                self.expr(value);
                self.put(")");
            }
        }
    }

    fn local(&mut self, local: &Local) {
        self.put("let ");
        match local {
            Local::Value { name, annotation, value } => {
                if let Some(annotation) = annotation {
                    self.put(&annotation.written());
                    self.put(" ");
                }
                self.put(name);
                self.put(": ");
                self.expr(value);
            }
            Local::Function { name, parameters, result, body } => {
                let parameters: Vec<String> =
                    parameters.iter().map(|(name, ty)| format!("{name}: {}", ty.written())).collect();
                self.put(&format!("fun {name}({}) -> {}: ", parameters.join(", "), result.written()));
                self.expr(body);
            }
        }
    }
}

fn written(pattern: &Pattern) -> String {
    let all = |patterns: &[Pattern]| patterns.iter().map(written).collect::<Vec<_>>().join(", ");
    match pattern {
        Pattern::Wildcard => "_".to_string(),
        Pattern::Bind(name) => name.clone(),
        Pattern::Bool(value) => if *value { "True" } else { "False" }.to_string(),
        Pattern::Int(value) => value.to_string(),
        Pattern::String(value) => quoted(value),
        Pattern::None => "None".to_string(),
        Pattern::Some(inner) => format!("Optional {}", argument(inner)),
        Pattern::Constructor(name, None) => (*name).to_string(),
        Pattern::Constructor(name, Some(inner)) => format!("{name} {}", argument(inner)),
        Pattern::Tuple(patterns) => format!("({})", all(patterns)),
        Pattern::List(patterns) => format!("[{}]", all(patterns)),
        Pattern::Record(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, pattern)| format!("{name}: {}", written(pattern))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A constructor's argument is atomic.
fn argument(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Some(_) | Pattern::Constructor(_, Some(_)) => format!("({})", written(pattern)),
        _ => written(pattern),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut written = String::new();
    for character in text.chars() {
        match character {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            other => written.push(other),
        }
    }
    written
}
