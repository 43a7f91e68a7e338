//! Which properties hold an attribute of another object, and which attributes identify their own.
//!
//! A link is stated by a `format` such as `AWS::EC2::VPC.Id` or by a `relationshipRef`. Beyond these, a property whose name is
//! exactly that of an identifying attribute of one other type of the same service is a link to it (`RouteTableId`), and so are
//! the names in [`EVERYWHERE`], which mean the same in every service.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::model::{Attribute, Type};
use super::schema::{Shape, Site, list};

/// Names without a stated format that mean one thing in all of AWS.
const EVERYWHERE: &[(&str, Attribute, &str)] = &[
    ("HostedZoneId", Attribute::Id, "AWS::Route53::HostedZone"),
    ("KmsKeyArn", Attribute::Arn, "AWS::KMS::Key"),
    ("KmsKeyId", Attribute::Arn, "AWS::KMS::Key"),
    ("LoadBalancerArn", Attribute::Arn, "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    ("RestApiId", Attribute::Id, "AWS::ApiGateway::RestApi"),
    ("SecurityGroupId", Attribute::Id, "AWS::EC2::SecurityGroup"),
    ("StateMachineArn", Attribute::Arn, "AWS::StepFunctions::StateMachine"),
    ("SubnetId", Attribute::Id, "AWS::EC2::Subnet"),
    ("TargetGroupArn", Attribute::Arn, "AWS::ElasticLoadBalancingV2::TargetGroup"),
    ("UserPoolArn", Attribute::Arn, "AWS::Cognito::UserPool"),
    ("UserPoolId", Attribute::Id, "AWS::Cognito::UserPool"),
    ("VpcId", Attribute::Id, "AWS::EC2::VPC"),
];

/// Attribute names that every type has, so that they say nothing about which.
const GENERIC: &[&str] = &["Arn", "Id", "Identifier", "Name", "PolicyName", "ResourceArn", "ResourceId"];

/// An attribute of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    pub attribute: Attribute,
    pub wire_type: String,
}

impl Target {
    fn new(attribute: Attribute, wire_type: &str) -> Target {
        Target { attribute, wire_type: wire_type.to_owned() }
    }

    pub fn shape(&self) -> Type {
        Type::Link(self.attribute, self.wire_type.clone())
    }
}

pub struct Links {
    /// By wire type: the attributes that identify an object of it.
    own: BTreeMap<String, BTreeMap<String, Attribute>>,
    /// By service and attribute name, where one type of the service has it.
    by_name: BTreeMap<(String, String), Target>,
}

impl Links {
    pub fn index(schemas: &BTreeMap<String, Value>) -> Links {
        let singles: BTreeSet<(String, String)> = schemas
            .iter()
            .filter_map(|(wire_type, schema)| match &identifier(schema)[..] {
                [only] => Some((service(wire_type), normal(only))),
                _ => None,
            })
            .collect();
        let mut own = BTreeMap::new();
        let mut named: BTreeMap<(String, String), Vec<Target>> = BTreeMap::new();
        for (wire_type, schema) in schemas {
            let attributes = own_attributes(wire_type, schema, &singles);
            for (name, attribute) in &attributes {
                if !GENERIC.contains(&normal(name).as_str()) {
                    named
                        .entry((service(wire_type), normal(name)))
                        .or_default()
                        .push(Target::new(*attribute, wire_type));
                }
            }
            own.insert(wire_type.clone(), attributes);
        }
        let by_name =
            named.into_iter().filter_map(|(name, mut targets)| (targets.len() == 1).then(|| (name, targets.remove(0))));
        Links { by_name: by_name.collect(), own }
    }

    /// The attribute of its own object that a top-level property holds.
    pub fn own(&self, wire_type: &str, property: &str) -> Option<Attribute> {
        self.own.get(wire_type)?.get(property).copied()
    }

    /// What a text property (or the elements of a list of texts) links to: all that the schema allows, best first.
    pub fn of(&self, wire_type: &str, property: &str, site: &Site<'_>) -> Vec<Target> {
        let stated = stated(site);
        if !stated.is_empty() {
            return stated;
        }
        if !matches!(site.text("format"), None | Some("string")) {
            return Vec::new();
        }
        let name = normal(property);
        let names = [name.as_str(), name.strip_suffix('s').unwrap_or(&name)];
        let in_service = names.iter().find_map(|name| self.by_name.get(&(service(wire_type), (*name).to_owned())));
        let everywhere = || {
            let entry = EVERYWHERE.iter().find(|(known, ..)| names.contains(known));
            entry.map(|(_, attribute, wire_type)| Target::new(*attribute, wire_type))
        };
        in_service.cloned().or_else(everywhere).into_iter().collect()
    }
}

/// What the schema itself says; ARNs before ids before names, as a resource in their place is read.
fn stated(site: &Site<'_>) -> Vec<Target> {
    let formats = site.choices().filter_map(|choice| choice.get("format")).chain(site.get("format"));
    let by_format = formats.filter_map(Value::as_str).filter_map(parse_format);
    let references =
        site.choices().filter_map(|choice| choice.get("relationshipRef")).chain(site.get("relationshipRef"));
    let by_reference = references.filter_map(|reference| {
        let wire_type = reference.get("typeName")?.as_str()?;
        let property = reference.get("propertyPath")?.as_str()?.rsplit('/').next()?;
        let attribute = match normal(property) {
            name if name.ends_with("Arn") => Attribute::Arn,
            name if name.ends_with("Name") => Attribute::Name,
            _ => Attribute::Id,
        };
        Some(Target::new(attribute, wire_type))
    });
    let mut order: Vec<String> = Vec::new();
    let mut targets: Vec<Target> = Vec::new();
    for target in by_format.chain(by_reference) {
        if !order.contains(&target.wire_type) {
            order.push(target.wire_type.clone());
        }
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets.sort_by_key(|target| (order.iter().position(|wire_type| *wire_type == target.wire_type), target.attribute));
    targets
}

/// `AWS::EC2::SecurityGroup.Ids`
fn parse_format(format: &str) -> Option<Target> {
    let (wire_type, attribute) = format.split_once('.')?;
    let attribute = match attribute {
        "Arn" | "Arns" => Attribute::Arn,
        "Id" | "Ids" => Attribute::Id,
        "Name" | "Names" | "AliasName" => Attribute::Name,
        _ => return None,
    };
    (wire_type.matches("::").count() == 2).then(|| Target::new(attribute, wire_type))
}

/// The attributes that identify an object of the type, at most one of each kind.
fn own_attributes(
    wire_type: &str,
    schema: &Value,
    singles: &BTreeSet<(String, String)>,
) -> BTreeMap<String, Attribute> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return BTreeMap::new() };
    let type_name = wire_type.rsplit("::").next().unwrap_or(wire_type);
    let identifier = identifier(schema);
    let read_only = top_level(schema, "readOnlyProperties");
    // By attribute: the name with its rank, the lowest of which wins.
    let mut best: BTreeMap<Attribute, (u8, String)> = BTreeMap::new();
    let mut offer = |attribute: Attribute, rank: u8, name: &str| {
        let candidate = (rank, name.to_owned());
        best.entry(attribute).and_modify(|held| *held = held.clone().min(candidate.clone())).or_insert(candidate);
    };
    for (name, property) in properties {
        let site = Site::new(schema, property);
        if !matches!(site.shape(schema), Shape::Text) {
            continue;
        }
        let known = normal(name);
        let is_identifier = identifier.contains(name);
        let is_sole = is_identifier && identifier.len() == 1;
        let of_type = |suffix: &str| known == format!("{}{suffix}", normal(type_name)) || known == suffix;
        let is_read_only = read_only.contains(name);
        match &stated(&site)[..] {
            // A writable property of the type's own format may as well name another object of the type.
            [only]
                if only.wire_type == wire_type && (is_read_only || is_identifier || of_type(only.attribute.word())) =>
            {
                offer(only.attribute, 0, name);
                continue;
            }
            [only, ..] if only.wire_type != wire_type => continue,
            _ => {}
        }
        if is_read_only && known.ends_with("Arn") && (is_identifier || of_type("Arn")) {
            offer(Attribute::Arn, if of_type("Arn") { 1 } else { 2 }, name);
        } else if is_read_only && (is_identifier || of_type("Id")) && !known.ends_with("Arn") {
            offer(Attribute::Id, if is_sole { 1 } else { 2 }, name);
        } else if !is_read_only && is_identifier && (known.ends_with("Name") || known.ends_with("Identifier")) {
            let of_another = !is_sole && singles.contains(&(service(wire_type), known.clone()));
            if !of_another && (is_sole || of_type("Name") || of_type("Identifier")) {
                offer(Attribute::Name, 1, name);
            }
        }
    }
    best.into_iter().map(|(attribute, (_, name))| (name, attribute)).collect()
}

fn service(wire_type: &str) -> String {
    wire_type.rsplit_once("::").map_or(wire_type, |(service, _)| service).to_owned()
}

/// One spelling for `KMSKeyArn`, `KmsKeyARN` and `KmsKeyID`.
fn normal(name: &str) -> String {
    let name = name.replace("ARN", "Arn").replace("VPC", "Vpc").replace("KMS", "Kms");
    match name.strip_suffix("ID") {
        Some(stem) => format!("{stem}Id"),
        None => name,
    }
}

fn identifier(schema: &Value) -> Vec<String> {
    let paths = list(schema.get("primaryIdentifier")).iter().filter_map(Value::as_str);
    paths.filter_map(|path| path.strip_prefix("/properties/")).map(str::to_owned).collect()
}

fn top_level(schema: &Value, list_name: &str) -> BTreeSet<String> {
    let paths = list(schema.get(list_name)).iter().filter_map(Value::as_str);
    paths
        .filter_map(|path| path.strip_prefix("/properties/"))
        .filter(|path| !path.contains('/'))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn formats_name_an_attribute() {
        assert_eq!(parse_format("AWS::EC2::VPC.Id"), Some(Target::new(Attribute::Id, "AWS::EC2::VPC")));
        assert_eq!(parse_format("AWS::EC2::Subnet.Ids"), Some(Target::new(Attribute::Id, "AWS::EC2::Subnet")));
        assert_eq!(parse_format("date-time"), None);
    }

    #[test]
    fn a_property_named_as_an_identifier_of_its_service_is_a_link() {
        let table = json!({
            "properties": {"RouteTableId": {"type": "string"}},
            "primaryIdentifier": ["/properties/RouteTableId"], "readOnlyProperties": ["/properties/RouteTableId"],
        });
        let route = json!({"properties": {"RouteTableId": {"type": "string"}}});
        let schemas =
            BTreeMap::from([("AWS::EC2::RouteTable".to_owned(), table), ("AWS::EC2::Route".to_owned(), route)]);
        let links = Links::index(&schemas);
        assert_eq!(links.own("AWS::EC2::RouteTable", "RouteTableId"), Some(Attribute::Id));
        assert_eq!(links.own("AWS::EC2::Route", "RouteTableId"), None);
        let site = &schemas["AWS::EC2::Route"]["properties"]["RouteTableId"];
        let targets = links.of("AWS::EC2::Route", "RouteTableId", &Site::new(&schemas["AWS::EC2::Route"], site));
        assert_eq!(targets, [Target::new(Attribute::Id, "AWS::EC2::RouteTable")]);
    }
}
