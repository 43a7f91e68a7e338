//! Between an AWS client and a server that never fails: what a network and a busy cloud do.
//!
//! The one idea: each request takes the next number, and the seed and the number alone say what happens to it. So the same requests in
//! the same order meet the same faults.
//!
//! Guarantees: a fault that says that nothing happened is true. A lost answer is one whose request was carried out. An idempotency token
//! is remembered as EC2 documents it: the same request again gets the first answer, another one is refused.
//! Deliberately absent: what the server itself gets wrong.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::programs::Chance;

/// How often each thing happens, in a thousand requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// A request is held back, for up to [`Faults::latency_ms_max`].
    pub late: u64,
    pub latency_ms_max: u64,
    /// Refused for its rate; nothing happened.
    pub throttled: u64,
    /// A server error; a coin says whether something happened.
    pub server_error: u64,
    /// The connection ends before the request arrives.
    pub reset: u64,
    /// It is carried out, and the connection ends before the answer.
    pub lost: u64,
    /// It arrives twice; only what may, because it carries a token or is the same however often it arrives.
    pub duplicated: u64,
    /// What was made a moment ago is not shown yet.
    pub stale: u64,
    pub stale_ms_max: u64,
}

impl Faults {
    /// All of them, now and then.
    pub fn some() -> Faults {
        Faults {
            late: 50,
            latency_ms_max: 40,
            throttled: 25,
            server_error: 20,
            reset: 20,
            lost: 25,
            duplicated: 25,
            stale: 100,
            stale_ms_max: 400,
        }
    }
}

/// A moment at which a process that makes calls may be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The request is here, and nothing has happened.
    Arrived,
    /// It was carried out, and nobody was told.
    Done,
    /// The answer is on its way.
    Answered,
}

/// Told of each moment of each request that changes something; whether the request goes on.
pub type Watch = Arc<dyn Fn(Moment, &str) -> bool + Send + Sync>;

/// A proxy; it ends with the process, or when it is dropped.
pub struct Proxy {
    pub endpoint: String,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A request and its answer.
type Exchange = (Vec<u8>, Vec<u8>);

struct Shared {
    /// `127.0.0.1:5000`.
    to: String,
    faults: Faults,
    seed: u64,
    watch: Watch,
    number: AtomicU64,
    effects: AtomicU64,
    counts: Mutex<HashMap<&'static str, u64>>,
    operations: Mutex<HashMap<String, u64>>,
    /// By token.
    remembered: Mutex<HashMap<String, Exchange>>,
    /// When each id was first seen in an answer.
    born: Mutex<HashMap<String, Instant>>,
}

/// One request, as far as it matters here.
struct Request {
    bytes: Vec<u8>,
    /// The action of a form, the target of a JSON request, or method and path.
    operation: String,
    dialect: Dialect,
    body: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Ec2,
    Query,
    Json,
    Rest,
}

impl Proxy {
    /// Listens on `address` (`127.0.0.1:0` for any port), and sends on to `endpoint`: `http://127.0.0.1:5000`.
    pub async fn start(
        address: &str,
        endpoint: &str,
        faults: Faults,
        seed: u64,
        watch: Watch,
    ) -> std::io::Result<Proxy> {
        let listener = TcpListener::bind(address).await?;
        let own = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            to: endpoint.trim_start_matches("http://").to_string(),
            faults,
            seed,
            watch,
            number: AtomicU64::new(0),
            effects: AtomicU64::new(0),
            counts: Mutex::default(),
            operations: Mutex::default(),
            remembered: Mutex::default(),
            born: Mutex::default(),
        });
        let server = {
            let shared = shared.clone();
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, shared.clone()));
                }
            })
        };
        Ok(Proxy { endpoint: own, shared, server })
    }

    /// How many requests have arrived.
    pub fn requests(&self) -> u64 {
        self.shared.number.load(Ordering::SeqCst)
    }

    /// How many of them were to change something.
    pub fn effects(&self) -> u64 {
        self.shared.effects.load(Ordering::SeqCst)
    }

    /// How often each fault has happened.
    pub fn faults(&self) -> HashMap<&'static str, u64> {
        self.shared.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often each operation has arrived.
    pub fn operations(&self) -> HashMap<String, u64> {
        self.shared.operations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A request to a connection, one after the other. A connection without an answer ends.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    while let Some(request) = read(&mut stream).await {
        let Some(answer) = shared.answer(&request).await else { return };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

impl Shared {
    async fn answer(&self, request: &Request) -> Option<Vec<u8>> {
        let number = self.number.fetch_add(1, Ordering::SeqCst);
        let mut chance =
            Chance(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03));
        let faults = self.faults;
        *self
            .operations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(request.operation.clone())
            .or_default() += 1;
        if chance.is(faults.late) {
            self.count("late");
            tokio::time::sleep(Duration::from_millis(1 + chance.below(faults.latency_ms_max.max(1)))).await;
        }
        let changes = !request.is_read();
        if changes {
            self.effects.fetch_add(1, Ordering::SeqCst);
            if !(self.watch)(Moment::Arrived, &request.operation) {
                return None;
            }
        }
        if chance.is(faults.reset) {
            self.count("reset");
            return None;
        }
        if chance.is(faults.throttled) {
            self.count("throttled");
            return Some(request.refusal(true));
        }
        let breaks = chance.is(faults.server_error);
        if breaks && chance.is(500) {
            self.count("server error without effect");
            return Some(request.refusal(false));
        }
        let twice = changes && chance.is(faults.duplicated) && request.may_arrive_twice();
        let answer = self.carried_out(request).await?;
        if twice {
            self.count("duplicated");
            self.carried_out(request).await;
        }
        if changes && !(self.watch)(Moment::Done, &request.operation) {
            return None;
        }
        if breaks {
            self.count("server error after the effect");
            return Some(request.refusal(false));
        }
        if chance.is(faults.lost) {
            self.count("lost");
            return None;
        }
        let answer = match request.is_read() && chance.is(faults.stale) && self.is_fresh(request, &answer) {
            true => {
                self.count("stale");
                empty(&answer)
            }
            false => answer,
        };
        if changes && !(self.watch)(Moment::Answered, &request.operation) {
            return None;
        }
        Some(answer)
    }

    /// The server's answer, or the one that a token stands for.
    async fn carried_out(&self, request: &Request) -> Option<Vec<u8>> {
        let token = request.token();
        if let Some(token) = &token {
            let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((body, answer)) = remembered.get(token) {
                return Some(match *body == request.body.as_bytes() {
                    true => answer.clone(),
                    false => ec2_error(400, "IdempotentParameterMismatch"),
                });
            }
        }
        let answer = forward(&self.to, &request.bytes).await?;
        if request.dialect == Dialect::Ec2 && !request.is_read() {
            let mut born = self.born.lock().unwrap_or_else(PoisonError::into_inner);
            for id in ids(&String::from_utf8_lossy(&answer)) {
                born.entry(id).or_insert_with(Instant::now);
            }
        }
        if let Some(token) = token
            && answer.starts_with(b"HTTP/1.1 200")
        {
            let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            remembered.insert(token, (request.body.clone().into_bytes(), answer.clone()));
        }
        Some(answer)
    }

    /// Whether an answer shows something that was made a moment ago, and the question was about that alone.
    fn is_fresh(&self, request: &Request, answer: &[u8]) -> bool {
        if request.dialect != Dialect::Ec2 {
            return false;
        }
        let born = self.born.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = Duration::from_millis(self.faults.stale_ms_max);
        let is_new = |id: &String| born.get(id).is_some_and(|born| born.elapsed() < limit);
        let asked = ids(&request.body);
        let by_owner =
            request.body.contains("linework%3Auid") && ids(&String::from_utf8_lossy(answer)).iter().any(is_new);
        by_owner || (!asked.is_empty() && asked.iter().all(is_new))
    }

    fn count(&self, what: &'static str) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    }
}

impl Request {
    fn is_read(&self) -> bool {
        let reads = ["Describe", "Get", "List", "Head", "HEAD", "Lookup"];
        reads.iter().any(|word| self.operation.starts_with(word)) || self.operation.starts_with("GET ")
    }

    /// Whether it carries a token, or is the same however often it arrives.
    fn may_arrive_twice(&self) -> bool {
        let same =
            ["Modify", "Delete", "Put", "Set", "Tag", "Untag", "CreateTags", "AddTags", "Update", "PUT ", "DELETE "];
        // A bucket that is made twice is refused, and so is a statement or a version.
        let is_same = same.iter().any(|word| self.operation.starts_with(word)) && self.operation.contains(['?', ':']);
        let form = matches!(self.dialect, Dialect::Ec2 | Dialect::Query);
        self.token().is_some() || is_same || (form && same.iter().any(|word| self.operation.starts_with(word)))
    }

    /// The token that EC2 remembers.
    fn token(&self) -> Option<String> {
        let token = self.body.split('&').find_map(|part| part.strip_prefix("ClientToken="))?;
        (self.dialect == Dialect::Ec2 && !token.is_empty()).then(|| format!("{} {token}", self.operation))
    }

    /// What the service says when it is busy, or broken.
    fn refusal(&self, throttled: bool) -> Vec<u8> {
        match (self.dialect, throttled) {
            (Dialect::Ec2, true) => ec2_error(503, "RequestLimitExceeded"),
            (Dialect::Ec2, false) => ec2_error(500, "InternalError"),
            (Dialect::Query, _) => {
                let (status, code) = if throttled { (400, "Throttling") } else { (500, "InternalFailure") };
                let body = format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>by the proxy</Message></Error>\
                     <RequestId>proxy</RequestId></ErrorResponse>"
                );
                response(status, "text/xml", &body)
            }
            (Dialect::Json, true) => json(400, "ThrottlingException"),
            (Dialect::Json, false) => json(500, "InternalFailure"),
            (Dialect::Rest, true) => response(429, "text/html", "<html>slow down"),
            // As a load balancer says it.
            (Dialect::Rest, false) => response(500, "text/html", "<html><h1>Internal Server Error"),
        }
    }
}

fn ec2_error(status: u16, code: &str) -> Vec<u8> {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>by the proxy</Message></Error></Errors>\
         <RequestID>proxy</RequestID></Response>"
    );
    response(status, "text/xml", &body)
}

fn json(status: u16, code: &str) -> Vec<u8> {
    response(status, "application/x-amz-json-1.1", &format!("{{\"__type\":\"{code}\",\"message\":\"by the proxy\"}}"))
}

fn response(status: u16, kind: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The answer of a listing without what is in it.
fn empty(answer: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body).trim_start();
    let body = body.find("?>").map_or(body, |end| body[end + 2..].trim_start());
    let name: String = body.trim_start_matches('<').chars().take_while(|sign| sign.is_ascii_alphanumeric()).collect();
    if !text.starts_with("HTTP/1.1 200") || name.is_empty() {
        return answer.to_vec();
    }
    response(200, "text/xml", &format!("<{name}><requestId>proxy</requestId></{name}>"))
}

/// What looks like an id of EC2: `vpc-0123456789abcdef0`.
fn ids(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('-') {
        let before: usize = text[..at].bytes().rev().take_while(u8::is_ascii_lowercase).count();
        let after = text[at + 1..].bytes().take_while(u8::is_ascii_hexdigit).count();
        if (1..=10).contains(&before) && (after == 17 || after == 8) {
            found.push(text[at - before..at + 1 + after].to_string());
        }
    }
    found
}

/// Head and body of what arrives on a connection; `None` once it has ended.
async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_string();
    let header = |name: &str| {
        head.lines().skip(1).find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim().to_string())
        })
    };
    let length: usize = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    }
    let body = String::from_utf8_lossy(&bytes[end..]).to_string();
    let action = body.split('&').find_map(|part| part.strip_prefix("Action=")).map(str::to_string);
    let line: Vec<&str> = head.lines().next()?.split(' ').collect();
    let (operation, dialect) = match (header("x-amz-target"), action) {
        (Some(target), _) => (target.rsplit('.').next()?.to_string(), Dialect::Json),
        (None, Some(action)) => {
            let ec2 = header("authorization").is_some_and(|text| text.contains("/ec2/"));
            (action, if ec2 { Dialect::Ec2 } else { Dialect::Query })
        }
        (None, None) => (format!("{} {}", line.first()?, line.get(1)?), Dialect::Rest),
    };
    Some(Request { bytes, operation, dialect, body })
}

/// The whole answer of the server, on a connection of its own, with a length instead of chunks.
async fn forward(to: &str, request: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(to).await.ok()?;
    let end = request.windows(4).position(|four| four == b"\r\n\r\n")?;
    stream.write_all(&request[..end]).await.ok()?;
    stream.write_all(b"\r\nConnection: close").await.ok()?;
    stream.write_all(&request[end..]).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&answer[..end]).to_string();
    let is_kept = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        !["connection", "content-length", "transfer-encoding"].contains(&name.as_str()) && !line.is_empty()
    };
    let head_only = request.starts_with(b"HEAD ");
    let body = &answer[end..];
    let length = match head_only {
        true => {
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_string))
        }
        false => Some(body.len().to_string()),
    };
    let mut whole =
        head.lines().filter(is_kept).collect::<Vec<_>>().join("\r\n").replacen("HTTP/1.0", "HTTP/1.1", 1).into_bytes();
    whole.extend_from_slice(format!("\r\nContent-Length: {}\r\n\r\n", length.unwrap_or_default().trim()).as_bytes());
    whole.extend_from_slice(body);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_forms_and_answers() {
        let found = ids("Action=DescribeVpcs&VpcId.1=vpc-0123456789abcdef0&x=a-1&sg-12345678");
        assert_eq!(found, ["vpc-0123456789abcdef0", "sg-12345678"]);
    }

    #[test]
    fn a_listing_that_shows_nothing_yet_is_still_one() {
        let answer = response(
            200,
            "text/xml",
            "<?xml version=\"1.0\"?>\n<DescribeVpcsResponse xmlns=\"x\"><vpcSet/></DescribeVpcsResponse>",
        );
        let text = String::from_utf8(empty(&answer)).expect("text");
        assert!(text.ends_with("<DescribeVpcsResponse><requestId>proxy</requestId></DescribeVpcsResponse>"), "{text}");
    }
}
