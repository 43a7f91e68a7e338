//! Attributes of what exists.

use std::borrow::Cow;

use lw_plan::{Json, Map};

use crate::{ResourceRecord, TypeFacts};

/// An attribute as it was last read, or as it was written, or the physical id where the attribute is the whole identifier.
/// `Endpoint.Address` and `Endpoint/Address` look inside.
pub fn recorded_attribute<'a>(record: &'a ResourceRecord, facts: &TypeFacts, attribute: &str) -> Option<Cow<'a, Json>> {
    let observed = record.observed.properties().and_then(|properties| attribute_in(properties, attribute));
    if let Some(value) = observed.or_else(|| attribute_in(&record.properties, attribute)) {
        return Some(Cow::Borrowed(value));
    }
    match &facts.identifier[..] {
        [only] if only.is_top_level() && only.top() == attribute => {
            record.physical_id.as_deref().map(|id| Cow::Owned(Json::from(id)))
        }
        _ => None,
    }
}

/// An attribute among properties.
pub(crate) fn attribute_in<'a>(properties: &'a Map<String, Json>, attribute: &str) -> Option<&'a Json> {
    if let Some(value) = properties.get(attribute) {
        return Some(value);
    }
    let mut steps = attribute.split(['.', '/']);
    let mut value = properties.get(steps.next()?)?;
    for step in steps {
        value = value.as_object()?.get(step)?;
    }
    Some(value)
}
