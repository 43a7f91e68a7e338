//! What a service understands: its operations and the shapes of what goes in and comes out.
//!
//! The one idea: the models are data in botocore's own form, stripped to the operations that are used. Nothing is generated into
//! Rust: a program that manages two hundred types compiles no client for any of them.

mod embedded;

use std::collections::BTreeMap;

use lw_plan::Json;
use serde::Deserialize;

pub use embedded::{service, services};

/// One service, as its model describes it.
#[derive(Debug, Deserialize)]
pub struct Service {
    pub metadata: Metadata,
    #[serde(default)]
    pub operations: BTreeMap<String, Operation>,
    pub shapes: BTreeMap<String, Shape>,
    #[serde(default)]
    pub paginators: BTreeMap<String, Paginator>,
    #[serde(default)]
    pub waiters: BTreeMap<String, Waiter>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    pub api_version: String,
    pub endpoint_prefix: String,
    pub json_version: Option<String>,
    pub protocol: Protocol,
    pub service_id: String,
    pub signing_name: Option<String>,
    pub target_prefix: Option<String>,
    /// The service once spoke `query`: its old error codes come in a header when they are asked for.
    pub aws_query_compatible: Option<Json>,
    pub xml_namespace: Option<XmlNamespace>,
    /// Endpoints with a name of their own, by partition and region; `*` is the one endpoint of a service without regions.
    pub hosts: BTreeMap<String, BTreeMap<String, Host>>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Host {
    pub host: String,
    /// The region that requests are signed for.
    pub region: String,
}

/// How a service wants to be spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    Ec2,
    Query,
    #[default]
    Json,
    RestJson,
    RestXml,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Operation {
    pub name: String,
    pub http: Http,
    pub input: Option<Reference>,
    pub output: Option<Reference>,
    pub errors: Vec<Reference>,
    pub endpoint: Option<HostEndpoint>,
    /// A digest of the body must go along: the old form, `Content-MD5`.
    pub http_checksum_required: bool,
    pub http_checksum: HttpChecksum,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpChecksum {
    pub request_checksum_required: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Http {
    pub method: String,
    pub request_uri: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostEndpoint {
    pub host_prefix: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Structure,
    List,
    Map,
    #[default]
    String,
    Character,
    Byte,
    Short,
    Integer,
    Long,
    Float,
    Double,
    Boolean,
    Blob,
    Timestamp,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: Kind,
    pub members: BTreeMap<String, Reference>,
    /// Of a list.
    pub member: Option<Box<Reference>>,
    /// Of a map.
    pub key: Option<Box<Reference>>,
    pub value: Option<Box<Reference>>,
    /// The member that is the whole body.
    pub payload: Option<String>,
    /// Anything at all.
    pub document: bool,
    pub union: bool,
    pub exception: bool,
    pub error: Option<ErrorTrait>,
    #[serde(flatten)]
    pub traits: Traits,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorTrait {
    pub code: Option<String>,
}

/// A shape where it is used.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reference {
    pub shape: String,
    pub location: Option<Location>,
    pub query_name: Option<String>,
    pub xml_attribute: bool,
    pub idempotency_token: bool,
    pub jsonvalue: bool,
    pub host_label: bool,
    pub result_wrapper: Option<String>,
    #[serde(flatten)]
    pub traits: Traits,
}

/// What a shape says of itself and whoever uses it may say otherwise.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Traits {
    pub location_name: Option<String>,
    pub flattened: Option<bool>,
    pub xml_namespace: Option<XmlNamespace>,
    pub timestamp_format: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Location {
    Uri,
    Querystring,
    Header,
    Headers,
    StatusCode,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum XmlNamespace {
    Uri(String),
    Full { prefix: Option<String>, uri: String },
}

/// How the pages of an operation follow each other.
#[derive(Debug, Deserialize)]
pub struct Paginator {
    pub input_token: OneOrMany,
    pub output_token: OneOrMany,
    pub result_key: OneOrMany,
    #[serde(default)]
    pub more_results: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn iter(&self) -> impl Iterator<Item = &String> {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one).iter(),
            OneOrMany::Many(many) => many.iter(),
        }
    }
}

/// When something has come to be.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiter {
    pub operation: String,
    /// Seconds between two looks.
    pub delay: u64,
    pub max_attempts: u32,
    pub acceptors: Vec<Acceptor>,
}

#[derive(Debug, Deserialize)]
pub struct Acceptor {
    pub state: AcceptorState,
    pub matcher: Matcher,
    #[serde(default)]
    pub argument: String,
    pub expected: Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AcceptorState {
    Success,
    Failure,
    Retry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Matcher {
    Path,
    PathAll,
    PathAny,
    Status,
    Error,
}

/// A shape together with what its use says of it.
#[derive(Clone, Copy, Debug)]
pub struct Used<'a> {
    pub service: &'a Service,
    pub reference: &'a Reference,
    pub shape: &'a Shape,
}

static ANYTHING: Shape = Shape {
    kind: Kind::String,
    members: BTreeMap::new(),
    member: None,
    key: None,
    value: None,
    payload: None,
    document: true,
    union: false,
    exception: false,
    error: None,
    traits: Traits { location_name: None, flattened: None, xml_namespace: None, timestamp_format: None },
};

impl Service {
    /// The shape that a reference names. One that is not in the model takes anything as it is.
    pub fn used<'a>(&'a self, reference: &'a Reference) -> Used<'a> {
        let shape = self.shapes.get(&reference.shape).unwrap_or(&ANYTHING);
        Used { service: self, reference, shape }
    }

    /// The name that requests are signed for.
    pub fn signing_name(&self) -> &str {
        self.metadata.signing_name.as_deref().unwrap_or(&self.metadata.endpoint_prefix)
    }
}

impl<'a> Used<'a> {
    pub fn member(&self, name: &str) -> Option<Used<'a>> {
        self.shape.members.get(name).map(|reference| self.service.used(reference))
    }

    /// The member whose name is the same but for case, with its name as the model writes it.
    pub fn member_like(&self, name: &str) -> Option<(&'a str, Used<'a>)> {
        if let Some((name, reference)) = self.shape.members.get_key_value(name) {
            return Some((name, self.service.used(reference)));
        }
        let found = self.shape.members.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(name, reference)| (name.as_str(), self.service.used(reference)))
    }

    pub fn members(&self) -> impl Iterator<Item = (&'a str, Used<'a>)> {
        let service = self.service;
        self.shape.members.iter().map(move |(name, reference)| (name.as_str(), service.used(reference)))
    }

    /// Of a list: its element.
    pub fn element(&self) -> Used<'a> {
        self.inner(&self.shape.member)
    }

    pub fn key(&self) -> Used<'a> {
        self.inner(&self.shape.key)
    }

    pub fn value(&self) -> Used<'a> {
        self.inner(&self.shape.value)
    }

    fn inner(&self, reference: &'a Option<Box<Reference>>) -> Used<'a> {
        match reference {
            Some(reference) => self.service.used(reference),
            None => Used { shape: &ANYTHING, ..*self },
        }
    }

    /// What it is called on the wire, where it is used.
    pub fn location_name(&self) -> Option<&'a str> {
        self.reference.traits.location_name.as_deref()
    }

    pub fn is_flattened(&self) -> bool {
        self.reference.traits.flattened.or(self.shape.traits.flattened).unwrap_or(false)
    }

    pub fn timestamp_format(&self) -> Option<&'a str> {
        self.reference.traits.timestamp_format.as_deref().or(self.shape.traits.timestamp_format.as_deref())
    }

    pub fn xml_namespace(&self) -> Option<&'a XmlNamespace> {
        self.reference.traits.xml_namespace.as_ref().or(self.shape.traits.xml_namespace.as_ref())
    }

    /// Whether a parameter goes into the body, and not into a header, the path or the query.
    pub fn is_in_body(&self) -> bool {
        self.reference.location.is_none()
    }

    /// Whether a result comes from the body: an answer has no path and no query.
    pub fn is_from_body(&self) -> bool {
        matches!(self.reference.location, None | Some(Location::Uri | Location::Querystring))
    }
}
