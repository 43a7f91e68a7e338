use adapter::{Adapter, ErrorKind};
use serde_json::json;

use crate::support::{Cloud, call, map};

#[tokio::test]
async fn the_same_seed_and_operations_give_the_same_cloud() {
    let ids = |seed: u64, order: Vec<u64>| async move {
        let cloud = Cloud::with(|config| config.seed = seed);
        let mut ids = Vec::new();
        for number in order {
            let properties = map(json!({"CidrBlock": "10.0.0.0/16"}));
            let vpc = cloud.sim.create(&call(number), "AWS::EC2::VPC", &properties).await.unwrap();
            ids.push((number, vpc.physical_id));
        }
        ids.sort();
        ids
    };
    assert_eq!(ids(1, vec![1, 2, 3]).await, ids(1, vec![3, 1, 2]).await);
    assert_ne!(ids(1, vec![1, 2, 3]).await, ids(2, vec![1, 2, 3]).await);
}

#[tokio::test]
async fn a_lost_response_has_taken_effect() {
    let cloud = Cloud::with(|config| config.faults.lost_response_per_mille = 1000);
    let bucket = cloud.create("AWS::S3::Bucket", json!({"BucketName": "logs"})).await.expect_err("lost");
    assert_eq!(bucket.kind, ErrorKind::Unknown);
    assert_eq!(cloud.sim.objects().unwrap().len(), 1);
}

#[tokio::test]
async fn a_lost_request_has_not() {
    let cloud = Cloud::with(|config| config.faults.lost_request_per_mille = 1000);
    let bucket = cloud.create("AWS::S3::Bucket", json!({"BucketName": "logs"})).await.expect_err("lost");
    assert_eq!(bucket.kind, ErrorKind::Unknown);
    assert!(cloud.sim.objects().unwrap().is_empty());
}

#[tokio::test]
async fn throttling_is_drawn_from_the_seed() {
    let throttled = |seed: u64| async move {
        let cloud = Cloud::with(|config| {
            config.seed = seed;
            config.faults.throttled_per_mille = 300;
        });
        let mut kinds = Vec::new();
        for _ in 0..50 {
            let answer = cloud.create("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})).await;
            kinds.push(answer.is_err_and(|error| error.kind == ErrorKind::Throttled));
        }
        kinds
    };
    let kinds = throttled(5).await;
    assert_eq!(kinds, throttled(5).await);
    let count = kinds.iter().filter(|throttled| **throttled).count();
    assert!((5..30).contains(&count), "{count} of 50");
}

#[tokio::test]
async fn a_lagging_read_shows_what_was_before() {
    let cloud = Cloud::with(|config| config.faults.read_lag_ms = 1000);
    let vpc = cloud.vpc().await;
    assert_eq!(cloud.read(&vpc).await, None);
    let subnet = json!({"VpcId": vpc.physical_id, "CidrBlock": "10.0.0.0/24"});
    let early = cloud.create("AWS::EC2::Subnet", subnet).await.expect_err("not visible yet");
    assert_eq!(early.kind, ErrorKind::DependencyNotReady);
    cloud.pass(1000);
    assert_eq!(cloud.read(&vpc).await.as_ref(), Some(&vpc));
    cloud.update(&vpc, json!({"EnableDnsHostnames": true})).await.unwrap();
    assert_eq!(cloud.read(&vpc).await.as_ref(), Some(&vpc));
    cloud.pass(1000);
    assert_ne!(cloud.read(&vpc).await.as_ref(), Some(&vpc));
    cloud.delete(&vpc).await.unwrap();
    assert!(cloud.read(&vpc).await.is_some());
    cloud.pass(1000);
    assert_eq!(cloud.read(&vpc).await, None);
}
