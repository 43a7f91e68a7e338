use adapter::catalogue::PropertySchema;
use adapter::{Adapter, Catalogue, ErrorKind, Patch, Place};
use lw_plan::Json;
use serde_json::json;

use crate::support::{Cloud, code, map, our_tags};

#[tokio::test]
async fn invents_what_the_cloud_gives() {
    let cloud = Cloud::new();
    let vpc = cloud.vpc().await;
    assert!(vpc.physical_id.starts_with("vpc-0") && vpc.physical_id.len() == 21, "{}", vpc.physical_id);
    assert_eq!(vpc.properties["VpcId"], json!(vpc.physical_id));
    assert_eq!(vpc.properties["CidrBlock"], json!("10.0.0.0/16"));
    let topic = cloud.create("AWS::SNS::Topic", json!({"TopicName": "news"})).await.unwrap();
    assert_eq!(topic.physical_id, "arn:aws:sns:us-east-1:000000000000:news");
    let bucket = cloud.create("AWS::S3::Bucket", json!({"BucketName": "logs"})).await.unwrap();
    assert_eq!(bucket.physical_id, "logs");
    assert_eq!(bucket.properties["Arn"], json!("arn:aws:s3:::logs"));
    assert_eq!(bucket.properties["DomainName"], json!("logs.s3.amazonaws.com"));
    let role = json!({"RoleName": "web", "AssumeRolePolicyDocument": {}});
    let role = cloud.create("AWS::IAM::Role", role).await.unwrap();
    assert_eq!(role.properties["Arn"], json!("arn:aws:iam::000000000000:role/web"));
}

#[tokio::test]
async fn an_instance_gets_an_address_of_its_subnet() {
    let cloud = Cloud::new();
    let vpc = cloud.vpc().await;
    let subnet = json!({"VpcId": vpc.physical_id, "CidrBlock": "10.0.7.0/28", "AvailabilityZone": "us-east-1b"});
    let subnet = cloud.create("AWS::EC2::Subnet", subnet).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..11 {
        let instance = cloud.create("AWS::EC2::Instance", json!({"SubnetId": subnet.physical_id})).await.unwrap();
        let address = instance.properties["PrivateIp"].as_str().unwrap().to_string();
        let last: u8 = address.strip_prefix("10.0.7.").expect("inside the subnet").parse().unwrap();
        assert!((4..15).contains(&last), "{address}");
        assert_eq!(instance.properties["VpcId"], json!(vpc.physical_id));
        seen.push(address);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 11, "every instance has an address of its own");
}

#[tokio::test]
async fn refuses_what_the_schema_does_not_allow() {
    let cloud = Cloud::new();
    let vpc = |properties| cloud.create("AWS::EC2::VPC", properties);
    assert_eq!(code(vpc(json!({"CidrBlok": "10.0.0.0/16"})).await), "ValidationException");
    assert_eq!(code(vpc(json!({"CidrBlock": 10})).await), "ValidationException");
    assert_eq!(code(vpc(json!({"VpcId": "vpc-1"})).await), "ValidationException");
    assert_eq!(code(cloud.create("AWS::EC2::RouteTable", json!({})).await), "ValidationException");
    assert_eq!(code(cloud.create("AWS::Nothing::Here", json!({})).await), "TypeNotFoundException");
    let endpoint = json!({"Tags": {"a": 1}});
    assert_eq!(code(vpc(endpoint).await), "ValidationException");
}

#[tokio::test]
async fn refuses_a_change_of_what_is_fixed_at_create() {
    let cloud = Cloud::new();
    let vpc = cloud.vpc().await;
    assert_eq!(code(cloud.update(&vpc, json!({"CidrBlock": "10.1.0.0/16"})).await), "NotUpdatable");
    let same = cloud.update(&vpc, json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true})).await.unwrap();
    assert_eq!(same.properties["EnableDnsHostnames"], json!(true));
    assert_eq!(cloud.read(&vpc).await.unwrap(), same);
}

#[tokio::test]
async fn resets_a_property_that_is_left_out() {
    let cloud = Cloud::new();
    let bucket = json!({"BucketName": "logs", "VersioningConfiguration": {"Status": "Enabled"}});
    let bucket = cloud.create("AWS::S3::Bucket", bucket).await.unwrap();
    let patch = Patch { reset: vec!["VersioningConfiguration".to_string()], ..Patch::default() };
    let after = cloud.sim.update(&cloud.call(), "AWS::S3::Bucket", &bucket.physical_id, &patch).await.unwrap();
    assert!(!after.properties.contains_key("VersioningConfiguration"));
}

#[tokio::test]
async fn one_object_holds_a_claim_at_a_time() {
    let cloud = Cloud::new();
    let bucket = || cloud.create("AWS::S3::Bucket", json!({"BucketName": "logs"}));
    let first = bucket().await.unwrap();
    let second = bucket().await.expect_err("the name is taken");
    assert_eq!(second.kind, ErrorKind::AlreadyExists);
    cloud.delete(&first).await.unwrap();
    bucket().await.expect("the name is free again");
}

#[tokio::test]
async fn subnets_lie_inside_their_network_and_apart() {
    let cloud = Cloud::new();
    let vpc = cloud.vpc().await;
    let subnet = |cidr: &str| cloud.create("AWS::EC2::Subnet", json!({"VpcId": vpc.physical_id, "CidrBlock": cidr}));
    subnet("10.0.0.0/20").await.unwrap();
    assert_eq!(code(subnet("10.0.1.0/24").await), "InvalidSubnet.Conflict");
    assert_eq!(code(subnet("10.1.0.0/24").await), "InvalidSubnet.Range");
    subnet("10.0.16.0/20").await.unwrap();
}

#[tokio::test]
async fn what_is_named_must_exist() {
    let cloud = Cloud::new();
    let subnet = json!({"VpcId": "vpc-0123456789abcdef0", "CidrBlock": "10.0.0.0/24"});
    assert_eq!(code(cloud.create("AWS::EC2::Subnet", subnet).await), "InvalidReference.NotFound");
}

#[tokio::test]
async fn what_is_named_cannot_be_deleted() {
    let cloud = Cloud::new();
    let vpc = cloud.vpc().await;
    let subnet = json!({"VpcId": vpc.physical_id, "CidrBlock": "10.0.0.0/24"});
    let subnet = cloud.create("AWS::EC2::Subnet", subnet).await.unwrap();
    let refused = cloud.delete(&vpc).await.expect_err("in use");
    assert_eq!((refused.code.as_str(), refused.kind), ("DependencyViolation", ErrorKind::DependencyNotReady));
    cloud.delete(&subnet).await.unwrap();
    cloud.delete(&vpc).await.unwrap();
    assert_eq!(cloud.read(&vpc).await, None);
    assert_eq!(cloud.delete(&vpc).await.expect_err("gone").kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_group_that_names_itself_can_be_deleted() {
    let cloud = Cloud::new();
    let group = cloud.create("AWS::EC2::SecurityGroup", json!({"GroupDescription": "web"})).await.unwrap();
    let ingress = json!({"SecurityGroupIngress": [{"SourceSecurityGroupId": group.physical_id, "IpProtocol": "tcp"}]});
    let group = cloud.update(&group, ingress).await.unwrap();
    cloud.delete(&group).await.unwrap();
}

#[tokio::test]
async fn a_token_makes_one_object() {
    let cloud = Cloud::new();
    let call = cloud.call();
    let properties = map(json!({"CidrBlock": "10.0.0.0/16"}));
    let first = cloud.sim.create(&call, "AWS::EC2::VPC", &properties).await.unwrap();
    let again = cloud.sim.create(&call, "AWS::EC2::VPC", &properties).await.unwrap();
    assert_eq!(first, again);
    let other = map(json!({"CidrBlock": "10.1.0.0/16"}));
    let refused = cloud.sim.create(&call, "AWS::EC2::VPC", &other).await.expect_err("other parameters");
    assert_eq!(refused.code, "IdempotentParameterMismatch");
    cloud.pass(24 * 60 * 60 * 1000 + 1);
    let late = cloud.sim.create(&call, "AWS::EC2::VPC", &properties).await.unwrap();
    assert_ne!(late.physical_id, first.physical_id, "the token is forgotten after a day");
}

#[tokio::test]
async fn ownership_is_read_from_the_tags() {
    let cloud = Cloud::new();
    let ours = json!({"CidrBlock": "10.0.0.0/16", "Tags": our_tags("u7")});
    let ours = cloud.create("AWS::EC2::VPC", ours).await.unwrap();
    cloud.vpc().await;
    let owned = cloud.sim.owned(&Place::default(), "shop").await.unwrap();
    assert_eq!(owned, vec![ours.clone()]);
    assert_eq!(owned[0].owner.as_ref().unwrap().uid, "u7");
    assert_eq!(cloud.sim.list(&Place::default(), "AWS::EC2::VPC").await.unwrap().len(), 2);
    cloud.update(&ours, json!({"Tags": {"team": "web"}})).await.unwrap();
    assert!(cloud.sim.owned(&Place::default(), "shop").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_can_only_be_written_is_not_shown() {
    let cloud = Cloud::new();
    let database = json!({"DBInstanceIdentifier": "shop", "MasterUserPassword": "secret", "Engine": "postgres"});
    let database = cloud.create("AWS::RDS::DBInstance", database).await.unwrap();
    assert!(!database.properties.contains_key("MasterUserPassword"));
    assert_eq!(database.properties["Endpoint"]["Port"], json!("5432"));
}

#[tokio::test]
async fn places_are_apart() {
    let cloud = Cloud::new();
    let elsewhere = Place { account: String::new(), region: "eu-west-1".to_string() };
    let mut call = cloud.call();
    call.place = elsewhere.clone();
    let topic = map(json!({"TopicName": "news"}));
    let there = cloud.sim.create(&call, "AWS::SNS::Topic", &topic).await.unwrap();
    assert_eq!(there.physical_id, "arn:aws:sns:eu-west-1:000000000000:news");
    cloud.create("AWS::SNS::Topic", json!({"TopicName": "news"})).await.expect("another region, another name space");
    assert_eq!(cloud.sim.list(&elsewhere, "AWS::SNS::Topic").await.unwrap(), vec![there]);
}

#[tokio::test]
async fn somebody_else_may_interfere() {
    let cloud = Cloud::new();
    let vpc = cloud.vpc().await;
    assert!(cloud.sim.meddle(&vpc.physical_id, "EnableDnsSupport", Some(json!(false))).unwrap());
    assert_eq!(cloud.read(&vpc).await.unwrap().properties["EnableDnsSupport"], json!(false));
    assert!(cloud.sim.destroy(&vpc.physical_id).unwrap());
    assert_eq!(cloud.read(&vpc).await, None);
    assert!(!cloud.sim.destroy(&vpc.physical_id).unwrap());
    cloud.sim.conjure("AWS::S3::Bucket", "theirs", map(json!({"BucketName": "theirs"}))).unwrap();
    assert_eq!(code(cloud.create("AWS::S3::Bucket", json!({"BucketName": "theirs"})).await), "AlreadyExistsException");
}

/// A value of a property, as far as the schema's top level says what it is.
fn sample(property: &PropertySchema) -> Json {
    if let Some(value) = property.values.first() {
        return value.clone();
    }
    match property.kind.as_str() {
        "boolean" => json!(true),
        "integer" | "number" => json!(1),
        "array" => json!([]),
        "object" => json!({}),
        _ => json!("sample"),
    }
}

#[tokio::test]
async fn every_type_of_the_catalogue_can_be_made_read_and_ended() {
    let cloud = Cloud::new();
    for wire_type in Catalogue::embedded().types().filter(|wire_type| wire_type.starts_with("AWS::")) {
        let schema = Catalogue::embedded().schema(wire_type).expect("a known type");
        let required = schema.required.iter().filter(|name| !schema.is_read_only(name));
        let is_tags = |name: &String| schema.tag_property.as_ref() == Some(name);
        let written = required.filter(|name| !is_tags(name));
        let written = written.filter_map(|name| Some((name.clone(), sample(schema.properties.get(name)?))));
        let mut properties = lw_plan::Map::from_iter(written);
        properties.extend(schema.tag_property.iter().map(|name| (name.clone(), json!({"team": "web"}))));
        let made = cloud.sim.create(&cloud.call(), wire_type, &properties).await;
        let made = made.unwrap_or_else(|error| panic!("{wire_type}: {error}"));
        assert!(!made.physical_id.is_empty() && made.physical_id != "null", "{wire_type}");
        for path in schema.read_only.iter().filter(|path| path.len() == 1 && !schema.write_only.contains(path)) {
            assert!(made.properties.contains_key(&path[0]), "{wire_type}: {}", path[0]);
        }
        assert_eq!(cloud.read(&made).await.as_ref(), Some(&made), "{wire_type}");
        cloud.delete(&made).await.unwrap_or_else(|error| panic!("{wire_type}: {error}"));
    }
}

#[tokio::test]
async fn versions_of_one_name_are_numbered() {
    let cloud = Cloud::new();
    let definition = || cloud.create("AWS::ECS::TaskDefinition", json!({"Family": "web"}));
    let ids = [definition().await.unwrap().physical_id, definition().await.unwrap().physical_id];
    assert_eq!(ids.map(|id| id.rsplit('/').next().map(str::to_string)), [Some("web:1".into()), Some("web:2".into())]);
}

#[tokio::test]
async fn attributes_look_as_their_patterns_say() {
    let cloud = Cloud::new();
    let location = cloud.create("AWS::DataSync::LocationS3", json!({"S3Config": {}})).await.unwrap();
    let start = "arn:aws:datasync:us-east-1:000000000000:location/loc-";
    assert!(location.physical_id.starts_with(start), "{}", location.physical_id);
    assert_eq!(location.properties["LocationArn"], json!(location.physical_id));
}
