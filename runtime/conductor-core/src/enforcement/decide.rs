//! One round: from what was seen to what is done, held and told.

use std::collections::BTreeMap;

use lw_plan::{Class, Enforcement, Plan, Provider, ResourcePath};

use super::brake::Load;
use super::deviation::{Deviation, Seen, deviations};
use super::incident::{Handling, IncidentDetail, IncidentKind, Subject, Tell};
use super::memory::Memory;
use super::restriction::{closure, restrict};
use super::rules::{EnforcementSettings, Rules};
use crate::{
    Action, Allowances, ApplyInput, Catalogue, ChangeSet, Deployment, FinishState, Observation, ReasonKind,
    ResourceRecord, ResourceStatus, Step, StepResult, Work, apply_changes, protections,
};

/// What a round is decided from.
pub struct Round<'a> {
    pub now_ms: u64,
    pub deployment: &'a Deployment,
    /// The Plan in force.
    pub plan: &'a Plan,
    /// All records of the deployment, as State has them. Open operations are resolved before.
    pub records: &'a [ResourceRecord],
    /// What was just looked at.
    pub seen: &'a Seen,
    /// For nodes that name no provider.
    pub default_provider: Option<&'a Provider>,
    /// What makes new uids fresh.
    pub seed: u128,
    pub catalogue: &'a dyn Catalogue,
    pub rules: &'a Rules,
    pub settings: &'a EnforcementSettings,
    /// Nothing is corrected; what is wrong is told all the same.
    pub is_paused: bool,
    /// A person says so: neither brake nor contest nor patience hold, and data that is gone may be made anew.
    pub is_forced: bool,
    /// When a look last showed what was as it should be.
    pub previous_look_ms: Option<u64>,
}

/// What a round comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decided {
    /// To be executed now, with `records`; `None` where nothing is to be done.
    pub changes: Option<ChangeSet>,
    /// What it was computed from.
    pub records: Vec<ResourceRecord>,
    /// What it is to put right.
    pub correcting: Vec<Deviation>,
    /// Whether it goes on with an apply that was cut off.
    pub is_finishing: bool,
    /// Everything that deviates, and what is done about it.
    pub standing: Vec<(Deviation, Handling)>,
    /// Rows to write; with the first batch of `changes`, where there are any.
    pub tells: Vec<Tell>,
    /// When something that waits is due, whatever else is looked at.
    pub look_again_ms: Option<u64>,
}

/// What is to become of one deviation.
enum Word {
    Candidate,
    Wait(u64),
    Left(Handling, String),
}

pub fn decide(round: &Round<'_>, memory: &mut Memory) -> Decided {
    let mut decided = Decided::default();
    let seen = settled(round, memory, &mut decided);
    let all = deviations(round.records, &seen, round.rules, round.catalogue);
    vanish(round, memory, &seen, &all, &mut decided);
    if round.deployment.state == ResourceStatus::Ready {
        let subject = Subject::deployment();
        let told = memory.resolve(IncidentKind::Unfinished, &subject, Handling::Corrected, "it was finished");
        decided.tells.extend(told);
        memory.unfinished = Default::default();
    }
    let words: Vec<Word> = all.iter().map(|deviation| first_word(round, memory, deviation)).collect();
    let is_cut_off = round.deployment.state != ResourceStatus::Ready
        && !round.is_paused
        && (round.is_forced || memory.unfinished.not_before_ms <= round.now_ms);
    let candidates = words.iter().any(|word| matches!(word, Word::Candidate));
    let words = if candidates || is_cut_off {
        let reality = reality(round, &seen, &all, &words);
        correct(round, memory, &mut decided, &all, words, reality, is_cut_off)
    } else {
        decided.tells.extend(release(memory));
        words
    };
    if !is_cut_off && round.deployment.state != ResourceStatus::Ready && !round.is_paused {
        decided.wait_until(memory.unfinished.not_before_ms);
    }
    for (deviation, word) in all.into_iter().zip(words) {
        let (handling, reason) = match word {
            Word::Candidate => {
                decided.correcting.push(deviation.clone());
                (Handling::Correcting, "it is being put right".to_string())
            }
            Word::Left(handling, reason) => (handling, reason),
            Word::Wait(until_ms) => {
                decided.wait_until(until_ms);
                decided.standing.push((deviation, Handling::Correcting));
                continue;
            }
        };
        let mut detail = IncidentDetail::of(&deviation, handling, reason);
        detail.right_at_ms = round.previous_look_ms;
        decided.tells.extend(memory.tell(kind_of(&deviation), Some(deviation.uid), detail));
        decided.standing.push((deviation, handling));
    }
    decided
}

impl Decided {
    fn wait_until(&mut self, at_ms: u64) {
        self.look_again_ms = Some(self.look_again_ms.map_or(at_ms, |known| known.min(at_ms)));
    }
}

fn kind_of(deviation: &Deviation) -> IncidentKind {
    if deviation.property.is_none() { IncidentKind::Gone } else { IncidentKind::Drift }
}

/// Without what was written too lately to be read.
fn settled(round: &Round<'_>, memory: &mut Memory, decided: &mut Decided) -> Seen {
    let mut seen = Seen::new();
    for (uid, observation) in round.seen {
        match memory.settling_until(*uid, round.now_ms) {
            Some(until_ms) => decided.wait_until(until_ms),
            None => {
                seen.insert(*uid, observation.clone());
            }
        }
    }
    seen
}

/// Takes back what was told of places that are as they should be.
fn vanish(round: &Round<'_>, memory: &mut Memory, seen: &Seen, all: &[Deviation], decided: &mut Decided) {
    let now: std::collections::BTreeSet<Subject> = all.iter().map(Deviation::subject).collect();
    let records: BTreeMap<&ResourcePath, &ResourceRecord> =
        round.records.iter().filter(|record| record.is_live()).map(|record| (&record.path, record)).collect();
    let looked_at = |path: &ResourcePath| records.get(path).is_none_or(|record| seen.contains_key(&record.uid));
    let gone: Vec<Subject> =
        memory.standing().filter(|subject| !now.contains(subject) && looked_at(&subject.path)).cloned().collect();
    for subject in gone {
        let kind = if subject.property.is_none() { IncidentKind::Gone } else { IncidentKind::Drift };
        let (handling, reason) = match memory.handling(kind, &subject) {
            // A process that died had begun to put it right, and its successor finished.
            Some(Handling::Correcting) => (Handling::Corrected, "it was put right"),
            _ if !records.contains_key(&subject.path) => (Handling::Vanished, "the resource is no longer declared"),
            _ => (Handling::Vanished, "it is as it should be again, and we did not do it"),
        };
        let told = memory.resolve(kind, &subject, handling, reason);
        if let (Some(told), Handling::Corrected) = (&told, handling) {
            let digest = told.detail.digest.clone();
            memory.remember_correction(subject.clone(), round.now_ms, digest, kind == IncidentKind::Gone);
        }
        decided.tells.extend(told);
        memory.is_right(&subject, round.now_ms, round.settings);
    }
}

/// What the memory alone says.
fn first_word(round: &Round<'_>, memory: &mut Memory, deviation: &Deviation) -> Word {
    let now_ms = round.now_ms;
    let trace = memory.saw(now_ms, deviation);
    match deviation.enforcement {
        Enforcement::Correct => {}
        Enforcement::Alert => return Word::Left(Handling::Alerted, "it is left, as `Alert` says".to_string()),
        Enforcement::Absorb | Enforcement::Ignore => {
            let reason = "it waits to be written into the source, as `Absorb` says".to_string();
            return Word::Left(Handling::Absorbed, reason);
        }
    }
    if round.is_paused {
        return Word::Left(Handling::Held, "enforcement is paused".to_string());
    }
    if round.is_forced {
        return Word::Candidate;
    }
    if trace.contested_until(round.settings).is_some_and(|until_ms| until_ms > now_ms) {
        let reason = "it was put right, and came back: somebody else wants it so, and it is left".to_string();
        return Word::Left(Handling::Held, reason);
    }
    if trace.patience.not_before_ms > now_ms {
        return Word::Wait(trace.patience.not_before_ms);
    }
    Word::Candidate
}

/// Records as they are, where that is to be corrected, and as they were written everywhere else.
fn reality(round: &Round<'_>, seen: &Seen, all: &[Deviation], words: &[Word]) -> Vec<ResourceRecord> {
    let mut left: BTreeMap<crate::Uid, Vec<&Deviation>> = BTreeMap::new();
    for (deviation, word) in all.iter().zip(words) {
        if !matches!(word, Word::Candidate) {
            left.entry(deviation.uid).or_default().push(deviation);
        }
    }
    let mut records = round.records.to_vec();
    for record in &mut records {
        let Some(observation) = seen.get(&record.uid) else { continue };
        let left = left.get(&record.uid).map_or(&[][..], Vec::as_slice);
        if left.iter().any(|deviation| deviation.property.is_none()) {
            continue;
        }
        record.observed = observation.clone();
        let Observation::Present { properties } = &mut record.observed else { continue };
        for deviation in left {
            if let (Some(property), Some(planned)) = (&deviation.property, &deviation.planned) {
                properties.insert(property.clone(), planned.clone());
            }
        }
    }
    records
}

/// Computes the change set and cuts it down to what may be done unasked.
fn correct(
    round: &Round<'_>,
    memory: &mut Memory,
    decided: &mut Decided,
    all: &[Deviation],
    mut words: Vec<Word>,
    records: Vec<ResourceRecord>,
    is_cut_off: bool,
) -> Vec<Word> {
    let input = ApplyInput {
        deployment: round.deployment,
        plan: round.plan,
        records: &records,
        default_provider: round.default_provider,
        seed: round.seed,
    };
    let changes = apply_changes(&input, round.catalogue);
    let mut candidates: BTreeMap<&ResourcePath, Vec<usize>> = BTreeMap::new();
    for (index, deviation) in all.iter().enumerate() {
        if matches!(words[index], Word::Candidate) {
            candidates.entry(&deviation.path).or_default().push(index);
        }
    }
    let mut choice = Choice::new(&changes);
    for index in 0..changes.steps.len() {
        let step = &changes.steps[index];
        if step.part_of.is_some() {
            continue;
        }
        let mine = candidates.get(&step.path).filter(|_| !is_leftover(step)).map_or(&[][..], Vec::as_slice);
        match unasked(round, memory, step, all, mine, is_cut_off) {
            Word::Candidate => {}
            word => choice.drop(index, word),
        }
    }
    for refusal in &changes.refusals {
        choice.refuse(&refusal.paths, &refusal.message);
    }
    choice.close();
    // What an apply would ask a person about is not done unasked.
    let restricted = restrict(&changes, &choice.stays, true, &records);
    for refusal in protections(&restricted, &Allowances::default()) {
        choice.refuse(&refusal.paths, &refusal.message);
    }
    choice.close();
    let held = (!round.is_forced).then(|| brake(round, memory, &changes, &choice)).flatten();
    match held {
        Some(reason) => {
            let paths = choice.kept().map(|(_, step)| step.path.to_string()).collect();
            let mut detail = IncidentDetail::about(Subject::deployment(), Handling::Held, reason);
            detail.about = paths;
            decided.tells.extend(memory.tell(IncidentKind::Brake, None, detail));
            let word = || Word::Left(Handling::Held, "too much deviates at once, and all of it is left".to_string());
            choice.stays.iter_mut().for_each(|stays| *stays = false);
            for word_of in words.iter_mut().filter(|word| matches!(word, Word::Candidate)) {
                *word_of = word();
            }
            return words;
        }
        None => decided.tells.extend(release(memory)),
    }
    for (path, mine) in &candidates {
        if let Some(word) = choice.word_at(path) {
            for &index in mine {
                words[index] = match word {
                    Word::Wait(until_ms) => Word::Wait(*until_ms),
                    Word::Left(handling, reason) => Word::Left(*handling, reason.clone()),
                    Word::Candidate => Word::Candidate,
                };
            }
        }
    }
    // What is left of what deviates is told by itself; what is left of anything else is an apply that is not finished.
    let is_whole =
        (0..changes.steps.len()).all(|index| choice.stays[index] || is_about(&candidates, &changes.steps[index]));
    let restricted = restrict(&changes, &choice.stays, is_whole, &records);
    let is_something =
        !restricted.steps.is_empty() || !restricted.bookkeeping.is_empty() || !restricted.forget.is_empty();
    if is_something || (is_cut_off && is_whole) {
        decided.is_finishing = is_cut_off;
        decided.changes = Some(restricted);
        decided.records = records;
    } else if is_cut_off {
        // Nothing of it can be done as things stand: it is tried again like what failed.
        let reason = choice.first_reason().unwrap_or("it cannot go on").to_string();
        let detail = IncidentDetail::about(Subject::deployment(), Handling::Held, reason);
        decided.tells.extend(memory.tell(IncidentKind::Unfinished, None, detail));
        memory.unfinished.failed(round.now_ms, round.settings);
    }
    words
}

/// Whether a step ends what was condemned before, and was left over.
fn is_leftover(step: &Step) -> bool {
    step.reasons.iter().any(|reason| reason.kind == ReasonKind::Unfinished)
}

fn is_about(candidates: &BTreeMap<&ResourcePath, Vec<usize>>, step: &Step) -> bool {
    candidates.contains_key(&step.path) && !is_leftover(step)
}

/// Whether a step may be done without a word.
fn unasked(
    round: &Round<'_>,
    memory: &mut Memory,
    step: &Step,
    all: &[Deviation],
    mine: &[usize],
    is_cut_off: bool,
) -> Word {
    let is_gone = step.reasons.iter().any(|reason| reason.kind == ReasonKind::Gone);
    let destroys = matches!(step.action, Action::Replace | Action::Delete);
    let is_consequence = step
        .reasons
        .iter()
        .all(|reason| matches!(reason.kind, ReasonKind::Upstream | ReasonKind::Cycle | ReasonKind::Moved));
    if is_leftover(step) {
        return Word::Candidate;
    }
    if mine.is_empty() && !is_consequence && !is_cut_off {
        return Word::Left(Handling::Held, "it is not what deviates".to_string());
    }
    if step.class == Class::Data && destroys {
        let reason = "it holds data, and putting it right would replace it: that needs a word";
        return Word::Left(Handling::Held, reason.to_string());
    }
    if step.class == Class::Data && is_gone && !round.is_forced {
        let reason = "what it held is gone with it, and an empty one is made only when somebody says so";
        return Word::Left(Handling::Held, reason.to_string());
    }
    if (destroys || is_gone) && !round.is_forced {
        for &index in mine {
            let trace = memory.trace_mut(&all[index].subject());
            let due_ms = trace.since_ms + round.settings.confirm_ms;
            if trace.looks < 2 || round.now_ms < due_ms {
                return Word::Wait(due_ms.max(round.now_ms));
            }
        }
    }
    Word::Candidate
}

/// The brake no longer holds.
fn release(memory: &mut Memory) -> Option<Tell> {
    let reason = "what deviates is no longer too much at once";
    memory.resolve(IncidentKind::Brake, &Subject::deployment(), Handling::Vanished, reason)
}

/// Why nothing is done, if too much would be.
fn brake(round: &Round<'_>, memory: &mut Memory, changes: &ChangeSet, choice: &Choice<'_>) -> Option<String> {
    let brake = &round.settings.brake;
    let recent = memory.load_since(round.now_ms.saturating_sub(brake.window_ms));
    let mut wanted = Load::default();
    for (_, step) in choice.kept() {
        let fresh = step.reasons.iter().all(|reason| matches!(reason.kind, ReasonKind::New | ReasonKind::Unfinished));
        wanted.all += u64::from(!fresh);
        wanted.destructive += u64::from(is_destructive(step));
    }
    brake.holds(wanted, recent, u64::from(changes.resources))
}

fn is_destructive(step: &Step) -> bool {
    let is_gone = step.reasons.iter().any(|reason| reason.kind == ReasonKind::Gone);
    match step.action {
        Action::Create => is_gone,
        Action::Replace => true,
        Action::Delete => !is_leftover(step),
        Action::Update | Action::Move | Action::Adopt => false,
    }
}

/// Which steps stay.
struct Choice<'a> {
    changes: &'a ChangeSet,
    stays: Vec<bool>,
    words: BTreeMap<usize, Word>,
}

impl<'a> Choice<'a> {
    fn new(changes: &'a ChangeSet) -> Choice<'a> {
        Choice { changes, stays: vec![true; changes.steps.len()], words: BTreeMap::new() }
    }

    fn drop(&mut self, index: usize, word: Word) {
        self.stays[index] = false;
        self.words.entry(index).or_insert(word);
    }

    fn refuse(&mut self, paths: &[ResourcePath], reason: &str) {
        for index in 0..self.stays.len() {
            let step = &self.changes.steps[index];
            // What was condemned before goes, whatever is said of its successor.
            if self.stays[index] && paths.contains(&step.path) && !is_leftover(step) {
                self.drop(index, Word::Left(Handling::Held, reason.to_string()));
            }
        }
    }

    /// Lets go of what waits for what went.
    fn close(&mut self) {
        let steps = &self.changes.steps;
        let (stays, because) = closure(steps, &self.stays);
        for (index, cause) in because.into_iter().enumerate() {
            let Some(cause) = cause.filter(|_| self.stays[index]) else { continue };
            let word = match self.words.get(&cause.index()) {
                Some(Word::Wait(until_ms)) => Word::Wait(*until_ms),
                _ => Word::Left(Handling::Held, format!("`{}` comes first, and is left", steps[cause.index()].path)),
            };
            self.words.entry(index).or_insert(word);
        }
        self.stays = stays;
    }

    /// Shown steps that stay.
    fn kept(&self) -> impl Iterator<Item = (usize, &'a Step)> + '_ {
        let steps = self.changes.steps.iter().enumerate();
        steps.filter(|(index, step)| self.stays[*index] && step.part_of.is_none())
    }

    /// Why the step at a path went.
    fn word_at(&self, path: &ResourcePath) -> Option<&Word> {
        let steps = &self.changes.steps;
        let of_path = self.words.iter().filter(|(index, _)| {
            let step = &steps[**index];
            step.path == *path && step.part_of.is_none() && !is_leftover(step)
        });
        of_path.map(|(_, word)| word).next()
    }

    fn first_reason(&self) -> Option<&str> {
        self.words.values().find_map(|word| match word {
            Word::Left(_, reason) => Some(reason.as_str()),
            Word::Candidate | Word::Wait(_) => None,
        })
    }
}

/// Notes how a change set ended that [`decide`] gave out, and says what is to be told of it.
pub fn executed(
    decided: &Decided,
    end: &FinishState,
    now_ms: u64,
    memory: &mut Memory,
    catalogue: &dyn Catalogue,
    settings: &EnforcementSettings,
) -> Vec<Tell> {
    let Some(changes) = &decided.changes else { return Vec::new() };
    let mut tells = Vec::new();
    let mut by_path: BTreeMap<&ResourcePath, Vec<&Deviation>> = BTreeMap::new();
    for deviation in &decided.correcting {
        by_path.entry(&deviation.path).or_default().push(deviation);
    }
    let mut trouble = None;
    for (index, step) in changes.shown() {
        let (result, message) = worst(changes, index.index(), end);
        let window_ms = catalogue.facts(&step.wire_type).map_or(0, |facts| facts.consistency_window_ms);
        let until_ms = now_ms + window_ms.max(settings.settle_ms);
        memory.settles(step.uid, until_ms);
        if let Work::Create { replaces: Some(replaced), .. } = &step.work {
            memory.settles(*replaced, until_ms);
        }
        if let Some(replaced) = step.taken_back.and_then(|taken_back| taken_back.from) {
            memory.settles(replaced, until_ms);
        }
        let mine = if is_leftover(step) { Vec::new() } else { by_path.remove(&step.path).unwrap_or_default() };
        if mine.is_empty() && result != StepResult::Done {
            trouble.get_or_insert_with(|| format!("`{}`: {}", step.path, message.clone().unwrap_or_default()));
        }
        let text = step.reasons.first().map(|reason| reason.text.clone()).unwrap_or_default();
        for deviation in mine {
            tells.extend(ended(memory, deviation, step, (result, message.as_deref(), &text), now_ms, settings));
        }
    }
    // What needed no step was a matter of our own books.
    for deviation in by_path.into_values().flatten() {
        let reason = "what was recorded of it was put right";
        tells.extend(memory.resolve(kind_of(deviation), &deviation.subject(), Handling::Corrected, reason));
        memory.is_right(&deviation.subject(), now_ms, settings);
    }
    if decided.is_finishing {
        match trouble.or_else(|| end.problem.clone()) {
            Some(reason) => {
                memory.unfinished.failed(now_ms, settings);
                let detail = IncidentDetail::about(Subject::deployment(), Handling::Failed, reason);
                tells.extend(memory.tell(IncidentKind::Unfinished, None, detail));
            }
            None => {
                memory.unfinished = Default::default();
                let reason = "it was finished";
                let subject = Subject::deployment();
                tells.extend(memory.resolve(IncidentKind::Unfinished, &subject, Handling::Corrected, reason));
            }
        }
    }
    tells
}

fn ended(
    memory: &mut Memory,
    deviation: &Deviation,
    step: &Step,
    (result, message, text): (StepResult, Option<&str>, &str),
    now_ms: u64,
    settings: &EnforcementSettings,
) -> Option<Tell> {
    let (kind, subject) = (kind_of(deviation), deviation.subject());
    match result {
        StepResult::Done => {
            let how = match step.action {
                Action::Create => "it was made anew",
                Action::Replace => "it was replaced",
                Action::Delete => "it was deleted",
                Action::Update | Action::Move | Action::Adopt => "it was put right in place",
            };
            memory.remember_correction(subject.clone(), now_ms, deviation.digest(), is_destructive(step));
            memory.is_right(&subject, now_ms, settings);
            memory.resolve(kind, &subject, Handling::Corrected, format!("{text}; {how}"))
        }
        StepResult::Failed | StepResult::Skipped => {
            memory.trace_mut(&subject).patience.failed(now_ms, settings);
            let reason = format!("{text}; putting it right failed: {}", message.unwrap_or("no reason is known"));
            memory.tell(kind, Some(deviation.uid), IncidentDetail::of(deviation, Handling::Failed, reason))
        }
        StepResult::Unknown => {
            let reason = format!("nobody can say what putting it right left: {}", message.unwrap_or_default());
            memory.tell(kind, Some(deviation.uid), IncidentDetail::of(deviation, Handling::Held, reason))
        }
    }
}

/// The result of a shown step: the worst of its own and its parts'. Of what was stopped before it began, nothing was done.
fn worst(changes: &ChangeSet, index: usize, end: &FinishState) -> (StepResult, Option<String>) {
    let not_begun = || (StepResult::Skipped, end.problem.clone());
    let result_of = |index: usize| end.results.get(index).cloned().unwrap_or_else(not_begun);
    let parts =
        changes.steps.iter().enumerate().filter(|(_, step)| step.part_of.is_some_and(|whole| whole.index() == index));
    let badness = |result: StepResult| match result {
        StepResult::Done => 0,
        StepResult::Skipped => 1,
        StepResult::Failed => 2,
        StepResult::Unknown => 3,
    };
    let mut result = result_of(index);
    for (part, _) in parts {
        let other = result_of(part);
        if badness(other.0) > badness(result.0) {
            result = other;
        }
    }
    result
}
