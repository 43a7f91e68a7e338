//! From parameters to an HTTP request and from an HTTP answer to values, as a service's model says.
//!
//! Parameters and results are JSON by the model's member names. Times are seconds since 1970 in results, and those or ISO 8601
//! in parameters. Bytes are text where they are UTF-8, else `{"$base64": …}`.

mod failure;
mod json;
mod parse;
mod query;
mod rest;
mod time;
mod values;
mod xml;
mod xml_in;
mod xml_out;

use lw_plan::{Json, Map};

use crate::model::{Operation, Protocol, Service};

pub use failure::ServiceFailure;
pub use parse::{ParseError, parse, parse_failure_members};
pub use time::{iso8601, parse_time};

/// An HTTP request, but for host, credentials and signature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    pub method: String,
    /// What goes before the endpoint's host: `data.`.
    pub host_prefix: String,
    /// Percent-encoded.
    pub path: String,
    /// Percent-encoded, without `?`.
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Where it goes: below an endpoint, which may have a path of its own.
    pub fn url(&self, endpoint: &str) -> String {
        let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("{scheme}://{}{}{}{query}", self.host_prefix, rest.trim_end_matches('/'), self.path)
    }

    fn set_header(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_string(), value.into()));
    }
}

/// An HTTP answer.
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The parameters do not fit the model: a mistake of whoever made them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SerializeError {
    #[error("{operation} takes no `{path}`")]
    NoSuchMember { operation: String, path: String },
    #[error("{operation} cannot take {found} as `{path}`")]
    WrongKind { operation: String, path: String, found: String },
    #[error("{operation} needs `{path}`")]
    Missing { operation: String, path: String },
}

/// Writes a request. `token` fills the member that takes an idempotency token, unless the parameters do.
pub fn serialize(
    service: &Service,
    operation: &Operation,
    parameters: &Map<String, Json>,
    token: &str,
) -> Result<Request, SerializeError> {
    let parameters = &values::prepared(service, operation, parameters, token)?;
    let mut request = match service.metadata.protocol {
        Protocol::Ec2 | Protocol::Query => query::serialize(service, operation, parameters)?,
        Protocol::Json => json::serialize(service, operation, parameters)?,
        Protocol::RestJson | Protocol::RestXml => rest::serialize(service, operation, parameters)?,
    };
    if let Some(endpoint) = &operation.endpoint {
        request.host_prefix = host_prefix(operation, &endpoint.host_prefix, parameters)?;
    }
    if operation.http_checksum_required && request.header("content-md5").is_none() {
        use base64::Engine as _;
        use md5::Digest as _;
        let digest = md5::Md5::digest(&request.body);
        request.set_header("Content-MD5", base64::engine::general_purpose::STANDARD.encode(digest));
    } else if operation.http_checksum.request_checksum_required {
        use base64::Engine as _;
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(&request.body);
        request.set_header("x-amz-sdk-checksum-algorithm", "SHA256");
        request.set_header("x-amz-checksum-sha256", base64::engine::general_purpose::STANDARD.encode(digest));
    }
    Ok(request)
}

/// `foo.{label}.` with the labels from the parameters.
fn host_prefix(
    operation: &Operation,
    template: &str,
    parameters: &Map<String, Json>,
) -> Result<String, SerializeError> {
    let mut prefix = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        prefix.push_str(before);
        let (label, after) = after.split_once('}').unwrap_or((after, ""));
        let path = label.to_string();
        let value = parameters.get(label).and_then(Json::as_str).filter(|value| !value.is_empty());
        let value =
            value.ok_or_else(|| SerializeError::Missing { operation: operation.name.clone(), path: path.clone() })?;
        if !value.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '.')) {
            let found = format!("`{value}`");
            return Err(SerializeError::WrongKind { operation: operation.name.clone(), path, found });
        }
        prefix.push_str(value);
        rest = after;
    }
    prefix.push_str(rest);
    Ok(prefix)
}

/// Percent-encodes all but letters, digits and `-._~`; and `/` where it may stay.
fn percent_encode(text: &str, keep_slashes: bool) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    const GREEDY: &AsciiSet = &STRICT.remove(b'/');
    utf8_percent_encode(text, if keep_slashes { GREEDY } else { STRICT }).to_string()
}
