//! What a service says when it says no.

use lw_plan::Json;

use super::Response;
use super::parse::json_body;
use super::xml::{self, Element};
use crate::model::{Protocol, Service};

/// An error as a service reports it. One that no service wrote (a proxy's page, an empty body) has the status as its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceFailure {
    pub status: u16,
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
    pub retry_after_ms: Option<u64>,
}

/// As much of a page as is worth showing.
const EXCERPT_LENGTH: usize = 200;

pub fn of(service: &Service, response: &Response) -> ServiceFailure {
    let mut failure = match service.metadata.protocol {
        Protocol::Json | Protocol::RestJson => of_json(service, response),
        Protocol::Ec2 | Protocol::Query | Protocol::RestXml => of_xml(response),
    };
    failure.status = response.status;
    let header = |name: &str| response.header(name).map(str::to_string);
    failure.request_id =
        failure.request_id.or_else(|| header("x-amzn-requestid")).or_else(|| header("x-amz-request-id"));
    failure.retry_after_ms = response.header("x-amz-retry-after").and_then(|text| text.parse().ok()).or_else(|| {
        response.header("retry-after").and_then(|text| text.parse::<u64>().ok()).map(|seconds| seconds * 1000)
    });
    if failure.code.is_empty() {
        failure.code = response.status.to_string();
    }
    if failure.message.is_empty() {
        failure.message = excerpt(response);
    }
    failure
}

/// What an answer says to people, where no service wrote it: the text of a page.
fn excerpt(response: &Response) -> String {
    let body = String::from_utf8_lossy(&response.body);
    let (mut text, mut inside) = (String::new(), false);
    for sign in body.chars() {
        match sign {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            sign if !inside => text.push(sign),
            _ => {}
        }
    }
    let text = text.split_whitespace().collect::<Vec<&str>>().join(" ");
    match text.is_empty() {
        true => format!("HTTP status {}", response.status),
        false => text.chars().take(EXCERPT_LENGTH).collect(),
    }
}

fn of_json(service: &Service, response: &Response) -> ServiceFailure {
    let body = json_body(response).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Json::as_str);
    let old = response.header("x-amzn-query-error").filter(|_| service.metadata.aws_query_compatible.is_some());
    let old = old.and_then(|text| text.split(';').next()).filter(|code| !code.is_empty());
    let code = old.or_else(|| response.header("x-amzn-errortype")).or_else(|| text("__type")).or_else(|| text("code"));
    let code = code.or_else(|| text("Code")).unwrap_or_default();
    // `aws.protocoltests#FooError:http://…`
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let message = text("message").or_else(|| text("Message")).or_else(|| text("errorMessage"));
    ServiceFailure {
        code: code.to_string(),
        message: message.unwrap_or_default().to_string(),
        ..ServiceFailure::default()
    }
}

fn of_xml(response: &Response) -> ServiceFailure {
    let root = String::from_utf8(response.body.clone()).ok().and_then(|text| xml::parse(&text).ok());
    let Some((root, error)) = root.as_ref().and_then(|root| Some((root, error_element(root)?))) else {
        return ServiceFailure::default();
    };
    let text = |name: &str| error.text_of(name).unwrap_or_default().trim().to_string();
    let request_id = ["RequestId", "RequestID", "requestId"];
    let request_id = request_id.iter().find_map(|name| root.text_of(name).or_else(|| error.text_of(name)));
    ServiceFailure {
        code: text("Code"),
        message: if text("Message").is_empty() { text("message") } else { text("Message") },
        request_id: request_id.map(str::to_string),
        ..ServiceFailure::default()
    }
}

/// `<ErrorResponse><Error>`, `<Response><Errors><Error>`, or `<Error>`.
pub fn error_element(root: &Element) -> Option<&Element> {
    match root.name.as_str() {
        "Error" => Some(root),
        "ErrorResponse" => root.child("Error"),
        "Response" => root.child("Errors").and_then(|errors| errors.child("Error")),
        _ => None,
    }
}
