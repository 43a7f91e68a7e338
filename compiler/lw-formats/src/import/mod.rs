//! A template as a program: `lw import cloudformation`.
//!
//! Flow: every section becomes statements, values by the schema of what they are for; what they use on the way (modules, parameters of
//! CloudFormation itself, exports of other stacks, helpers) is gathered and written above them. The text is rough: the formatter
//! lays it out.
//!
//! Guarantees: what has no form in a program is reported with its place and stands in the text as something that does not evaluate, or
//! as a comment; nothing turns into something else in silence. Comments stay with what they stand above.
//! Deliberately absent: any evaluation. A condition stays a condition, a parameter a parameter.

mod code;
mod comments;
mod conditions;
mod errors;
mod functions;
mod names;
mod parameters;
mod references;
mod resources;
mod secrets;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use lw_check::schema::Schema;
use lw_diagnostics::Diagnostic;

use crate::template::Template;
use code::{Code, Kind};
use comments::Comments;
use names::{Names, Space};

/// What importing needs besides the template.
#[derive(Clone, Copy)]
pub struct Importing<'s> {
    pub schema: &'s Schema,
    /// What a stack of it is called, where nobody says otherwise.
    pub name: &'s str,
}

pub(crate) struct Import<'s, 't> {
    surroundings: Importing<'s>,
    template: &'t Template,
    diagnostics: &'s mut Vec<Diagnostic>,
    names: Names,
    comments: Comments<'t>,
    /// Modules with what they are called here.
    modules: BTreeMap<String, String>,
    /// Parameters of CloudFormation itself that are used.
    pseudo: BTreeSet<&'static str>,
    /// Statements that uses brought about: `lookup`s of exports and zones, parameters for what nobody here can know. In the order of use.
    gathered: Vec<(String, String)>,
    exports: Vec<references::Export>,
    /// Whether a parameter's value is a name in Systems Manager.
    asks_parameters: bool,
    /// Parameters that something refers to.
    read_parameters: BTreeSet<std::sync::Arc<str>>,
    /// Variables of the loops around what is being written, with what they are called.
    variables: Vec<(std::sync::Arc<str>, String)>,
    /// Conditions that hold where something is being written.
    under: Vec<String>,
    helpers: BTreeSet<Helper>,
    /// What values in a mapping are.
    mapping_kinds: BTreeMap<String, Kind>,
    parameter_kinds: BTreeMap<String, Kind>,
}

/// Functions that an imported program defines for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Helper {
    Present,
    Whole,
    Decimal,
}

/// The text of a program that says what a template says, before it is formatted.
pub fn import(template: &Template, surroundings: Importing<'_>, diagnostics: &mut Vec<Diagnostic>) -> String {
    let mut import = Import {
        surroundings,
        template,
        diagnostics,
        names: Names::default(),
        comments: Comments::new(&template.comments),
        modules: BTreeMap::new(),
        pseudo: BTreeSet::new(),
        gathered: Vec::new(),
        exports: Vec::new(),
        under: Vec::new(),
        read_parameters: BTreeSet::new(),
        variables: Vec::new(),
        asks_parameters: false,
        helpers: BTreeSet::new(),
        mapping_kinds: BTreeMap::new(),
        parameter_kinds: BTreeMap::new(),
    };
    import.program()
}

impl<'t> Import<'_, 't> {
    fn program(&mut self) -> String {
        let template = self.template;
        let first = template.sections.iter().map(|section| section.start).min().unwrap_or(u32::MAX);
        let heading = self.comments.take(0, first);
        // Names in the order of the text, so that the first of two that are alike keeps its name.
        let parameters = self.ordered_parameters();
        for (name, parameter) in &parameters {
            self.names.of(Space::Logical, name);
            let kind = parameters::kind_of(parameter);
            self.parameter_kinds.insert(name.to_string(), kind);
        }
        for declaration in &template.resources {
            self.binding(declaration);
        }
        let mut conditions: Vec<_> = template.conditions.iter().collect();
        conditions.sort_by_key(|(_, entry)| entry.key_span.start);
        for (name, _) in &conditions {
            self.names.of(Space::Condition, name);
        }
        let mappings = self.mappings();
        let conditions: Vec<String> =
            conditions.into_iter().map(|(name, entry)| self.named_condition(name, entry)).collect();
        let resources: Vec<String> =
            template.resources.iter().filter_map(|declaration| self.resource(declaration)).collect();
        let outputs: Vec<String> = template.outputs.iter().filter_map(|entry| self.output(entry)).collect();
        let parameters: Vec<String> =
            parameters.iter().filter_map(|(name, parameter)| self.parameter(name, parameter)).collect();
        self.without_form();
        let rest = self.comments.take(0, u32::MAX);

        let mut out = String::new();
        let block = |out: &mut String, lines: &[String], separator: &str| {
            if !lines.is_empty() {
                out.push_str(&lines.join(separator));
                out.push_str("\n\n");
            }
        };
        let comment = |line: &String| format!("# {line}").trim_end().to_string();
        block(&mut out, &heading.iter().map(comment).collect::<Vec<_>>(), "\n");
        if let Some(description) = &template.description {
            let lines: Vec<String> = description.lines().map(|line| comment(&line.to_string())).collect();
            block(&mut out, &lines, "\n");
        }
        out.push_str("composition\n\n");
        let needs_aws = !self.pseudo.is_empty()
            || !self.modules.is_empty()
            || !self.gathered.is_empty()
            || !self.exports.is_empty();
        let mut imports: Vec<String> = if needs_aws { vec!["import AWS".to_string()] } else { Vec::new() };
        imports.extend(self.modules.iter().map(|(alias, module)| match alias == module {
            true => format!("import {module}"),
            false => format!("import {module} as {alias}"),
        }));
        block(&mut out, &imports, "\n");
        // What is asked is asked somewhere.
        if !self.exports.is_empty() || self.asks_parameters {
            self.pseudo.insert("AWS::Region");
        }
        let mut inputs = self.pseudo_parameters();
        inputs.extend(parameters);
        block(&mut out, &inputs, "\n");
        let mut gathered: Vec<String> = self.gathered.iter().map(|(_, statement)| statement.clone()).collect();
        gathered.extend(self.export_lookups());
        block(&mut out, &gathered, "\n");
        if self.pseudo.contains("AWS::Region") {
            let region = self.names.of(Space::Logical, "AWS::Region");
            block(&mut out, &[format!("defaults {{provider: AWS.provider {{region: {region}}}}}")], "\n");
        }
        block(&mut out, &mappings, "\n\n");
        block(&mut out, &conditions, "\n");
        block(&mut out, &resources, "\n\n");
        block(&mut out, &outputs, "\n");
        block(&mut out, &self.helper_functions(), "\n\n");
        block(&mut out, &rest.iter().map(comment).collect::<Vec<_>>(), "\n");
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }

    fn helper(&mut self, helper: Helper) -> String {
        self.helpers.insert(helper);
        let wanted = match helper {
            Helper::Present => "present",
            Helper::Whole => "wholeNumber",
            Helper::Decimal => "decimalNumber",
        };
        self.names.of(Space::Helper, wanted)
    }

    fn helper_functions(&mut self) -> Vec<String> {
        let helpers: Vec<Helper> = self.helpers.iter().copied().collect();
        helpers
            .into_iter()
            .map(|helper| {
                let name = self.helper(helper);
                match helper {
                    Helper::Present => format!(
                        "## What a condition may leave out, where it does not.\nfun {name}(value: Optional<a>) -> a: Optional.unpackOrError(value, \"a condition leaves this out\")"
                    ),
                    Helper::Whole => format!(
                        "## The whole number that a text writes.\nfun {name}(text: String) -> Int: Optional.unpackOrError(String.toInt(text), \"`\\(text)` is no whole number\")"
                    ),
                    Helper::Decimal => format!(
                        "## The number that a text writes.\nfun {name}(text: String) -> Float: Optional.unpackOrError(String.toFloat(text), \"`\\(text)` is no number\")"
                    ),
                }
            })
            .collect()
    }

    /// A statement that something needs, once.
    fn gather(&mut self, name: &str, statement: impl FnOnce() -> String) {
        if !self.gathered.iter().any(|(known, _)| known == name) {
            self.gathered.push((name.to_string(), statement()));
        }
    }

    /// An expression that stops, where the template has something that no program says.
    fn stopped(&self, what: &str) -> Code {
        Code::atom(Kind::Document, format!("error({})", Code::literal(format!("{what} was not imported")).written()))
    }
}
