//! The serverless transform: its types as the resources that they stand for.
//!
//! What is made here is what a policy can look at: functions and their roles, tables, APIs with their stages, state machines. What
//! SAM adds around them to wire events up (permissions, mappings, deployments) is not.

use std::sync::Arc;

use lw_diagnostics::{Diagnostic, Span};

use crate::errors;
use crate::tree::{Entry, Node, NodeKind};

pub(crate) const TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// Replaces the serverless types of a document by what they stand for.
pub fn expand(root: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    let is_asked = root.get("Transform").is_some_and(|transform| {
        std::iter::once(transform)
            .chain(transform.items())
            .any(|name| name.text().is_some_and(|text| **text == *TRANSFORM))
    });
    if !is_asked {
        return;
    }
    let globals = root.get("Globals").cloned();
    let NodeKind::Mapping(sections) = &mut root.kind else { return };
    let Some(resources) = sections.iter_mut().find(|section| &*section.key == "Resources") else { return };
    let NodeKind::Mapping(entries) = &mut resources.value.kind else { return };
    let mut expanded = Vec::with_capacity(entries.len());
    implicit_apis(entries, &mut expanded);
    for entry in std::mem::take(entries) {
        let kind = entry.value.get("Type").and_then(Node::text).and_then(|text| text.strip_prefix("AWS::Serverless::"));
        match kind.map(str::to_string) {
            Some(kind) => Serverless::of(entry, &kind, globals.as_ref(), diagnostics).write(&mut expanded),
            None => expanded.push(entry),
        }
    }
    *entries = expanded;
}

/// The APIs that SAM makes for events that name none.
fn implicit_apis(entries: &[Entry], expanded: &mut Vec<Entry>) {
    for (event, key, api) in [("Api", "RestApiId", "ServerlessRestApi"), ("HttpApi", "ApiId", "ServerlessHttpApi")] {
        let asks = |entry: &&Entry| {
            let events = entry.value.get("Properties").and_then(|properties| properties.get("Events"));
            events.is_some_and(|events| {
                events.entries().iter().any(|one| {
                    one.value.get("Type").and_then(Node::text).is_some_and(|kind| **kind == *event)
                        && one.value.get("Properties").and_then(|properties| properties.get(key)).is_none()
                })
            })
        };
        let Some(asking) = entries.iter().find(asks) else { continue };
        let span = asking.key_span;
        let stage = if event == "Api" { "Prod" } else { "$default" };
        let stage = Node { kind: NodeKind::String(Arc::from(stage)), span };
        let properties = vec![Entry { key: Arc::from("StageName"), key_span: span, value: stage }];
        let value = Node { kind: NodeKind::Mapping(Vec::new()), span: asking.value.span };
        let entry = Entry { key: Arc::from(api), key_span: span, value };
        Serverless { entry, kind: event.to_string(), properties, span }.write(expanded);
    }
}

/// One resource of a serverless type.
struct Serverless {
    entry: Entry,
    kind: String,
    /// Its own properties and those of the globals that it has not.
    properties: Vec<Entry>,
    span: Span,
}

/// Properties of each serverless type.
const PROPERTIES: &[(&str, &[&str])] = &[
    (
        "Function",
        &[
            "Architectures",
            "AssumeRolePolicyDocument",
            "AutoPublishAlias",
            "AutoPublishAliasAllProperties",
            "AutoPublishCodeSha256",
            "CapacityProviderConfig",
            "CodeSigningConfigArn",
            "CodeUri",
            "DeadLetterQueue",
            "DeploymentPreference",
            "Description",
            "DurableConfig",
            "Environment",
            "EphemeralStorage",
            "EventInvokeConfig",
            "Events",
            "FileSystemConfigs",
            "FunctionName",
            "FunctionScalingConfig",
            "FunctionUrlConfig",
            "Handler",
            "ImageConfig",
            "ImageUri",
            "InlineCode",
            "KmsKeyArn",
            "Layers",
            "LoggingConfig",
            "MemorySize",
            "MultiTenancyConfig",
            "PackageType",
            "PermissionsBoundary",
            "Policies",
            "PropagateTags",
            "ProvisionedConcurrencyConfig",
            "PublishToLatestPublished",
            "RecursiveLoop",
            "ReservedConcurrentExecutions",
            "Role",
            "RolePath",
            "Runtime",
            "RuntimeManagementConfig",
            "SnapStart",
            "SourceKMSKeyArn",
            "Tags",
            "TenancyConfig",
            "Timeout",
            "Tracing",
            "VersionDeletionPolicy",
            "VersionDescription",
            "VpcConfig",
        ],
    ),
    (
        "SimpleTable",
        &[
            "PointInTimeRecoverySpecification",
            "PrimaryKey",
            "ProvisionedThroughput",
            "SSESpecification",
            "TableName",
            "Tags",
        ],
    ),
    (
        "LayerVersion",
        &[
            "CompatibleArchitectures",
            "CompatibleRuntimes",
            "ContentUri",
            "Description",
            "LayerName",
            "LicenseInfo",
            "PublishLambdaVersion",
            "RetentionPolicy",
        ],
    ),
    (
        "Api",
        &[
            "AccessLogSetting",
            "AlwaysDeploy",
            "ApiKeySourceType",
            "Auth",
            "BinaryMediaTypes",
            "CacheClusterEnabled",
            "CacheClusterSize",
            "CanarySetting",
            "Cors",
            "DefinitionBody",
            "DefinitionUri",
            "Description",
            "DisableExecuteApiEndpoint",
            "Domain",
            "EndpointAccessMode",
            "EndpointConfiguration",
            "FailOnWarnings",
            "GatewayResponses",
            "MergeDefinitions",
            "MethodSettings",
            "MinimumCompressionSize",
            "Mode",
            "Models",
            "Name",
            "OpenApiVersion",
            "Policy",
            "PropagateTags",
            "SecurityPolicy",
            "StageName",
            "Tags",
            "TracingEnabled",
            "Variables",
        ],
    ),
    (
        "HttpApi",
        &[
            "AccessLogSettings",
            "Auth",
            "CorsConfiguration",
            "DefaultRouteSettings",
            "DefinitionBody",
            "DefinitionUri",
            "Description",
            "DisableExecuteApiEndpoint",
            "Domain",
            "FailOnWarnings",
            "Name",
            "PropagateTags",
            "RouteSettings",
            "StageName",
            "StageVariables",
            "Tags",
        ],
    ),
    (
        "StateMachine",
        &[
            "AutoPublishAlias",
            "Definition",
            "DefinitionSubstitutions",
            "DefinitionUri",
            "DeploymentPreference",
            "EncryptionConfiguration",
            "Events",
            "Logging",
            "Name",
            "PermissionsBoundary",
            "Policies",
            "PropagateTags",
            "Role",
            "RolePath",
            "Tags",
            "Tracing",
            "Type",
            "UseAliasAsEventTarget",
        ],
    ),
    ("Application", &["Location", "NotificationARNs", "Parameters", "Tags", "TimeoutInMinutes"]),
    ("Connector", &["Destination", "Permissions", "Source", "SourceReference"]),
    (
        "CapacityProvider",
        &[
            "CapacityProviderName",
            "CapacityProviderScalingConfig",
            "InstanceRequirements",
            "KmsKeyArn",
            "OperatorRole",
            "PropagateTags",
            "Tags",
            "VpcConfig",
            "ScalingConfig",
        ],
    ),
    (
        "GraphQLApi",
        &[
            "ApiKeys",
            "Auth",
            "Cache",
            "DataSources",
            "DomainName",
            "Functions",
            "Logging",
            "Name",
            "Resolvers",
            "SchemaInline",
            "SchemaUri",
            "Tags",
            "XrayEnabled",
            "IntrospectionConfig",
            "OwnerContact",
            "QueryDepthLimit",
            "ResolverCountLimit",
            "Visibility",
        ],
    ),
];

impl Serverless {
    fn of(mut entry: Entry, kind: &str, globals: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) -> Serverless {
        let span = entry.value.span;
        let mut properties = Vec::new();
        if let NodeKind::Mapping(attributes) = &mut entry.value.kind
            && let Some(at) = attributes.iter().position(|attribute| &*attribute.key == "Properties")
            && let NodeKind::Mapping(own) = attributes.remove(at).value.kind
        {
            properties = own;
        }
        let known = PROPERTIES.iter().find(|(name, _)| *name == kind).map(|(_, known)| *known);
        let owner = format!("AWS::Serverless::{kind}");
        match known {
            Some(known) => {
                for property in properties.iter().filter(|property| !known.contains(&&*property.key)) {
                    let names = known.iter().copied();
                    let (diagnostic, _) = errors::unknown_property(&property.key, &owner, property.key_span, names);
                    diagnostics.push(diagnostic);
                }
            }
            None => {
                let at = entry.value.get("Type").map_or(entry.key_span, |node| node.span);
                let names: Vec<String> =
                    PROPERTIES.iter().map(|(name, _)| format!("AWS::Serverless::{name}")).collect();
                diagnostics.push(errors::unknown_type(&owner, at, names.iter().map(String::as_str)));
            }
        }
        for global in globals.and_then(|globals| globals.get(kind)).map_or(&[][..], Node::entries) {
            match properties.iter_mut().find(|own| own.key == global.key) {
                None => properties.push(global.clone()),
                Some(own) => merge(&mut own.value, &global.value),
            }
        }
        Serverless { entry, kind: kind.to_string(), properties, span }
    }

    fn get(&self, name: &str) -> Option<&Node> {
        self.properties.iter().find(|property| &*property.key == name).map(|property| &property.value)
    }

    fn text(&self, text: &str) -> Node {
        Node { kind: NodeKind::String(Arc::from(text)), span: self.entry.key_span }
    }

    fn mapping(&self, entries: Vec<Entry>) -> Node {
        Node { kind: NodeKind::Mapping(entries), span: self.span }
    }

    fn field(&self, key: &str, value: Node) -> Entry {
        Entry { key: Arc::from(key), key_span: self.entry.key_span, value }
    }

    /// Properties that are the same on both sides.
    fn same(&self, names: &[&str]) -> Vec<Entry> {
        self.properties.iter().filter(|property| names.contains(&&*property.key)).cloned().collect()
    }

    /// A property under another name.
    fn renamed(&self, from: &str, to: &str) -> Option<Entry> {
        let found = self.properties.iter().find(|property| &*property.key == from)?;
        Some(Entry { key: Arc::from(to), ..found.clone() })
    }

    /// A mapping of tags as a list.
    fn tags(&self) -> Option<Entry> {
        let found = self.properties.iter().find(|property| &*property.key == "Tags")?;
        let tag = |entry: &Entry| {
            let name = Node { kind: NodeKind::String(entry.key.clone()), span: entry.key_span };
            self.mapping(vec![self.field("Key", name), self.field("Value", entry.value.clone())])
        };
        let value = match &found.value.kind {
            NodeKind::Mapping(tags) if !tags.iter().any(|tag| tag.key.starts_with("Fn::")) => {
                Node { kind: NodeKind::List(tags.iter().map(tag).collect()), span: found.value.span }
            }
            _ => found.value.clone(),
        };
        Some(Entry { value, ..found.clone() })
    }

    /// A resource of this one's conditions and metadata.
    fn resource(&self, name: &str, wire_type: &str, properties: Vec<Entry>) -> Entry {
        let kept = ["Condition", "DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"];
        let mut attributes = vec![self.field("Type", self.text(wire_type))];
        attributes.extend(self.entry.value.entries().iter().filter(|one| kept.contains(&&*one.key)).cloned());
        attributes.push(self.field("Properties", self.mapping(properties)));
        Entry { key: Arc::from(name), key_span: self.entry.key_span, value: self.mapping(attributes) }
    }

    fn attribute_of(&self, resource: &str, attribute: &str) -> Node {
        let parts = vec![self.text(resource), self.text(attribute)];
        let list = Node { kind: NodeKind::List(parts), span: self.entry.key_span };
        self.mapping(vec![self.field("Fn::GetAtt", list)])
    }

    fn reference_to(&self, resource: &str) -> Node {
        self.mapping(vec![self.field("Ref", self.text(resource))])
    }

    fn write(self, expanded: &mut Vec<Entry>) {
        let name = self.entry.key.clone();
        match self.kind.as_str() {
            "Function" => self.function(&name, expanded),
            "SimpleTable" => {
                let mut properties = self.same(&[
                    "PointInTimeRecoverySpecification",
                    "ProvisionedThroughput",
                    "SSESpecification",
                    "TableName",
                ]);
                properties.extend(self.tags());
                let key = self.get("PrimaryKey");
                let part = |name: &str, default: &str| {
                    key.and_then(|key| key.get(name)).cloned().unwrap_or_else(|| self.text(default))
                };
                let kind = part("Type", "String").text().and_then(|text| text.chars().next()).unwrap_or('S');
                let (attribute, kind) = (part("Name", "id"), self.text(&kind.to_string()));
                let list =
                    |entries: Vec<Entry>| Node { kind: NodeKind::List(vec![self.mapping(entries)]), span: self.span };
                let definition =
                    vec![self.field("AttributeName", attribute.clone()), self.field("AttributeType", kind)];
                let hash = vec![self.field("AttributeName", attribute), self.field("KeyType", self.text("HASH"))];
                properties.push(self.field("AttributeDefinitions", list(definition)));
                properties.push(self.field("KeySchema", list(hash)));
                if self.get("ProvisionedThroughput").is_none() {
                    properties.push(self.field("BillingMode", self.text("PAY_PER_REQUEST")));
                }
                expanded.push(self.resource(&name, "AWS::DynamoDB::Table", properties));
            }
            "LayerVersion" => {
                let mut properties = self.same(&[
                    "CompatibleArchitectures",
                    "CompatibleRuntimes",
                    "Description",
                    "LayerName",
                    "LicenseInfo",
                ]);
                properties.push(self.field("Content", self.code("ContentUri")));
                expanded.push(self.resource(&name, "AWS::Lambda::LayerVersion", properties));
            }
            "Api" => self.api(&name, expanded),
            "HttpApi" => {
                let mut properties =
                    self.same(&["CorsConfiguration", "Description", "DisableExecuteApiEndpoint", "FailOnWarnings"]);
                // A short form of either kind stands for more than is known here.
                properties.retain(|property| {
                    &*property.key != "CorsConfiguration" || matches!(property.value.kind, NodeKind::Mapping(_))
                });
                properties.extend(self.renamed("Name", "Name"));
                if self.get("Name").is_none() {
                    properties.push(self.field("Name", self.text(&name)));
                }
                properties.push(self.field("ProtocolType", self.text("HTTP")));
                expanded.push(self.resource(&name, "AWS::ApiGatewayV2::Api", properties));
                let mut stage =
                    self.same(&["AccessLogSettings", "DefaultRouteSettings", "RouteSettings", "StageVariables"]);
                stage.push(self.field("ApiId", self.reference_to(&name)));
                stage.push(
                    self.field("StageName", self.get("StageName").cloned().unwrap_or_else(|| self.text("$default"))),
                );
                expanded.push(self.resource(
                    &format!("{name}ApiGatewayDefaultStage"),
                    "AWS::ApiGatewayV2::Stage",
                    stage,
                ));
            }
            "StateMachine" => {
                let mut properties = self.same(&["DefinitionSubstitutions", "EncryptionConfiguration"]);
                properties.extend(self.renamed("Definition", "Definition"));
                properties.extend(self.renamed("Logging", "LoggingConfiguration"));
                properties.extend(self.renamed("Name", "StateMachineName"));
                properties.extend(self.renamed("Type", "StateMachineType"));
                properties.extend(self.renamed("Tracing", "TracingConfiguration"));
                properties.extend(self.tags());
                properties.push(self.role(&name, "states.amazonaws.com", expanded));
                let properties = properties.into_iter().map(|property| match &*property.key {
                    "Role" => Entry { key: Arc::from("RoleArn"), ..property },
                    _ => property,
                });
                let machine = self.resource(&name, "AWS::StepFunctions::StateMachine", properties.collect());
                expanded.push(machine);
            }
            "Application" => {
                let mut properties = self.same(&["NotificationARNs", "Parameters", "TimeoutInMinutes"]);
                properties.extend(self.tags());
                let location = match self.get("Location") {
                    Some(node) if node.text().is_some() => node.clone(),
                    _ => self.text("https://serverlessrepo.amazonaws.com"),
                };
                properties.push(self.field("TemplateURL", location));
                expanded.push(self.resource(&name, "AWS::CloudFormation::Stack", properties));
            }
            // Nothing that a policy looks at, or no type at all.
            _ => {}
        }
    }

    fn function(&self, name: &str, expanded: &mut Vec<Entry>) {
        let mut properties = self.same(&[
            "Architectures",
            "CodeSigningConfigArn",
            "Description",
            "Environment",
            "EphemeralStorage",
            "FileSystemConfigs",
            "FunctionName",
            "Handler",
            "ImageConfig",
            "KmsKeyArn",
            "Layers",
            "LoggingConfig",
            "MemorySize",
            "PackageType",
            "RecursiveLoop",
            "ReservedConcurrentExecutions",
            "Runtime",
            "RuntimeManagementConfig",
            "SnapStart",
            "Timeout",
            "VpcConfig",
        ]);
        properties.push(self.field("Code", self.code("CodeUri")));
        if let Some(mode) = self.get("Tracing").filter(|mode| mode.text().is_none_or(|text| &**text != "Disabled")) {
            let mode = self.mapping(vec![self.field("Mode", mode.clone())]);
            properties.push(self.field("TracingConfig", mode));
        }
        if let Some(queue) = self.get("DeadLetterQueue").and_then(|queue| queue.get("TargetArn")) {
            let target = self.mapping(vec![self.field("TargetArn", queue.clone())]);
            properties.push(self.field("DeadLetterConfig", target));
        }
        properties.extend(self.tags());
        properties.push(self.role(name, "lambda.amazonaws.com", expanded));
        expanded.push(self.resource(name, "AWS::Lambda::Function", properties));
        let url = self.get("FunctionUrlConfig");
        if let Some(NodeKind::Mapping(url)) = url.map(|url| &url.kind) {
            let mut properties: Vec<Entry> = url.clone();
            properties.push(self.field("TargetFunctionArn", self.reference_to(name)));
            expanded.push(self.resource(&format!("{name}Url"), "AWS::Lambda::Url", properties));
        }
    }

    /// Where code lies: in a bucket, in an image, in the template, or on the disk of whoever packages it.
    fn code(&self, property: &str) -> Node {
        if let Some(text) = self.get("InlineCode") {
            return self.mapping(vec![self.field("ZipFile", text.clone())]);
        }
        if let Some(image) = self.get("ImageUri") {
            return self.mapping(vec![self.field("ImageUri", image.clone())]);
        }
        match self.get(property) {
            Some(Node { kind: NodeKind::Mapping(parts), .. }) if parts.iter().any(|part| &*part.key == "Bucket") => {
                let renamed = parts.iter().filter_map(|part| {
                    let key = match &*part.key {
                        "Bucket" => "S3Bucket",
                        "Key" => "S3Key",
                        "Version" => "S3ObjectVersion",
                        _ => return None,
                    };
                    Some(Entry { key: Arc::from(key), ..part.clone() })
                });
                self.mapping(renamed.collect())
            }
            _ => {
                let location = self.get(property).and_then(Node::text).and_then(|text| text.strip_prefix("s3://"));
                let (bucket, key) = location.and_then(|path| path.split_once('/')).unwrap_or(("packaged", "packaged"));
                self.mapping(vec![self.field("S3Bucket", self.text(bucket)), self.field("S3Key", self.text(key))])
            }
        }
    }

    /// The role that is given, or the one that SAM makes.
    fn role(&self, name: &str, service: &str, expanded: &mut Vec<Entry>) -> Entry {
        if let Some(role) = self.get("Role") {
            return self.field("Role", role.clone());
        }
        let role = format!("{name}Role");
        let trust = self.get("AssumeRolePolicyDocument").cloned().unwrap_or_else(|| {
            let principal = self.mapping(vec![self.field("Service", self.text(service))]);
            let statement = self.mapping(vec![
                self.field("Effect", self.text("Allow")),
                self.field("Action", self.text("sts:AssumeRole")),
                self.field("Principal", principal),
            ]);
            let statements = Node { kind: NodeKind::List(vec![statement]), span: self.span };
            self.mapping(vec![self.field("Version", self.text("2012-10-17")), self.field("Statement", statements)])
        });
        let mut properties = vec![self.field("AssumeRolePolicyDocument", trust)];
        properties.extend(self.renamed("PermissionsBoundary", "PermissionsBoundary"));
        properties.extend(self.renamed("RolePath", "Path"));
        properties.extend(self.tags());
        let (managed, inline) = self.policies();
        if !managed.is_empty() {
            properties.push(self.field("ManagedPolicyArns", Node { kind: NodeKind::List(managed), span: self.span }));
        }
        if !inline.is_empty() {
            properties.push(self.field("Policies", Node { kind: NodeKind::List(inline), span: self.span }));
        }
        expanded.push(self.resource(&role, "AWS::IAM::Role", properties));
        self.field("Role", self.attribute_of(&role, "Arn"))
    }

    /// Policies by name or ARN, and those that are written in place.
    fn policies(&self) -> (Vec<Node>, Vec<Node>) {
        let (mut managed, mut inline) = (Vec::new(), Vec::new());
        let Some(policies) = self.get("Policies") else { return (managed, inline) };
        let list = match &policies.kind {
            NodeKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(policies),
        };
        for (number, policy) in list.iter().enumerate() {
            if policy.get("Statement").is_some() {
                let name = self.text(&format!("{}RolePolicy{number}", self.entry.key));
                let mut document = policy.clone();
                if let (NodeKind::Mapping(parts), None) = (&mut document.kind, policy.get("Version")) {
                    parts.push(self.field("Version", self.text("2012-10-17")));
                }
                let policy = self.mapping(vec![self.field("PolicyName", name), self.field("PolicyDocument", document)]);
                inline.push(policy);
            } else if let Some(text) = policy.text() {
                let is_arn = text.starts_with("arn:");
                let arn = if is_arn { text.to_string() } else { format!("arn:aws:iam::aws:policy/{text}") };
                managed.push(Node { kind: NodeKind::String(Arc::from(arn)), span: policy.span });
            } else if policy.only_entry().is_some_and(|entry| entry.key.starts_with("Fn::") || &*entry.key == "Ref") {
                managed.push(policy.clone());
            }
            // Anything else is one of SAM's own templates of policies.
        }
        (managed, inline)
    }

    fn api(&self, name: &str, expanded: &mut Vec<Entry>) {
        let mut properties = self.same(&[
            "ApiKeySourceType",
            "BinaryMediaTypes",
            "Description",
            "DisableExecuteApiEndpoint",
            "FailOnWarnings",
            "MinimumCompressionSize",
            "Mode",
            "Name",
            "Policy",
        ]);
        properties.extend(self.renamed("DefinitionBody", "Body"));
        if let Some(endpoint) = self.get("EndpointConfiguration") {
            let endpoint = match (endpoint.text(), endpoint.get("Type")) {
                (Some(_), _) => Some(endpoint.clone()),
                (None, kind) => kind.cloned(),
            };
            if let Some(kind) = endpoint {
                let types = Node { kind: NodeKind::List(vec![kind]), span: self.span };
                properties.push(self.field("EndpointConfiguration", self.mapping(vec![self.field("Types", types)])));
            }
        }
        properties.extend(self.tags());
        if self.get("Name").is_none() {
            properties.push(self.field("Name", self.text(name)));
        }
        expanded.push(self.resource(name, "AWS::ApiGateway::RestApi", properties));
        let mut stage = self.same(&[
            "AccessLogSetting",
            "CacheClusterEnabled",
            "CacheClusterSize",
            "CanarySetting",
            "MethodSettings",
            "StageName",
            "TracingEnabled",
            "Variables",
        ]);
        stage.push(self.field("RestApiId", self.reference_to(name)));
        stage.extend(self.tags());
        // SAM names it after the stage where that is a plain text.
        let suffix = self
            .get("StageName")
            .and_then(Node::text)
            .map_or_else(|| "Stage".to_string(), |text| format!("{text}Stage"));
        expanded.push(self.resource(&format!("{name}{suffix}"), "AWS::ApiGateway::Stage", stage));
    }
}

/// Globals are merged into mappings, and stand before what a list has of its own.
fn merge(own: &mut Node, global: &Node) {
    match (&mut own.kind, &global.kind) {
        (NodeKind::Mapping(own), NodeKind::Mapping(global)) => {
            let is_function =
                |entries: &[Entry]| entries.iter().any(|entry| entry.key.starts_with("Fn::") || &*entry.key == "Ref");
            if is_function(own) || is_function(global) {
                return;
            }
            for entry in global {
                match own.iter_mut().find(|known| known.key == entry.key) {
                    None => own.push(entry.clone()),
                    Some(known) => merge(&mut known.value, &entry.value),
                }
            }
        }
        (NodeKind::List(own), NodeKind::List(global)) => {
            own.splice(0..0, global.iter().cloned());
        }
        _ => {}
    }
}
