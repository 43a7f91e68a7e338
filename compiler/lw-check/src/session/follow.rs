//! An edit followed: which statements it made others, and what of the rest has to be checked again.
//!
//! The one idea: statements are told apart by their text. Those that the edit left alone keep their trees and their types; those that it
//! changed are checked again; and where that changed what they offer (a type, a name that came or went), so is whatever mentions them, as
//! far as types reach. What else an edit can do (to imports, to types, to operators) is for the caller to check anew.

use std::rc::Rc;
use std::sync::Arc;

use lw_diagnostics::{Change, Diagnostic, FileId, Span};
use lw_syntax::Name;
use lw_syntax::ast::{self, ExprKind, Statement, StatementKind};
use rustc_hash::FxHashSet;

use super::Session;
use crate::checker::{ValueId, ValueState};
use crate::declared::DeclaredKind;
use crate::in_order;
use crate::module::{Module, ModuleId, Slot, classify, name_range};
use crate::types::Scheme;

/// Some statements of a file, read again.
struct Reading {
    /// The first of the old ones, and one past the last.
    first: usize,
    end: usize,
    statements: Vec<Statement>,
    diagnostics: Vec<Diagnostic>,
    /// What was read: where it begins, and where it ended in the old text and ends in the new one.
    start: u32,
    old_end: u32,
    new_end: u32,
}

/// Which statements went, in numbers.
struct Replaced<'p> {
    /// Of those that were read.
    first: usize,
    end: usize,
    /// The first that changed, and how many of the old ones did.
    changed: usize,
    gone: usize,
    /// By new one: which of the old ones it was.
    pairs: &'p [Option<usize>],
}

/// Where places of a file went.
struct Moved {
    file: FileId,
    change: Change,
    /// Statements that stayed as they were while what surrounds them did not: where they were, and where they begin now.
    kept: Vec<(u32, u32, u32)>,
}

impl Moved {
    fn span(&self, span: &mut Span) {
        if span.file != self.file {
            return;
        }
        let kept = self.kept.iter().find(|(start, end, _)| *start <= span.start && span.end <= *end);
        (span.start, span.end) = match kept {
            Some((start, _, now)) => (span.start - start + now, span.end - start + now),
            None => (self.change.shift(span.start), self.change.shift(span.end)),
        };
    }

    fn diagnostic(&self, diagnostic: &mut Diagnostic) {
        diagnostic.primary.iter_mut().for_each(|label| self.span(&mut label.span));
        diagnostic.secondary.iter_mut().for_each(|label| self.span(&mut label.span));
        diagnostic.edits.iter_mut().for_each(|edit| self.span(&mut edit.span));
    }
}

/// A statement of a module.
type Place = (ModuleId, u32);
/// Values by module and name.
type Names = FxHashSet<(ModuleId, Name)>;

impl Session {
    pub(super) fn follow(&mut self, id: ModuleId, text: &Arc<str>) -> Option<()> {
        let old_text = self.checker.module(id).text.clone();
        if *old_text == **text {
            return Some(());
        }
        if self.checker.module(id).library {
            return None;
        }
        let change = Change::between(&old_text, text);
        let reading = self.read_one(id, text, change).or_else(|| self.read_some(id, text, change))?;
        self.work.parsed += reading.statements.len() as u64;
        self.take(id, text, change, reading)
    }

    /// Reads the one statement that holds the change, where it begins and ends as it did.
    fn read_one(&self, id: ModuleId, text: &str, change: Change) -> Option<Reading> {
        let module = self.checker.module(id);
        let slots = &module.slots;
        let first = slots.partition_point(|slot| slot.start <= change.start).checked_sub(1)?;
        let (start, old_end) = (slots[first].start, slots[first].end);
        // Within one statement, and neither at its first letter nor beyond its last one.
        if change.start <= start || change.old_end > old_end || !begins_line(&module.text, start) {
            return None;
        }
        let next = slots.get(first + 1).map_or(module.text.len() as u32, |slot| slot.start);
        // Only what stands alone on its lines can be read alone.
        if next != module.text.len() as u32 && !begins_line(&module.text, next) {
            return None;
        }
        // Nor after one that is broken, which may reach to where this one is seen to begin.
        let before = first.checked_sub(1).map_or(0, |slot| slots[slot].start);
        let here = |span: &Span| span.end >= before && span.start <= next;
        if self.syntax_errors(module.file).any(|span| here(&span)) || self.has_lexical_errors(module.file) {
            return None;
        }
        // Up to the next statement's own comments: a line's end, whatever follows.
        let end = change.shift(old_end);
        let end = text[end as usize..].find('\n').map_or(text.len() as u32, |line| end + line as u32 + 1);
        let parsed = lw_syntax::parse_at(module.file, &text[start as usize..end as usize], start);
        let [mut statement] = <[Statement; 1]>::try_from(parsed.file.statements).ok()?;
        let well_formed = !parsed.diagnostics.iter().any(Diagnostic::is_error) && parsed.file.languages.is_empty();
        if !well_formed || statement.start != start || statement.start + statement.range.end != change.shift(old_end) {
            return None;
        }
        statement.doc = slots[first].parsed.as_ref().and_then(|before| before.doc.clone());
        let diagnostics = parsed.diagnostics;
        Some(Reading { first, end: first + 1, statements: vec![statement], diagnostics, start, old_end, new_end: end })
    }

    /// Reads what holds the change and a statement on either side, which has to come out as it was: so nothing reaches beyond.
    fn read_some(&self, id: ModuleId, text: &str, change: Change) -> Option<Reading> {
        let module = self.checker.module(id);
        let (slots, old_text) = (&module.slots, &module.text);
        let first = slots.partition_point(|slot| slot.end < change.start).checked_sub(1)?;
        let last = slots.partition_point(|slot| slot.start <= change.old_end);
        let end = (last + 1).min(slots.len());
        let start = slots[first].start;
        let old_end = slots.get(end).map_or(old_text.len() as u32, |slot| slot.start);
        if change.start <= start || change.old_end > old_end || slots[first].end >= change.start {
            return None;
        }
        let new_end = change.shift(old_end);
        let at_end = end == slots.len();
        if !begins_line(old_text, start) || !(at_end || begins_line(old_text, old_end)) {
            return None;
        }
        let (old, new) = (&old_text[start as usize..old_end as usize], &text[start as usize..new_end as usize]);
        if new.contains('\t') || old.contains('\t') || self.has_lexical_errors(module.file) {
            return None;
        }
        let parsed = lw_syntax::parse_at(module.file, new, start);
        let statements = parsed.file.statements;
        if !parsed.file.languages.is_empty() || statements.iter().any(|one| !begins_line(text, one.start)) {
            return None;
        }
        let kept = |statement: Option<&Statement>, slot: usize| {
            let (Some(statement), Some(before)) = (statement, slots[slot].parsed.as_ref()) else { return false };
            !is_error(statement) && !is_error(before) && statement.tree == before.tree && statement.kind == before.kind
        };
        if !kept(statements.first(), first) || statements.first()?.start != start {
            return None;
        }
        if !at_end {
            let last = statements.last()?;
            if !kept(Some(last), end - 1) || last.start != change.shift(slots[end - 1].start) || statements.len() < 2 {
                return None;
            }
        }
        let diagnostics = parsed.diagnostics;
        let inside = |span: &Span| span.start >= start && span.end < new_end.max(start + 1);
        if diagnostics.iter().any(is_lexical) {
            return None;
        }
        if !diagnostics.iter().all(|one| one.primary.as_ref().is_some_and(|label| at_end || inside(&label.span))) {
            return None;
        }
        Some(Reading { first, end, statements, diagnostics, start, old_end, new_end })
    }

    /// Whether characters of a file make no tokens: how a string that nobody closed is read depends on all that follows.
    fn has_lexical_errors(&self, file: FileId) -> bool {
        let in_file = |one: &Diagnostic| one.primary.as_ref().is_some_and(|label| label.span.file == file);
        self.diagnostics.iter().any(|one| is_lexical(one) && in_file(one))
    }

    /// Where statements of a file could not be read as they were written.
    fn syntax_errors(&self, file: FileId) -> impl Iterator<Item = Span> {
        let is_syntax = |diagnostic: &&Diagnostic| diagnostic.is_error() && diagnostic.code.starts_with("LW01");
        let places = self.diagnostics.iter().filter(is_syntax).map(move |diagnostic| match &diagnostic.primary {
            Some(label) => label.span,
            None => Span::new(file, 0, u32::MAX),
        });
        places.filter(move |span| span.file == file)
    }

    /// Takes what was read in place of what was there, and checks what that changes.
    fn take(&mut self, id: ModuleId, text: &Arc<str>, change: Change, reading: Reading) -> Option<()> {
        let Reading { first, end, statements, diagnostics: parsed, start, old_end, new_end } = reading;
        let old_text = self.checker.module(id).text.clone();
        let file = self.checker.module(id).file;
        let old: Vec<Rc<Statement>> = (first..end).map(|slot| self.checker.statement(id, slot as u32)).collect();
        let mut new: Vec<Rc<Statement>> = statements.into_iter().map(Rc::new).collect();
        // What is written about the first stands before what was read.
        if let [first, ..] = new.as_mut_slice() {
            Rc::make_mut(first).doc = old[0].doc.clone();
        }
        let unchanged = |one: &Statement, other: &Statement| {
            !is_error(one) && !is_error(other) && slice(&old_text, one) == slice(text, other) && one.tree == other.tree
        };
        let same = old.iter().zip(&new).take_while(|(one, other)| unchanged(one, other)).count();
        let (old_rest, new_rest) = (&old[same..], &new[same..]);
        let after = old_rest.iter().rev().zip(new_rest.iter().rev());
        let after = after.take_while(|(one, other)| unchanged(one, other)).count();
        let (gone, come) = (&old_rest[..old_rest.len() - after], &new_rest[..new_rest.len() - after]);
        if !gone.iter().chain(come).all(|statement| can_be_followed(statement)) {
            return None;
        }
        // A statement that stays is not checked again, so that what was said of its keys anew would not be mended.
        let checked: Vec<Span> = come.iter().map(|statement| statement.span(file, statement.range)).collect();
        if parsed.iter().filter_map(mended_key).any(|key| !checked.iter().any(|span| holds(*span, key))) {
            return None;
        }
        let (names_gone, names_come) = (names_of(gone), names_of(come));
        let names_differ = names_gone != names_come;
        if self.twice(id, gone, come) || names_differ && !self.names_may_differ(id, &names_gone, &names_come) {
            return None;
        }
        // Who keeps the name keeps the number.
        let pairs: Vec<Option<usize>> = come.iter().map(|statement| paired(statement, gone, come)).collect();
        for (statement, pair) in come.iter().zip(&pairs) {
            let before = pair.map(|at| annotation_names(&gone[at])).unwrap_or_default();
            if annotation_names(statement) != before {
                return None;
            }
        }
        let lost = (0..gone.len()).filter(|at| !pairs.contains(&Some(*at)));
        if lost.clone().any(|at| !gone[at].annotations.is_empty()) {
            return None;
        }
        if !self.leaves_others_alone(file, gone) {
            return None;
        }

        // Diagnostics of what goes, and of how the stretch was read, go with it.
        let spans: Vec<Span> = gone.iter().map(|statement| statement.span(file, statement.range)).collect();
        let of_reading = |diagnostic: &Diagnostic, span: Span| {
            diagnostic.code.starts_with("LW01") && span.file == file && span.start >= start && span.end <= old_end
        };
        let mut kept = std::mem::take(&mut self.diagnostics);
        kept.retain(|diagnostic| {
            let Some(label) = &diagnostic.primary else { return true };
            !spans.iter().any(|span| holds(*span, label.span)) && !of_reading(diagnostic, label.span)
        });
        let stayed = old.iter().zip(&new).take(same).chain(old.iter().rev().zip(new.iter().rev()).take(after));
        let stayed = stayed.map(|(old, new)| (old.start, old.start + old.range.end, new.start)).collect();
        let moved = Moved { file, change, kept: stayed };
        kept.iter_mut().for_each(|diagnostic| moved.diagnostic(diagnostic));

        let replaced = Replaced { first, end, changed: first + same, gone: gone.len(), pairs: &pairs };
        let values = self.put(id, &replaced, &new, text, &moved)?;
        let before: Vec<Option<Scheme>> =
            values.iter().map(|value| value.map(|value| self.checker.value(value).scheme)).collect();
        let slots: Vec<u32> = (0..come.len()).map(|at| (first + same + at) as u32).collect();
        self.checker.diagnostics.clone_from(&parsed);
        self.checker.searched = 0;
        let changed: Vec<Place> = slots.iter().map(|slot| (id, *slot)).collect();
        self.recheck(&changed)?;
        let now: Vec<Option<ValueId>> =
            slots.iter().map(|slot| self.checker.module(id).value_ids.get(slot).copied()).collect();
        let mut offers: FxHashSet<Name> = if names_differ { &names_gone | &names_come } else { FxHashSet::default() };
        for ((value, before), statement) in now.iter().zip(&before).zip(come) {
            let same = match (value, before) {
                (Some(value), Some(before)) if !is_error(statement) => {
                    self.same_scheme(*before, self.checker.value(*value).scheme)
                }
                _ => false,
            };
            if !same {
                offers.extend(name_of(statement));
            }
        }
        let offers = offers.into_iter().map(|name| (id, name)).collect();
        let dependents = self.dependents(&changed, offers, names_differ, &kept)?;
        let spans = self.spans(&dependents);
        if kept.iter().filter_map(mended_key).any(|key| spans.iter().any(|span| holds(*span, key))) {
            return None;
        }
        kept.retain(|diagnostic| {
            let Some(label) = &diagnostic.primary else { return true };
            !spans.iter().any(|span| holds(*span, label.span)) || diagnostic.code.starts_with("LW01")
        });
        if !dependents.is_empty() {
            // All of them together: each is checked after what it mentions.
            self.checker.diagnostics = parsed;
            let all: Vec<Place> = changed.iter().chain(&dependents).copied().collect();
            self.recheck(&all)?;
        }

        let found = std::mem::take(&mut self.checker.diagnostics);
        let mut own = self.spans(&changed);
        own.extend(spans);
        own.push(Span::new(file, start, new_end));
        let is_own = |diagnostic: &Diagnostic| {
            diagnostic.primary.as_ref().is_some_and(|label| own.iter().any(|span| holds(*span, label.span)))
        };
        if !found.iter().all(is_own) {
            return None;
        }
        self.diagnostics = in_order(kept.into_iter().chain(found).collect());
        Some(())
    }

    fn spans(&mut self, places: &[Place]) -> Vec<Span> {
        let span = |(module, slot): &Place| {
            let statement = self.checker.statement(*module, *slot);
            statement.span(self.checker.module(*module).file, statement.range)
        };
        places.iter().map(span).collect()
    }

    /// Whether names of a module can come and go without a look at who imports what.
    fn names_may_differ(&self, id: ModuleId, gone: &FxHashSet<Name>, come: &FxHashSet<Name>) -> bool {
        let checker = &self.checker;
        let module = checker.module(id);
        let imported = checker.modules.iter().any(|other| other.imported.contains(&id));
        let exports = module.slots.iter().any(|slot| slot.keyword == "export");
        let brought = gone.iter().chain(come).any(|name| module.imports.values.contains_key(name));
        !imported && !exports && !brought
    }

    /// Whether a name of these is another statement's, too: what is said of that is not said by checking one of them.
    fn twice(&self, id: ModuleId, gone: &[Rc<Statement>], come: &[Rc<Statement>]) -> bool {
        let module = self.checker.module(id);
        gone.iter().chain(come).any(|statement| {
            let Some(label) = label_of(statement) else { return false };
            let all = module.slots.iter().filter_map(|slot| slot.parsed.as_ref());
            let all = all.filter(|other| label_of(other) == Some(label)).count();
            let own = |these: &[Rc<Statement>]| these.iter().filter(|other| label_of(other) == Some(label)).count();
            all > own(gone) || own(gone) > 1 || own(come) > 1
        })
    }

    /// Whether nothing that is said of other statements points at these.
    fn leaves_others_alone(&self, file: FileId, gone: &[Rc<Statement>]) -> bool {
        let spans: Vec<Span> = gone.iter().map(|statement| statement.span(file, statement.range)).collect();
        self.diagnostics.iter().all(|diagnostic| {
            let own =
                diagnostic.primary.as_ref().is_some_and(|label| spans.iter().any(|span| holds(*span, label.span)));
            let touches = |other: &Span| {
                spans.iter().any(|span| span.file == other.file && other.end >= span.start && other.start <= span.end)
            };
            let mut others = diagnostic.secondary.iter().map(|label| &label.span);
            let mut edits = diagnostic.edits.iter().map(|edit| &edit.span);
            own || !(others.any(touches) || edits.any(touches))
        })
    }

    /// Puts the statements that were read in the place of the old ones; those after them move. Gives the values of those that are new.
    fn put(
        &mut self,
        id: ModuleId,
        replaced: &Replaced<'_>,
        new: &[Rc<Statement>],
        text: &Arc<str>,
        moved: &Moved,
    ) -> Option<Vec<Option<ValueId>>> {
        let Replaced { first, end, changed, gone, pairs } = *replaced;
        let checker = &mut self.checker;
        let module = &mut checker.modules[id.0 as usize];
        let (file, change, come) = (module.file, moved.change, pairs.len());
        let more = new.len() as i64 - (end - first) as i64;
        module.text = text.clone();
        checker.files.replace(file, text.clone());
        for slot in &mut module.slots[end..] {
            slot.start = change.shift(slot.start);
            slot.end = change.shift(slot.end);
            if let Some(parsed) = &mut slot.parsed {
                Rc::make_mut(parsed).start = slot.start;
            }
        }
        let read = new.iter().map(|statement| Slot {
            start: statement.start,
            end: statement.start + statement.range.end,
            keyword: classify(&statement.kind).0,
            parsed: Some(statement.clone()),
        });
        module.slots.splice(first..end, read);
        // Numbers of statements, as they are now.
        let renumber = |slot: u32| -> Option<u32> {
            let at = slot as usize;
            if at < changed {
                return Some(slot);
            }
            if at < changed + gone {
                let position = pairs.iter().position(|pair| *pair == Some(at - changed))?;
                return Some((changed + position) as u32);
            }
            u32::try_from(i64::from(slot) + more).ok()
        };
        for table in [&mut module.values, &mut module.types, &mut module.operators] {
            table.retain(|_, slot| match renumber(*slot) {
                Some(now) => {
                    *slot = now;
                    true
                }
                None => false,
            });
        }
        for (at, statement) in new[changed - first..changed - first + come].iter().enumerate() {
            if let Some(name) = name_of(statement) {
                module.values.insert(name, (changed + at) as u32);
            }
        }
        module.value_ids =
            module.value_ids.iter().filter_map(|(slot, value)| Some((renumber(*slot)?, *value))).collect();
        module.declared_ids =
            module.declared_ids.iter().filter_map(|(slot, declared)| Some((renumber(*slot)?, *declared))).collect();
        let values = (0..come).map(|at| module.value_ids.get(&((changed + at) as u32)).copied()).collect();
        for value in checker.values.iter_mut().filter(|value| value.module == id) {
            // What is gone has no place.
            value.slot = if value.slot == u32::MAX { u32::MAX } else { renumber(value.slot).unwrap_or(u32::MAX) };
        }
        for (declared, home) in checker.declared.iter_mut().zip(&mut checker.declared_slots) {
            if let Some((module, slot)) = home
                && *module == id
            {
                *slot = renumber(*slot)?;
            }
            moved.span(&mut declared.span);
            if let DeclaredKind::Record(record) = &mut declared.kind
                && record.fields.iter().any(|field| field.span.file == file && field.span.end > change.start)
            {
                Rc::get_mut(record)?.fields.iter_mut().for_each(|field| moved.span(&mut field.span));
            }
            if let DeclaredKind::Resource(resource) = &declared.kind
                && resource.record.fields.iter().any(|field| field.span.file == file && field.span.end > change.start)
            {
                return None;
            }
        }
        for global in &mut checker.program.globals {
            moved.span(&mut global.span);
            moved.span(&mut global.statement);
        }
        Some(values)
    }

    /// What a check of the whole module does with some of its statements. Nothing if types of several were inferred together.
    fn recheck(&mut self, places: &[Place]) -> Option<()> {
        let checker = &mut self.checker;
        for (module, slot) in places {
            if let Some(value) = checker.module(*module).value_ids.get(slot).copied() {
                if checker.value(value).grouped {
                    return None;
                }
                checker.values[value.0 as usize].state = ValueState::Untouched;
            }
        }
        for (module, slot) in places.iter().copied() {
            let statement = checker.statement(module, slot);
            let file = checker.module(module).file;
            if is_error(&statement) {
                continue;
            }
            let range = name_range(&statement);
            let text = checker.module(module).text.clone();
            let (start, end) = (statement.start + range.start, statement.start + range.end);
            let name = Name::from(text.get(start as usize..end as usize).unwrap_or_default());
            let value = checker.value_of_slot(module, slot, name);
            let global = &mut checker.program.globals[value.0 as usize];
            (global.span, global.statement) = (statement.span(file, range), statement.span(file, statement.range));
            checker.scheme_of(value);
            self.work.checked += 1;
            if matches!(statement.kind, StatementKind::Function(_)) {
                checker.unannotated(module, &statement, value);
            }
            if !matches!(statement.kind, StatementKind::Binding(_)) {
                checker.known_annotations(file, &statement);
            }
            if matches!(statement.kind, StatementKind::Output { .. }) && !checker.module(module).composition {
                let place = statement.span(file, range);
                checker.diagnostics.push(crate::errors::modules::only_in_composition("output", place));
            }
        }
        checker.finish_waiting();
        let grouped = |(module, slot): &Place| {
            let value = checker.module(*module).value_ids.get(slot);
            value.is_some_and(|value| checker.value(*value).grouped)
        };
        (!places.iter().any(grouped)).then_some(())
    }

    /// Every other statement that what is said of these names reaches. Nothing if one of them is none that can be followed.
    fn dependents(
        &mut self,
        changed: &[Place],
        mut names: Names,
        names_differ: bool,
        said: &[Diagnostic],
    ) -> Option<Vec<Place>> {
        let mut found: Vec<Place> = Vec::new();
        if names.is_empty() {
            return Some(found);
        }
        let mut known: FxHashSet<Place> = changed.iter().copied().collect();
        let own = (0..self.checker.modules.len() as u32).map(ModuleId);
        let own: Vec<ModuleId> = own.filter(|id| !self.checker.module(*id).library).collect();
        // What is passed on may have come from anywhere.
        let passed_on = own.iter().any(|id| self.checker.module(*id).exports.is_some());
        if names_differ {
            // A name that came may be what another one was meant to be.
            let places: Vec<Span> = said
                .iter()
                .filter(|one| !one.code.starts_with("LW01"))
                .filter_map(|one| Some(one.primary.as_ref()?.span))
                .collect();
            for id in &own {
                let module = self.checker.module(*id);
                for (slot, entry) in module.slots.iter().enumerate() {
                    let span = Span::new(module.file, entry.start, entry.end);
                    if places.iter().any(|place| holds(span, *place)) && known.insert((*id, slot as u32)) {
                        found.push((*id, slot as u32));
                    }
                }
            }
        }
        let mut looked_at = 0;
        loop {
            for (id, slot) in &found[looked_at..] {
                let statement = self.checker.statement(*id, *slot);
                names.extend(self.inferred_name(*id, &statement).map(|name| (*id, name)));
            }
            looked_at = found.len();
            for id in &own {
                let module = self.checker.module(*id);
                for (slot, entry) in module.slots.iter().enumerate() {
                    let Some(statement) = &entry.parsed else { continue };
                    let place = (*id, slot as u32);
                    if !known.contains(&place) && mentions(statement, *id, module, &names, passed_on) {
                        known.insert(place);
                        found.push(place);
                    }
                }
            }
            if found.len() == looked_at {
                break;
            }
        }
        let can = |(id, slot): &Place| {
            let module = self.checker.module(*id);
            let statement = module.slots[*slot as usize].parsed.as_ref();
            let follows = statement.is_some_and(|statement| !is_error(statement) && can_be_followed(statement));
            follows && module.value_ids.contains_key(slot)
        };
        found.iter().all(can).then_some(found)
    }

    /// The name of a statement whose type only its body tells.
    fn inferred_name(&mut self, id: ModuleId, statement: &Statement) -> Option<Name> {
        let written = match &statement.kind {
            StatementKind::Function(function) => function.result.is_some(),
            StatementKind::Binding(binding) => {
                binding.annotation.is_some() || self.checker.obvious_type(id, &statement.tree, binding.value).is_some()
            }
            _ => return None,
        };
        if written { None } else { name_of(statement) }
    }
}

fn is_lexical(diagnostic: &Diagnostic) -> bool {
    diagnostic.is_error() && diagnostic.code.starts_with("LW010")
}

fn begins_line(text: &str, at: u32) -> bool {
    at == 0 || text.as_bytes().get(at as usize - 1) == Some(&b'\n')
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && inner.start >= outer.start && inner.end <= outer.end
}

/// Where a key stands of which the parser said what is wrong, and the checker what to write instead: see `mend_key`.
fn mended_key(diagnostic: &Diagnostic) -> Option<Span> {
    diagnostic.primary.as_ref().filter(|_| diagnostic.code == "LW0142").map(|label| label.span)
}

fn is_error(statement: &Statement) -> bool {
    matches!(statement.kind, StatementKind::Error { .. })
}

fn slice<'t>(text: &'t str, statement: &Statement) -> Option<&'t str> {
    text.get(statement.start as usize..(statement.start + statement.range.end) as usize)
}

/// Values alone can be checked one by one.
fn can_be_followed(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Binding(binding) => binding.old_parameters.is_none(),
        StatementKind::Function(_) | StatementKind::Output { .. } | StatementKind::Test { .. } => true,
        StatementKind::Error { name } => name.is_none_or(|name| name.starts_with(|first: char| first.is_lowercase())),
        _ => false,
    }
}

/// What a statement defines for others.
fn name_of(statement: &Statement) -> Option<Name> {
    match &statement.kind {
        StatementKind::Binding(binding) => Some(binding.name.name),
        StatementKind::Function(function) => Some(function.name.name),
        StatementKind::Error { name } => *name,
        _ => None,
    }
}

fn names_of(statements: &[Rc<Statement>]) -> FxHashSet<Name> {
    statements.iter().filter_map(|statement| name_of(statement)).collect()
}

/// What must be there once: a value's name, or an output's.
fn label_of(statement: &Statement) -> Option<(bool, Name)> {
    match &statement.kind {
        StatementKind::Output { name, .. } => Some((true, name.name)),
        StatementKind::Parameter { name, .. } | StatementKind::Lookup { name, .. } => Some((false, name.name)),
        _ => Some((false, name_of(statement)?)),
    }
}

fn annotation_names(statement: &Statement) -> Vec<Name> {
    statement.annotations.iter().map(|note: &ast::Annotation| note.name.name).collect()
}

/// Which of the statements that went is this one, as it was.
fn paired(statement: &Rc<Statement>, gone: &[Rc<Statement>], come: &[Rc<Statement>]) -> Option<usize> {
    if let Some(name) = name_of(statement) {
        return gone.iter().position(|before| name_of(before) == Some(name));
    }
    let alike = |one: &Statement| match (&one.kind, &statement.kind) {
        (StatementKind::Output { name, .. }, StatementKind::Output { name: other, .. }) => name.name == other.name,
        (StatementKind::Test { .. }, StatementKind::Test { .. }) => gone.len() == 1 && come.len() == 1,
        _ => false,
    };
    gone.iter().position(|before| alike(before))
}

/// Whether a statement may mean one of these names. What stands in its way (a local of that name) is not looked for.
fn mentions(statement: &Statement, id: ModuleId, module: &Module, names: &Names, passed_on: bool) -> bool {
    let imports = &module.imports;
    let plain = |name: Name| {
        names.contains(&(id, name))
            || imports.values.get(&name).is_some_and(|original| names.contains(original))
            || imports.opened.iter().any(|from| names.contains(&(*from, name)))
    };
    let qualified = |target: ast::ExprId, name: Name| {
        let Some(path) = upper_path(&statement.tree, target) else { return false };
        let modules = imports.aliases.get(&Name::from(&path));
        modules.is_some_and(|modules| modules.iter().any(|from| names.contains(&(*from, name))))
    };
    let anywhere = |name: Name| passed_on && names.iter().any(|(_, known)| *known == name);
    statement.tree.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::Name(name) => plain(*name) || anywhere(*name),
        ExprKind::Field { target, name } => qualified(*target, name.name) || anywhere(name.name),
        _ => false,
    })
}

/// `A.B` as it is written, where that is what an expression is.
fn upper_path(tree: &ast::Tree, expr: ast::ExprId) -> Option<String> {
    match &tree[expr].kind {
        ExprKind::Upper(name) => Some(name.to_string()),
        ExprKind::UpperField { target, name } => Some(format!("{}.{}", upper_path(tree, *target)?, name.name)),
        _ => None,
    }
}
