//! Exceptions that a template records: in our words, or in those of other tools, so that nothing that was agreed on is asked again.
//!
//! Ours stand in `Metadata.linework.waive`, as `@waive` has them: a policy, a reason and, possibly, the last day. Guard's and those
//! of cfn_nag and checkov stand where these tools look for them; their rules are known here by the policies that say the same.

use lw_eval::Waiver;

use crate::template::{Declaration, Template};
use crate::tree::Node;

/// Policies from which a resource is excepted.
pub fn waivers(template: &Template, declaration: &Declaration) -> Vec<(String, Waiver)> {
    let mut found = Vec::new();
    if let Some(metadata) = &declaration.metadata {
        from_metadata(metadata, &mut found);
    }
    for comment in &template.comments {
        let within = declaration.span.start <= comment.span.start && comment.span.start < declaration.span.end;
        if let (true, Some((id, reason))) = (within, skip_comment(&comment.text)) {
            found.extend(of_other_tool(id, reason, "checkov"));
        }
    }
    found
}

fn from_metadata(metadata: &Node, found: &mut Vec<(String, Waiver)>) {
    let list = |tool: &str, key: &str| metadata.get(tool).and_then(|tool| tool.get(key)).map_or(&[][..], Node::items);
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::scalar_text).map(|text| text.to_string());
    for one in list("linework", "waive") {
        if let Some(policy) = text(one, "policy") {
            let reason = text(one, "reason").unwrap_or_else(|| "waived in the template".to_string());
            found.push((policy, Waiver { reason, until: text(one, "until") }));
        }
    }
    for rule in list("guard", "SuppressedRules") {
        if let Some(rule) = rule.scalar_text() {
            let reason = "suppressed by `Metadata.guard.SuppressedRules`".to_string();
            found.push((rule.to_string(), Waiver { reason, until: None }));
        }
    }
    for one in list("cfn_nag", "rules_to_suppress") {
        if let Some(id) = text(one, "id") {
            found.extend(of_other_tool(&id, &text(one, "reason").unwrap_or_default(), "cfn_nag"));
        }
    }
    for one in list("checkov", "skip") {
        if let Some(id) = text(one, "id") {
            found.extend(of_other_tool(&id, &text(one, "comment").unwrap_or_default(), "checkov"));
        }
    }
}

/// `checkov:skip=CKV_AWS_20:it is a website`
fn skip_comment(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim().strip_prefix("checkov:skip=")?;
    Some(rest.split_once(':').map_or((rest.trim(), ""), |(id, reason)| (id.trim(), reason.trim())))
}

/// The policies that say what another tool's rule says.
fn of_other_tool(id: &str, reason: &str, tool: &str) -> Vec<(String, Waiver)> {
    let policies = SAME.iter().filter(|(known, _)| *known == id).flat_map(|(_, policies)| policies.iter());
    let reason =
        if reason.is_empty() { format!("skipped as {id} of {tool}") } else { format!("{reason} ({id} of {tool})") };
    policies.map(|policy| (policy.to_string(), Waiver { reason: reason.clone(), until: None })).collect()
}

/// Rules of other tools and the policies that ask for the same.
const SAME: &[(&str, &[&str])] = &[
    // checkov
    ("CKV_AWS_2", &["ELBV2_LISTENER_PROTOCOL_RULE"]),
    ("CKV_AWS_3", &["ENCRYPTED_VOLUMES"]),
    ("CKV_AWS_5", &["ELASTICSEARCH_ENCRYPTED_AT_REST", "OPENSEARCH_ENCRYPTED_AT_REST"]),
    ("CKV_AWS_6", &["ELASTICSEARCH_NODE_TO_NODE_ENCRYPTION_CHECK", "OPENSEARCH_NODE_TO_NODE_ENCRYPTION_CHECK"]),
    ("CKV_AWS_7", &["CMK_BACKING_KEY_ROTATION_ENABLED"]),
    ("CKV_AWS_16", &["RDS_STORAGE_ENCRYPTED"]),
    ("CKV_AWS_17", &["RDS_INSTANCE_PUBLIC_ACCESS_CHECK"]),
    ("CKV_AWS_18", &["S3_BUCKET_LOGGING_ENABLED"]),
    ("CKV_AWS_19", &["S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED"]),
    ("CKV_AWS_20", &["S3_BUCKET_PUBLIC_READ_PROHIBITED", "S3_BUCKET_PUBLIC_READ_ACL", "S3_BUCKET_NO_PUBLIC_RW_ACL"]),
    ("CKV_AWS_21", &["S3_BUCKET_VERSIONING_ENABLED"]),
    ("CKV_AWS_23", &["SECURITY_GROUP_DESCRIPTION_RULE"]),
    ("CKV_AWS_24", &["INCOMING_SSH_DISABLED"]),
    ("CKV_AWS_26", &["SNS_ENCRYPTED_KMS"]),
    ("CKV_AWS_27", &["SQS_QUEUE_KMS_MASTER_KEY_ID_RULE"]),
    ("CKV_AWS_28", &["DYNAMODB_PITR_ENABLED"]),
    ("CKV_AWS_29", &["ELASTICACHE_REPLICATION_GROUP_ENCRYPTION_AT_REST"]),
    ("CKV_AWS_30", &["ELASTICACHE_REPLICATION_GROUP_ENCRYPTION_IN_TRANSIT"]),
    ("CKV_AWS_33", &["KMS_NO_WILDCARD_PRINCIPAL"]),
    ("CKV_AWS_34", &["CLOUDFRONT_VIEWER_POLICY_HTTPS"]),
    ("CKV_AWS_35", &["CLOUD_TRAIL_ENCRYPTION_ENABLED"]),
    ("CKV_AWS_36", &["CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED"]),
    ("CKV_AWS_40", &["IAM_USER_NO_POLICIES_CHECK", "IAM_NO_POLICY_ON_USER"]),
    ("CKV_AWS_42", &["EFS_ENCRYPTED_CHECK"]),
    ("CKV_AWS_43", &["KINESIS_STREAM_ENCRYPTION_RULE"]),
    ("CKV_AWS_47", &["DAX_ENCRYPTION_ENABLED"]),
    ("CKV_AWS_53", &["S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED"]),
    ("CKV_AWS_54", &["S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED"]),
    ("CKV_AWS_55", &["S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED"]),
    ("CKV_AWS_56", &["S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED"]),
    ("CKV_AWS_57", &["S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "S3_BUCKET_NO_PUBLIC_RW_ACL"]),
    ("CKV_AWS_58", &["EKS_CLUSTER_ENCRYPTION_RULE"]),
    ("CKV_AWS_59", &["API_GW_METHOD_AUTHORIZATION_TYPE_RULE"]),
    ("CKV_AWS_62", &["IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS"]),
    ("CKV_AWS_66", &["CW_LOGGROUP_RETENTION_PERIOD_CHECK"]),
    ("CKV_AWS_67", &["MULTI_REGION_CLOUD_TRAIL_ENABLED"]),
    ("CKV_AWS_76", &["API_GW_STAGE_ACCESS_LOGGING_RULE"]),
    ("CKV_AWS_78", &["CODEBUILD_ENCRYPTION_KEY_RULE"]),
    ("CKV_AWS_83", &["ELASTICSEARCH_HTTPS_REQUIRED", "OPENSEARCH_HTTPS_REQUIRED"]),
    ("CKV_AWS_84", &["ELASTICSEARCH_LOGS_TO_CLOUDWATCH"]),
    ("CKV_AWS_86", &["CLOUDFRONT_ACCESSLOGS_ENABLED"]),
    ("CKV_AWS_87", &["REDSHIFT_CLUSTER_PUBLIC_ACCESS_CHECK"]),
    ("CKV_AWS_88", &["EC2_INSTANCE_NO_PUBLIC_IP"]),
    ("CKV_AWS_89", &["DMS_REPLICATION_NOT_PUBLIC"]),
    ("CKV_AWS_91", &["ELBV2_ACCESS_LOGGING_RULE"]),
    ("CKV_AWS_92", &["ELB_LOGGING_ENABLED"]),
    ("CKV_AWS_95", &["API_GWV2_ACCESS_LOGS_ENABLED"]),
    ("CKV_AWS_96", &["RDS_STORAGE_ENCRYPTED"]),
    ("CKV_AWS_103", &["ELBV2_LISTENER_SSL_POLICY_RULE"]),
    ("CKV_AWS_115", &["LAMBDA_CONCURRENCY_CHECK"]),
    ("CKV_AWS_116", &["LAMBDA_DLQ_CHECK"]),
    ("CKV_AWS_117", &["LAMBDA_INSIDE_VPC"]),
    ("CKV_AWS_118", &["RDS_ENHANCED_MONITORING_ENABLED"]),
    ("CKV_AWS_119", &["DYNAMODB_TABLE_ENCRYPTED_KMS"]),
    ("CKV_AWS_120", &["API_GW_CACHE_ENABLED_AND_ENCRYPTED"]),
    ("CKV_AWS_131", &["ALB_HTTP_DROP_INVALID_HEADER_ENABLED"]),
    ("CKV_AWS_149", &["SECRETSMANAGER_USING_CMK"]),
    ("CKV_AWS_155", &["WORKSPACE_ENCRYPTION_ENABLED"]),
    ("CKV_AWS_156", &["WORKSPACE_ENCRYPTION_ENABLED"]),
    ("CKV_AWS_157", &["RDS_MULTI_AZ_SUPPORT"]),
    ("CKV_AWS_158", &["CLOUDWATCH_LOG_GROUP_ENCRYPTED"]),
    ("CKV_AWS_163", &["ECR_REPO_SCAN_ON_PUSH"]),
    ("CKV_AWS_174", &["CLOUDFRONT_MINIMUM_PROTOCOL_VERSION_RULE"]),
    ("CKV_AWS_187", &["SAGEMAKER_NOTEBOOK_INSTANCE_KMS_KEY_CONFIGURED"]),
    ("CKV_AWS_317", &["ELASTICSEARCH_AUDIT_LOGGING_ENABLED", "OPENSEARCH_AUDIT_LOGGING_ENABLED"]),
    ("CKV_AWS_366", &["COGNITO_ALLOW_UNAUTHENTICATED_IDENTITIES_RULE"]),
    // cfn_nag
    ("F1", &["ENCRYPTED_VOLUMES"]),
    ("F10", &["IAM_USER_NO_POLICIES_CHECK", "IAM_NO_INLINE_POLICY_CHECK"]),
    ("F14", &["S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "S3_BUCKET_NO_PUBLIC_RW_ACL"]),
    ("F19", &["CMK_BACKING_KEY_ROTATION_ENABLED"]),
    ("F22", &["RDS_INSTANCE_PUBLIC_ACCESS_CHECK"]),
    ("F1000", &["SECURITY_GROUP_MISSING_EGRESS_RULE"]),
    ("W2", &["EC2_SECURITY_GROUP_INGRESS_OPEN_TO_WORLD_RULE", "RESTRICTED_INCOMING_TRAFFIC", "INCOMING_SSH_DISABLED"]),
    ("W5", &["EC2_SECURITY_GROUP_EGRESS_OPEN_TO_WORLD_RULE"]),
    ("W9", &["SECURITY_GROUP_INGRESS_CIDR_NON_32_RULE"]),
    ("W10", &["CLOUDFRONT_ACCESSLOGS_ENABLED"]),
    ("W11", &["IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE"]),
    ("W12", &["IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE"]),
    ("W13", &["IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE"]),
    ("W26", &["ELB_LOGGING_ENABLED"]),
    ("W27", &["SECURITY_GROUP_INGRESS_PORT_RANGE_RULE"]),
    ("W28", &["CFN_NO_EXPLICIT_RESOURCE_NAMES"]),
    ("W29", &["SECURITY_GROUP_EGRESS_PORT_RANGE_RULE"]),
    ("W31", &["S3_BUCKET_PUBLIC_READ_PROHIBITED", "S3_BUCKET_PUBLIC_READ_ACL", "S3_BUCKET_NO_PUBLIC_RW_ACL"]),
    ("W35", &["S3_BUCKET_LOGGING_ENABLED"]),
    ("W36", &["SECURITY_GROUP_DESCRIPTION_RULE"]),
    ("W37", &["EBS_VOLUME_ENCRYPTION_KEY_RULE"]),
    ("W40", &["SECURITY_GROUP_EGRESS_ALL_PROTOCOLS_RULE"]),
    ("W41", &["S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED"]),
    ("W42", &["SECURITY_GROUP_INGRESS_ALL_PROTOCOLS_RULE"]),
    ("W47", &["SNS_ENCRYPTED_KMS"]),
    ("W48", &["SQS_QUEUE_KMS_MASTER_KEY_ID_RULE"]),
    ("W52", &["ELBV2_ACCESS_LOGGING_RULE"]),
    ("W59", &["API_GW_METHOD_AUTHORIZATION_TYPE_RULE"]),
    ("W69", &["API_GW_STAGE_ACCESS_LOGGING_RULE"]),
    ("W70", &["CLOUDFRONT_MINIMUM_PROTOCOL_VERSION_RULE"]),
    ("W73", &["DYNAMODB_BILLING_MODE_RULE"]),
    ("W74", &["DYNAMODB_TABLE_ENCRYPTED_KMS", "DYNAMODB_TABLE_MUST_BE_ENCRYPTED"]),
    ("W77", &["SECRETSMANAGER_USING_CMK"]),
    ("W78", &["DYNAMODB_PITR_ENABLED"]),
    ("W79", &["ECR_REPO_SCAN_ON_PUSH"]),
    ("W84", &["CLOUDWATCH_LOG_GROUP_ENCRYPTED"]),
    ("W86", &["CW_LOGGROUP_RETENTION_PERIOD_CHECK"]),
    ("W89", &["LAMBDA_INSIDE_VPC"]),
    ("W92", &["LAMBDA_CONCURRENCY_CHECK"]),
];
