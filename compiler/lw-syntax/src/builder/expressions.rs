//! Expressions, blocks and the keys of braces.

use super::{Builder, Keys};
use crate::DEPTH_MAX;
use crate::ast::*;
use crate::errors;
use crate::literal;

impl Builder<'_> {
    fn push(&mut self, range: Range, kind: ExprKind, depth: u16) -> ExprId {
        let (kind, depth) = if depth > DEPTH_MAX {
            self.too_deep.get_or_insert(range);
            (ExprKind::Error, 0)
        } else {
            (kind, depth)
        };
        self.tree.exprs.push(Expr { range, kind, depth });
        ExprId(self.tree.exprs.len() as u32 - 1)
    }

    fn above(&self, id: ExprId) -> u16 {
        self.tree[id].depth + 1
    }

    fn above_all(&self, ids: &[ExprId]) -> u16 {
        ids.iter().map(|id| self.above(*id)).max().unwrap_or(0)
    }

    fn above_entries(&self, entries: &[Entry]) -> u16 {
        entries.iter().map(|entry| self.above(entry.key).max(self.above(entry.value))).max().unwrap_or(0)
    }

    fn above_generators(&self, generators: &[Generator]) -> u16 {
        generators
            .iter()
            .map(|generator| match generator {
                Generator::For { source, .. } => self.above(*source),
                Generator::If(condition) => self.above(*condition),
            })
            .max()
            .unwrap_or(0)
    }

    fn above_annotation(&self, annotation: &Annotation) -> u16 {
        match &annotation.arguments {
            AnnotationArguments::None => 0,
            AnnotationArguments::Positional(arguments) => self.above_all(arguments),
            AnnotationArguments::Record(entries) => self.above_entries(entries),
        }
    }

    /// In the place of what could not be read.
    pub fn hole(&mut self, start: u32, end: u32) -> ExprId {
        self.push(Range::new(start, end), ExprKind::Error, 0)
    }

    pub fn hole_item(&mut self, start: u32, end: u32) -> Box<BlockItem> {
        Box::new(BlockItem::Statement(self.hole(start, end)))
    }

    pub fn name(&mut self, start: u32, end: u32) -> ExprId {
        let name = self.ident(start, end);
        self.push(name.range, ExprKind::Name(name.name), 0)
    }

    pub fn upper(&mut self, start: u32, end: u32) -> ExprId {
        let name = self.ident(start, end);
        self.push(name.range, ExprKind::Upper(name.name), 0)
    }

    pub fn int(&mut self, start: u32, end: u32) -> ExprId {
        let range = Range::new(start, end);
        let value = self.checked_int(range, literal::int(self.slice(range)));
        self.push(range, ExprKind::Int(value), 0)
    }

    pub fn float(&mut self, start: u32, end: u32) -> ExprId {
        let range = Range::new(start, end);
        let value = self.checked_float(range, literal::float(self.slice(range)));
        self.push(range, ExprKind::Float(value), 0)
    }

    pub fn duration(&mut self, start: u32, end: u32) -> ExprId {
        let range = Range::new(start, end);
        let value = self.checked_int(range, literal::duration(self.slice(range)));
        self.push(range, ExprKind::Duration(value), 0)
    }

    pub fn size(&mut self, start: u32, end: u32) -> ExprId {
        let range = Range::new(start, end);
        let value = self.checked_int(range, literal::size(self.slice(range)));
        self.push(range, ExprKind::Size(value), 0)
    }

    pub(super) fn checked_int(&mut self, range: Range, value: Option<i64>) -> i64 {
        value.unwrap_or_else(|| {
            let span = self.span(range);
            self.diagnostics.push(errors::number_too_large(span));
            0
        })
    }

    pub(super) fn checked_float(&mut self, range: Range, value: Option<f64>) -> f64 {
        value.unwrap_or_else(|| {
            let span = self.span(range);
            self.diagnostics.push(errors::float_too_large(span));
            0.0
        })
    }

    /// A literal without interpolation.
    pub(super) fn string_text(&mut self, range: Range) -> String {
        let decoded = literal::string(self.slice(range));
        self.report_escapes(range.start, &decoded.mistakes);
        decoded.text
    }

    fn report_escapes(&mut self, start: u32, mistakes: &[literal::Mistake]) {
        for mistake in mistakes {
            let range = Range::new(start + mistake.start, start + mistake.end);
            let span = self.span(range);
            let text = self.slice(range);
            self.diagnostics.push(if text.starts_with("\\u") {
                errors::bad_code_point(span)
            } else {
                errors::unknown_escape(span, text)
            });
        }
    }

    pub fn string(&mut self, start: u32, end: u32) -> ExprId {
        let range = Range::new(start, end);
        let text = self.string_text(range);
        self.push(range, ExprKind::String(vec![StringPart::Text(text)]), 0)
    }

    /// `"a \(e) b"`: the pieces of text each with the expression after it, then the last piece.
    pub fn interpolated(&mut self, pieces: Vec<(Range, ExprId)>, start: u32, end: u32) -> ExprId {
        let first = pieces.first().map_or(start, |(range, _)| range.start);
        let texts: Vec<&str> =
            pieces.iter().map(|(range, _)| self.slice(*range)).chain(std::iter::once(self.text(start, end))).collect();
        let decoded = literal::interpolated(&texts);
        let mut parts = Vec::with_capacity(pieces.len() * 2 + 1);
        let mut depth = 0;
        let mut starts: Vec<(u32, Option<ExprId>)> =
            pieces.iter().map(|(range, id)| (range.start, Some(*id))).collect();
        starts.push((start, None));
        for (piece, (at, expr)) in decoded.into_iter().zip(starts) {
            self.report_escapes(at, &piece.mistakes);
            if !piece.text.is_empty() {
                parts.push(StringPart::Text(piece.text));
            }
            if let Some(expr) = expr {
                depth = depth.max(self.above(expr));
                parts.push(StringPart::Expr(expr));
            }
        }
        self.push(Range::new(first, end), ExprKind::String(parts), depth)
    }

    pub fn parens(&mut self, start: u32, end: u32, elements: Vec<ExprId>) -> ExprId {
        let depth = self.above_all(&elements);
        let kind = match elements.as_slice() {
            [only] => ExprKind::Group(*only),
            _ => ExprKind::Tuple(elements),
        };
        self.push(Range::new(start, end), kind, depth)
    }

    pub fn list(&mut self, start: u32, end: u32, elements: Vec<ExprId>) -> ExprId {
        let depth = self.above_all(&elements);
        self.push(Range::new(start, end), ExprKind::List(elements), depth)
    }

    pub fn list_comprehension(&mut self, start: u32, end: u32, element: ExprId, generators: Vec<Generator>) -> ExprId {
        let depth = self.above(element).max(self.above_generators(&generators));
        self.push(Range::new(start, end), ExprKind::ListComprehension { element, generators }, depth)
    }

    pub fn record(&mut self, start: u32, end: u32, entries: Vec<Entry>) -> ExprId {
        self.check_keys(&entries, Keys::Record);
        let depth = self.above_entries(&entries);
        self.push(Range::new(start, end), ExprKind::Record(entries), depth)
    }

    pub fn dictionary_comprehension(
        &mut self,
        start: u32,
        end: u32,
        entry: Entry,
        generators: Vec<Generator>,
    ) -> ExprId {
        let Entry { key, value } = entry;
        let key = match self.tree[key].kind {
            ExprKind::Group(inner) => inner,
            _ => {
                let span = self.span(self.tree[key].range);
                self.diagnostics.push(errors::comprehension_key(span));
                key
            }
        };
        let depth = self.above(key).max(self.above(value)).max(self.above_generators(&generators));
        self.push(Range::new(start, end), ExprKind::DictionaryComprehension { key, value, generators }, depth)
    }

    pub fn field(&mut self, target: ExprId, name: Ident) -> ExprId {
        let range = self.tree[target].range.to(name.range);
        self.push(range, ExprKind::Field { target, name }, self.above(target))
    }

    pub fn upper_field(&mut self, target: ExprId, name: Ident) -> ExprId {
        let range = self.tree[target].range.to(name.range);
        self.push(range, ExprKind::UpperField { target, name }, self.above(target))
    }

    pub fn constructor_field(&mut self, target: ExprId, path: Vec<Ident>, end: u32) -> ExprId {
        let constructor = self.path(path);
        let range = Range::new(self.tree[target].range.start, end);
        self.push(range, ExprKind::ConstructorField { target, constructor }, self.above(target))
    }

    pub fn call(&mut self, callee: ExprId, start: u32, end: u32, arguments: Vec<ExprId>) -> ExprId {
        self.check_callee(callee, Range::new(start, end));
        let depth = self.above(callee).max(self.above_all(&arguments));
        let range = Range::new(self.tree[callee].range.start, end);
        self.push(range, ExprKind::Call { callee, arguments: Arguments::Positional(arguments) }, depth)
    }

    /// `f(a: e)`, the old spelling of `f {a: e}`.
    pub fn call_named(&mut self, callee: ExprId, start: u32, end: u32, entries: Vec<Entry>) -> ExprId {
        self.check_callee(callee, Range::new(start, end));
        self.check_keys(&entries, Keys::Record);
        let gap = start == self.tree[callee].range.end;
        let open = self.span(Range::new(start, start + 1));
        let close = self.span(Range::new(end - 1, end));
        self.diagnostics.push(errors::named_arguments(open, close, if gap { " {" } else { "{" }));
        let depth = self.above(callee).max(self.above_entries(&entries));
        let range = Range::new(self.tree[callee].range.start, end);
        self.push(range, ExprKind::Call { callee, arguments: Arguments::Named(entries) }, depth)
    }

    pub fn call_literal(&mut self, callee: ExprId, argument: ExprId) -> ExprId {
        self.check_callee(callee, self.tree[argument].range);
        let depth = self.above(callee).max(self.above(argument));
        let range = self.tree[callee].range.to(self.tree[argument].range);
        self.push(range, ExprKind::Call { callee, arguments: Arguments::Literal(argument) }, depth)
    }

    /// `"a" "b"`: two literals side by side are not a call but a forgotten comma.
    fn check_callee(&mut self, callee: ExprId, argument: Range) {
        let Expr { range, ref kind, .. } = self.tree[callee];
        let literal = matches!(
            kind,
            ExprKind::Int(_)
                | ExprKind::Float(_)
                | ExprKind::Duration(_)
                | ExprKind::Size(_)
                | ExprKind::String(_)
                | ExprKind::List(_)
                | ExprKind::ListComprehension { .. }
                | ExprKind::Record(_)
                | ExprKind::DictionaryComprehension { .. }
        );
        if literal {
            let (before, after) = (self.span(range), self.span(argument));
            self.diagnostics.push(errors::literal_called(before, after));
        }
    }

    pub fn with(&mut self, target: ExprId, entries: Vec<Entry>, end: u32) -> ExprId {
        self.check_keys(&entries, Keys::With);
        let depth = self.above(target).max(self.above_entries(&entries));
        let range = Range::new(self.tree[target].range.start, end);
        self.push(range, ExprKind::With { target, entries }, depth)
    }

    pub fn operators(&mut self, first: ExprId, rest: Vec<(Ident, ExprId)>) -> ExprId {
        let depth = rest.iter().map(|(_, id)| self.above(*id)).max().unwrap_or(0).max(self.above(first));
        let last = rest.last().map_or(first, |(_, id)| *id);
        let range = self.tree[first].range.to(self.tree[last].range);
        self.push(range, ExprKind::Operators { first, rest }, depth)
    }

    pub fn prefix(&mut self, start: u32, end: u32, operand: ExprId) -> ExprId {
        let operator = self.ident(start, end);
        let range = operator.range.to(self.tree[operand].range);
        self.push(range, ExprKind::Prefix { operator, operand }, self.above(operand))
    }

    pub fn annotated(&mut self, annotation: Annotation, operand: ExprId) -> ExprId {
        let range = annotation.range.to(self.tree[operand].range);
        let depth = self.above(operand).max(self.above_annotation(&annotation));
        self.push(range, ExprKind::Annotated { annotation, operand }, depth)
    }

    pub fn conditional(
        &mut self,
        start: u32,
        end: u32,
        condition: ExprId,
        then: ExprId,
        elifs: Vec<(ExprId, ExprId)>,
        otherwise: ExprId,
    ) -> ExprId {
        let mut branches = Vec::with_capacity(elifs.len() + 1);
        branches.push((condition, then));
        branches.extend(elifs);
        let depth = branches
            .iter()
            .map(|(condition, result)| self.above(*condition).max(self.above(*result)))
            .max()
            .unwrap_or(0)
            .max(self.above(otherwise));
        self.push(Range::new(start, end), ExprKind::If { branches, otherwise }, depth)
    }

    pub fn case(&mut self, start: u32, end: u32, scrutinee: ExprId, arms: Vec<Arm>) -> ExprId {
        let depth = arms.iter().map(|arm| self.above(arm.body)).max().unwrap_or(0).max(self.above(scrutinee));
        self.push(Range::new(start, end), ExprKind::Case { scrutinee, arms }, depth)
    }

    pub fn lambda(
        &mut self,
        start: u32,
        end: u32,
        parameters: Vec<LambdaParameter>,
        result: Option<TypeId>,
        body: ExprId,
    ) -> ExprId {
        self.push(Range::new(start, end), ExprKind::Lambda { parameters, result, body }, self.above(body))
    }

    pub fn block(&mut self, items: Vec<BlockItem>, result: ExprId) -> ExprId {
        let depth = items
            .iter()
            .map(|item| match item {
                BlockItem::Let(binding) => self.above(binding.value),
                BlockItem::LetFunction(function) => self.above(function.body),
                BlockItem::Statement(expr) => self.above(*expr),
                BlockItem::Annotation(annotation) => self.above_annotation(annotation),
            })
            .max()
            .unwrap_or(0)
            .max(self.above(result));
        let start = items.first().map_or(0, |item| match item {
            BlockItem::Let(binding) => self.let_start(binding.annotation, binding.name),
            BlockItem::LetFunction(function) => self.let_start(None, function.name),
            BlockItem::Statement(expr) => self.tree[*expr].range.start,
            BlockItem::Annotation(annotation) => annotation.range.start,
        });
        let range = Range::new(start, self.tree[result].range.end);
        self.push(range, ExprKind::Block { items, result }, depth)
    }

    /// Where the `let` stands before a name or its type.
    fn let_start(&self, annotation: Option<TypeId>, name: Ident) -> u32 {
        let at = annotation.map_or(name.range.start, |id| self.tree[id].range.start);
        self.text(0, at).rfind("let").map_or(at, |at| at as u32)
    }

    pub fn let_binding(&mut self, annotation: Option<TypeId>, name: Ident, value: ExprId) -> Box<BlockItem> {
        Box::new(BlockItem::Let(Binding { annotation, name, old_parameters: None, value }))
    }

    pub fn let_function(
        &mut self,
        name: Ident,
        parameters: Parameters,
        result: Option<TypeId>,
        body: ExprId,
    ) -> Box<BlockItem> {
        Box::new(BlockItem::LetFunction(Function { name, parameters, result, body }))
    }

    /// `e;` before a block's result.
    pub fn discarded(&mut self, value: ExprId, start: u32, end: u32) -> Box<BlockItem> {
        let at = self.tree[value].range;
        let (at, semicolon) = (self.span(at), self.span(Range::new(start, end)));
        self.diagnostics.push(errors::discarded_value(at, semicolon));
        Box::new(BlockItem::Statement(value))
    }

    pub(super) fn check_keys(&mut self, entries: &[Entry], keys: Keys) {
        for entry in entries {
            let key = &self.tree[entry.key];
            let span = self.span(key.range);
            match &key.kind {
                ExprKind::Name(_) | ExprKind::String(_) | ExprKind::Group(_) | ExprKind::Error => {}
                ExprKind::Field { .. } | ExprKind::UpperField { .. } | ExprKind::ConstructorField { .. }
                    if self.is_path(entry.key) =>
                {
                    if keys != Keys::With {
                        self.diagnostics.push(errors::path_key(span));
                    }
                }
                ExprKind::Upper(name) => {
                    let name = *name;
                    self.diagnostics.push(errors::upper_key(span, &name));
                }
                _ => self.diagnostics.push(errors::not_a_key(span)),
            }
        }
    }

    /// `a.b`, `a.(M.Con).b`, `a.Con.b`
    fn is_path(&self, mut id: ExprId) -> bool {
        loop {
            id = match &self.tree[id].kind {
                ExprKind::Name(_) => return true,
                ExprKind::Field { target, .. }
                | ExprKind::UpperField { target, .. }
                | ExprKind::ConstructorField { target, .. } => *target,
                _ => return false,
            }
        }
    }
}
