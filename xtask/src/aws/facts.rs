//! What the runtime should know of a type beyond its shape: class, identifier, claims. Partly by hand, with reasons.

use std::collections::BTreeSet;

use fancy_regex::Regex;
use serde_json::Value;

use super::model::{Class, Facts, Field, Mark, Record, Resource, Type};
use super::schema::list;

/// Interchangeable or immutable by nature: replaced, never modified in place.
const COMPUTE: &[&str] = &[
    // Machines that run one image.
    "AWS::EC2::Instance",
    "AWS::EC2::SpotFleet",
    "AWS::Lightsail::Instance",
    "AWS::OpsWorks::Instance",
    // Blueprints that are registered once under a new revision.
    "AWS::AutoScaling::LaunchConfiguration",
    "AWS::Batch::JobDefinition",
    "AWS::ECS::DaemonTaskDefinition",
    "AWS::ECS::TaskDefinition",
    "AWS::ECS::TaskSet",
    "AWS::ImageBuilder::Component",
    "AWS::ImageBuilder::ContainerRecipe",
    "AWS::ImageBuilder::ImageRecipe",
    "AWS::Lambda::Version",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
    // Snapshots of a configuration.
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGatewayV2::Deployment",
];

/// Holds data that a replacement would lose, beyond those that cfn-lint lists.
const DATA: &[&str] = &[
    // Databases and caches that keep what they hold.
    "AWS::Cassandra::Keyspace",
    "AWS::Cassandra::Table",
    "AWS::DSQL::Cluster",
    "AWS::DocDB::GlobalCluster",
    "AWS::DocDBElastic::Cluster",
    "AWS::ElastiCache::GlobalReplicationGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::Glue::Catalog",
    "AWS::Glue::Database",
    "AWS::Glue::Table",
    "AWS::HealthImaging::Datastore",
    "AWS::HealthLake::FHIRDatastore",
    "AWS::Kendra::Index",
    "AWS::Lightsail::Database",
    "AWS::MemoryDB::Cluster",
    "AWS::MemoryDB::MultiRegionCluster",
    "AWS::NeptuneGraph::Graph",
    "AWS::ODB::CloudAutonomousVmCluster",
    "AWS::ODB::CloudVmCluster",
    "AWS::Omics::AnnotationStore",
    "AWS::Omics::ReferenceStore",
    "AWS::Omics::SequenceStore",
    "AWS::Omics::VariantStore",
    "AWS::OpenSearchServerless::Collection",
    "AWS::OpenSearchServerless::Index",
    "AWS::RDS::DBShardGroup",
    "AWS::RDS::GlobalCluster",
    "AWS::RedshiftServerless::Namespace",
    "AWS::SageMaker::FeatureGroup",
    "AWS::Timestream::Database",
    "AWS::Timestream::InfluxDBCluster",
    "AWS::Timestream::InfluxDBInstance",
    "AWS::Timestream::Table",
    // Buckets, file systems, volumes, repositories.
    "AWS::Backup::LogicallyAirGappedBackupVault",
    "AWS::CodeArtifact::Domain",
    "AWS::CodeArtifact::Repository",
    "AWS::CodeCommit::Repository",
    "AWS::ECR::PublicRepository",
    "AWS::ECR::Repository",
    "AWS::FSx::Snapshot",
    "AWS::FSx::StorageVirtualMachine",
    "AWS::FSx::Volume",
    "AWS::Lightsail::Bucket",
    "AWS::Lightsail::DatabaseSnapshot",
    "AWS::Lightsail::Disk",
    "AWS::Lightsail::DiskSnapshot",
    "AWS::Lightsail::InstanceSnapshot",
    "AWS::MediaStore::Container",
    "AWS::NeptuneGraph::GraphSnapshot",
    "AWS::OpsWorks::Volume",
    "AWS::RedshiftServerless::Snapshot",
    "AWS::S3Express::DirectoryBucket",
    "AWS::S3Files::FileSystem",
    "AWS::S3Outposts::Bucket",
    "AWS::S3Tables::Namespace",
    "AWS::S3Tables::Table",
    "AWS::S3Tables::TableBucket",
    "AWS::S3Vectors::Index",
    "AWS::S3Vectors::VectorBucket",
    "AWS::SES::MailManagerArchive",
    "AWS::WorkSpaces::Workspace",
    "AWS::WorkspacesInstances::Volume",
    // Streams and queues hold what nobody has read yet.
    "AWS::AmazonMQ::Broker",
    "AWS::Events::Archive",
    "AWS::IoTAnalytics::Datastore",
    "AWS::KinesisVideo::Stream",
    "AWS::MSK::Cluster",
    "AWS::MSK::ServerlessCluster",
    "AWS::MSK::Topic",
    // Logs and measurements.
    "AWS::APS::Workspace",
    "AWS::CloudTrail::EventDataStore",
    "AWS::SecurityLake::DataLake",
    // What they encrypted is lost with them.
    "AWS::ACMPCA::CertificateAuthority",
    "AWS::KMS::ReplicaKey",
    "AWS::PaymentCryptography::Key",
    // Identities that people have registered with, and names that the world knows.
    "AWS::Cognito::IdentityPool",
    "AWS::Connect::Instance",
    "AWS::CustomerProfiles::Domain",
    "AWS::DirectoryService::MicrosoftAD",
    "AWS::DirectoryService::SimpleAD",
    "AWS::ManagedBlockchain::Member",
    "AWS::Organizations::Organization",
    "AWS::QuickSight::DataSet",
    "AWS::Route53::HostedZone",
    "AWS::VerifiedPermissions::PolicyStore",
];

/// In cfn-lint's list, though nothing that a replacement would lose.
const NOT_DATA: &[&str] = &[
    // A stack's resources have classes of their own.
    "AWS::CloudFormation::Stack",
];

/// Claims that the schema does not show.
const CLAIMS: &[(&str, &[&[&str]])] = &[
    ("AWS::EC2::EIPAssociation", &[&["AllocationId"]]),
    ("AWS::EC2::NetworkAclEntry", &[&["NetworkAclId", "Egress", "RuleNumber"]]),
    ("AWS::EC2::Route", &[&["RouteTableId", "DestinationCidrBlock"], &["RouteTableId", "DestinationIpv6CidrBlock"]]),
    ("AWS::EC2::SecurityGroup", &[&["VpcId", "GroupName"]]),
    ("AWS::EC2::Subnet", &[&["VpcId", "CidrBlock"], &["VpcId", "Ipv6CidrBlock"]]),
    ("AWS::EC2::SubnetRouteTableAssociation", &[&["SubnetId"]]),
    ("AWS::EC2::VolumeAttachment", &[&["InstanceId", "Device"]]),
    ("AWS::ECS::Service", &[&["Cluster", "ServiceName"]]),
    ("AWS::EFS::MountTarget", &[&["FileSystemId", "SubnetId"]]),
    ("AWS::ElasticLoadBalancingV2::Listener", &[&["LoadBalancerArn", "Port"]]),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", &[&["ListenerArn", "Priority"]]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &[&["Name"]]),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", &[&["Name"]]),
    ("AWS::Route53::RecordSet", &[&["HostedZoneId", "Name", "Type", "SetIdentifier"]]),
];

/// What is called a name there is something else: a domain.
const NOT_NAMED: &[&str] =
    &["AWS::CertificateManager::Certificate", "AWS::Route53::HostedZone", "AWS::Route53::RecordSet"];

/// Create-only names that many objects may share.
const NOT_CLAIMED: &[&str] =
    &["AWS::CertificateManager::Certificate", "AWS::Route53::HostedZone", "AWS::Lambda::LayerVersion"];

/// The longest name, where the schema does not say: the registry's default is 63.
const NAME_LENGTHS: &[(&str, u64)] = &[
    ("AWS::AutoScaling::AutoScalingGroup", 255),
    ("AWS::DynamoDB::Table", 255),
    ("AWS::EC2::SecurityGroup", 255),
    ("AWS::ECS::Cluster", 255),
    ("AWS::ECS::Service", 255),
    ("AWS::ElasticLoadBalancing::LoadBalancer", 32),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", 32),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", 32),
    ("AWS::IAM::Group", 128),
    ("AWS::IAM::InstanceProfile", 128),
    ("AWS::IAM::ManagedPolicy", 128),
    ("AWS::IAM::Role", 64),
    ("AWS::IAM::User", 64),
    ("AWS::Lambda::Function", 64),
    ("AWS::Logs::LogGroup", 512),
    ("AWS::SNS::Topic", 256),
    ("AWS::SQS::Queue", 80),
];

/// Services that keep names in lower case, whatever is written.
const LOWER_CASE_SERVICES: &[&str] =
    &["AWS::DocDB::", "AWS::ElastiCache::", "AWS::MemoryDB::", "AWS::Neptune::", "AWS::RDS::", "AWS::Redshift::"];

/// The property that holds an object's own name, and what a minted one must look like.
pub struct OwnName {
    pub property: String,
    pub length_max: u64,
    pub lower_case: bool,
    /// Between the parts of a minted name.
    pub separator: char,
}

pub fn of(wire_type: &str, schema: &Value, record: &Record, stateful: &[String]) -> Facts {
    let identifier: Vec<String> =
        list(schema.get("primaryIdentifier")).iter().filter_map(Value::as_str).map(dotted).collect();
    Facts {
        class: class(wire_type, record, stateful),
        claims: claims(wire_type, record, &identifier),
        identifier,
        delete_first: schema.get("replacementStrategy").is_some_and(|strategy| strategy == "delete_then_create"),
        deprecated: deprecated(schema),
    }
}

fn dotted(path: &str) -> String {
    path.trim_start_matches("/properties/").replace('/', ".")
}

fn class(wire_type: &str, record: &Record, stateful: &[String]) -> Class {
    let is_stateful = stateful.iter().any(|listed| listed == wire_type) && !NOT_DATA.contains(&wire_type);
    if is_stateful || DATA.contains(&wire_type) {
        return Class::Data;
    }
    let writable =
        || record.fields.iter().filter(|field| !field.marks.contains(&Mark::ReadOnly) && field.tags.is_none());
    let is_immutable = writable().next().is_some() && writable().all(|field| field.marks.contains(&Mark::CreateOnly));
    let is_version = wire_type.ends_with("Version") && !wire_type.ends_with("DefaultVersion") && is_immutable;
    if is_version || COMPUTE.contains(&wire_type) { Class::Compute } else { Class::Configuration }
}

/// What only one object may hold: an identifier that its creator chooses, and a name that cannot be changed.
fn claims(wire_type: &str, record: &Record, identifier: &[String]) -> Vec<Vec<String>> {
    let is_chosen = |wire: &str| {
        let mark = |field: &Field| field.marks.contains(&Mark::CreateOnly);
        record.field(wire).is_some_and(mark)
    };
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    if let Some((_, listed)) = CLAIMS.iter().find(|(listed, _)| *listed == wire_type) {
        for claim in *listed {
            let known = claim.iter().all(|wire| record.field(wire).is_some());
            assert!(known, "{wire_type}: the claim {claim:?} names a property that the type does not have");
            found.insert(claim.iter().map(|wire| (*wire).to_owned()).collect());
        }
        return found.into_iter().collect();
    }
    if !identifier.is_empty() && identifier.iter().all(|wire| is_chosen(wire)) {
        found.insert(identifier.to_vec());
    } else if !NOT_CLAIMED.contains(&wire_type) {
        let type_name = wire_type.rsplit("::").next().unwrap_or(wire_type);
        let names = [format!("{type_name}Name"), "Name".to_owned()];
        let is_part = |name: &String| identifier.contains(name);
        found.extend(names.into_iter().filter(|name| is_chosen(name) && !is_part(name)).map(|name| vec![name]));
    }
    found.into_iter().collect()
}

/// The name that an object is found by, if its creator chooses one.
pub fn name(resource: &Resource) -> Option<OwnName> {
    if NOT_NAMED.contains(&resource.wire_type.as_str()) {
        return None;
    }
    let is_own = |field: &&Field| matches!(&field.shape, Type::Link(_, wire_type) if *wire_type == resource.wire_type);
    let is_claimed = |field: &&Field| resource.facts.claims.iter().any(|claim| claim.last() == Some(&field.wire));
    let is_name = |field: &&Field| {
        let is_text = matches!(field.shape, Type::String) || is_own(field);
        let stem = field.wire.strip_suffix("Name").filter(|stem| resource.name.ends_with(stem));
        let is_called_so = stem.is_some() || is_own(field);
        is_text && is_called_so && !field.marks.contains(&Mark::ReadOnly) && (is_claimed(field) || is_own(field))
    };
    let fields = &resource.record.fields;
    let field = fields.iter().find(|field| is_name(field) && is_own(field)).or_else(|| fields.iter().find(is_name))?;
    let listed = NAME_LENGTHS.iter().find(|(wire_type, _)| *wire_type == resource.wire_type).map(|(_, length)| *length);
    let length_max = field.limits.length.max.or(listed).unwrap_or(63);
    let accepts = |name: &str| {
        let pattern = field.limits.pattern.as_deref().and_then(|pattern| Regex::new(pattern).ok());
        pattern.is_none_or(|pattern| pattern.is_match(name).unwrap_or(false))
    };
    let must_lower = LOWER_CASE_SERVICES.iter().any(|service| resource.wire_type.starts_with(service));
    let forms = [
        ("Shop-Web-1a2b3c", false, '-'),
        ("shop-web-1a2b3c", true, '-'),
        ("Shop_Web_1a2b3c", false, '_'),
        ("shop_web_1a2b3c", true, '_'),
    ];
    let (_, lower_case, separator) =
        forms.into_iter().find(|(name, is_lower, _)| accepts(name) && (*is_lower || !must_lower))?;
    Some(OwnName { property: field.wire.clone(), length_max, lower_case, separator })
}

fn deprecated(schema: &Value) -> Option<String> {
    let lifecycle = schema.get("lifecycle")?;
    let status = lifecycle.get("status")?.as_str()?;
    let words = match status {
        "maintenance" => "AWS keeps this type in maintenance",
        "sunset" => "AWS is ending this type",
        "shutdown" => "AWS has shut this type down",
        other => panic!("no words for the lifecycle status `{other}`"),
    };
    Some(match lifecycle.get("date").and_then(Value::as_str) {
        Some(date) => format!("{words} ({date})"),
        None => words.to_owned(),
    })
}
