//! A check that stays open, for an editor: one edit costs one statement, and questions are answered from what is known.
//!
//! The one idea: the checker of [`crate::check`] is kept, and an edit within one statement that leaves what the statement offers to others as
//! it was has only that statement parsed and checked again. Whatever else happens is for the caller to check anew: [`Session::replace`]
//! says so and has changed nothing that matters then.
//!
//! Guarantee: after [`Session::replace`] has answered true, [`Session::diagnostics`] are those of a check from nothing.
//! Deliberately absent: the checked program (evaluation starts from text), and knowledge of editors.

mod names;
mod views;

use std::rc::Rc;
use std::sync::Arc;

use lw_diagnostics::{Change, Diagnostic, FileId, Files, Span};
use lw_syntax::Name;
use lw_syntax::ast::{self, Statement, StatementKind};
use rustc_hash::FxHashSet;

pub use names::{Symbol, SymbolKind};
pub use views::{FieldView, TypeView};

use crate::checker::{Checker, ValueId, ValuePart, ValueState};
use crate::module::{ModuleId, name_range};
use crate::observe::{Observed, Recorder};
use crate::types::{Scheme, Ty, Type};
use crate::{Modules, RootSource, check_all, in_order};

pub struct Session {
    checker: Checker<'static>,
    roots: Vec<ModuleId>,
    diagnostics: Vec<Diagnostic>,
}

impl Session {
    /// Checks the files and what they import.
    pub fn open(roots: &[RootSource], modules: Rc<dyn Modules>) -> Session {
        let mut checker = Checker::new(modules);
        let (roots, _) = check_all(&mut checker, &[], roots);
        let diagnostics = in_order(std::mem::take(&mut checker.diagnostics));
        Session { checker, roots, diagnostics }
    }

    /// Every file that was read.
    pub fn files(&self) -> &Files {
        &self.checker.files
    }

    /// The files that were given.
    pub fn roots(&self) -> impl Iterator<Item = FileId> {
        self.roots.iter().map(|id| self.checker.module(*id).file)
    }

    /// The file of that name among those that were read.
    pub fn file(&self, name: &str) -> Option<FileId> {
        self.checker.modules.iter().map(|module| module.file).find(|file| **self.checker.files.name(*file) == *name)
    }

    /// Whether a file is of the library.
    pub fn is_library(&self, file: FileId) -> bool {
        self.module_of(file).is_some_and(|id| self.checker.module(id).library)
    }

    pub fn is_composition(&self, file: FileId) -> bool {
        self.module_of(file).is_some_and(|id| self.checker.module(id).composition)
    }

    /// What is wrong with the files, in source order within a file.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// How much the questions have left behind; who asks for long starts again.
    pub fn weight(&self) -> usize {
        self.checker.types.len()
    }

    fn module_of(&self, file: FileId) -> Option<ModuleId> {
        let at = self.checker.modules.iter().position(|module| module.file == file)?;
        Some(ModuleId(at as u32))
    }

    /// The top-level statements of a file, in order.
    pub fn statements(&mut self, file: FileId) -> Vec<Rc<Statement>> {
        let Some(id) = self.module_of(file) else { return Vec::new() };
        (0..self.checker.module(id).slots.len() as u32).map(|slot| self.checker.statement(id, slot)).collect()
    }

    /// The number of the statement at a place: the one that holds it, or the last that begins before it.
    pub fn statement_at(&self, file: FileId, offset: u32) -> Option<u32> {
        let id = self.module_of(file)?;
        let after = self.checker.module(id).slots.partition_point(|slot| slot.start <= offset);
        (after as u32).checked_sub(1)
    }

    /// What checking a statement shows of it.
    pub fn observe(&mut self, file: FileId, number: u32) -> Option<Observed> {
        let id = self.module_of(file)?;
        if number as usize >= self.checker.module(id).slots.len() {
            return None;
        }
        let statement = self.checker.statement(id, number);
        Some(self.listen(id, statement, None))
    }

    /// What checking a statement would show that does not stand in the file, such as one with a marker where something is being written;
    /// `text` is what would stand there from the statement's start on.
    pub fn probe(&mut self, file: FileId, statement: Statement, text: &str, marker: Name) -> Option<Observed> {
        let id = self.module_of(file)?;
        let real = self.checker.module(id).text.clone();
        let before = real.get(..statement.start as usize)?;
        let supposed: Arc<str> = Arc::from(format!("{before}{text}"));
        // Messages quote the text, also those that nobody will read.
        self.set_text(id, &supposed);
        let observed = self.listen(id, Rc::new(statement), Some(marker));
        self.set_text(id, &real);
        Some(observed)
    }

    fn set_text(&mut self, id: ModuleId, text: &Arc<str>) {
        let module = &mut self.checker.modules[id.0 as usize];
        module.text = text.clone();
        self.checker.files.replace(module.file, text.clone());
    }

    /// Checks a statement as one more of its module that nothing refers to, and forgets it again.
    fn listen(&mut self, id: ModuleId, statement: Rc<Statement>, marker: Option<Name>) -> Observed {
        let file = self.checker.module(id).file;
        let checker = &mut self.checker;
        let (values, diagnostics) = (checker.values.len(), checker.diagnostics.len());
        checker.recorder = Some(Box::new(Recorder::new(file, statement.start, marker)));
        let slot = checker.module(id).slots.len() as u32;
        checker.modules[id.0 as usize].slots.push(crate::module::Slot {
            start: statement.start,
            end: statement.start + statement.range.end,
            keyword: "probe",
            parsed: Some(statement.clone()),
        });
        let parts: Vec<ValuePart> = match &statement.kind {
            StatementKind::Defaults(entries) => (0..entries.len() as u32).map(ValuePart::Default).collect(),
            StatementKind::Type(_)
            | StatementKind::Resource(_)
            | StatementKind::Import(_)
            | StatementKind::Export(_)
            | StatementKind::Composition { .. }
            | StatementKind::Error { .. } => Vec::new(),
            _ => vec![ValuePart::Whole],
        };
        for part in parts {
            let value = checker.add_value(id, slot, part, Name::from("probe"));
            checker.scheme_of(value);
        }
        checker.finish_waiting();
        let recorder = checker.recorder.take();
        checker.modules[id.0 as usize].slots.truncate(slot as usize);
        // What the statement was the first to mention stays known; only its own values go, where nothing came after them.
        if checker.values[values..].iter().all(|value| value.module == id && value.slot == slot) {
            checker.values.truncate(values);
            checker.program.globals.truncate(values);
        }
        checker.diagnostics.truncate(diagnostics);
        let mut observed = Observed {
            statement,
            types: Default::default(),
            expected: Default::default(),
            patterns: Default::default(),
            values: Vec::new(),
            local_uses: Vec::new(),
            locals: Vec::new(),
            scope: None,
        };
        if let Some(recorder) = recorder {
            let Recorder { types, expected, patterns, values, local_uses, locals, scope, .. } = *recorder;
            observed = Observed { types, expected, patterns, values, local_uses, locals, scope, ..observed };
        }
        observed
    }

    /// Gives a file a new text. True if it could be followed; false if the files have to be checked anew.
    pub fn replace(&mut self, file: FileId, text: &Arc<str>) -> bool {
        let Some(id) = self.module_of(file) else { return false };
        self.follow(id, text).is_some()
    }

    fn follow(&mut self, id: ModuleId, text: &Arc<str>) -> Option<()> {
        let old_text = self.checker.module(id).text.clone();
        if *old_text == **text {
            return Some(());
        }
        let file = self.checker.module(id).file;
        let change = Change::between(&old_text, text);
        let slots = &self.checker.module(id).slots;
        let slot = slots.partition_point(|slot| slot.start <= change.start).checked_sub(1)?;
        let start = slots[slot].start;
        let old_end = slots[slot].end;
        // Within one statement, and neither at its first letter nor beyond its last one.
        if change.start <= start || change.old_end > old_end || self.has_syntax_errors(file) {
            return None;
        }
        let next = slots.get(slot + 1).map_or(old_text.len() as u32, |slot| slot.start);
        if self.checker.module(id).library || !text.is_char_boundary(start as usize) {
            return None;
        }
        // Only what stands alone on its lines can be read alone.
        let at_line_start = |text: &str, at: u32| at == 0 || text.as_bytes()[at as usize - 1] == b'\n';
        if !at_line_start(text, start) || !(next == old_text.len() as u32 || at_line_start(&old_text, next)) {
            return None;
        }
        // Up to the next statement's own comments: a line's end, whatever follows.
        let end = change.shift(old_end);
        let end = text[end as usize..].find('\n').map_or(text.len() as u32, |line| end + line as u32 + 1);
        let parsed = lw_syntax::parse_at(file, &text[start as usize..end as usize], start);
        let [statement] = <[Statement; 1]>::try_from(parsed.file.statements).ok()?;
        let well_formed = !parsed.diagnostics.iter().any(Diagnostic::is_error) && parsed.file.languages.is_empty();
        if !well_formed || statement.start != start || statement.start + statement.range.end != change.shift(old_end) {
            return None;
        }
        let slot = slot as u32;
        let before = self.checker.statement(id, slot);
        if !same_offer(&before, &statement) {
            return None;
        }
        let value = *self.checker.module(id).value_ids.get(&slot)?;
        if self.checker.value(value).grouped {
            return None;
        }
        let inside = |span: &Span| span.file == file && span.start >= start && span.end <= old_end.max(start);
        let touches = |span: &Span| span.file == file && span.end >= start && span.start <= old_end;
        // What others say of this statement, and what this one says of others, is looked at together.
        for diagnostic in &self.diagnostics {
            let own = diagnostic.primary.as_ref().is_some_and(|label| inside(&label.span));
            let mut others = diagnostic.secondary.iter().map(|label| &label.span);
            let mut edits = diagnostic.edits.iter().map(|edit| &edit.span);
            if !own && (others.any(touches) || edits.any(touches)) {
                return None;
            }
        }
        let mut statement = statement;
        statement.doc = before.doc.clone();
        let statement = Rc::new(statement);
        self.put(id, slot, &statement, text, change);
        let mut kept = std::mem::take(&mut self.diagnostics);
        kept.retain(|diagnostic| !diagnostic.primary.as_ref().is_some_and(|label| inside(&label.span)));
        kept.iter_mut().for_each(|diagnostic| change.shift_diagnostic(file, diagnostic));
        let scheme = self.checker.value(value).scheme;
        self.checker.diagnostics.clear();
        self.checker.diagnostics.extend(parsed.diagnostics);
        self.recheck(id, slot, value, &statement);
        let found = std::mem::take(&mut self.checker.diagnostics);
        let end = statement.start + statement.range.end;
        let within = |span: &Span| span.file == file && span.start >= start && span.end <= end;
        if !found.iter().all(|diagnostic| diagnostic.primary.as_ref().is_some_and(|label| within(&label.span))) {
            return None;
        }
        let value = self.checker.value(value);
        if value.grouped || !self.same_scheme(scheme, value.scheme) {
            return None;
        }
        self.diagnostics = in_order(kept.into_iter().chain(found).collect());
        Some(())
    }

    /// Whether some statement of a file could not be read as it was written: where one ends is then a guess.
    fn has_syntax_errors(&self, file: FileId) -> bool {
        let is_syntax = |diagnostic: &Diagnostic| diagnostic.is_error() && diagnostic.code.starts_with("LW01");
        let in_file = |diagnostic: &Diagnostic| diagnostic.primary.as_ref().is_none_or(|label| label.span.file == file);
        self.diagnostics.iter().any(|diagnostic| is_syntax(diagnostic) && in_file(diagnostic))
    }

    /// Puts a statement in its predecessor's place; those after it move.
    fn put(&mut self, id: ModuleId, slot: u32, statement: &Rc<Statement>, text: &Arc<str>, change: Change) {
        let checker = &mut self.checker;
        let module = &mut checker.modules[id.0 as usize];
        let file = module.file;
        module.text = text.clone();
        checker.files.replace(file, text.clone());
        for moved in &mut module.slots[slot as usize + 1..] {
            moved.start = change.shift(moved.start);
            moved.end = change.shift(moved.end);
            if let Some(parsed) = &mut moved.parsed {
                Rc::make_mut(parsed).start = moved.start;
            }
        }
        let entry = &mut module.slots[slot as usize];
        entry.end = statement.start + statement.range.end;
        entry.parsed = Some(statement.clone());
        for (declared, home) in checker.declared.iter_mut().zip(&checker.declared_slots) {
            if home.is_some_and(|(module, _)| module == id) || declared.span.file == file {
                declared.span.start = change.shift(declared.span.start);
                declared.span.end = change.shift(declared.span.end);
            }
        }
    }

    /// What a check of the whole module does with one statement.
    fn recheck(&mut self, id: ModuleId, slot: u32, value: ValueId, statement: &Statement) {
        let checker = &mut self.checker;
        checker.values[value.0 as usize].state = ValueState::Untouched;
        checker.scheme_of(value);
        if matches!(statement.kind, StatementKind::Function(_)) {
            checker.unannotated(id, statement, value);
        }
        let file = checker.module(id).file;
        if !matches!(statement.kind, StatementKind::Binding(_)) {
            checker.known_annotations(file, statement);
        }
        let keyword = checker.module(id).slots[slot as usize].keyword;
        if keyword == "output" && !checker.module(id).composition {
            let place = statement.span(file, name_range(statement));
            checker.diagnostics.push(crate::errors::modules::only_in_composition(keyword, place));
        }
        checker.finish_waiting();
    }

    /// Whether two types are written the same.
    fn same_scheme(&self, one: Scheme, other: Scheme) -> bool {
        one.generics == other.generics && self.same_type(one.ty, other.ty, &mut FxHashSet::default())
    }

    fn same_type(&self, one: Ty, other: Ty, met: &mut FxHashSet<(Ty, Ty)>) -> bool {
        /// Larger types are taken to differ.
        const PAIRS_MAX: usize = 2_000;
        let (one, other) = (self.checker.types.shallow(one), self.checker.types.shallow(other));
        if one == other || !met.insert((one, other)) {
            return true;
        }
        if met.len() > PAIRS_MAX {
            return false;
        }
        let mut all = |one: &[Ty], other: &[Ty]| {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| self.same_type(*one, *other, met))
        };
        match (self.checker.types.get(one), self.checker.types.get(other)) {
            (Type::Builtin(one, inner), Type::Builtin(other, outer)) => one == other && all(inner, outer),
            (Type::Declared(one, inner), Type::Declared(other, outer)) => one == other && all(inner, outer),
            (Type::Tuple(inner), Type::Tuple(outer)) => all(inner, outer),
            (Type::Function(inner, result), Type::Function(outer, other)) => {
                all(inner, outer) && all(&[*result], &[*other])
            }
            (Type::Record(inner, rest), Type::Record(outer, other)) => {
                let types = |fields: &[(Name, Ty)]| fields.iter().map(|(_, ty)| *ty).collect::<Vec<_>>();
                inner.iter().map(|(name, _)| name).eq(outer.iter().map(|(name, _)| name))
                    && all(&types(inner), &types(outer))
                    && all(rest.as_slice(), other.as_slice())
            }
            (one, other) => one == other && !matches!(one, Type::Variable(_)),
        }
    }
}

/// Whether a statement is of the same sort, under the same name, and made to be followed.
fn same_offer(before: &Statement, after: &Statement) -> bool {
    let names = |notes: &[ast::Annotation]| notes.iter().map(|note| note.name.name).collect::<Vec<_>>();
    if names(&before.annotations) != names(&after.annotations) {
        return false;
    }
    match (&before.kind, &after.kind) {
        (StatementKind::Binding(before), StatementKind::Binding(after)) => {
            before.name.name == after.name.name && before.old_parameters.is_none() && after.old_parameters.is_none()
        }
        (StatementKind::Function(before), StatementKind::Function(after)) => before.name.name == after.name.name,
        (StatementKind::Output { name: before, .. }, StatementKind::Output { name: after, .. }) => {
            before.name == after.name
        }
        (StatementKind::Test { .. }, StatementKind::Test { .. }) => true,
        _ => false,
    }
}
