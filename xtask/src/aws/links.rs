//! Which properties hold an attribute of another object, and which attributes identify their own.
//!
//! A link is stated by a `format` such as `AWS::EC2::VPC.Id` or by a `relationshipRef`. Beyond these, a property is a link to the
//! one type of its service whose identifying attribute has its name (`RouteTableId`) or whose name begins it (`NetworkInterfaceId`),
//! and so are the names in [`EVERYWHERE`], which mean the same in every service.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::model::{Attribute, Type};
use super::schema::{Shape, Site, list};

/// Names without a stated format that mean one thing in all of AWS.
const EVERYWHERE: &[(&str, Attribute, &str)] = &[
    ("BucketArn", Attribute::Arn, "AWS::S3::Bucket"),
    ("ClientSubnet", Attribute::Id, "AWS::EC2::Subnet"),
    ("DeliveryStreamArn", Attribute::Arn, "AWS::KinesisFirehose::DeliveryStream"),
    ("HostedZoneId", Attribute::Id, "AWS::Route53::HostedZone"),
    ("LoadBalancerArn", Attribute::Arn, "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    ("NotificationTopicArn", Attribute::Arn, "AWS::SNS::Topic"),
    ("RestApiId", Attribute::Id, "AWS::ApiGateway::RestApi"),
    ("S3BucketArn", Attribute::Arn, "AWS::S3::Bucket"),
    ("SnsTopicArn", Attribute::Arn, "AWS::SNS::Topic"),
    ("StateMachineArn", Attribute::Arn, "AWS::StepFunctions::StateMachine"),
    ("TargetGroupArn", Attribute::Arn, "AWS::ElasticLoadBalancingV2::TargetGroup"),
    ("UserPoolArn", Attribute::Arn, "AWS::Cognito::UserPool"),
    ("UserPoolId", Attribute::Id, "AWS::Cognito::UserPool"),
    ("VpcIdentifier", Attribute::Id, "AWS::EC2::VPC"),
    ("VpcSecurityGroup", Attribute::Id, "AWS::EC2::SecurityGroup"),
];

/// Ends of names that mean one thing in all of AWS, whatever stands before them.
const ENDINGS: &[(&str, Attribute, &str)] = &[
    ("EncryptionKeyArn", Attribute::Arn, "AWS::KMS::Key"),
    ("KmsKey", Attribute::Arn, "AWS::KMS::Key"),
    ("KmsKeyArn", Attribute::Arn, "AWS::KMS::Key"),
    ("KmsKeyId", Attribute::Arn, "AWS::KMS::Key"),
    ("KmsKeyIdentifier", Attribute::Arn, "AWS::KMS::Key"),
    ("LogGroupArn", Attribute::Arn, "AWS::Logs::LogGroup"),
    ("RoleArn", Attribute::Arn, "AWS::IAM::Role"),
    // A secret's id is its ARN.
    ("SecretArn", Attribute::Id, "AWS::SecretsManager::Secret"),
    ("SecurityGroupId", Attribute::Id, "AWS::EC2::SecurityGroup"),
    ("SubnetId", Attribute::Id, "AWS::EC2::Subnet"),
    ("VpcId", Attribute::Id, "AWS::EC2::VPC"),
];

/// Links that neither a format nor a name shows, of the types that most programs use.
const HERE: &[(&str, &str, Attribute, &str)] = &[
    ("AWS::ApiGateway::BasePathMappingV2", "DomainNameArn", Attribute::Arn, "AWS::ApiGateway::DomainNameV2"),
    ("AWS::ApiGateway::DomainName", "DistributionHostedZoneId", Attribute::Id, "AWS::Route53::HostedZone"),
    ("AWS::ApiGateway::DomainName", "RegionalHostedZoneId", Attribute::Id, "AWS::Route53::HostedZone"),
    ("AWS::ApiGateway::DomainNameAccessAssociation", "DomainNameArn", Attribute::Arn, "AWS::ApiGateway::DomainNameV2"),
    ("AWS::ApiGatewayV2::Authorizer", "AuthorizerCredentialsArn", Attribute::Arn, "AWS::IAM::Role"),
    ("AWS::ApiGatewayV2::DomainName", "RegionalHostedZoneId", Attribute::Id, "AWS::Route53::HostedZone"),
    ("AWS::AppSync::ApiCache", "ApiId", Attribute::Id, "AWS::AppSync::GraphQLApi"),
    ("AWS::AppSync::ApiKey", "ApiId", Attribute::Id, "AWS::AppSync::GraphQLApi"),
    ("AWS::AppSync::DataSource", "ApiId", Attribute::Id, "AWS::AppSync::GraphQLApi"),
    ("AWS::AppSync::DomainNameApiAssociation", "ApiId", Attribute::Id, "AWS::AppSync::GraphQLApi"),
    ("AWS::AppSync::FunctionConfiguration", "ApiId", Attribute::Id, "AWS::AppSync::GraphQLApi"),
    ("AWS::AppSync::GraphQLSchema", "ApiId", Attribute::Id, "AWS::AppSync::GraphQLApi"),
    ("AWS::AppSync::Resolver", "ApiId", Attribute::Id, "AWS::AppSync::GraphQLApi"),
    ("AWS::AutoScaling::AutoScalingGroup", "VPCZoneIdentifier", Attribute::Id, "AWS::EC2::Subnet"),
    ("AWS::AutoScaling::LaunchConfiguration", "IamInstanceProfile", Attribute::Name, "AWS::IAM::InstanceProfile"),
    ("AWS::Batch::ComputeEnvironment", "ServiceRole", Attribute::Arn, "AWS::IAM::Role"),
    ("AWS::Batch::JobDefinition", "FileSystemId", Attribute::Id, "AWS::EFS::FileSystem"),
    ("AWS::CloudWatch::MetricStream", "FirehoseArn", Attribute::Arn, "AWS::KinesisFirehose::DeliveryStream"),
    ("AWS::CodeBuild::Project", "ServiceRole", Attribute::Arn, "AWS::IAM::Role"),
    ("AWS::EC2::FlowLog", "DeliverLogsPermissionArn", Attribute::Arn, "AWS::IAM::Role"),
    ("AWS::EC2::Instance", "IamInstanceProfile", Attribute::Name, "AWS::IAM::InstanceProfile"),
    ("AWS::EC2::LaunchTemplate", "IamInstanceProfile", Attribute::Name, "AWS::IAM::InstanceProfile"),
    ("AWS::ECS::CapacityProvider", "AutoScalingGroupArn", Attribute::Arn, "AWS::AutoScaling::AutoScalingGroup"),
    ("AWS::ECS::CapacityProvider", "Ec2InstanceProfileArn", Attribute::Arn, "AWS::IAM::InstanceProfile"),
    ("AWS::ECS::Service", "Cluster", Attribute::Arn, "AWS::ECS::Cluster"),
    ("AWS::ECS::Service", "TaskDefinition", Attribute::Arn, "AWS::ECS::TaskDefinition"),
    ("AWS::ECS::TaskDefinition", "AccessPointId", Attribute::Id, "AWS::EFS::AccessPoint"),
    ("AWS::ECS::TaskDefinition", "FilesystemId", Attribute::Id, "AWS::EFS::FileSystem"),
    ("AWS::EKS::AccessEntry", "ClusterName", Attribute::Name, "AWS::EKS::Cluster"),
    ("AWS::EKS::Addon", "ClusterName", Attribute::Name, "AWS::EKS::Cluster"),
    ("AWS::EKS::FargateProfile", "ClusterName", Attribute::Name, "AWS::EKS::Cluster"),
    ("AWS::EKS::IdentityProviderConfig", "ClusterName", Attribute::Name, "AWS::EKS::Cluster"),
    ("AWS::EKS::Nodegroup", "ClusterName", Attribute::Name, "AWS::EKS::Cluster"),
    ("AWS::EKS::Nodegroup", "NodeRole", Attribute::Arn, "AWS::IAM::Role"),
    ("AWS::EKS::PodIdentityAssociation", "ClusterName", Attribute::Name, "AWS::EKS::Cluster"),
    ("AWS::ElasticLoadBalancing::LoadBalancer", "CanonicalHostedZoneNameID", Attribute::Id, "AWS::Route53::HostedZone"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "CanonicalHostedZoneID", Attribute::Id, "AWS::Route53::HostedZone"),
    ("AWS::Events::Rule", "TaskDefinitionArn", Attribute::Arn, "AWS::ECS::TaskDefinition"),
    ("AWS::IAM::InstanceProfile", "Roles", Attribute::Name, "AWS::IAM::Role"),
    ("AWS::IAM::ManagedPolicy", "Groups", Attribute::Name, "AWS::IAM::Group"),
    ("AWS::IAM::ManagedPolicy", "Roles", Attribute::Name, "AWS::IAM::Role"),
    ("AWS::IAM::ManagedPolicy", "Users", Attribute::Name, "AWS::IAM::User"),
    ("AWS::IAM::Policy", "Groups", Attribute::Name, "AWS::IAM::Group"),
    ("AWS::IAM::Policy", "Roles", Attribute::Name, "AWS::IAM::Role"),
    ("AWS::IAM::Policy", "Users", Attribute::Name, "AWS::IAM::User"),
    ("AWS::KinesisFirehose::DeliveryStream", "KinesisStreamARN", Attribute::Arn, "AWS::Kinesis::Stream"),
    ("AWS::Lambda::Function", "LogGroup", Attribute::Name, "AWS::Logs::LogGroup"),
    ("AWS::Lambda::Function", "Role", Attribute::Arn, "AWS::IAM::Role"),
    ("AWS::S3::AccessPoint", "Bucket", Attribute::Name, "AWS::S3::Bucket"),
    ("AWS::S3::Bucket", "Bucket", Attribute::Arn, "AWS::S3::Bucket"),
    ("AWS::S3::Bucket", "BucketArn", Attribute::Arn, "AWS::S3::Bucket"),
    ("AWS::S3::Bucket", "DestinationBucketName", Attribute::Name, "AWS::S3::Bucket"),
    ("AWS::S3::Bucket", "Function", Attribute::Arn, "AWS::Lambda::Function"),
    ("AWS::S3::Bucket", "Queue", Attribute::Arn, "AWS::SQS::Queue"),
    ("AWS::S3::Bucket", "Role", Attribute::Arn, "AWS::IAM::Role"),
    ("AWS::S3::Bucket", "Topic", Attribute::Arn, "AWS::SNS::Topic"),
    ("AWS::S3::BucketPolicy", "Bucket", Attribute::Name, "AWS::S3::Bucket"),
    ("AWS::S3::MultiRegionAccessPoint", "Bucket", Attribute::Name, "AWS::S3::Bucket"),
    ("AWS::SNS::TopicPolicy", "Topics", Attribute::Arn, "AWS::SNS::Topic"),
    ("AWS::SQS::QueueInlinePolicy", "Queue", Attribute::Id, "AWS::SQS::Queue"),
    ("AWS::SQS::QueuePolicy", "Queues", Attribute::Id, "AWS::SQS::Queue"),
    ("AWS::Scheduler::Schedule", "TaskDefinitionArn", Attribute::Arn, "AWS::ECS::TaskDefinition"),
    ("AWS::SecretsManager::RotationSchedule", "RotationLambdaARN", Attribute::Arn, "AWS::Lambda::Function"),
];

/// Types that cfn-lint's formats call by another name than the registry.
const RENAMED: &[(&str, &str)] = &[("AWS::ACM::Certificate", "AWS::CertificateManager::Certificate")];

/// Attribute names that every type has, so that they say nothing about which.
const GENERIC: &[&str] =
    &["arn", "id", "identifier", "name", "policyname", "resourcearn", "resourceid", "resourcename"];

/// Types so called belong to what their identifier names.
const OF_ANOTHER: &[&str] = &["Association", "Attachment", "Membership", "Permission", "Policy"];

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
    /// By service and name in lower case: of the type and the attribute's kind, or else of the attribute, where one type of the
    /// service has it.
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
        let mut by_attribute: BTreeMap<(String, String), BTreeSet<Target>> = BTreeMap::new();
        let mut by_name = BTreeMap::new();
        for (wire_type, schema) in schemas {
            let attributes = own_attributes(wire_type, schema, &singles);
            let type_name = wire_type.rsplit("::").next().unwrap_or(wire_type);
            let is_telling = |name: &str| !GENERIC.contains(&name);
            for (name, attribute) in &attributes {
                let target = Target::new(*attribute, wire_type);
                let of_type = format!("{type_name}{}", attribute.word()).to_ascii_lowercase();
                if is_telling(&of_type) {
                    by_name.insert((service(wire_type), of_type), target.clone());
                }
                let name = name.to_ascii_lowercase();
                if is_telling(&name) {
                    by_attribute.entry((service(wire_type), name)).or_default().insert(target);
                }
            }
            own.insert(wire_type.clone(), attributes);
        }
        for (name, targets) in by_attribute {
            if let (1, Some(target)) = (targets.len(), targets.into_iter().next()) {
                by_name.entry(name).or_insert(target);
            }
        }
        Links { by_name, own }
    }

    /// The attribute of its own object that a top-level property holds.
    pub fn own(&self, wire_type: &str, property: &str) -> Option<Attribute> {
        self.own.get(wire_type)?.get(property).copied()
    }

    /// What a text property links to: all that the schema allows, best first.
    pub fn of(&self, wire_type: &str, property: &str, site: &Site<'_>) -> Vec<Target> {
        self.named(wire_type, property, &normal(property), site)
    }

    /// What the elements of a list of texts link to.
    pub fn of_elements(&self, wire_type: &str, property: &str, site: &Site<'_>) -> Vec<Target> {
        let name = normal(property);
        self.named(wire_type, property, name.strip_suffix('s').unwrap_or(&name), site)
    }

    fn named(&self, wire_type: &str, property: &str, name: &str, site: &Site<'_>) -> Vec<Target> {
        let stated = stated(site);
        if !stated.is_empty() {
            return stated;
        }
        if !matches!(site.text("format"), None | Some("string")) {
            return Vec::new();
        }
        if let Some((.., attribute, target)) =
            HERE.iter().find(|(holder, name, ..)| (*holder, *name) == (wire_type, property))
        {
            return vec![Target::new(*attribute, target)];
        }
        let in_service = self.by_name.get(&(service(wire_type), name.to_ascii_lowercase()));
        let everywhere = || {
            let whole = EVERYWHERE.iter().find(|(known, ..)| name == *known);
            let ending = || ENDINGS.iter().find(|(known, ..)| name.ends_with(known));
            whole.or_else(ending).map(|(_, attribute, wire_type)| Target::new(*attribute, wire_type))
        };
        // What has its own type's name is an attribute of this object, not a link to another.
        in_service.cloned().or_else(everywhere).into_iter().filter(|target| target.wire_type != wire_type).collect()
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
    let wire_type = RENAMED.iter().find(|(old, _)| *old == wire_type).map_or(wire_type, |(_, new)| new);
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
        // `GroupName` of a `SecurityGroup`.
        let of_type_end =
            |suffix: &str| known.strip_suffix(suffix).is_some_and(|stem| normal(type_name).ends_with(stem));
        let is_read_only = read_only.contains(name);
        match &stated(&site)[..] {
            // A writable property of the type's own format may as well name another object of the type.
            [only]
                if only.wire_type == wire_type
                    && (is_read_only || is_identifier || of_type_end(only.attribute.word())) =>
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
        } else if !is_read_only && is_identifier && is_own_name(&known, &normal(type_name), is_sole) {
            let of_another = !is_sole && singles.contains(&(service(wire_type), known.clone()));
            if !of_another {
                offer(Attribute::Name, 1, name);
            }
        }
    }
    best.into_iter().map(|(attribute, (_, name))| (name, attribute)).collect()
}

/// Whether a writable identifier is the object's own name, and not that of what it belongs to: `TemplateName` of a
/// `ProvisioningTemplate`, `CacheSubnetGroupName` of a `SubnetGroup`. Beside other identifiers it must be called after the type.
fn is_own_name(name: &str, type_name: &str, is_sole: bool) -> bool {
    if name == type_name {
        return true;
    }
    let suffix = ["Name", "Identifier", "Id"].into_iter().find(|suffix| name.ends_with(suffix));
    let Some((suffix, stem)) = suffix.and_then(|suffix| Some((suffix, name.strip_suffix(suffix)?))) else {
        return false;
    };
    if stem.is_empty() || stem == type_name {
        return true;
    }
    let is_of_another = OF_ANOTHER.iter().any(|ending| type_name.ends_with(ending));
    let begins = type_name.starts_with(stem) && !is_of_another;
    is_sole && suffix != "Id" && (begins || type_name.ends_with(stem) || stem.ends_with(type_name))
}

fn service(wire_type: &str) -> String {
    wire_type.rsplit_once("::").map_or(wire_type, |(service, _)| service).to_owned()
}

/// One spelling for `KMSKeyArn`, `KmsKeyARN` and `KmsKeyID`.
fn normal(name: &str) -> String {
    let name = [("ARN", "Arn"), ("KMS", "Kms"), ("SNS", "Sns"), ("VPC", "Vpc")]
        .iter()
        .fold(name.to_owned(), |name, (capitals, word)| name.replace(capitals, word));
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
    fn an_own_name_is_called_after_its_type() {
        let own = [("Name", "Role"), ("RoleName", "Role"), ("KeyName", "KeyPair"), ("DomainName", "DomainName")];
        assert!(own.iter().all(|(name, type_name)| is_own_name(name, type_name, true)));
        assert!(is_own_name("DashboardId", "Dashboard", false));
        assert!(!is_own_name("ChannelName", "ChannelPolicy", true));
        assert!(!is_own_name("LogGroupIdentifier", "Transformer", true));
        assert!(!is_own_name("InstanceId", "DetectedInstance", true));
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
