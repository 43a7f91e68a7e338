//! Statements, parameters and annotations.

use super::{Builder, Keys};
use crate::ast::*;
use crate::errors;

impl Builder<'_> {
    pub fn statement(&mut self, kind: StatementKind) {
        self.kind = Some(kind);
    }

    pub fn composition(&mut self, title: Option<Range>) {
        let title = title.map(|range| {
            let text = self.string_text(range);
            let start = self.annotations.last().map_or(0, |annotation| annotation.range.end);
            let keyword = self.text(start, range.start);
            let start = start + (keyword.len() - keyword.trim_start().len()) as u32;
            let mut new = String::new();
            for line in text.lines() {
                new.push_str("## ");
                new.push_str(line);
                new.push('\n');
            }
            new.push_str("composition");
            let statement = self.span(Range::new(start, range.end));
            let at = self.span(range);
            self.diagnostics.push(errors::composition_title(statement, at, new));
            text
        });
        self.statement(StatementKind::Composition { title });
    }

    pub fn type_declaration(&mut self, name: Vec<Ident>, parameters: Vec<Ident>, definition: TypeDefinition) {
        let name = self.path(name);
        self.statement(StatementKind::Type(TypeDeclaration { name, parameters, definition }));
    }

    pub fn operator(&mut self, operator: Ident, fixity: Option<(bool, Range)>, body: ExprId) {
        let fixity = match fixity {
            None => Fixity::Prefix,
            Some((left, range)) => {
                let level = match self.slice(range).parse::<u8>() {
                    Ok(level @ 0..=9) => level,
                    _ => {
                        let span = self.span(range);
                        self.diagnostics.push(errors::fixity_level(span));
                        9
                    }
                };
                if left { Fixity::Left(level) } else { Fixity::Right(level) }
            }
        };
        self.statement(StatementKind::Operator(OperatorDeclaration { operator, fixity, body }));
    }

    pub fn function(&mut self, name: Ident, parameters: Parameters, result: Option<TypeId>, body: ExprId) {
        self.statement(StatementKind::Function(Function { name, parameters, result, body }));
    }

    pub fn binding(&mut self, annotation: Option<TypeId>, name: Ident, value: ExprId) {
        self.statement(StatementKind::Binding(Binding { annotation, name, old_parameters: None, value }));
    }

    /// `Type f(Type x): e`
    pub fn old_function(&mut self, annotation: TypeId, name: Ident, parameters: Parameters, value: ExprId) {
        let result = self.slice(self.tree[annotation].range);
        let list = match parameters.kind {
            ParametersKind::Record => self.slice(parameters.range).to_owned(),
            ParametersKind::Positional => {
                let each: Vec<String> = parameters
                    .parameters
                    .iter()
                    .map(|parameter| {
                        format!("{}: {}", parameter.name.name, self.slice(self.tree[parameter.annotation].range))
                    })
                    .collect();
                format!("({})", each.join(", "))
            }
        };
        let space = if parameters.kind == ParametersKind::Record { " " } else { "" };
        let new = format!("fun {}{space}{list} -> {result}", name.name);
        let header = self.tree[annotation].range.to(parameters.range);
        // The new header is made of names and types alone: a comment between them would be lost.
        let whole = parameters.kind == ParametersKind::Record || !self.slice(parameters.range).contains('#');
        let header = self.span(header);
        self.diagnostics.push(errors::old_function(header, new, whole));
        self.statement(StatementKind::Binding(Binding {
            annotation: Some(annotation),
            name,
            old_parameters: Some(parameters),
            value,
        }));
    }

    pub fn defaults(&mut self, entries: Vec<Entry>) {
        self.check_keys(&entries, Keys::Record);
        self.statement(StatementKind::Defaults(entries));
    }

    pub fn test(&mut self, range: Range, value: ExprId) {
        let name = self.string_text(range);
        self.statement(StatementKind::Test { name, name_range: range, value });
    }

    pub fn resource(&mut self, name: Vec<Ident>, parameters: Vec<Ident>, range: Range, fields: Vec<FieldDeclaration>) {
        let wire_type = self.string_text(range);
        let name = self.path(name);
        self.statement(StatementKind::Resource(ResourceDeclaration {
            name,
            parameters,
            wire_type,
            wire_range: range,
            fields,
        }));
    }

    pub fn parameters(
        &self,
        start: u32,
        end: u32,
        kind: ParametersKind,
        parameters: Vec<Parameter>,
    ) -> Box<Parameters> {
        Box::new(Parameters { range: Range::new(start, end), kind, parameters })
    }

    pub fn annotation(&mut self, start: u32, end: u32, name: Ident, arguments: AnnotationArguments) -> Box<Annotation> {
        if let AnnotationArguments::Record(entries) = &arguments {
            self.check_keys(entries, Keys::Record);
        }
        Box::new(Annotation { range: Range::new(start, end), name, arguments })
    }
}
