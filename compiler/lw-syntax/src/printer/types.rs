//! Types and patterns.

use super::Printer;
use super::doc::Doc;
use crate::ast::*;
use crate::token::Kind;

impl Printer<'_, '_> {
    pub fn path(&mut self, path: &ModulePath) -> Doc {
        let mut docs = Vec::with_capacity(path.segments.len() * 2);
        for at in 0..path.segments.len() {
            if at > 0 {
                docs.push(self.cursor.token("."));
            }
            docs.push(self.cursor.any());
        }
        self.all(&docs)
    }

    /// `<a, b>`, or nothing.
    pub fn type_parameters(&mut self, parameters: &[Ident]) -> Doc {
        if parameters.is_empty() {
            return self.cursor.docs.nil();
        }
        self.angles(parameters.len(), |printer, _| printer.cursor.any())
    }

    fn angles(&mut self, count: usize, mut item: impl FnMut(&mut Self, usize) -> Doc) -> Doc {
        let mut docs = vec![self.cursor.token("<")];
        for at in 0..count {
            docs.push(item(self, at));
            if at + 1 < count {
                docs.push(self.cursor.token(","));
                docs.push(self.space());
            } else {
                docs.extend(self.cursor.skip(Kind::Comma));
            }
        }
        docs.push(self.cursor.token(">"));
        self.all(&docs)
    }

    pub fn type_(&mut self, id: TypeId) -> Doc {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.type_here(id))
    }

    fn type_here(&mut self, id: TypeId) -> Doc {
        let tree = self.tree;
        match &tree[id].kind {
            TypeKind::Error => self.cursor.any(),
            TypeKind::Variable(_) => self.cursor.any(),
            TypeKind::Constructor { path, arguments } => {
                let path = self.path(path);
                if arguments.is_empty() {
                    return path;
                }
                let arguments = self.angles(arguments.len(), |printer, at| printer.type_(arguments[at]));
                self.all(&[path, arguments])
            }
            TypeKind::Function { parameters, result } => {
                let fun = self.cursor.token("fun");
                let parameters =
                    self.bracket("(", parameters.len(), ")", true, |printer, at| printer.type_(parameters[at]));
                let result = self.arrow(*result);
                self.all(&[fun, parameters, result])
            }
            TypeKind::Tuple(types) => {
                self.bracket("(", types.len(), ")", types.len() > 1, |printer, at| printer.type_(types[at]))
            }
            TypeKind::Record { fields, rest } => self.record_type(fields, *rest),
            TypeKind::Union(texts) => {
                let first = self.cursor.literal();
                let mut rest = Vec::new();
                for _ in 1..texts.len() {
                    rest.push(self.cursor.docs.line());
                    rest.push(self.cursor.comments_before());
                    rest.push(self.cursor.token("|"));
                    rest.push(self.space());
                    rest.push(self.cursor.literal());
                }
                let rest = self.nest(2, &rest);
                self.group(&[first, rest], false)
            }
        }
    }

    /// ` -> T`
    pub fn arrow(&mut self, result: TypeId) -> Doc {
        let before = self.space();
        let arrow = self.cursor.token("->");
        let after = self.space();
        let result = self.type_(result);
        self.all(&[before, arrow, after, result])
    }

    fn record_type(&mut self, fields: &[(Ident, TypeId)], rest: Option<Ident>) -> Doc {
        let count = fields.len() + usize::from(rest.is_some());
        let old_row = rest.is_some_and(|rest| !self.cursor.bar_before(self.start + rest.range.start));
        // With a bar before it, the row variable stands behind the last field, on its line.
        let items = if old_row || fields.is_empty() { count } else { fields.len() };
        self.bracket("{", items, "}", rest.is_none() || old_row, |printer, at| {
            let Some((_, annotation)) = fields.get(at) else { return printer.row(rest.is_some() && !old_row) };
            let field = printer.typed_name(*annotation);
            if at + 1 == fields.len() && items == fields.len() && rest.is_some() {
                let space = printer.space();
                let row = printer.row(true);
                return printer.all(&[field, space, row]);
            }
            field
        })
    }

    /// `| r`, or the old `r`.
    fn row(&mut self, bar: bool) -> Doc {
        if !bar {
            return self.cursor.any();
        }
        let bar = self.cursor.token("|");
        let space = self.space();
        let name = self.cursor.any();
        self.all(&[bar, space, name])
    }

    /// `name: T`
    pub fn typed_name(&mut self, annotation: TypeId) -> Doc {
        let name = self.cursor.any();
        let colon = self.cursor.token(":");
        let space = self.space();
        let annotation = self.type_(annotation);
        self.all(&[name, colon, space, annotation])
    }

    pub fn parameters(&mut self, parameters: &Parameters, old: bool) -> Doc {
        let (open, close) = match parameters.kind {
            ParametersKind::Positional => ("(", ")"),
            ParametersKind::Record => ("{", "}"),
        };
        let list = &parameters.parameters;
        let before = match parameters.kind {
            ParametersKind::Positional => self.cursor.docs.nil(),
            ParametersKind::Record => self.space(),
        };
        let bracket = self.bracket(open, list.len(), close, true, |printer, at| {
            if old && parameters.kind == ParametersKind::Positional {
                let annotation = printer.type_(list[at].annotation);
                let space = printer.space();
                let name = printer.cursor.any();
                return printer.all(&[annotation, space, name]);
            }
            printer.typed_name(list[at].annotation)
        });
        self.all(&[before, bracket])
    }

    pub fn pattern(&mut self, id: PatternId) -> Doc {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.pattern_here(id))
    }

    fn pattern_here(&mut self, id: PatternId) -> Doc {
        let tree = self.tree;
        match &tree[id].kind {
            PatternKind::Error | PatternKind::Wildcard | PatternKind::Name(_) => self.cursor.any(),
            PatternKind::Int(_) | PatternKind::Float(_) => {
                let sign = self.cursor.peek() == Kind::Minus;
                let first = self.cursor.any();
                if !sign {
                    return first;
                }
                let number = self.cursor.any();
                self.all(&[first, number])
            }
            PatternKind::String(_) => self.cursor.literal(),
            PatternKind::Constructor { path, argument } => {
                let path = self.path(path);
                let Some(argument) = argument else { return path };
                let space = self.space();
                let argument = self.pattern(*argument);
                self.all(&[path, space, argument])
            }
            PatternKind::Tuple(patterns) => {
                self.bracket("(", patterns.len(), ")", patterns.len() > 1, |printer, at| printer.pattern(patterns[at]))
            }
            PatternKind::List(patterns) => {
                self.bracket("[", patterns.len(), "]", true, |printer, at| printer.pattern(patterns[at]))
            }
            PatternKind::Record(fields) => self.bracket("{", fields.len(), "}", true, |printer, at| {
                let name = printer.cursor.any();
                let Some(pattern) = fields[at].1 else { return name };
                let colon = printer.cursor.token(":");
                let space = printer.space();
                let pattern = printer.pattern(pattern);
                printer.all(&[name, colon, space, pattern])
            }),
        }
    }
}
