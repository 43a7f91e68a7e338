//! Resources that only carry a part of another: the versioning of a bucket, a policy of a role.

use std::sync::Arc;

use lw_diagnostics::{Diagnostic, Span};
use rustc_hash::FxHashMap;

use super::mapping::{Mapped, MappedResource};
use super::properties::Properties;
use crate::errors;

/// A part, and what is known of whose it is.
#[derive(Debug)]
pub struct Part {
    pub address: Arc<str>,
    pub span: Span,
    /// The provider's types of which it can be a part.
    pub of: Vec<String>,
    pub whole: Whole,
    pub properties: Properties,
    /// Properties of which this is one element more.
    pub appended: Vec<Arc<str>>,
}

#[derive(Clone, Debug)]
pub enum Whole {
    /// A resource of the plan, by its address.
    Resource(Arc<str>),
    /// Whatever has that name, id or ARN.
    Named(Arc<str>),
    /// It cannot be told.
    Open,
}

/// Gives every part to what it is a part of. Where that cannot be told, what it says is open for everything that it may belong to.
pub fn join(mapped: &mut Mapped, diagnostics: &mut Vec<Diagnostic>) {
    let parts = std::mem::take(&mut mapped.parts);
    // By the provider's type, and the address or whatever else names one.
    let mut named: FxHashMap<(String, Arc<str>), usize> = FxHashMap::default();
    for (number, resource) in mapped.resources.iter().enumerate().filter(|_| !parts.is_empty()) {
        for name in std::iter::once(&resource.name).chain(&resource.identities) {
            named.entry((resource.resource_type.clone(), name.clone())).or_insert(number);
        }
    }
    for part in parts {
        let is_kind = |resource: &MappedResource| part.of.contains(&resource.resource_type);
        let number = match &part.whole {
            Whole::Resource(name) | Whole::Named(name) => {
                part.of.iter().find_map(|of| named.get(&(of.clone(), name.clone()))).copied()
            }
            Whole::Open => None,
        };
        if let Some(number) = number {
            mapped.resources[number].properties.absorb(part.properties, &part.appended);
            continue;
        }
        // Whose name is known is none of those whose names are known too.
        let may_be = |resource: &MappedResource| match &part.whole {
            Whole::Resource(_) => false,
            Whole::Named(_) => !resource.is_named,
            Whole::Open => true,
        };
        let what: Arc<str> = Arc::from(format!("what `{}` is a part of", part.address));
        let names: Vec<Arc<str>> = part.properties.into_entries().into_iter().map(|entry| entry.key).collect();
        let mut count = 0;
        for resource in mapped.resources.iter_mut().filter(|resource| is_kind(resource) && may_be(resource)) {
            count += 1;
            for name in &names {
                resource.properties.open(name, part.span, &what);
            }
        }
        diagnostics.push(errors::part_of_nothing(&part.address, &part.of, count, part.span));
    }
}
