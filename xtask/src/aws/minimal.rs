//! For each type the least that may be written, and two mistakes: `tests/data/aws-minimal.json`.

use std::collections::BTreeSet;

use serde::Serialize;

use super::model::{Field, Mark, Record, Resource, Rule, Type, TypeBody};
use super::sample::Samples;
use super::scalars;

/// Deeper than any required property lies.
const DEPTH_MAX: usize = 12;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'r> {
    #[serde(rename = "type")]
    wire_type: &'r str,
    module: &'r str,
    name: &'r str,
    /// The resource with what it requires.
    minimal: String,
    /// The same without one required property.
    without_required: Option<String>,
    /// The same with an enum's value misspelt.
    misspelt: Option<String>,
    /// Properties whose pattern no text was found for.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    unsure: BTreeSet<String>,
}

/// What was written, and how many texts are unsure.
pub struct Minimal {
    pub text: String,
    pub unsure: usize,
}

/// One type a line.
pub fn print(resources: &[Resource]) -> Minimal {
    let mut samples = Samples::default();
    let entries: Vec<Entry<'_>> = resources.iter().map(|resource| entry(resource, &mut samples)).collect();
    let lines: Vec<String> =
        entries.iter().map(|entry| serde_json::to_string(entry).expect("an entry is JSON")).collect();
    let unsure = entries.iter().map(|entry| entry.unsure.len()).sum();
    Minimal { text: format!("[\n{}\n]\n", lines.join(",\n")), unsure }
}

fn entry<'r>(resource: &'r Resource, samples: &mut Samples) -> Entry<'r> {
    let mut writer = Writer { resource, samples, entered: Vec::new(), unsure: BTreeSet::new() };
    let whole = |fields: Option<String>| {
        let module = resource.module.rsplit('.').next().unwrap_or(&resource.module);
        let fields = fields.unwrap_or_else(|| panic!("{}: no record satisfies the type", resource.wire_type));
        format!("{module}.{} {fields}", resource.name)
    };
    let minimal = whole(writer.record(&resource.record, &Plan::Least, 0));
    let left_out = resource.record.fields.iter().find(|field| field.required && is_writable(field));
    let without_required = left_out.map(|field| whole(writer.record(&resource.record, &Plan::Without(&field.wire), 0)));
    let enums = enums(resource);
    let misspelt = enums.iter().find_map(|path| writer.record(&resource.record, &Plan::Misspelt(path), 0));
    assert!(misspelt.is_some() || enums.is_empty(), "{}: no record reaches an enum", resource.wire_type);
    let misspelt = misspelt.map(|fields| whole(Some(fields)));
    let unsure = writer.unsure;
    Entry {
        wire_type: &resource.wire_type,
        module: &resource.module,
        name: &resource.name,
        minimal,
        without_required,
        misspelt,
        unsure,
    }
}

fn is_writable(field: &Field) -> bool {
    !field.marks.contains(&Mark::ReadOnly)
}

/// Paths to writable enums, shortest first, and of those the ones through required fields first.
fn enums(resource: &Resource) -> Vec<Vec<&str>> {
    let mut found = Vec::new();
    let mut level: Vec<(Vec<&str>, &Record)> = vec![(Vec::new(), &resource.record)];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while !level.is_empty() {
        let mut below = Vec::new();
        for (path, record) in level {
            let mut fields: Vec<&Field> = record.fields.iter().filter(|field| is_writable(field)).collect();
            fields.sort_by_key(|field| !field.required);
            for field in fields {
                let mut path = path.clone();
                path.push(field.wire.as_str());
                if union(resource, field.shape.innermost()).is_some() {
                    found.push(path);
                } else if let Type::Named(name) = field.shape.innermost()
                    && let Some(record) = resource.record_below(name)
                    && seen.insert(name)
                {
                    below.push((path, record));
                }
            }
        }
        level = below;
    }
    found
}

fn union<'r>(resource: &'r Resource, shape: &'r Type) -> Option<&'r [String]> {
    match shape {
        Type::Union(values) => Some(values),
        Type::Named(name) => {
            resource.types.iter().find(|named| named.name == *name).and_then(|named| match &named.body {
                TypeBody::Union(values) => Some(values.as_slice()),
                TypeBody::Record(_) => None,
            })
        }
        _ => None,
    }
}

/// What a record should hold.
enum Plan<'p> {
    Least,
    /// Without one field.
    Without(&'p str),
    /// With the enum at the end of the path, misspelt.
    Misspelt(&'p [&'p str]),
}

impl<'p> Plan<'p> {
    fn wanted(&self) -> Option<&'p str> {
        match self {
            Plan::Misspelt(path) => path.first().copied(),
            _ => None,
        }
    }
}

struct Writer<'r, 's> {
    resource: &'r Resource,
    samples: &'s mut Samples,
    entered: Vec<&'r str>,
    unsure: BTreeSet<String>,
}

impl<'r> Writer<'r, '_> {
    /// A record literal. None where the type can only be satisfied by going round for ever.
    fn record(&mut self, record: &'r Record, plan: &Plan<'_>, variant: usize) -> Option<String> {
        for attempt in 0..8 {
            let chosen = choose(record, plan, attempt)?;
            let mut entries = Vec::new();
            let complete = chosen.iter().all(|field| {
                let plan = match plan {
                    Plan::Misspelt(path) if path.first() == Some(&field.wire.as_str()) => Plan::Misspelt(&path[1..]),
                    _ => Plan::Least,
                };
                let value = self.value(field, &field.shape, &plan, variant);
                entries.extend(value.as_ref().map(|value| format!("{}: {value}", field.name)));
                value.is_some()
            });
            if complete {
                return Some(if entries.is_empty() { "{}".to_owned() } else { format!("{{{}}}", entries.join(", ")) });
            }
        }
        None
    }

    fn value(&mut self, field: &'r Field, shape: &'r Type, plan: &Plan<'_>, variant: usize) -> Option<String> {
        if field.tags.is_some() {
            return Some("{\"Name\": \"example\"}".to_owned());
        }
        if let Some(values) = union(self.resource, shape) {
            let is_misspelt = matches!(plan, Plan::Misspelt([]));
            let value = &values[variant.min(values.len() - 1)];
            return Some(scalars::quoted(&if is_misspelt { misspelt(value, values) } else { value.clone() }));
        }
        match shape {
            Type::Bool => Some("True".to_owned()),
            Type::Int => Some(int(field)),
            Type::Float => Some(float(field)),
            Type::Json => Some("{\"example\": \"example\"}".to_owned()),
            Type::PolicyDocument => Some(POLICY.to_owned()),
            Type::String | Type::Cidr | Type::Cidr6 | Type::Link(..) => {
                let text = self.samples.text(field, shape, variant).unwrap_or_else(|| {
                    self.unsure.insert(field.wire.clone());
                    "example".to_owned()
                });
                Some(scalars::quoted(&text))
            }
            Type::Union(_) => unreachable!("unions are written above"),
            Type::List(element) => {
                let count = if matches!(element.innermost(), Type::Named(name) if self.entered.contains(&name.as_str()))
                {
                    field.limits.items.min.unwrap_or(0)
                } else {
                    field.limits.items.min.unwrap_or(1).max(1)
                };
                let items: Option<Vec<String>> = (0..count as usize)
                    .map(|number| self.value(field, element, if number == 0 { plan } else { &Plan::Least }, number))
                    .collect();
                Some(format!("[{}]", items?.join(", ")))
            }
            Type::Dictionary(element) => {
                let count = field.limits.items.min.unwrap_or(1).max(1);
                let mut entries = Vec::new();
                for number in 0..count as usize {
                    let key = self.samples.key(field.limits.keys.as_deref(), number).unwrap_or_else(|| {
                        self.unsure.insert(field.wire.clone());
                        "example".to_owned()
                    });
                    let value = self.value(field, element, if number == 0 { plan } else { &Plan::Least }, number)?;
                    entries.push(format!("{}: {value}", scalars::quoted(&key)));
                }
                Some(format!("{{{}}}", entries.join(", ")))
            }
            Type::Named(name) => {
                if self.entered.len() > DEPTH_MAX
                    || (self.entered.contains(&name.as_str()) && matches!(plan, Plan::Least))
                {
                    return None;
                }
                let record = self.resource.record_below(name)?;
                self.entered.push(name);
                let value = self.record(record, plan, variant);
                self.entered.pop();
                value
            }
        }
    }
}

const POLICY: &str = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"123456789012\"}, \
                      \"Action\": \"*\", \"Resource\": \"*\"}]}";

/// The fields to write, in the order of the type: what is required, what the plan wants, and what the rules ask for beyond that.
/// Another `attempt` takes another of the alternatives. None where the plan's field is not allowed beside a required one.
fn choose<'r>(record: &'r Record, plan: &Plan<'_>, attempt: usize) -> Option<Vec<&'r Field>> {
    let left_out = match plan {
        Plan::Without(field) => Some(*field),
        _ => None,
    };
    let is_allowed = |wire: &str| left_out != Some(wire) && record.field(wire).is_some_and(is_writable);
    let required = record.fields.iter().filter(|field| field.required && is_allowed(&field.wire));
    let mut chosen: BTreeSet<&str> = required.map(|field| field.wire.as_str()).collect();
    chosen.extend(plan.wanted());
    // Each round may choose what another rule speaks of.
    for _ in 0..record.rules.len() + 1 {
        for rule in &record.rules {
            match rule {
                Rule::ExactlyOne(fields) | Rule::AtLeastOne(fields) => {
                    let options: Vec<&str> =
                        fields.iter().map(String::as_str).filter(|wire| is_allowed(wire)).collect();
                    let excluded = |wire: &str| excludes(record, &chosen, wire);
                    let free: Vec<&str> = options.iter().copied().filter(|wire| !excluded(wire)).collect();
                    if !options.iter().any(|wire| chosen.contains(wire)) && !free.is_empty() {
                        chosen.insert(free[(simplest(record, &free) + attempt) % free.len()]);
                    }
                }
                Rule::Requires(field, others) if chosen.contains(field.as_str()) => {
                    chosen.extend(others.iter().map(String::as_str).filter(|wire| is_allowed(wire)));
                }
                Rule::Requires(..) | Rule::Excludes(..) => {}
            }
        }
    }
    let breaks = |rule: &Rule| match rule {
        Rule::ExactlyOne(fields) => fields.iter().filter(|wire| chosen.contains(wire.as_str())).count() > 1,
        Rule::Excludes(field, others) => {
            chosen.contains(field.as_str()) && others.iter().any(|other| chosen.contains(other.as_str()))
        }
        _ => false,
    };
    if record.rules.iter().any(breaks) {
        return None;
    }
    Some(record.fields.iter().filter(|field| chosen.contains(field.wire.as_str())).collect())
}

fn excludes(record: &Record, chosen: &BTreeSet<&str>, wire: &str) -> bool {
    record.rules.iter().any(|rule| match rule {
        Rule::Excludes(field, others) => {
            (field == wire && others.iter().any(|other| chosen.contains(other.as_str())))
                || (chosen.contains(field.as_str()) && others.iter().any(|other| other == wire))
        }
        Rule::ExactlyOne(fields) => {
            fields.iter().any(|field| field == wire) && fields.iter().any(|field| chosen.contains(field.as_str()))
        }
        _ => false,
    })
}

/// The first alternative that is no record, or else the first.
fn simplest(record: &Record, options: &[&str]) -> usize {
    let is_plain =
        |wire: &&str| record.field(wire).is_some_and(|field| !matches!(field.shape.innermost(), Type::Named(_)));
    options.iter().position(is_plain).unwrap_or(0)
}

fn int(field: &Field) -> String {
    let (min, max) = &field.limits.range;
    let first = field.limits.one_of.first().map(i64::to_string);
    let bound = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<i64>().ok());
    first.unwrap_or_else(|| 1.clamp(bound(min).unwrap_or(i64::MIN), bound(max).unwrap_or(i64::MAX)).to_string())
}

fn float(field: &Field) -> String {
    let (min, max) = &field.limits.range;
    let bound = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
    let value = 1.0_f64.clamp(bound(min).unwrap_or(f64::MIN), bound(max).unwrap_or(f64::MAX));
    scalars::float(value)
}

/// A near miss that is none of the values, in whatever case.
fn misspelt(value: &str, values: &[String]) -> String {
    let letters: Vec<char> = value.chars().collect();
    let without = |left_out: usize| -> String {
        letters.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, letter)| *letter).collect()
    };
    let shorter = (letters.len() > 3).then(|| without(letters.len() - 2));
    let is_value = |text: &String| values.iter().any(|value| value.eq_ignore_ascii_case(text));
    shorter.into_iter().chain([format!("{value}x"), format!("{value}xx")]).find(|text| !is_value(text)).expect("a miss")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_is_near_and_wrong() {
        let values = vec!["dedicated".to_owned(), "host".to_owned()];
        assert_eq!(misspelt("dedicated", &values), "dedicatd");
        assert_eq!(misspelt("A", &["A".to_owned(), "Ax".to_owned()]), "Axx");
    }
}
