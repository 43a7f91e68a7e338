//! A change set as text: what a reviewer wants to see, the dangerous first, repetition folded.

use conductor_core::{Action, ChangeSet, Kept, Reason, ReasonKind, Step, Summary, Undo};
use lw_plan::{Json, Term};

use crate::output::{Style, count, paint};

/// The order in which groups are shown.
const ORDER: [Action; 6] =
    [Action::Delete, Action::Replace, Action::Update, Action::Adopt, Action::Move, Action::Create];
/// After so many lines the title may have scrolled away, and is said again.
const TITLE_REPEATED_AFTER_LINES: usize = 30;
/// A value is cut off after so many characters.
const VALUE_LENGTH_MAX: usize = 72;
/// Begins the tags that say whose an object is.
const OWNERSHIP_PREFIX: &str = "linework:";
/// What so many steps share is said once.
const COMMON_STEPS_MIN: usize = 4;
/// Names are listed in lines of so many characters.
const LINE_LENGTH_MAX: usize = 100;
/// So many differences within one property are shown.
const DIFFERENCES_MAX: usize = 12;

/// The whole change set; ends with the summary line.
pub fn describe(changes: &ChangeSet, kept: &[Kept], color: bool) -> String {
    let mut out = String::new();
    let steps: Vec<&Step> = changes.shown().map(|(_, step)| step).collect();
    let title = format!("{}: {}", changes.deployment, sentence(&changes.summary(), Tense::Future));
    out.push_str(&paint(color, Style::Bold, &title));
    out.push('\n');
    for action in ORDER {
        let group: Vec<&Step> = steps.iter().copied().filter(|step| step.action == action).collect();
        if !group.is_empty() {
            out.push('\n');
            describe_group(action, &group, color, &mut out);
        }
    }
    if !kept.is_empty() {
        out.push('\n');
        out.push_str(&describe_kept(kept, color));
    }
    if out.lines().count() > TITLE_REPEATED_AFTER_LINES {
        out.push_str(&format!("\n{}\n", paint(color, Style::Bold, &title)));
    }
    out
}

/// Data resources that stay.
pub fn describe_kept(kept: &[Kept], color: bool) -> String {
    let mut out = format!("{}\n", paint(color, Style::Bold, "Stays"));
    for resource in kept {
        out.push_str(&format!("  = {}  {}\n      {}\n", resource.path, resource.wire_type, resource.text));
    }
    out
}

fn describe_group(action: Action, steps: &[&Step], color: bool, out: &mut String) {
    let (heading, sign, style) = match action {
        Action::Create => ("Create", "+", Style::Green),
        Action::Update => ("Update", "~", Style::Yellow),
        Action::Replace => ("Replace", "±", Style::Red),
        Action::Delete => ("Delete", "-", Style::Red),
        Action::Move => ("Move", "→", Style::Cyan),
        Action::Adopt => ("Adopt", "@", Style::Blue),
    };
    out.push_str(&paint(color, Style::Bold, heading));
    out.push('\n');
    let common = common_lines(steps);
    let (plain, rest): (Vec<&Step>, Vec<&Step>) = steps
        .iter()
        .partition(|step| !common.is_empty() && details(step).iter().all(|line| common.contains(&line.text)));
    for line in &common {
        let times = steps.iter().filter(|step| details(step).iter().any(|own| own.text == *line)).count();
        out.push_str(&format!("  {} {times} × {line}\n", paint(color, style, sign)));
    }
    if !plain.is_empty() {
        let mut names: Vec<&str> = plain.iter().map(|step| step.path.as_str()).collect();
        names.sort_by_cached_key(|name| natural(name));
        for line in wrap(&names, LINE_LENGTH_MAX) {
            out.push_str(&format!("      {}\n", paint(color, Style::Dim, &line)));
        }
    }
    for alike in fold(&rest) {
        let first = alike[0];
        let name = match alike.as_slice() {
            [] | [_] => first.path.to_string(),
            [_, second] => format!("{}, {}", first.path, second.path),
            [.., last] => format!("{} … {}", first.path, last.path),
        };
        let times = if alike.len() > 2 { format!("  × {} alike", alike.len()) } else { String::new() };
        let place = first.reasons.iter().find_map(|reason| reason.place.as_ref());
        let place = place.map(|place| format!("  {}:{}", place.file, place.line)).unwrap_or_default();
        let tentative = if first.tentative { "  (at worst: decided once its value is known)" } else { "" };
        out.push_str(&format!(
            "  {} {}  {}{}{}{tentative}{}\n",
            paint(color, style, sign),
            paint(color, Style::Bold, &name),
            first.wire_type,
            times,
            paint(color, Style::Dim, &place),
            paint(color, Style::Dim, undo(first)),
        ));
        for line in details(first).iter().filter(|line| !common.contains(&line.text)) {
            out.push_str(&format!("      {line}\n"));
        }
    }
}

/// Lines that many steps share are said once, before them: a tag that changes everywhere.
fn common_lines(steps: &[&Step]) -> Vec<String> {
    let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for step in steps.iter().filter(|step| step.action == Action::Update) {
        for line in details(step) {
            *counts.entry(line.text).or_default() += 1;
        }
    }
    counts.into_iter().filter(|(_, count)| *count >= COMMON_STEPS_MIN).map(|(line, _)| line).collect()
}

/// Names with commas between, in lines of at most so many characters.
fn wrap(names: &[&str], length_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let text = if at + 1 < names.len() { format!("{name},") } else { name.to_string() };
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + text.chars().count() <= length_max => {
                line.push(' ');
                line.push_str(&text);
            }
            _ => lines.push(text),
        }
    }
    lines
}

/// Steps that differ in nothing but their path, and what repeats a part of it, in the order of the first of each kind.
fn fold<'a>(steps: &[&'a Step]) -> Vec<Vec<&'a Step>> {
    let mut groups: Vec<(String, Vec<&'a Step>)> = Vec::new();
    let mut places: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for step in steps {
        let place = step.reasons.iter().find_map(|reason| reason.place.as_ref());
        let key = format!("{} {place:?} {} {:?}", step.wire_type, step.tentative, without_own_names(step));
        let at = *places.entry(key.clone()).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(step);
    }
    let in_order = |mut steps: Vec<&'a Step>| {
        steps.sort_by_cached_key(|step| natural(step.path.as_str()));
        steps
    };
    groups.into_iter().map(|(_, steps)| in_order(steps)).collect()
}

/// Why, with the keys and names of the step's own path left out of it.
fn without_own_names(step: &Step) -> Vec<String> {
    let is_between = |letter: char| matches!(letter, '.' | '[' | ']' | '"');
    let mut names: Vec<&str> = step.path.as_str().split(is_between).filter(|name| name.len() > 2).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let strip = |line: Line| names.iter().fold(line.to_string(), |line, name| line.replace(name, "…"));
    details(step).into_iter().map(strip).collect()
}

/// A key by which `rows[9]` comes before `rows[10]`: every number with its length before it.
fn natural(path: &str) -> String {
    let mut key = String::with_capacity(path.len() + 4);
    let mut letters = path.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut number = letter.to_string();
        while letter.is_ascii_digit()
            && let Some(digit) = letters.next_if(char::is_ascii_digit)
        {
            number.push(digit);
        }
        if letter.is_ascii_digit() {
            key.push(char::from_u32(number.len() as u32).unwrap_or(char::MAX));
        }
        key.push_str(&number);
    }
    key
}

/// What undoing a step would mean, where that is not simply taking it back.
fn undo(step: &Step) -> &'static str {
    match (step.action, step.undo) {
        (Action::Create | Action::Move, _) | (Action::Delete, Undo::NewId) | (_, Undo::Exact) => "",
        (_, Undo::NewId) => "  undo: another one, with a new id",
        (_, Undo::DataLost) => "  undo: its data is lost",
        (_, Undo::None) => "  undo: not possible, the old value is not known",
    }
}

/// Why, property by property.
fn details(step: &Step) -> Vec<Line> {
    let mut lines = Vec::new();
    for reason in &step.reasons {
        describe_reason(step, reason, &mut lines);
    }
    lines
}

/// A difference, and where it is written if that is not where the step is.
struct Line {
    text: String,
    place: Option<String>,
}

impl std::fmt::Display for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Some(place) => write!(formatter, "{}  {place}", self.text),
            None => formatter.write_str(&self.text),
        }
    }
}

fn describe_reason(step: &Step, reason: &Reason, lines: &mut Vec<Line>) {
    if reason.kind == ReasonKind::New && reason.property.is_none() {
        return;
    }
    let Some(property) = &reason.property else {
        // What goes by default goes for this reason.
        if reason.kind != ReasonKind::Removed || step.action != Action::Delete {
            lines.push(Line { text: reason.text.clone(), place: None });
        }
        return;
    };
    if reason.before.is_none() && reason.after.is_none() {
        lines.push(Line { text: format!("{}: {}", lowered(property), reason.text), place: None });
        return;
    }
    let mut differences = Vec::new();
    let absent = if reason.kind == ReasonKind::Reset { "its default" } else { "not set" };
    compare(&lowered(property), reason.before.as_ref(), reason.after.as_ref(), absent, &mut differences);
    let hidden = differences.len().saturating_sub(DIFFERENCES_MAX);
    differences.truncate(DIFFERENCES_MAX);
    let why = match reason.kind {
        ReasonKind::Drifted => "  (drifted)",
        ReasonKind::Upstream => "  (follows what it refers to)",
        ReasonKind::Cycle => "  (closes a cycle)",
        _ if step.action == Action::Replace => "  (cannot change in place)",
        _ => "",
    };
    let declared = step.reasons.iter().find_map(|reason| reason.place.as_ref());
    let place = reason.place.as_ref().filter(|place| Some(*place) != declared);
    let place = place.map(|place| format!("{}:{}", place.file, place.line));
    lines.extend(differences.into_iter().map(|text| Line { text: text + why, place: place.clone() }));
    if hidden > 0 {
        lines.push(Line { text: format!("and {hidden} more"), place: None });
    }
}

/// A wire property as programs write it: its leading capitals lowered, save the one that begins the next word.
pub fn lowered(property: &str) -> String {
    let capitals = property.chars().take_while(char::is_ascii_uppercase).count();
    let lower = if capitals <= 1 || capitals == property.chars().count() { capitals } else { capitals - 1 };
    property
        .chars()
        .enumerate()
        .map(|(at, letter)| if at < lower { letter.to_ascii_lowercase() } else { letter })
        .collect()
}

/// The differences between two values, leaf by leaf as far as both are objects; `absent` is what is not there any more.
fn compare(name: &str, before: Option<&Json>, after: Option<&Json>, absent: &str, lines: &mut Vec<String>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Json::Object(left)), Some(Json::Object(right)))
            if Term::of(&Json::Object(left.clone())).is_none() && Term::of(&Json::Object(right.clone())).is_none() =>
        {
            let mut keys: Vec<&String> = left.keys().chain(right.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            // Our own marks are neither written nor removed by anybody.
            keys.retain(|key| !key.starts_with(OWNERSHIP_PREFIX));
            for key in keys {
                compare(&format!("{name}.{key}"), left.get(key), right.get(key), absent, lines);
            }
        }
        (Some(Json::Array(left)), Some(Json::Array(right))) if are_scalars(left) && are_scalars(right) => {
            let gone: Vec<&Json> = left.iter().filter(|item| !right.contains(item)).collect();
            let come: Vec<&Json> = right.iter().filter(|item| !left.contains(item)).collect();
            let is_reordered = gone.is_empty() && come.is_empty();
            if is_reordered || gone.len() + come.len() >= left.len() + right.len() {
                lines.push(format!("{name}: {} → {}", list(left), list(right)));
            } else {
                let signed = |sign: &str, items: &[&Json]| -> Vec<String> {
                    items.iter().map(|item| format!("{sign} {}", value(item))).collect()
                };
                let changes = [signed("-", &gone), signed("+", &come)].concat().join(", ");
                lines.push(format!("{name}: {changes}  (of {})", left.len()));
            }
        }
        (Some(Json::Array(left)), Some(Json::Array(right))) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(&format!("{name}[{index}]"), Some(left), Some(right), absent, lines);
            }
        }
        (None, Some(after)) => lines.push(format!("{name}: {}", value(after))),
        (Some(before), None) => lines.push(format!("{name}: {} → {absent}", value(before))),
        (Some(before), Some(after)) => lines.push(format!("{name}: {} → {}", value(before), value(after))),
        (None, None) => {}
    }
}

/// Texts, numbers and what will be one.
fn are_scalars(items: &[Json]) -> bool {
    items.iter().all(|item| !item.is_array() && (!item.is_object() || Term::of(item).is_some()))
}

fn list(items: &[Json]) -> String {
    value(&Json::Array(items.to_vec()))
}

/// A value on one line, with what is not known yet named.
pub fn value(value: &Json) -> String {
    let text = match Term::of(value) {
        Some(term) => describe_term(&term),
        None => match value {
            Json::Array(items) if holds_terms(value) => {
                let items: Vec<String> = items.iter().map(self::value).collect();
                format!("[{}]", items.join(", "))
            }
            Json::Object(fields) if holds_terms(value) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(key, field)| format!("{}: {}", Json::from(key.as_str()), self::value(field)))
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }
            plain => plain.to_string(),
        },
    };
    if text.chars().count() <= VALUE_LENGTH_MAX {
        return text;
    }
    let cut: String = text.chars().take(VALUE_LENGTH_MAX - 1).collect();
    format!("{cut}…")
}

fn holds_terms(value: &Json) -> bool {
    let mut found = false;
    lw_plan::references(value, &mut |_, _| found = true);
    found
}

fn describe_term(term: &Term<'_>) -> String {
    let list = |parts: &[Json]| parts.iter().map(value).collect::<Vec<_>>();
    match term {
        Term::Get { path, attribute } => format!("{path}.{}", lowered(attribute)),
        Term::Concat(parts) => list(parts).join(" ++ "),
        Term::Join { separator, parts } => format!("join({}, {})", Json::from(*separator), value(parts)),
        Term::Json(inner) => format!("json({})", value(inner)),
        Term::Base64(inner) => format!("base64({})", value(inner)),
        Term::Select { index, list } => format!("{}[{index}]", value(list)),
        Term::Split { separator, text } => format!("split({}, {})", Json::from(*separator), value(text)),
        Term::Cidr(parts) => format!("subnet({})", list(parts).join(", ")),
        Term::Literal(inner) => inner.to_string(),
        Term::Secret(_) => "a secret".to_string(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tense {
    Future,
    Past,
}

/// `2 to create, 1 to update`; `nothing to change`.
pub fn sentence(summary: &Summary, tense: Tense) -> String {
    let parts: Vec<String> = ORDER
        .into_iter()
        .filter_map(|action| {
            let number = match action {
                Action::Create => summary.create,
                Action::Update => summary.update,
                Action::Replace => summary.replace,
                Action::Delete => summary.delete,
                Action::Move => summary.r#move,
                Action::Adopt => summary.adopt,
            };
            let text = match tense {
                Tense::Future => format!("{number} to {}", verb(action)),
                Tense::Past => format!("{number} {}", done_word(action)),
            };
            (number > 0).then_some(text)
        })
        .collect();
    match (parts.is_empty(), tense) {
        (true, Tense::Future) => "nothing to change".to_string(),
        (true, Tense::Past) => "nothing changed".to_string(),
        (false, _) => parts.join(", "),
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Move => "move",
        Action::Adopt => "adopt",
    }
}

/// What a step that is done has done.
pub fn done_word(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Move => "moved",
        Action::Adopt => "adopted",
    }
}

/// `4 resources`
pub fn resources(number: usize) -> String {
    count(number, "resource")
}
