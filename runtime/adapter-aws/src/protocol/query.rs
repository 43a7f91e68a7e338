//! `query` and `ec2`: a form in the body.

use lw_plan::{Json, Map};

use super::{Request, SerializeError, percent_encode, values};
use crate::model::{Kind, Operation, Protocol, Service, Used};

pub fn serialize(
    service: &Service,
    operation: &Operation,
    parameters: &Map<String, Json>,
) -> Result<Request, SerializeError> {
    let mut form = vec![
        ("Action".to_string(), operation.name.clone()),
        ("Version".to_string(), service.metadata.api_version.clone()),
    ];
    if let Some(input) = &operation.input {
        let dialect = Dialect { is_ec2: service.metadata.protocol == Protocol::Ec2 };
        dialect.structure(&mut form, service.used(input), parameters, "");
    }
    let body: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{}={}", percent_encode(name, false), percent_encode(value, false)))
        .collect();
    let mut request = Request {
        method: "POST".to_string(),
        path: "/".to_string(),
        body: body.join("&").into_bytes(),
        ..Request::default()
    };
    request.set_header("Content-Type", "application/x-www-form-urlencoded");
    Ok(request)
}

type Form = Vec<(String, String)>;

struct Dialect {
    is_ec2: bool,
}

impl Dialect {
    fn structure(&self, form: &mut Form, shape: Used<'_>, value: &Map<String, Json>, prefix: &str) {
        for (name, value) in value {
            let Some(member) = shape.member(name) else { continue };
            let name = self.name(member, name);
            let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            self.value(form, member, value, &name);
        }
    }

    /// What a member is called on the wire.
    fn name(&self, member: Used<'_>, name: &str) -> String {
        if !self.is_ec2 {
            return member.location_name().unwrap_or(name).to_string();
        }
        match (&member.reference.query_name, member.location_name()) {
            (Some(name), _) => name.clone(),
            (None, Some(name)) => capitalised(name),
            (None, None) => capitalised(name),
        }
    }

    fn value(&self, form: &mut Form, shape: Used<'_>, value: &Json, name: &str) {
        match (shape.shape.kind, value) {
            (_, Json::Null) => {}
            (Kind::Structure, Json::Object(value)) => self.structure(form, shape, value, name),
            (Kind::List, Json::Array(items)) => self.list(form, shape, items, name),
            (Kind::Map, Json::Object(entries)) => self.map(form, shape, entries, name),
            (_, value) => form.push((name.to_string(), values::text(shape, value, "iso8601"))),
        }
    }

    fn list(&self, form: &mut Form, shape: Used<'_>, items: &[Json], name: &str) {
        let element = shape.element();
        if items.is_empty() {
            if !self.is_ec2 {
                form.push((name.to_string(), String::new()));
            }
            return;
        }
        let name = if self.is_ec2 {
            name.to_string()
        } else if shape.is_flattened() {
            match (element.location_name().filter(|_| shape.location_name().is_none()), name.rsplit_once('.')) {
                (Some(own), Some((above, _))) => format!("{above}.{own}"),
                (Some(own), None) => own.to_string(),
                (None, _) => name.to_string(),
            }
        } else {
            format!("{name}.{}", element.location_name().unwrap_or("member"))
        };
        for (index, item) in items.iter().enumerate() {
            self.value(form, element, item, &format!("{name}.{}", index + 1));
        }
    }

    fn map(&self, form: &mut Form, shape: Used<'_>, entries: &Map<String, Json>, name: &str) {
        let entry = if shape.is_flattened() { name.to_string() } else { format!("{name}.entry") };
        let (key, value) = (shape.key(), shape.value());
        let (key_name, value_name) = (key.location_name().unwrap_or("key"), value.location_name().unwrap_or("value"));
        for (index, (own, item)) in entries.iter().enumerate() {
            form.push((format!("{entry}.{}.{key_name}", index + 1), own.clone()));
            self.value(form, value, item, &format!("{entry}.{}.{value_name}", index + 1));
        }
    }
}

fn capitalised(name: &str) -> String {
    let mut signs = name.chars();
    signs.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + signs.as_str())
}
