//! What the simulated cloud calls things: physical ids and ARNs that look like the real ones.

use lw_plan::{Json, Map};

use super::dice::Dice;
use crate::Place;

/// Types whose ids are a prefix and 17 hexadecimal digits.
const HEX_IDS: &[(&str, &str)] = &[
    ("AWS::EC2::CapacityReservation", "cr"),
    ("AWS::EC2::CarrierGateway", "cagw"),
    ("AWS::EC2::ClientVpnEndpoint", "cvpn-endpoint"),
    ("AWS::EC2::CustomerGateway", "cgw"),
    ("AWS::EC2::DHCPOptions", "dopt"),
    ("AWS::EC2::EC2Fleet", "fleet"),
    ("AWS::EC2::EIP", "eipalloc"),
    ("AWS::EC2::EgressOnlyInternetGateway", "eigw"),
    ("AWS::EC2::FlowLog", "fl"),
    ("AWS::EC2::Host", "h"),
    ("AWS::EC2::IPAM", "ipam"),
    ("AWS::EC2::IPAMPool", "ipam-pool"),
    ("AWS::EC2::Instance", "i"),
    ("AWS::EC2::InternetGateway", "igw"),
    ("AWS::EC2::KeyPair", "key"),
    ("AWS::EC2::LaunchTemplate", "lt"),
    ("AWS::EC2::LocalGatewayRouteTable", "lgw-rtb"),
    ("AWS::EC2::NatGateway", "nat"),
    ("AWS::EC2::NetworkAcl", "acl"),
    ("AWS::EC2::NetworkInterface", "eni"),
    ("AWS::EC2::NetworkInterfaceAttachment", "eni-attach"),
    ("AWS::EC2::PrefixList", "pl"),
    ("AWS::EC2::RouteTable", "rtb"),
    ("AWS::EC2::SecurityGroup", "sg"),
    ("AWS::EC2::SecurityGroupEgress", "sgr"),
    ("AWS::EC2::SecurityGroupIngress", "sgr"),
    ("AWS::EC2::Subnet", "subnet"),
    ("AWS::EC2::SubnetNetworkAclAssociation", "aclassoc"),
    ("AWS::EC2::SubnetRouteTableAssociation", "rtbassoc"),
    ("AWS::EC2::TransitGateway", "tgw"),
    ("AWS::EC2::TransitGatewayAttachment", "tgw-attach"),
    ("AWS::EC2::TransitGatewayRouteTable", "tgw-rtb"),
    ("AWS::EC2::TransitGatewayVpcAttachment", "tgw-attach"),
    ("AWS::EC2::VPC", "vpc"),
    ("AWS::EC2::VPCCidrBlock", "vpc-cidr-assoc"),
    ("AWS::EC2::VPCEndpoint", "vpce"),
    ("AWS::EC2::VPCEndpointService", "vpce-svc"),
    ("AWS::EC2::VPCPeeringConnection", "pcx"),
    ("AWS::EC2::VPNConnection", "vpn"),
    ("AWS::EC2::VPNGateway", "vgw"),
    ("AWS::EC2::Volume", "vol"),
    ("AWS::EFS::AccessPoint", "fsap"),
    ("AWS::EFS::FileSystem", "fs"),
    ("AWS::EFS::MountTarget", "fsmt"),
    ("AWS::FSx::FileSystem", "fs"),
    ("AWS::ServiceDiscovery::PrivateDnsNamespace", "ns"),
    ("AWS::ServiceDiscovery::Service", "srv"),
];

/// The prefix of a type's ids, without the hyphen.
pub fn id_prefix(wire_type: &str) -> Option<&'static str> {
    HEX_IDS.binary_search_by(|(name, _)| (*name).cmp(wire_type)).ok().map(|at| HEX_IDS[at].1)
}

/// The prefix of ids that an attribute of this name holds: `ClusterSecurityGroup` → `sg`.
pub fn id_prefix_of_name(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let fits = |wire_type: &str| name.ends_with(&leaf(wire_type).to_ascii_lowercase());
    let longest =
        HEX_IDS.iter().filter(|(wire_type, _)| fits(wire_type)).max_by_key(|(wire_type, _)| leaf(wire_type).len());
    longest.map(|(_, prefix)| *prefix)
}

/// A fresh id for a type whose id the cloud gives.
pub fn invent_id(wire_type: &str, dice: &mut Dice) -> String {
    if let Some(prefix) = id_prefix(wire_type) {
        return format!("{prefix}-0{}", dice.hex(16));
    }
    let capitals = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    match wire_type {
        "AWS::Route53::HostedZone" => format!("Z{}", dice.text(capitals, 20)),
        "AWS::CloudFront::Distribution"
        | "AWS::CloudFront::CloudFrontOriginAccessIdentity"
        | "AWS::CloudFront::OriginAccessControl" => format!("E{}", dice.text(capitals, 13)),
        "AWS::KMS::Key" => dice.uuid(),
        _ if wire_type.starts_with("AWS::ApiGateway") => dice.text(b"0123456789abcdefghijklmnopqrstuvwxyz", 10),
        _ if wire_type.starts_with("AWS::EC2::") => format!("{}-0{}", kebab(leaf(wire_type)), dice.hex(16)),
        _ => dice.uuid(),
    }
}

/// `aws`, `aws-cn`, `aws-us-gov`.
pub fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The domain that the partition's names end with.
pub fn domain(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// The ARN of an object: `name` is its name or, without one, its id; `version` counts objects that have the same name.
pub fn invent_arn(
    wire_type: &str,
    place: &Place,
    name: &str,
    properties: &Map<String, Json>,
    version: u32,
    dice: &mut Dice,
) -> String {
    let text = |property: &str| properties.get(property).and_then(Json::as_str);
    let Place { account, region } = place;
    let partition = partition(region);
    let regional = |service: &str, rest: String| format!("arn:{partition}:{service}:{region}:{account}:{rest}");
    let global = |service: &str, rest: String| format!("arn:{partition}:{service}::{account}:{rest}");
    let iam = |kind: &str| global("iam", format!("{kind}{}{name}", text("Path").unwrap_or("/")));
    match wire_type {
        "AWS::S3::Bucket" => format!("arn:{partition}:s3:::{name}"),
        "AWS::IAM::Role" => iam("role"),
        "AWS::IAM::User" => iam("user"),
        "AWS::IAM::Group" => iam("group"),
        "AWS::IAM::ManagedPolicy" => iam("policy"),
        "AWS::IAM::InstanceProfile" => iam("instance-profile"),
        "AWS::IAM::OIDCProvider" => {
            let url = text("Url").unwrap_or(name);
            global("iam", format!("oidc-provider/{}", url.trim_start_matches("https://")))
        }
        "AWS::CloudFront::Distribution" => global("cloudfront", format!("distribution/{name}")),
        "AWS::SNS::Topic" => regional("sns", name.to_string()),
        "AWS::SNS::Subscription" => match text("TopicArn") {
            Some(topic) => format!("{topic}:{}", dice.uuid()),
            None => regional("sns", dice.uuid()),
        },
        "AWS::SQS::Queue" => regional("sqs", name.to_string()),
        "AWS::Lambda::Function" => regional("lambda", format!("function:{name}")),
        "AWS::Lambda::Version" | "AWS::Lambda::Alias" => {
            let function = text("FunctionName").unwrap_or(name);
            let version = version.to_string();
            let suffix = if wire_type.ends_with("Alias") { text("Name").unwrap_or("live") } else { &version };
            if function.starts_with("arn:") {
                format!("{function}:{suffix}")
            } else {
                regional("lambda", format!("function:{function}:{suffix}"))
            }
        }
        "AWS::Lambda::LayerVersion" => regional("lambda", format!("layer:{name}:{version}")),
        "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" => regional("dynamodb", format!("table/{name}")),
        "AWS::KMS::Key" => regional("kms", format!("key/{name}")),
        "AWS::Logs::LogGroup" => regional("logs", format!("log-group:{name}:*")),
        "AWS::ECS::TaskDefinition" => {
            regional("ecs", format!("task-definition/{}:{version}", text("Family").unwrap_or(name)))
        }
        "AWS::ECS::Service" => {
            let cluster = text("Cluster").unwrap_or("default");
            let cluster = cluster.rsplit('/').next().unwrap_or(cluster);
            regional("ecs", format!("service/{cluster}/{name}"))
        }
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            let kind = match text("Type") {
                Some("network") => "net",
                Some("gateway") => "gwy",
                _ => "app",
            };
            regional("elasticloadbalancing", format!("loadbalancer/{kind}/{name}/{}", dice.hex(16)))
        }
        "AWS::ElasticLoadBalancingV2::TargetGroup" => {
            regional("elasticloadbalancing", format!("targetgroup/{name}/{}", dice.hex(16)))
        }
        "AWS::ElasticLoadBalancingV2::Listener" => below(text("LoadBalancerArn"), "loadbalancer", "listener", dice)
            .unwrap_or_else(|| regional("elasticloadbalancing", format!("listener/app/{name}/{}", dice.hex(16)))),
        "AWS::ElasticLoadBalancingV2::ListenerRule" => below(text("ListenerArn"), "listener", "listener-rule", dice)
            .unwrap_or_else(|| regional("elasticloadbalancing", format!("listener-rule/app/{name}/{}", dice.hex(16)))),
        "AWS::RDS::DBInstance" => regional("rds", format!("db:{name}")),
        "AWS::RDS::DBCluster" => regional("rds", format!("cluster:{name}")),
        "AWS::RDS::DBSubnetGroup" => regional("rds", format!("subgrp:{name}")),
        "AWS::SecretsManager::Secret" => {
            let suffix = dice.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 6);
            regional("secretsmanager", format!("secret:{name}-{suffix}"))
        }
        "AWS::SSM::Parameter" => regional("ssm", format!("parameter/{}", name.trim_start_matches('/'))),
        "AWS::StepFunctions::StateMachine" => regional("states", format!("stateMachine:{name}")),
        "AWS::StepFunctions::Activity" => regional("states", format!("activity:{name}")),
        "AWS::CertificateManager::Certificate" => regional("acm", format!("certificate/{}", dice.uuid())),
        "AWS::CloudWatch::Alarm" => regional("cloudwatch", format!("alarm:{name}")),
        "AWS::AutoScaling::AutoScalingGroup" => {
            regional("autoscaling", format!("autoScalingGroup:{}:autoScalingGroupName/{name}", dice.uuid()))
        }
        "AWS::EFS::FileSystem" => regional("elasticfilesystem", format!("file-system/{name}")),
        "AWS::Cognito::UserPool" => regional("cognito-idp", format!("userpool/{name}")),
        _ => regional(&service(wire_type), format!("{}/{name}", kebab(leaf(wire_type)))),
    }
}

/// `arn:…:listener/app/web/50dc…/f2f7…` below `arn:…:loadbalancer/app/web/50dc…`.
fn below(parent: Option<&str>, from: &str, to: &str, dice: &mut Dice) -> Option<String> {
    let parent = parent?;
    let renamed = parent.replacen(&format!(":{from}/"), &format!(":{to}/"), 1);
    (renamed != parent).then(|| format!("{renamed}/{}", dice.hex(16)))
}

/// Types that have many objects of one name, told apart by a number.
pub fn is_versioned(wire_type: &str) -> bool {
    matches!(wire_type, "AWS::ECS::TaskDefinition" | "AWS::Lambda::Version" | "AWS::Lambda::LayerVersion")
}

/// `AWS::EC2::VPC` → `VPC`.
pub fn leaf(wire_type: &str) -> &str {
    wire_type.rsplit("::").next().unwrap_or(wire_type)
}

/// `AWS::EC2::VPC` → `ec2`.
pub fn service(wire_type: &str) -> String {
    wire_type.split("::").nth(1).unwrap_or("linework").to_lowercase()
}

/// `RouteTable` → `route-table`, `DBInstance` → `db-instance`.
pub fn kebab(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::with_capacity(name.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let after_lower = at > 0 && !letters[at - 1].is_uppercase();
        let before_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && at > 0 && (after_lower || before_lower) {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_prefixes_is_sorted() {
        assert!(HEX_IDS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(id_prefix("AWS::EC2::VPC"), Some("vpc"));
        assert_eq!(id_prefix("AWS::S3::Bucket"), None);
    }

    #[test]
    fn words_are_split_at_capitals() {
        assert_eq!(kebab("RouteTable"), "route-table");
        assert_eq!(kebab("DBInstance"), "db-instance");
        assert_eq!(kebab("VPC"), "vpc");
        assert_eq!(kebab("EC2Fleet"), "ec2-fleet");
    }

    #[test]
    fn ids_and_arns_look_like_the_real_ones() {
        let place = Place { account: "000000000000".into(), region: "eu-west-1".into() };
        let dice = &mut Dice::of(7, &["test"]);
        let id = invent_id("AWS::EC2::VPC", dice);
        assert!(id.starts_with("vpc-0") && id.len() == "vpc-0".len() + 16, "{id}");
        assert_eq!(invent_arn("AWS::S3::Bucket", &place, "logs", &Map::new(), 1, dice), "arn:aws:s3:::logs");
        assert_eq!(
            invent_arn("AWS::SNS::Topic", &place, "news", &Map::new(), 1, dice),
            "arn:aws:sns:eu-west-1:000000000000:news"
        );
        assert_eq!(
            invent_arn("AWS::IAM::Role", &place, "web", &Map::new(), 1, dice),
            "arn:aws:iam::000000000000:role/web"
        );
    }
}
