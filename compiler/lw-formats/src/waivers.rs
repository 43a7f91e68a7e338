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
        // A name, or a name with the reason.
        let silent = || "suppressed by `Metadata.guard.SuppressedRules`".to_string();
        if let Some(rule) = rule.scalar_text() {
            found.push((rule.to_string(), Waiver { reason: silent(), until: None }));
        }
        for entry in rule.entries() {
            let reason = entry.value.scalar_text().map_or_else(silent, |text| text.to_string());
            found.push((entry.key.to_string(), Waiver { reason, until: None }));
        }
    }
    let more: Vec<(String, Waiver)> = found
        .iter()
        .flat_map(|(rule, waiver)| {
            let also = GUARD_ALSO.iter().filter(move |(known, _)| known == rule).flat_map(|(_, also)| also.iter());
            also.map(|rule| (rule.to_string(), waiver.clone()))
        })
        .collect();
    found.extend(more);
    for one in list("cfn_nag", "rules_to_suppress").iter().chain(list("cfn-nag", "rules_to_suppress")) {
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

/// Names under which rules of Guard's registry are suppressed beside their own: its rules ask for them.
const GUARD_ALSO: &[(&str, &[&str])] = &[
    ("IAM_ROLE_NO_WILDCARD_ACTIONS_ON_PERMISSIONS", &["IAM_ROLE_NO_ALLOW_PLUS_NOT_PRINCIPAL"]),
    (
        "IAM_USER_LOGIN_PROFILE_NO_PLAINTEXT_PASSWORD",
        &["IAM_USER_LOGIN_PROFILE_USES_SECURE_PARAMETER", "IAM_USER_LOGIN_PROFILE_USES_SECURE_SERVICE"],
    ),
    ("S3_BUCKET_DEFAULT_LOCK_ENABLE", &["S3_BUCKET_DEFAULT_LOCK_ENABLED"]),
];

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
    ("F2", &["IAM_ROLE_NO_FULL_ACCESS_ON_TRUST_POLICY"]),
    ("F3", &["IAM_ROLE_NO_WILDCARD_ACTIONS_ON_PERMISSIONS"]),
    ("F4", &["IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS"]),
    ("F5", &["IAM_MANAGEDPOLICY_NO_STATEMENTS_WITH_FULL_ACCESS"]),
    ("F6", &["IAM_ROLE_NO_ALLOW_PLUS_NOT_PRINCIPAL"]),
    ("F8", &["SNS_TOPICPOLICY_NO_ALLOW_PLUS_NOTPRINCIPAL"]),
    ("F9", &["S3_BUCKETPOLICY_NO_ALLOW_PLUS_NOTPRINCIPAL"]),
    ("F10", &["IAM_NO_INLINE_POLICY_CHECK", "IAM_USER_NO_POLICIES_CHECK"]),
    ("F11", &["IAM_NO_POLICY_ON_USER"]),
    ("F12", &["IAM_NO_POLICY_ON_USER"]),
    ("F13", &["LAMBDA_NO_WILDCARD_PRINCIPALS"]),
    ("F14", &["S3_BUCKET_NO_PUBLIC_RW_ACL", "S3_BUCKET_PUBLIC_WRITE_PROHIBITED"]),
    ("F15", &["S3_BUCKET_POLICY_NO_WILDCARD_ACTION"]),
    ("F16", &["S3_BUCKET_POLICY_NO_WILDCARD_PRINCIPAL"]),
    ("F18", &["SNS_TOPICPOLICY_NO_WILDCARD_PRINCIPAL"]),
    ("F19", &["CMK_BACKING_KEY_ROTATION_ENABLED"]),
    ("F22", &["RDS_INSTANCE_PUBLIC_ACCESS_CHECK"]),
    ("F38", &["IAM_ROLE_NO_WILDCARD_RESOURCE_ON_PASSROLE"]),
    ("F39", &["IAM_POLICY_NO_WILDCARD_RESOURCE_ON_PASSROLE"]),
    (
        "F51",
        &[
            "IAM_USER_LOGIN_PROFILE_NO_PLAINTEXT_PASSWORD",
            "IAM_USER_LOGIN_PROFILE_USES_SECURE_PARAMETER",
            "IAM_USER_LOGIN_PROFILE_USES_SECURE_SERVICE",
        ],
    ),
    ("F76", &["KMS_NO_WILDCARD_PRINCIPAL"]),
    ("F1000", &["SECURITY_GROUP_MISSING_EGRESS_RULE"]),
    ("F2000", &["IAM_USER_MISSING_GROUP_RULE"]),
    ("W2", &["EC2_SECURITY_GROUP_INGRESS_OPEN_TO_WORLD_RULE", "INCOMING_SSH_DISABLED", "RESTRICTED_INCOMING_TRAFFIC"]),
    ("W5", &["EC2_SECURITY_GROUP_EGRESS_OPEN_TO_WORLD_RULE"]),
    ("W9", &["SECURITY_GROUP_INGRESS_CIDR_NON_32_RULE"]),
    ("W10", &["CLOUDFRONT_ACCESSLOGS_ENABLED"]),
    ("W11", &["IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE"]),
    ("W12", &["IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE"]),
    ("W13", &["IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE"]),
    ("W14", &["IAM_ROLE_NO_ALLOW_PLUS_NOT_ACTION_ON_TRUST_POLICY"]),
    ("W15", &["IAM_ROLE_OR_POLICY_NO_ALLOW_PLUS_NOT_ACTION"]),
    ("W16", &["IAM_ROLE_OR_POLICY_NO_ALLOW_PLUS_NOT_ACTION"]),
    ("W17", &["IAM_ROLE_OR_POLICY_NO_ALLOW_PLUS_NOT_ACTION"]),
    ("W19", &["SNS_TOPICPOLICY_NO_ALLOW_PLUS_NOT_ACTION"]),
    ("W20", &["S3_BUCKET_POLICY_NO_ALLOW_PLUS_NOT_ACTION"]),
    ("W21", &["IAM_ROLE_OR_POLICY_NO_ALLOW_PLUS_NOT_RESOURCE"]),
    ("W22", &["IAM_ROLE_OR_POLICY_NO_ALLOW_PLUS_NOT_RESOURCE"]),
    ("W23", &["IAM_ROLE_OR_POLICY_NO_ALLOW_PLUS_NOT_RESOURCE"]),
    ("W24", &["LAMBDA_PERMISSION_INVOKE_FUNCTION_ACTION"]),
    ("W26", &["ELB_LOGGING_ENABLED"]),
    ("W27", &["SECURITY_GROUP_INGRESS_PORT_RANGE_RULE"]),
    ("W28", &["CFN_NO_EXPLICIT_RESOURCE_NAMES"]),
    ("W29", &["SECURITY_GROUP_EGRESS_PORT_RANGE_RULE"]),
    ("W31", &["S3_BUCKET_PUBLIC_READ_ACL", "S3_BUCKET_PUBLIC_READ_PROHIBITED"]),
    ("W33", &["SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED"]),
    ("W35", &["S3_BUCKET_LOGGING_ENABLED"]),
    ("W36", &["SECURITY_GROUP_DESCRIPTION_RULE"]),
    ("W37", &["EBS_VOLUME_ENCRYPTION_KEY_RULE"]),
    ("W40", &["SECURITY_GROUP_EGRESS_ALL_PROTOCOLS_RULE"]),
    ("W41", &["S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED"]),
    ("W42", &["SECURITY_GROUP_INGRESS_ALL_PROTOCOLS_RULE"]),
    ("W43", &["IAM_ROLE_ADMINISTRATOR_ACCESS_POLICY_RULE"]),
    ("W44", &["IAM_ROLE_ELEVATED_MANAGED_POLICY_RULE"]),
    ("W47", &["SNS_ENCRYPTED_KMS"]),
    ("W48", &["SQS_QUEUE_KMS_MASTER_KEY_ID_RULE"]),
    ("W50", &["IAM_USER_LOGIN_PROFILE_PASSWORD_RESET_RULE"]),
    ("W52", &["ELBV2_ACCESS_LOGGING_RULE"]),
    ("W55", &["ELBV2_LISTENER_SSL_POLICY_RULE"]),
    ("W56", &["ELBV2_LISTENER_PROTOCOL_RULE"]),
    ("W59", &["API_GW_METHOD_AUTHORIZATION_TYPE_RULE"]),
    ("W66", &["EC2_NETWORK_ACL_PROTOCOL_RULE"]),
    ("W67", &["EC2_NETWORK_ACL_PORT_RANGE_RULE"]),
    ("W69", &["API_GW_STAGE_ACCESS_LOGGING_RULE"]),
    ("W70", &["CLOUDFRONT_MINIMUM_PROTOCOL_VERSION_RULE"]),
    ("W71", &["EC2_NETWORK_ACL_ENTRY_INEFFECTIVE_DENY_RULE"]),
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
