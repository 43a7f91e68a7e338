//! Values and terms as CloudFormation's functions.

use lw_check::schema::{FieldSchema, TagShape, ValueSchema};
use lw_plan::{Json, NodeKind, Term};

use super::document::Document;
use super::{Emit, errors};

/// Parameters that CloudFormation fills in by itself, by their names in programs.
const PSEUDO: &[(&str, &str)] = &[
    ("accountId", "AWS::AccountId"),
    ("notificationArns", "AWS::NotificationARNs"),
    ("partition", "AWS::Partition"),
    ("region", "AWS::Region"),
    ("stackId", "AWS::StackId"),
    ("stackName", "AWS::StackName"),
    ("urlSuffix", "AWS::URLSuffix"),
];

impl Emit<'_> {
    /// A property by its schema: tags in the shape of the wire.
    pub(super) fn field(&mut self, value: &Json, field: &FieldSchema) -> Document {
        if let (Some(TagShape::List(key, name, flags)), Json::Object(tags)) = (&field.tags, value)
            && Term::of(value).is_none()
        {
            let tags = tags.iter().map(|(tag, value)| {
                let value = self.text(value);
                let mut parts =
                    vec![(key.as_str().to_string(), Document::text(tag)), (name.as_str().to_string(), value)];
                parts.extend(flags.iter().map(|flag| (flag.as_str().to_string(), Document::Scalar(Json::from(true)))));
                Document::Mapping(parts)
            });
            return Document::List(tags.collect());
        }
        self.shaped(value, &field.value)
    }

    pub(super) fn shaped(&mut self, value: &Json, schema: &ValueSchema) -> Document {
        if input(value).is_some() || Term::of(value).is_some() {
            return self.value(value);
        }
        match (schema, value) {
            (ValueSchema::Record(number), Json::Object(fields)) => {
                let schema = self.given.schema;
                let record = &schema.records[*number as usize];
                let fields = fields.iter().map(|(wire, value)| {
                    let written = match record.by_wire(wire) {
                        Some(field) => self.field(value, field),
                        None => self.value(value),
                    };
                    (wire.clone(), written)
                });
                Document::Mapping(fields.collect())
            }
            (ValueSchema::List(inner), Json::Array(items)) => {
                Document::List(items.iter().map(|item| self.shaped(item, inner)).collect())
            }
            (ValueSchema::Refined { base, .. }, _) => self.shaped(value, base),
            _ => self.value(value),
        }
    }

    /// A value whose shape is that of the wire already.
    pub(super) fn value(&mut self, value: &Json) -> Document {
        if let Some((source, argument)) = input(value) {
            return self.input(source, argument);
        }
        if let Some(term) = Term::of(value) {
            return stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.term(term));
        }
        match value {
            Json::Array(items) => Document::List(items.iter().map(|item| self.value(item)).collect()),
            Json::Object(members) => {
                let members = members.iter().map(|(key, value)| (key.clone(), self.value(value)));
                Document::Mapping(members.collect())
            }
            scalar => Document::Scalar(scalar.clone()),
        }
    }

    /// A value where text is wanted.
    pub(super) fn text(&mut self, value: &Json) -> Document {
        if input(value).is_some() || Term::of(value).is_some() {
            return self.value(value);
        }
        match value {
            Json::Array(items) if items.iter().any(|item| !is_known(item)) => {
                let items = items.iter().map(|item| self.value(item)).collect();
                let parts = Document::List(vec![Document::text(","), Document::List(items)]);
                Document::function("Fn::Join", parts)
            }
            Json::Array(items) if items.iter().all(|item| scalar_text(item).is_some()) => {
                Document::text(&items.iter().filter_map(scalar_text).collect::<Vec<_>>().join(","))
            }
            Json::Object(_) | Json::Array(_) if is_known(value) => Document::text(&value.to_string()),
            Json::Object(_) | Json::Array(_) => self.json(value),
            scalar => Document::text(&scalar_text(scalar).unwrap_or_default()),
        }
    }

    fn json(&mut self, value: &Json) -> Document {
        self.extends = true;
        let inner = self.value(value);
        Document::function("Fn::ToJsonString", inner)
    }

    fn term(&mut self, term: Term<'_>) -> Document {
        match term {
            Term::Get { path, attribute } => self.attribute(path, attribute),
            Term::Concat(parts) => self.concatenated(parts),
            Term::Join { separator, parts } => {
                let parts = self.value(parts);
                Document::function("Fn::Join", Document::List(vec![Document::text(separator), parts]))
            }
            Term::Json(value) => self.json(value),
            Term::Base64(value) => {
                let inner = self.text(value);
                Document::function("Fn::Base64", inner)
            }
            Term::Select { index, list } => {
                let list = self.value(list);
                Document::function("Fn::Select", Document::List(vec![Document::Scalar(Json::from(index)), list]))
            }
            Term::Split { separator, text } => {
                let text = self.text(text);
                Document::function("Fn::Split", Document::List(vec![Document::text(separator), text]))
            }
            Term::Cidr(parts) => self.range(parts),
            Term::Literal(value) => Document::plain(value),
            Term::Secret(source) => self.secret(source),
        }
    }

    /// An attribute of a node: what `Ref` gives, or `Fn::GetAtt`.
    fn attribute(&mut self, path: &str, attribute: &str) -> Document {
        let nothing = Document::text("");
        let Some(node) = self.nodes.get(path).copied() else { return nothing };
        let schema = lw_check::Name::existing(&node.wire_type).and_then(|wire| self.given.schema.resources.get(&wire));
        let Some(schema) = schema else {
            self.report(errors::no_attribute(path, attribute), "read here");
            return nothing;
        };
        let wire_of = |name: &lw_check::Name| schema.record.by_name(name.as_str()).map(|field| field.wire.as_str());
        if node.kind == NodeKind::Existing {
            let is_own = schema.identifier.len() == 1 && wire_of(&schema.identifier[0]) == Some(attribute);
            return match (&node.physical_id, is_own) {
                (Some(id), true) => Document::text(id),
                _ => {
                    self.report(errors::existing(path, attribute), "read here");
                    nothing
                }
            };
        }
        let id = self.logical.node(path);
        if schema.referred().is_some_and(|field| field.wire.as_str() == attribute) {
            return Document::function("Ref", Document::text(&id));
        }
        let first = attribute.split('.').next().unwrap_or(attribute);
        if !schema.record.by_wire(first).is_some_and(|field| field.read_only) {
            self.report(errors::no_attribute(path, attribute), "read here");
            return nothing;
        }
        Document::function("Fn::GetAtt", Document::List(vec![Document::text(&id), Document::text(attribute)]))
    }

    /// Texts one after the other: `Fn::Sub` where every part has a name, else `Fn::Join`.
    fn concatenated(&mut self, parts: &[Json]) -> Document {
        let parts: Vec<Document> = parts.iter().map(|part| self.text(part)).collect();
        if let Some(texts) = parts.iter().map(Document::as_text).collect::<Option<Vec<&str>>>() {
            return Document::text(&texts.concat());
        }
        let mut pattern = String::new();
        for part in &parts {
            match part.substitution() {
                Some(text) => pattern.push_str(&text),
                None => {
                    let list = Document::List(vec![Document::text(""), Document::List(parts)]);
                    return Document::function("Fn::Join", list);
                }
            }
        }
        Document::function("Fn::Sub", Document::text(&pattern))
    }

    fn range(&mut self, parts: &[Json]) -> Document {
        let [network, new_bits, number] = parts else { return Document::text("") };
        let (Some(new_bits), Some(number)) = (new_bits.as_u64(), number.as_u64()) else {
            self.report(errors::no_value("this network", "how many bits are added is not known"), "written here");
            return Document::text("");
        };
        // What Amazon gives a network of IPv6 has 56 bits, always.
        let is_amazon = network.to_string().contains("Ipv6CidrBlocks");
        if !is_amazon || new_bits > 72 {
            let reason = "`Fn::Cidr` counts the bits that are left, and how long the network's prefix is, is not known";
            self.report(errors::no_value("this network", reason), "written here");
            return Document::text("");
        }
        let network = self.text(network);
        let count = Document::Scalar(Json::from(number + 1));
        let bits = Document::Scalar(Json::from(128 - 56 - new_bits));
        let ranges = Document::function("Fn::Cidr", Document::List(vec![network, count, bits]));
        Document::function("Fn::Select", Document::List(vec![Document::Scalar(Json::from(number)), ranges]))
    }

    fn secret(&mut self, source: &Json) -> Document {
        let (kind, argument) = source.as_object().and_then(|source| source.iter().next()).unzip();
        let (kind, argument) = (kind.map_or("", String::as_str), argument.unwrap_or(&Json::Null));
        let resolved = |parts: &[&Json]| parts.iter().map(|part| (*part).clone()).collect::<Vec<Json>>();
        match (kind, argument) {
            ("ssm", name) => {
                self.concatenated(&resolved(&[&Json::from("{{resolve:ssm-secure:"), name, &Json::from("}}")]))
            }
            ("aws", Json::Object(secret)) => {
                let name = secret.get("name").cloned().unwrap_or_default();
                let mut parts = vec![Json::from("{{resolve:secretsmanager:"), name];
                if let Some(field) = secret.get("field") {
                    parts.extend([Json::from(":SecretString:"), field.clone()]);
                }
                parts.push(Json::from("}}"));
                self.concatenated(&parts)
            }
            _ => {
                let reason = "CloudFormation reads secrets from Systems Manager and Secrets Manager only";
                self.report(errors::no_value("this secret", reason), "used here");
                Document::text("")
            }
        }
    }

    /// What somebody gives later.
    fn input(&mut self, source: &str, argument: &Json) -> Document {
        let of = |name: &str| argument.get(name).cloned().unwrap_or(Json::Null);
        match source {
            "parameter" => {
                let name = argument.as_str().unwrap_or_default();
                if let Some((_, pseudo)) = PSEUDO.iter().find(|(known, _)| *known == name) {
                    return Document::function("Ref", Document::text(pseudo));
                }
                self.used.insert(name.to_string());
                let id = self.logical.parameter(name);
                Document::function("Ref", Document::text(&id))
            }
            "aws.account" => Document::function("Ref", Document::text("AWS::AccountId")),
            lw_core::MAPPING => self.find_in_map(argument),
            "aws.zones" => {
                let region = self.text(&of("region"));
                Document::function("Fn::GetAZs", region)
            }
            "aws.export" => {
                let name = self.text(&of("name"));
                Document::function("Fn::ImportValue", name)
            }
            "aws.parameter" => self.concatenated(&[Json::from("{{resolve:ssm:"), of("name"), Json::from("}}")]),
            source => {
                let reason = "the answer is recorded by `lw lock`, and there is none";
                self.report(errors::no_value(&format!("the answer to `{source}`"), reason), "used here");
                Document::text("")
            }
        }
    }
}

/// `{"$input": [source, argument]}`
fn input(value: &Json) -> Option<(&str, &Json)> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    match object.get("$input")?.as_array()?.as_slice() {
        [source, argument] => Some((source.as_str()?, argument)),
        _ => None,
    }
}

/// Whether everything in a value is known.
fn is_known(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().all(is_known),
        Json::Object(object) => {
            input(value).is_none()
                && matches!(Term::of(value), None | Some(Term::Literal(_)))
                && object.values().all(is_known)
        }
        _ => true,
    }
}

pub(super) fn scalar_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
