//! A check that stays open, for an editor: one edit costs one statement, and questions are answered from what is known.
//!
//! The one idea: the checker of [`crate::check`] is kept, and an edit has only the statements that it changed parsed and checked again, and
//! of the others those that depend on what changed. Where an edit does more (to imports, to types), the caller checks anew:
//! [`Session::replace`] says so and has changed nothing that matters then.
//!
//! Guarantee: after [`Session::replace`] has answered true, [`Session::diagnostics`] are those of a check from nothing.
//! Deliberately absent: the checked program (evaluation starts from text), and knowledge of editors.

mod follow;
mod names;
mod views;

use std::rc::Rc;
use std::sync::Arc;

use lw_diagnostics::{Diagnostic, FileId, Files};
use lw_syntax::Name;
use lw_syntax::ast::{Statement, StatementKind};
use rustc_hash::FxHashSet;

pub use names::{Symbol, SymbolKind};
pub use views::{FieldView, TypeView};

use crate::checker::{Checker, ValuePart};
use crate::module::ModuleId;
use crate::observe::{Observed, Recorder};
use crate::types::{Scheme, Ty, Type};
use crate::{Modules, RootSource, check_all, in_order};

pub struct Session {
    checker: Checker<'static>,
    roots: Vec<ModuleId>,
    diagnostics: Vec<Diagnostic>,
    work: FollowedWork,
}

/// What following edits has cost, since the session was opened: statements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FollowedWork {
    pub parsed: u64,
    pub checked: u64,
}

impl Session {
    /// Checks the files and what they import.
    pub fn open(roots: &[RootSource], modules: Rc<dyn Modules>) -> Session {
        let mut checker = Checker::new(modules);
        let (roots, _) = check_all(&mut checker, &[], roots);
        let diagnostics = in_order(std::mem::take(&mut checker.diagnostics));
        Session { checker, roots, diagnostics, work: FollowedWork::default() }
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

    /// What [`Session::replace`] has cost so far.
    pub fn followed_work(&self) -> FollowedWork {
        self.work
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
