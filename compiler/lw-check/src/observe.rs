//! What checking one statement shows of it: the types of its expressions, and what its names mean.
//!
//! The one idea: nothing is kept while a program is checked. Who asks about a statement has it checked once more, with a
//! [`Recorder`] that listens; so checking pays nothing for questions that nobody asks.

use std::rc::Rc;

use lw_diagnostics::{FileId, Span};
use lw_syntax::Name;
use lw_syntax::ast;
use rustc_hash::FxHashMap;

use crate::checker::{Checker, ValueId};
use crate::infer::Context;
use crate::typed::LocalId;
use crate::types::Ty;

/// Listens while one statement is checked.
#[derive(Debug)]
pub struct Recorder {
    file: FileId,
    /// Where the statement starts.
    start: u32,
    /// A name that stands for whatever will be written at that place; what is in scope there is wanted.
    marker: Option<Name>,
    pub types: FxHashMap<ast::ExprId, Ty>,
    pub expected: FxHashMap<ast::ExprId, Ty>,
    pub patterns: FxHashMap<ast::PatternId, Ty>,
    pub values: Vec<(Span, ValueId)>,
    /// A use, and where its local is written.
    pub local_uses: Vec<(Span, Span)>,
    pub locals: Vec<Local>,
    pub scope: Option<Scope>,
}

impl Recorder {
    pub fn new(file: FileId, start: u32, marker: Option<Name>) -> Recorder {
        Recorder {
            file,
            start,
            marker,
            types: FxHashMap::default(),
            expected: FxHashMap::default(),
            patterns: FxHashMap::default(),
            values: Vec::new(),
            local_uses: Vec::new(),
            locals: Vec::new(),
            scope: None,
        }
    }
}

/// What was seen of one statement. Types are meaningful with the [`crate::Session`] that gave them.
#[derive(Debug)]
pub struct Observed {
    pub statement: Rc<ast::Statement>,
    /// What expressions are.
    pub types: FxHashMap<ast::ExprId, Ty>,
    /// What is wanted where expressions stand.
    pub expected: FxHashMap<ast::ExprId, Ty>,
    /// What patterns are held against.
    pub patterns: FxHashMap<ast::PatternId, Ty>,
    /// Uses of top-level values.
    pub values: Vec<(Span, ValueId)>,
    /// Uses of locals, each with where the local is written.
    pub local_uses: Vec<(Span, Span)>,
    pub locals: Vec<Local>,
    /// What is in scope at the marker.
    pub scope: Option<Scope>,
}

/// A name that a body binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    pub span: Span,
    pub ty: Ty,
}

/// Names in scope, the innermost last.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub locals: Vec<(Name, Local)>,
}

impl Checker<'_> {
    fn recorder(&mut self, cx: &Context<'_>) -> Option<&mut Recorder> {
        let recorder = self.recorder.as_deref_mut()?;
        (recorder.file == cx.file && recorder.start == cx.statement.start).then_some(recorder)
    }

    pub fn note_type(&mut self, cx: &Context<'_>, expr: ast::ExprId, ty: Ty) {
        if let Some(recorder) = self.recorder(cx) {
            recorder.types.insert(expr, ty);
        }
    }

    pub fn note_expected(&mut self, cx: &Context<'_>, expr: ast::ExprId, ty: Ty) {
        if let Some(recorder) = self.recorder(cx) {
            recorder.expected.entry(expr).or_insert(ty);
        }
    }

    pub fn note_pattern(&mut self, cx: &Context<'_>, pattern: ast::PatternId, ty: Ty) {
        if let Some(recorder) = self.recorder(cx) {
            recorder.patterns.insert(pattern, ty);
        }
    }

    pub fn note_value_use(&mut self, cx: &Context<'_>, value: ValueId, span: Span) {
        if let Some(recorder) = self.recorder(cx) {
            recorder.values.push((span, value));
        }
    }

    pub fn note_local_use(&mut self, cx: &Context<'_>, local: LocalId, span: Span) {
        if let Some(recorder) = self.recorder(cx) {
            recorder.local_uses.push((span, cx.local_spans[local.0 as usize]));
        }
    }

    /// What is in scope where the marker stands.
    pub fn note_scope(&mut self, cx: &Context<'_>, name: Name) {
        let Some(recorder) = self.recorder(cx).filter(|recorder| recorder.marker == Some(name)) else { return };
        let local = |(name, local): &(Name, LocalId)| {
            let at = local.0 as usize;
            (*name, Local { span: cx.local_spans[at], ty: cx.local_schemes[at].ty })
        };
        recorder.scope = Some(Scope { locals: cx.scope.iter().map(local).collect() });
    }

    pub fn note_locals(&mut self, cx: &Context<'_>) {
        let Some(recorder) = self.recorder(cx) else { return };
        let locals = cx.local_spans.iter().zip(&cx.local_schemes);
        recorder.locals.extend(locals.map(|(span, scheme)| Local { span: *span, ty: scheme.ty }));
    }
}
