"""What an AWS-compatible server holds, seen by a client that nobody here wrote: one JSON object from kind to names, on standard output.

Usage: aws_dump.py ENDPOINT REGION
"""

import json
import sys

import boto3

endpoint, region = sys.argv[1:3]
found = {}


def client(service):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="linework",
        aws_secret_access_key="linework",
    )


def put(kind, names):
    names = sorted(names)
    if names:
        found[kind] = names


ec2 = client("ec2")
put("vpc", [x["VpcId"] for x in ec2.describe_vpcs()["Vpcs"] if not x["IsDefault"]])
put("subnet", [x["SubnetId"] for x in ec2.describe_subnets()["Subnets"] if not x["DefaultForAz"]])
own = set(found.get("vpc", []))
groups = [x for x in ec2.describe_security_groups()["SecurityGroups"] if x["GroupName"] != "default"]
put("security group", [x["GroupId"] for x in groups])
rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
put("security group rule", [x["SecurityGroupRuleId"] for x in rules if x["GroupId"] in {g["GroupId"] for g in groups}])
tables = [x for x in ec2.describe_route_tables()["RouteTables"] if x["VpcId"] in own]
put("route table", [x["RouteTableId"] for x in tables if not any(a.get("Main") for a in x["Associations"])])
put("association", [a["RouteTableAssociationId"] for x in tables for a in x["Associations"] if not a.get("Main")])
put(
    "route",
    [
        f"{x['RouteTableId']} {r.get('DestinationCidrBlock') or r.get('DestinationIpv6CidrBlock') or r.get('DestinationPrefixListId')}"
        for x in tables
        for r in x["Routes"]
        if r.get("GatewayId") != "local"
    ],
)
put("internet gateway", [x["InternetGatewayId"] for x in ec2.describe_internet_gateways()["InternetGateways"]])
put("NAT gateway", [x["NatGatewayId"] for x in ec2.describe_nat_gateways()["NatGateways"] if x["State"] != "deleted"])
put("address", [x["AllocationId"] for x in ec2.describe_addresses()["Addresses"]])
put("endpoint", [x["VpcEndpointId"] for x in ec2.describe_vpc_endpoints()["VpcEndpoints"] if x["State"] != "deleted"])
put("launch template", [x["LaunchTemplateId"] for x in ec2.describe_launch_templates()["LaunchTemplates"]])
put("volume", [x["VolumeId"] for x in ec2.describe_volumes()["Volumes"]])
put(
    "instance",
    [
        x["InstanceId"]
        for r in ec2.describe_instances()["Reservations"]
        for x in r["Instances"]
        if x["State"]["Name"] not in ("terminated", "shutting-down")
    ],
)

elb = client("elbv2")
balancers = [x["LoadBalancerArn"] for x in elb.describe_load_balancers()["LoadBalancers"]]
put("load balancer", balancers)
listeners = [x["ListenerArn"] for b in balancers for x in elb.describe_listeners(LoadBalancerArn=b)["Listeners"]]
put("listener", listeners)
put("listener rule", [x["RuleArn"] for a in listeners for x in elb.describe_rules(ListenerArn=a)["Rules"] if not x["IsDefault"]])
put("target group", [x["TargetGroupArn"] for x in elb.describe_target_groups()["TargetGroups"]])

scaling = client("autoscaling")
put("scaling group", [x["AutoScalingGroupName"] for x in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]])
put("scaling policy", [x["PolicyARN"] for x in scaling.describe_policies()["ScalingPolicies"]])

iam = client("iam")
roles = [x["RoleName"] for x in iam.list_roles()["Roles"] if "/aws-service-role/" not in x["Path"]]
put("role", roles)
put("role policy", [f"{r} {p}" for r in roles for p in iam.list_role_policies(RoleName=r)["PolicyNames"]])
put(
    "attached policy",
    [f"{r} {p['PolicyName']}" for r in roles for p in iam.list_attached_role_policies(RoleName=r)["AttachedPolicies"]],
)
put("instance profile", [x["InstanceProfileName"] for x in iam.list_instance_profiles()["InstanceProfiles"]])
put("policy", [x["PolicyName"] for x in iam.list_policies(Scope="Local")["Policies"]])
put("user", [x["UserName"] for x in iam.list_users()["Users"]])

put("log group", [x["logGroupName"] for x in client("logs").describe_log_groups()["logGroups"]])
rds = client("rds")
put("database", [x["DBInstanceIdentifier"] for x in rds.describe_db_instances()["DBInstances"]])
put("database subnets", [x["DBSubnetGroupName"] for x in rds.describe_db_subnet_groups()["DBSubnetGroups"]])
s3 = client("s3")
buckets = [x["Name"] for x in s3.list_buckets()["Buckets"]]
put("bucket", buckets)


def has_policy(bucket):
    try:
        return bool(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except s3.exceptions.ClientError:
        return False


put("bucket policy", [x for x in buckets if has_policy(x)])
sns = client("sns")
put("topic", [x["TopicArn"] for x in sns.list_topics()["Topics"]])
put("subscription", [f"{x['TopicArn']} {x['Endpoint']}" for x in sns.list_subscriptions()["Subscriptions"]])
put("queue", client("sqs").list_queues().get("QueueUrls", []))
put("alarm", [x["AlarmName"] for x in client("cloudwatch").describe_alarms()["MetricAlarms"]])
put("table", client("dynamodb").list_tables()["TableNames"])
functions = client("lambda")
names = [x["FunctionName"] for x in functions.list_functions()["Functions"]]
put("function", names)


def statements(name):
    try:
        return json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"]
    except functions.exceptions.ClientError:
        return []


put("function permission", [f"{n} {s['Sid']}" for n in names for s in statements(n)])
put("event source", [x["UUID"] for x in functions.list_event_source_mappings()["EventSourceMappings"]])
api = client("apigatewayv2")
apis = [x["ApiId"] for x in api.get_apis()["Items"]]
put("api", apis)
put("api integration", [f"{a} {x['IntegrationId']}" for a in apis for x in api.get_integrations(ApiId=a)["Items"]])
put("api route", [f"{a} {x['RouteKey']} {x['RouteId']}" for a in apis for x in api.get_routes(ApiId=a)["Items"]])
put("api stage", [f"{a} {x['StageName']}" for a in apis for x in api.get_stages(ApiId=a)["Items"]])
put("event rule", [x["Name"] for x in client("events").list_rules()["Rules"]])
put("repository", [x["repositoryName"] for x in client("ecr").describe_repositories()["repositories"]])
put("cluster", client("ecs").list_clusters()["clusterArns"])
put("user pool", [x["Id"] for x in client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]])
put("stream", client("kinesis").list_streams()["StreamNames"])
put("trail", [x["Name"] for x in client("cloudtrail").describe_trails()["trailList"]])
print(json.dumps(found))
