use std::os::unix::fs::PermissionsExt;

use adapter::sim::{Config, SimulatedCloud};
use adapter::{Adapter, ErrorKind};
use serde_json::json;

use crate::support::{call, map, our_tags};

#[tokio::test]
async fn a_cloud_in_a_file_outlives_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/sim.db");
    let open = || SimulatedCloud::in_file(&path, Config::default());
    let cloud = open();
    let vpc = json!({"CidrBlock": "10.0.0.0/16", "Tags": our_tags("u1")});
    let vpc = cloud.create(&call(1), "AWS::EC2::VPC", &map(vpc)).await.unwrap();
    let subnet = map(json!({"VpcId": vpc.physical_id, "CidrBlock": "10.0.0.0/24"}));
    let subnet = cloud.create(&call(2), "AWS::EC2::Subnet", &subnet).await.unwrap();
    let before = cloud.objects().unwrap();
    drop(cloud);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let cloud = open();
    assert_eq!(cloud.objects().unwrap(), before);
    let again = cloud.create(&call(2), "AWS::EC2::Subnet", &map(json!({"VpcId": "x"}))).await.expect_err("mismatch");
    assert_eq!(again.code, "IdempotentParameterMismatch", "tokens are remembered");
    let used = cloud.delete(&call(3), "AWS::EC2::VPC", &vpc.physical_id).await.expect_err("in use");
    assert_eq!(used.kind, ErrorKind::DependencyNotReady, "links are remembered");
    cloud.delete(&call(4), "AWS::EC2::Subnet", &subnet.physical_id).await.unwrap();
    cloud.delete(&call(5), "AWS::EC2::VPC", &vpc.physical_id).await.unwrap();
    drop(cloud);
    assert!(open().objects().unwrap().is_empty());
}

#[tokio::test]
async fn one_process_holds_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sim.db");
    let first = SimulatedCloud::in_file(&path, Config::default());
    first.objects().unwrap();
    let second = SimulatedCloud::in_file(&path, Config::default());
    let refused = second.objects().expect_err("in use");
    assert!(refused.message.contains("in use by another process"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_the_same_time_are_written_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sim.db");
    let cloud = std::sync::Arc::new(SimulatedCloud::in_file(&path, Config::default()));
    let tasks: Vec<_> = (0..500)
        .map(|number| {
            let cloud = cloud.clone();
            tokio::spawn(async move {
                let properties = map(json!({"TopicName": format!("t{number}")}));
                cloud.create(&call(number), "AWS::SNS::Topic", &properties).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    drop(cloud);
    assert_eq!(SimulatedCloud::in_file(&path, Config::default()).objects().unwrap().len(), 500);
}
