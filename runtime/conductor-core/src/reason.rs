//! Reasons in words.

use lw_plan::{Class, Json, Provider, ResourcePath, canonical_json};

use crate::decision::{Difference, Fate, lowered};
use crate::{Place, Reason, ReasonKind, ResourceRecord};

/// Values longer than this are not put into a sentence.
const SHOWN_LENGTH_MAX: usize = 60;

/// What a reason is about, besides the difference itself.
pub(crate) struct About<'a> {
    pub class: Class,
    pub record: Option<&'a ResourceRecord>,
    pub path: Option<&'a ResourcePath>,
    pub provider: &'a Provider,
    pub physical_id: Option<&'a str>,
    pub place: Option<Place>,
}

pub(crate) fn reason(difference: &Difference, about: About<'_>) -> Reason {
    let name = lowered(&difference.property);
    let (before, after) = (in_words(difference.before.as_ref()), in_words(difference.after.as_ref()));
    let mut text = match difference.kind {
        ReasonKind::New => "it is new".to_string(),
        ReasonKind::Gone => "it no longer exists in the cloud".to_string(),
        ReasonKind::Adopted => match about.physical_id {
            Some(id) => format!("`{id}` is taken over"),
            None => "it is taken over".to_string(),
        },
        ReasonKind::Provider => {
            let before = about.record.map(|record| place_in_words(&record.provider)).unwrap_or_default();
            format!("it moves from {before} to {}", place_in_words(about.provider))
        }
        ReasonKind::Changed => match (&before, &after, &difference.before) {
            (Some(before), Some(after), _) => format!("`{name}` changes from {before} to {after}"),
            (None, Some(after), None) => format!("`{name}` is set to {after}"),
            _ => format!("`{name}` changes"),
        },
        ReasonKind::Drifted => match (&before, &after, &difference.before) {
            (Some(before), Some(after), _) => format!("`{name}` is {before} in the cloud, and should be {after}"),
            (None, Some(after), None) => format!("`{name}` is gone from the cloud, and should be {after}"),
            _ => format!("`{name}` is different in the cloud"),
        },
        ReasonKind::Reset => format!("`{name}` is no longer written, and goes back to its default"),
        ReasonKind::Upstream => match &difference.upstream {
            Some((path, fate)) => format!("`{name}` follows `{path}`, which is {}", in_past(*fate)),
            None => format!("`{name}` will be known later"),
        },
        ReasonKind::Cycle => format!("`{name}` closes a circle, and is set once everything exists"),
        ReasonKind::Removed => "it is no longer in the Plan".to_string(),
        ReasonKind::Moved => match about.record {
            Some(record) => format!("it was `{}`", record.path),
            None => "it has another path".to_string(),
        },
        ReasonKind::Rollout => "its members are replaced".to_string(),
        ReasonKind::Unfinished => "an earlier change of it was not finished".to_string(),
        ReasonKind::TakenBack => match about.record {
            Some(record) if record.tombstone.is_none() => {
                format!("`{}` holds its name or address, and becomes it", record.path)
            }
            Some(record) if Some(&record.path) != about.path => {
                format!("what is left over of `{}` is taken back", record.path)
            }
            _ => "the old object is left over, and is taken back".to_string(),
        },
    };
    if difference.replaces && !difference.property.is_empty() {
        text.push_str(match about.class {
            Class::Compute => "; compute is replaced, never changed in place",
            Class::Configuration | Class::Data => ", and cannot change in place",
        });
    }
    Reason {
        kind: difference.kind,
        property: (!difference.property.is_empty()).then(|| difference.property.clone()),
        before: difference.before.clone(),
        after: difference.after.clone(),
        text,
        place: about.place,
    }
}

fn in_past(fate: Fate) -> &'static str {
    match fate {
        Fate::Create => "created",
        Fate::Replace => "replaced",
        Fate::Update => "updated",
        Fate::Adopt => "adopted",
        Fate::Existing => "read first",
        Fate::Output | Fate::Same | Fate::Move => "known later",
    }
}

/// A short value as it is written; `None` where it would drown the sentence.
fn in_words(value: Option<&Json>) -> Option<String> {
    let text = canonical_json(value?);
    (text.chars().count() <= SHOWN_LENGTH_MAX).then_some(text)
}

pub(crate) fn place_in_words(provider: &Provider) -> String {
    let parts =
        [Some(&provider.cloud), provider.account.as_ref(), provider.region.as_ref(), provider.endpoint.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}
