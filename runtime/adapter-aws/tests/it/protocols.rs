//! Every protocol case of botocore, in the folder that `LINEWORK_CORPUS` names.

use std::path::PathBuf;

use adapter_aws::model::{Operation, Protocol, Service};
use adapter_aws::protocol::{ParseError, Request, Response, parse, parse_failure_members, serialize};
use lw_plan::{Json, Map};
use serde_json::json;

/// What the cases fill idempotency tokens with.
const TOKEN: &str = "00000000-0000-4000-8000-000000000000";

const COMPRESSION: &str = "requests are never compressed: no operation that is used asks for it";

const PAYLOAD_NAME: &str = "botocore's form of a model cannot say it: where a member's `locationName` is its own name, the shape's \
    name would have to win, and S3's `LifecycleConfiguration` needs the opposite";

/// Cases that are not met, each with the reason; all of them are in botocore's own list of those that it ignores.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("SDKAppliedContentEncoding", COMPRESSION),
    ("SDKAppendsGzipAndIgnoresHttpProvidedEncoding", COMPRESSION),
    ("SDKAppendedGzipAfterProvidedEncoding", COMPRESSION),
    ("input/rest-xml RestXmlHttpPayloadWithUnion", PAYLOAD_NAME),
    ("input/rest-xml HttpPayloadWithXmlName", PAYLOAD_NAME),
    ("input/rest-xml XmlAttributesOnPayload", PAYLOAD_NAME),
    ("output/rest-json RestJsonDeserializesDenseSetMapAndSkipsNull", "models do not say which maps may hold nothing"),
];

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("LINEWORK_CORPUS").map(|corpus| PathBuf::from(corpus).join("aws-protocols"));
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        assert!(std::env::var_os("LINEWORK_CORPUS").is_none(), "LINEWORK_CORPUS has no folder `aws-protocols`");
        #[expect(clippy::print_stderr, reason = "whoever runs the tests should know what did not run")]
        {
            eprintln!("LINEWORK_CORPUS is not set: the protocol cases of botocore did not run");
        }
    }
    folder
}

struct Case {
    /// `input/ec2.json Ec2Lists`.
    name: String,
    service: Service,
    operation: Operation,
    given: Json,
    endpoint: Option<String>,
}

fn cases(folder: &str) -> Option<Vec<Case>> {
    let mut cases = Vec::new();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(self::folder()?.join(folder))
        .expect("the corpus can be read")
        .map(|entry| entry.expect("the corpus can be read").path())
        .collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("the corpus can be read");
        let suites: Vec<Json> = serde_json::from_str(&text).expect("the corpus is JSON");
        for suite in suites {
            for case in suite["cases"].as_array().expect("a suite has cases") {
                let model = json!({"metadata": suite["metadata"], "shapes": suite["shapes"]});
                let file = path.file_stem().expect("a file").to_string_lossy();
                cases.push(Case {
                    name: format!("{folder}/{file} {}", case["id"].as_str().expect("a case has an id")),
                    service: serde_json::from_value(model).expect("the corpus has models"),
                    operation: serde_json::from_value(case["given"].clone()).expect("a case has an operation"),
                    given: case.clone(),
                    endpoint: suite["clientEndpoint"].as_str().map(str::to_string),
                });
            }
        }
    }
    Some(cases)
}

fn check(folder: &str, count: usize, check: fn(&Case) -> Result<(), String>) {
    let Some(cases) = cases(folder) else { return };
    assert_eq!(cases.len(), count, "the corpus has another number of cases");
    let mut failed = Vec::new();
    for case in &cases {
        let exception = EXCEPTIONS.iter().find(|(prefix, _)| case.name.contains(prefix));
        match (check(case), exception) {
            (Ok(()), Some((_, reason))) => failed.push(format!("{}: it passes, though: {reason}", case.name)),
            (Err(problem), None) => failed.push(format!("{}: {problem}", case.name)),
            _ => {}
        }
    }
    assert!(failed.is_empty(), "{} of {count}:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn requests_are_as_botocore_has_them() {
    check("input", 349, request);
}

#[test]
fn answers_are_read_as_botocore_reads_them() {
    check("output", 326, response);
}

fn request(case: &Case) -> Result<(), String> {
    let parameters = case.given["params"].as_object().cloned().unwrap_or_default();
    let request = serialize(&case.service, &case.operation, &parameters, TOKEN).map_err(|error| error.to_string())?;
    let expected = &case.given["serialized"];
    same("method", &json!(request.method), &expected["method"])?;
    let uri = expected["uri"].as_str().unwrap_or_default();
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let url = request.url(case.endpoint.as_deref().unwrap_or("https://example.com"));
    let (host, below) = url["https://".len()..].split_once('/').unwrap_or_default();
    same("path", &json!(format!("/{}", below.split('?').next().unwrap_or_default())), &json!(path))?;
    same("query", &json!(sorted(&request.query)), &json!(sorted(query)))?;
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let actual = request.header(name);
        same(name, &json!(actual), value)?;
    }
    for name in expected["forbidHeaders"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        if request.header(name).is_some() {
            return Err(format!("it has the header {name}"));
        }
    }
    for name in expected["requireHeaders"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        // The length is written by whoever sends the body.
        if request.header(name).is_none() && !name.eq_ignore_ascii_case("content-length") {
            return Err(format!("it lacks the header {name}"));
        }
    }
    if let Some(expected) = expected["host"].as_str() {
        same("host", &json!(host), &json!(expected.split('/').next()))?;
    }
    // A case without a body leaves it open.
    expected.get("body").and_then(Json::as_str).map_or(Ok(()), |expected| body(case, &request, expected))
}

fn sorted(query: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = query.split('&').filter(|part| !part.is_empty()).collect();
    parts.sort_unstable();
    parts
}

fn body(case: &Case, request: &Request, expected: &str) -> Result<(), String> {
    let actual = String::from_utf8(request.body.clone()).map_err(|_| "the body is not UTF-8".to_string())?;
    let parsed = |text: &str| serde_json::from_str::<Json>(text).ok();
    match case.service.metadata.protocol {
        Protocol::Ec2 | Protocol::Query => same("body", &json!(sorted(&actual)), &json!(sorted(expected))),
        Protocol::Json | Protocol::RestJson => match (parsed(&actual), parsed(expected)) {
            (Some(actual), Some(expected)) => same("body", &actual, &expected),
            _ => same("body", &json!(actual), &json!(expected)),
        },
        Protocol::RestXml if expected.trim_start().starts_with('<') => {
            same("body", &json!(elements(&actual)), &json!(elements(expected)))
        }
        Protocol::RestXml => same("body", &json!(actual), &json!(expected)),
    }
}

/// The tokens of an XML document, without the blanks between elements; the members of an element in any order.
fn elements(text: &str) -> String {
    let mut open: Vec<(String, Vec<String>)> = vec![(String::new(), Vec::new())];
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let before = rest[..at].trim();
        if !before.is_empty() {
            open.last_mut().expect("the root").1.push(before.to_string());
        }
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        let tag = &rest[at..end];
        rest = &rest[end..];
        if let Some(name) = tag.strip_suffix("/>") {
            open.last_mut().expect("the root").1.push(format!("{name}>…"));
        } else if tag.starts_with("</") {
            let (name, mut inside) = open.pop().expect("an open element");
            // Lists keep their order, their elements have one name; the entries of a map have none.
            if name.starts_with("<entry")
                || inside.iter().any(|inner| inner.starts_with("<entry") || inner.contains("<key>"))
            {
                inside.sort();
            }
            inside.sort_by(|left, right| left.split(['>', ' ']).next().cmp(&right.split(['>', ' ']).next()));
            open.last_mut().expect("the root").1.push(format!("{name}…{}", inside.join("")));
        } else {
            open.push((tag.to_string(), Vec::new()));
        }
    }
    open.remove(0).1.join("")
}

fn response(case: &Case) -> Result<(), String> {
    let given = &case.given["response"];
    let headers = given["headers"].as_object().into_iter().flatten();
    let response = Response {
        status: given["status_code"].as_u64().unwrap_or_default() as u16,
        headers: headers.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_string())).collect(),
        body: given["body"].as_str().unwrap_or_default().as_bytes().to_vec(),
    };
    match parse(&case.service, &case.operation, &response) {
        Ok(result) => same("result", &Json::Object(result), &case.given["result"]),
        Err(ParseError::Failure(failure)) => {
            same("code", &json!(failure.code), &case.given["errorCode"])?;
            if let Some(message) = case.given.get("errorMessage") {
                same("message", &json!(failure.message), message)?;
            }
            let shape = shape_of(&case.service, &failure.code);
            let members = parse_failure_members(&case.service, &shape, &response);
            let without_message = |members: &Map<String, Json>| {
                let mut members = members.clone();
                members.retain(|name, _| !name.eq_ignore_ascii_case("message"));
                Json::Object(members)
            };
            let expected = case.given["error"].as_object().cloned().unwrap_or_default();
            same("error", &without_message(&members), &without_message(&expected))
        }
        Err(ParseError::Unreadable { reason, .. }) => Err(reason),
    }
}

/// The shape of an error: by its name, or by the code that the model gives it.
fn shape_of(service: &Service, code: &str) -> String {
    let by_code = service
        .shapes
        .iter()
        .find(|(_, shape)| shape.error.as_ref().and_then(|error| error.code.as_deref()) == Some(code));
    by_code.map_or(code, |(name, _)| name).to_string()
}

fn same(what: &str, actual: &Json, expected: &Json) -> Result<(), String> {
    if normal(actual) == normal(expected) { Ok(()) } else { Err(format!("{what} is {actual}, not {expected}")) }
}

/// Numbers by value.
fn normal(value: &Json) -> Json {
    match value {
        Json::Number(number) => json!(number.as_f64()),
        Json::Array(items) => items.iter().map(normal).collect(),
        Json::Object(object) => object.iter().map(|(name, value)| (name.clone(), normal(value))).collect(),
        other => other.clone(),
    }
}
