//! Types and patterns.

use super::{Builder, Row};
use crate::DEPTH_MAX;
use crate::ast::*;
use crate::errors;
use crate::literal;

impl Builder<'_> {
    fn push_type(&mut self, range: Range, kind: TypeKind, depth: u16) -> TypeId {
        let (kind, depth) = if depth > DEPTH_MAX {
            self.too_deep.get_or_insert(range);
            (TypeKind::Error, 0)
        } else {
            (kind, depth)
        };
        self.tree.types.push(Type { range, kind });
        self.type_depths.push(depth);
        TypeId(self.tree.types.len() as u32 - 1)
    }

    fn type_depth(&self, id: TypeId) -> u16 {
        self.type_depths[id.0 as usize]
    }

    fn above_types<'t>(&self, types: impl IntoIterator<Item = &'t TypeId>) -> u16 {
        types.into_iter().map(|id| self.type_depth(*id) + 1).max().unwrap_or(0)
    }

    pub fn function_type(&mut self, start: u32, end: u32, parameters: Vec<TypeId>, result: TypeId) -> TypeId {
        let depth = self.above_types(&parameters).max(self.type_depth(result) + 1);
        self.push_type(Range::new(start, end), TypeKind::Function { parameters, result }, depth)
    }

    pub fn union(&mut self, texts: Vec<Range>) -> TypeId {
        let range = texts.iter().copied().reduce(Range::to).unwrap_or_default();
        let texts = texts.into_iter().map(|text| self.string_text(text)).collect();
        self.push_type(range, TypeKind::Union(texts), 0)
    }

    pub fn type_variable(&mut self, start: u32, end: u32) -> TypeId {
        let name = self.ident(start, end);
        self.push_type(name.range, TypeKind::Variable(name.name), 0)
    }

    pub fn named_type(&mut self, path: Vec<Ident>, arguments: Vec<TypeId>, end: Option<u32>) -> TypeId {
        let path = self.path(path);
        let range = Range::new(path.range.start, end.unwrap_or(path.range.end));
        let depth = self.above_types(&arguments);
        self.push_type(range, TypeKind::Constructor { path, arguments }, depth)
    }

    pub fn tuple_type(&mut self, start: u32, end: u32, types: Vec<TypeId>) -> TypeId {
        let depth = self.above_types(&types);
        self.push_type(Range::new(start, end), TypeKind::Tuple(types), depth)
    }

    pub fn record_type(&mut self, start: u32, end: u32, rows: Vec<Row>) -> TypeId {
        let mut fields = Vec::with_capacity(rows.len());
        let mut rest = None;
        let last = rows.len().wrapping_sub(1);
        for (at, row) in rows.into_iter().enumerate() {
            match row {
                Row::Field(name, annotation) => fields.push((name, annotation)),
                Row::Rest(name) => rest = Some(name),
                Row::Bare(name) if at == last => {
                    let before = fields.last().map(|(_, id): &(Ident, TypeId)| self.tree[*id].range.end);
                    self.old_row(name, before, end);
                    rest = Some(name);
                }
                Row::Bare(name) => {
                    let span = self.span(name.range);
                    self.diagnostics.push(errors::field_without_type(span, &name.name));
                    let annotation = self.push_type(name.range, TypeKind::Error, 0);
                    fields.push((name, annotation));
                }
            }
        }
        let depth = fields.iter().map(|(_, id)| self.type_depth(*id) + 1).max().unwrap_or(0);
        self.push_type(Range::new(start, end), TypeKind::Record { fields, rest }, depth)
    }

    /// `{a: T, r}` and `{r}`, to `{a: T | r}` and `{| r}`.
    fn old_row(&mut self, name: Ident, after_field: Option<u32>, end: u32) {
        let trailing = Range::new(name.range.end, end - 1);
        let trailing = self.slice(trailing).find(',').map(|at| {
            let comma = name.range.end + at as u32;
            self.span(Range::new(comma, comma + 1))
        });
        let before = after_field.map(|from| {
            let between = self.text(from, name.range.start);
            let comma = from + between.find(',').unwrap_or(0) as u32;
            self.span(Range::new(comma, comma + 1))
        });
        let span = self.span(name.range);
        self.diagnostics.push(errors::old_row(span, &name.name, before, trailing));
    }
}

impl Builder<'_> {
    fn push_pattern(&mut self, range: Range, kind: PatternKind, depth: u16) -> PatternId {
        let (kind, depth) = if depth > DEPTH_MAX {
            self.too_deep.get_or_insert(range);
            (PatternKind::Error, 0)
        } else {
            (kind, depth)
        };
        self.tree.patterns.push(Pattern { range, kind });
        self.pattern_depths.push(depth);
        PatternId(self.tree.patterns.len() as u32 - 1)
    }

    fn above_patterns(&self, patterns: &[PatternId]) -> u16 {
        patterns.iter().map(|id| self.pattern_depths[id.0 as usize] + 1).max().unwrap_or(0)
    }

    pub fn pattern(&mut self, start: u32, end: u32, kind: PatternKind) -> PatternId {
        self.push_pattern(Range::new(start, end), kind, 0)
    }

    pub fn constructor_pattern(&mut self, path: Vec<Ident>, argument: Option<PatternId>) -> PatternId {
        let path = self.path(path);
        let range = argument.map_or(path.range, |id| path.range.to(self.tree[id].range));
        let depth = self.above_patterns(argument.as_slice());
        self.push_pattern(range, PatternKind::Constructor { path, argument }, depth)
    }

    pub fn int_pattern(&mut self, start: u32, end: u32) -> PatternId {
        let range = Range::new(start, end);
        let text = self.slice(range);
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits.trim_start()),
            None => (false, text),
        };
        let value = self.checked_int(range, literal::int(digits));
        self.push_pattern(range, PatternKind::Int(if negative { -value } else { value }), 0)
    }

    pub fn float_pattern(&mut self, start: u32, end: u32) -> PatternId {
        let range = Range::new(start, end);
        let text = self.slice(range);
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits.trim_start()),
            None => (false, text),
        };
        let value = self.checked_float(range, literal::float(digits));
        self.push_pattern(range, PatternKind::Float(if negative { -value } else { value }), 0)
    }

    pub fn string_pattern(&mut self, start: u32, end: u32) -> PatternId {
        let range = Range::new(start, end);
        let text = self.string_text(range);
        self.push_pattern(range, PatternKind::String(text), 0)
    }

    pub fn name_pattern(&mut self, start: u32, end: u32) -> PatternId {
        let name = self.ident(start, end);
        self.push_pattern(name.range, PatternKind::Name(name.name), 0)
    }

    pub fn tuple_pattern(&mut self, start: u32, end: u32, patterns: Vec<PatternId>) -> PatternId {
        let depth = self.above_patterns(&patterns);
        self.push_pattern(Range::new(start, end), PatternKind::Tuple(patterns), depth)
    }

    pub fn list_pattern(&mut self, start: u32, end: u32, patterns: Vec<PatternId>) -> PatternId {
        let depth = self.above_patterns(&patterns);
        self.push_pattern(Range::new(start, end), PatternKind::List(patterns), depth)
    }

    pub fn record_pattern(&mut self, start: u32, end: u32, fields: Vec<(Ident, Option<PatternId>)>) -> PatternId {
        let depth =
            fields.iter().filter_map(|(_, id)| *id).map(|id| self.pattern_depths[id.0 as usize] + 1).max().unwrap_or(0);
        self.push_pattern(Range::new(start, end), PatternKind::Record(fields), depth)
    }
}
