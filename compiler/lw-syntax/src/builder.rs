//! Grammar actions: from what a rule matched to a node of the statement's tree.
//!
//! The one idea: the grammar says what parses, this file what it means, and what of it is an old spelling or cannot be
//! meant. Depth is counted here, node by node, so that nothing downstream meets a tree it cannot walk. Deliberately absent: any
//! look at the token stream, except where a fix has to name a bracket's place.

use lw_diagnostics::{Diagnostic, Span};

use crate::DEPTH_MAX;
use crate::ast::*;
use crate::documentation::Documentation;
use crate::errors::{self, Places};
use crate::literal;

/// One part of a record type between the commas.
#[derive(Clone, Copy, Debug)]
pub enum Row {
    Field(Ident, TypeId),
    /// `r` without a bar: the old spelling of a row variable.
    Bare(Ident),
    /// `| r`
    Rest(Ident),
}

/// What the grammar's actions work on: one statement after the other.
pub struct Builder<'a> {
    /// The whole text, and where in it the statement starts.
    source: &'a str,
    start: u32,
    documentation: &'a Documentation<'a>,
    places: Places,
    pub diagnostics: Vec<Diagnostic>,
    pub tree: Tree,
    type_depths: Vec<u16>,
    pattern_depths: Vec<u16>,
    too_deep: Option<Range>,
    discarded: u32,
    pub annotations: Vec<Annotation>,
    pub kind: Option<StatementKind>,
}

impl<'a> Builder<'a> {
    pub fn new(source: &'a str, documentation: &'a Documentation<'a>, places: Places) -> Builder<'a> {
        Builder {
            source,
            start: 0,
            documentation,
            places,
            diagnostics: Vec::new(),
            tree: Tree::default(),
            type_depths: Vec::new(),
            pattern_depths: Vec::new(),
            too_deep: None,
            discarded: 0,
            annotations: Vec::new(),
            kind: None,
        }
    }

    /// Forgets the last statement; the next one starts there. Its memory is used again.
    pub fn begin(&mut self, start: u32) {
        self.start = start;
        self.diagnostics.clear();
        self.tree.exprs.clear();
        self.tree.types.clear();
        self.tree.patterns.clear();
        self.type_depths.clear();
        self.pattern_depths.clear();
        self.too_deep = None;
        self.discarded = 0;
        self.annotations.clear();
        self.kind = None;
    }

    /// Reports what only the whole statement shows.
    pub fn finish(&mut self) {
        if let Some(range) = self.too_deep {
            let span = self.span(range);
            self.diagnostics.push(errors::too_deep(span));
        }
    }

    /// The statement's nodes, in vectors that are as large as they need to be.
    pub fn take_tree(&mut self) -> Tree {
        Tree {
            exprs: self.tree.exprs.drain(..).collect(),
            types: self.tree.types.drain(..).collect(),
            patterns: self.tree.patterns.drain(..).collect(),
        }
    }

    fn text(&self, start: u32, end: u32) -> &'a str {
        &self.source[(self.start + start) as usize..(self.start + end) as usize]
    }

    fn slice(&self, range: Range) -> &'a str {
        self.text(range.start, range.end)
    }

    fn span(&self, range: Range) -> Span {
        self.places.span((self.start + range.start) as usize, (self.start + range.end) as usize)
    }

    pub fn doc(&self, at: u32) -> Option<String> {
        self.documentation.above(self.start + at)
    }

    pub fn ident(&self, start: u32, end: u32) -> Ident {
        Ident { name: Name::from(self.text(start, end)), range: Range::new(start, end) }
    }

    pub fn path(&self, segments: Vec<Ident>) -> ModulePath {
        let range = match (segments.first(), segments.last()) {
            (Some(first), Some(last)) => first.range.to(last.range),
            _ => Range::default(),
        };
        ModulePath { segments, range }
    }
}

/// Statements.
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
        let header = self.span(self.tree[annotation].range.to(parameters.range));
        self.diagnostics.push(errors::old_function(header, new));
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

/// Types.
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

/// Patterns.
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

/// Which keys a list of entries may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// Names, strings and computed keys.
    Record,
    /// Paths of fields too.
    With,
}

/// Expressions.
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

    fn checked_int(&mut self, range: Range, value: Option<i64>) -> i64 {
        value.unwrap_or_else(|| {
            let span = self.span(range);
            self.diagnostics.push(errors::number_too_large(span));
            0
        })
    }

    fn checked_float(&mut self, range: Range, value: Option<f64>) -> f64 {
        value.unwrap_or_else(|| {
            let span = self.span(range);
            self.diagnostics.push(errors::float_too_large(span));
            0.0
        })
    }

    /// A literal without interpolation.
    fn string_text(&mut self, range: Range) -> String {
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
        self.discarded += 1;
        let name = if self.discarded == 1 { "_check".to_owned() } else { format!("_check{}", self.discarded) };
        let at = self.tree[value].range;
        let (at, semicolon) = (self.span(at), self.span(Range::new(start, end)));
        self.diagnostics.push(errors::discarded_value(at, semicolon, &name));
        Box::new(BlockItem::Statement(value))
    }

    fn check_keys(&mut self, entries: &[Entry], keys: Keys) {
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
