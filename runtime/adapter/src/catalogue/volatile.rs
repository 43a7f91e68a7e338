//! Which read-only attributes an update in place may change.
//!
//! The one idea: the registry's schemas do not say it, names do. What identifies an object or leads to it (ids, ARNs, names, addresses)
//! stays as long as the object does; what counts, dates or describes its contents (versions, revisions, states) may move with any
//! update; what repeats a written property (`Endpoint/Port` of `Port`) moves with that one. The table has the types that people refer
//! to and that are not so. Wrong in one direction it costs a step that turns out to be unnecessary, in the other a second apply.

use conductor_core::{PropertyPath, Volatile};

use super::schema::{Steps, TypeSchema};
use crate::sim::leaf;

/// Type, attribute, and the properties that change it; none where nothing does.
const KNOWN: &[(&str, &str, &[&str])] = &[
    ("AWS::Cognito::UserPoolDomain", "CloudFrontDistribution", &[]),
    ("AWS::DynamoDB::GlobalTable", "StreamArn", &["StreamSpecification"]),
    ("AWS::DynamoDB::Table", "StreamArn", &["StreamSpecification"]),
    ("AWS::EC2::LaunchTemplate", "DefaultVersionNumber", &[]),
    ("AWS::EC2::LaunchTemplate", "LatestVersionNumber", &["LaunchTemplateData", "VersionDescription"]),
    ("AWS::EC2::VPC", "CidrBlockAssociations", &[]),
    ("AWS::EC2::VPC", "Ipv6CidrBlocks", &[]),
    ("AWS::EC2::VPCEndpoint", "DnsEntries", &["PrivateDnsEnabled", "DnsOptions", "SubnetIds", "IpAddressType"]),
    ("AWS::EC2::VPCEndpoint", "NetworkInterfaceIds", &["SubnetIds"]),
    ("AWS::EKS::Cluster", "CertificateAuthorityData", &[]),
    ("AWS::RDS::DBCluster", "MasterUserSecret/SecretArn", &["ManageMasterUserPassword", "MasterUserSecret"]),
    ("AWS::RDS::DBInstance", "MasterUserSecret/SecretArn", &["ManageMasterUserPassword", "MasterUserSecret"]),
    ("AWS::Route53::HostedZone", "NameServers", &[]),
];

/// Last words of what identifies an object, or leads to it.
const STEADY: &[&str] = &[
    "account",
    "acl",
    "address",
    "alias",
    "arn",
    "domain",
    "endpoint",
    "group",
    "host",
    "id",
    "identifier",
    "ip",
    "key",
    "location",
    "name",
    "namespace",
    "ocid",
    "owner",
    "point",
    "prefix",
    "region",
    "secret",
    "subnet",
    "type",
    "uid",
    "uri",
    "url",
    "uuid",
    "vpc",
    "zone",
];

/// What has one of these words moves, even if its last word says that it leads somewhere: `LatestVersionArn`.
const MOVING: &[&str] = &["active", "current", "effective", "last", "latest", "revision", "version"];

/// Set once.
const FIRST: &[&str] = &["create", "created", "creation", "creator"];

pub(super) fn volatile(schema: &TypeSchema) -> Vec<Volatile> {
    let attributes = schema.read_only.iter().filter(|path| !schema.identifier.contains(path));
    let moving = attributes.filter_map(|path| {
        let attribute = PropertyPath::parse(&path.join("/"));
        let by = moved_by(schema, path)?;
        Some(Volatile { attribute, by })
    });
    moving.collect()
}

/// The properties that change an attribute: `None` where none does, empty where any may.
fn moved_by(schema: &TypeSchema, path: &Steps) -> Option<Vec<String>> {
    let text = path.join("/");
    let known = KNOWN.iter().find(|(wire_type, attribute, _)| *wire_type == schema.wire_type && *attribute == text);
    if let Some((_, _, by)) = known {
        return some(by.iter().map(|by| by.to_string()).collect());
    }
    let words = words(path.last()?);
    if !schema.is_read_only(&path[0]) {
        let sources = [&path[0]].into_iter().chain(schema.repeated(&words).filter(|property| **property != path[0]));
        return some(sources.filter_map(|property| updatable(schema, property)).collect());
    }
    let own = self::words(leaf(&schema.wire_type));
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    // The ARN of a version leads to it as any other does.
    let moves = || words.iter().any(|word| MOVING.contains(&word.as_str()) && !own.contains(word));
    let sources: Vec<&String> = schema.repeated(&words).collect();
    if !sources.is_empty() {
        return some(sources.into_iter().filter_map(|property| updatable(schema, property)).collect());
    }
    let is_steady = words.last().is_some_and(|last| STEADY.contains(&last.as_str())) && !moves();
    if is_steady || has(FIRST) { None } else { Some(Vec::new()) }
}

fn some(by: Vec<String>) -> Option<Vec<String>> {
    (!by.is_empty()).then_some(by)
}

impl TypeSchema {
    /// The properties that an attribute is named after: `EncryptionConfigKeyArn` after `EncryptionConfig`.
    pub fn repeated<'a>(&'a self, attribute: &'a [String]) -> impl Iterator<Item = &'a String> {
        let written = self.properties.keys().filter(|name| !self.is_read_only(name));
        written.filter(|property| attribute.starts_with(&words(property)))
    }
}

fn updatable(schema: &TypeSchema, property: &str) -> Option<String> {
    let is_fixed = schema.create_only.iter().any(|path| path.len() == 1 && path[0] == property);
    (!is_fixed).then(|| property.to_string())
}

/// A name's words in lower case: `DNSName` is `dns`, `name`.
pub fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (at, &letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            continue;
        }
        let before = at.checked_sub(1).map(|before| letters[before]);
        let is_first = before.is_none_or(|before| {
            letter.is_ascii_uppercase()
                && (!before.is_ascii_uppercase()
                    || letters.get(at + 1).is_some_and(|next| next.is_ascii_lowercase() && *next != 's'))
        });
        match words.last_mut() {
            Some(word) if !is_first => word.push(letter.to_ascii_lowercase()),
            _ => words.push(letter.to_ascii_lowercase().to_string()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use conductor_core::Catalogue as _;

    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn reads_words() {
        let words = |name: &str| words(name).join(" ");
        assert_eq!(words("LatestVersionNumber"), "latest version number");
        assert_eq!(words("DNSName"), "dns name");
        assert_eq!(words("DBInstanceArn"), "db instance arn");
        assert_eq!(words("AvailableIPs"), "available ips");
        assert_eq!(words("Arn"), "arn");
        assert_eq!(words("ETag"), "e tag");
    }

    #[test]
    fn what_identifies_stays_and_what_counts_moves() {
        let may_change = |wire_type: &str, attribute: &str, changed: &[&str]| {
            let facts = Catalogue::embedded().facts(wire_type).expect("a known type");
            facts.may_change(attribute, changed.iter().copied())
        };
        assert!(may_change("AWS::EC2::LaunchTemplate", "LatestVersionNumber", &["LaunchTemplateData"]));
        assert!(!may_change("AWS::EC2::LaunchTemplate", "LatestVersionNumber", &["TagSpecifications"]));
        assert!(!may_change("AWS::EC2::LaunchTemplate", "LaunchTemplateId", &["LaunchTemplateData"]));
        assert!(may_change("AWS::RDS::DBCluster", "Endpoint.Port", &["Port"]));
        assert!(!may_change("AWS::RDS::DBCluster", "Endpoint.Port", &["BackupRetentionPeriod"]));
        for (wire_type, attribute, changed) in [
            ("AWS::RDS::DBInstance", "Endpoint.Address", "DBInstanceClass"),
            ("AWS::RDS::DBInstance", "DbiResourceId", "AllocatedStorage"),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName", "SecurityGroups"),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", "CanonicalHostedZoneID", "Subnets"),
            ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupFullName", "HealthCheckPath"),
            ("AWS::EC2::VPC", "DefaultSecurityGroup", "EnableDnsSupport"),
            ("AWS::EC2::SecurityGroup", "GroupId", "SecurityGroupIngress"),
            ("AWS::IAM::Role", "Arn", "Policies"),
            ("AWS::IAM::Role", "RoleId", "Description"),
            ("AWS::Lambda::Function", "Arn", "Code"),
            ("AWS::S3::Bucket", "RegionalDomainName", "VersioningConfiguration"),
            ("AWS::SQS::Queue", "QueueUrl", "VisibilityTimeout"),
            ("AWS::DynamoDB::Table", "Arn", "StreamSpecification"),
            ("AWS::DynamoDB::Table", "StreamArn", "BillingMode"),
            ("AWS::ApiGatewayV2::Api", "ApiEndpoint", "CorsConfiguration"),
            ("AWS::CloudFront::Distribution", "DomainName", "DistributionConfig"),
            ("AWS::EKS::Cluster", "Endpoint", "Version"),
            ("AWS::EKS::Cluster", "OpenIdConnectIssuerUrl", "Logging"),
            ("AWS::KMS::Key", "Arn", "KeyPolicy"),
            ("AWS::Cognito::UserPool", "ProviderName", "Policies"),
        ] {
            assert!(!may_change(wire_type, attribute, &[changed]), "{wire_type} {attribute} by {changed}");
        }
    }

    #[test]
    fn no_identifier_is_ever_volatile() {
        let catalogue = Catalogue::embedded();
        for wire_type in catalogue.types() {
            let facts = catalogue.facts(wire_type).expect("a listed type");
            for volatile in &facts.volatile {
                assert!(!facts.identifier.contains(&volatile.attribute), "{wire_type} {}", volatile.attribute);
                assert_ne!(volatile.attribute.to_string(), "Arn", "{wire_type}");
            }
        }
    }
}
