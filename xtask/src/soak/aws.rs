//! Real kills on an AWS-compatible server: the real `lw` applies an example through a proxy that does what networks do, and is ended
//! with SIGKILL at boundaries of its calls.
//!
//! Flow: the example is applied once unharmed, and what is then on the server is counted. For each kill the server is emptied, an apply
//! is killed at a boundary that the seed chooses (a quarter of the runs that recover, too), and applied again until it ends. There
//! must then be as many objects of each kind as after the unharmed run, nothing left to do, and after a destroy nothing at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tokio::runtime::Runtime;

use super::programs::Chance;
use super::proxy::{Faults, Moment, Proxy, Watch};
use super::wait;

/// No run takes so long; one that does has hung.
const RUN_TIME_MAX: Duration = Duration::from_secs(300);
/// Between two looks at whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// As often as a run that met too many faults is repeated.
const RUNS_MAX: u32 = 6;

/// What to do.
pub struct Limits {
    /// The binary that is killed.
    pub binary: PathBuf,
    /// `moto_server`.
    pub moto: PathBuf,
    /// The folder of the example, with a `main.lw` that has one provider.
    pub example: PathBuf,
    /// Parameters: `zones=2`.
    pub parameters: Vec<String>,
    /// Where it runs.
    pub region: String,
    /// The parameter that takes the ARN of a certificate, which is made before each apply.
    pub certificate: Option<String>,
    pub kills: u64,
    pub seed: u64,
    pub faults: Faults,
}

impl Limits {
    /// The example with sixty resources, where `moto_server` is installed.
    pub fn web(binary: PathBuf, repository: &Path, kills: u64, seed: u64) -> Option<Limits> {
        let named = std::env::var_os("LINEWORK_MOTO").map(PathBuf::from);
        let searched = || {
            let folders = std::env::var_os("PATH")?;
            std::env::split_paths(&folders).map(|folder| folder.join("moto_server")).find(|path| path.is_file())
        };
        Some(Limits {
            binary,
            moto: named.or_else(searched)?,
            example: repository.join("examples/web"),
            parameters: vec!["protect=False".to_string()],
            region: "eu-central-1".to_string(),
            certificate: Some("certificate".to_string()),
            kills,
            seed,
            faults: Faults::some(),
        })
    }
}

/// What was done and seen.
#[derive(Debug, Default)]
pub struct Report {
    pub kills: u64,
    pub in_recovery: u64,
    /// Boundaries of the unharmed run, and its requests.
    pub boundaries: u64,
    pub requests: u64,
    /// How often each fault has happened.
    pub faults: BTreeMap<&'static str, u64>,
    pub violations: Vec<String>,
}

/// Kills as often as asked.
pub fn run(limits: &Limits, tell: &mut dyn FnMut(&Report)) -> Report {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("the system gives a thread");
    let mut report = Report::default();
    let server = Server::start(&limits.moto);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let address = free.to_string();
    let harness = Harness { limits, runtime: &runtime, server: &server, folder: folder.path(), address };
    let unharmed = match harness.unharmed(&mut report) {
        Ok(unharmed) => unharmed,
        Err(problem) => {
            report.violations.push(format!("unharmed: {problem}"));
            return report;
        }
    };
    let mut chance = Chance(limits.seed);
    while report.kills < limits.kills {
        let at = 1 + chance.below(report.boundaries);
        if let Err(problem) = harness.kill_once(at, &unharmed, &mut chance, &mut report) {
            let kept = harness.keep(report.kills);
            let seed = limits.seed;
            report.violations.push(format!("seed {seed}, killed at boundary {at}: {problem} ({kept})"));
        }
        tell(&report);
    }
    report
}

struct Harness<'a> {
    limits: &'a Limits,
    runtime: &'a Runtime,
    server: &'a Server,
    folder: &'a Path,
    /// Of the proxy: the same in every run, because a provider with another endpoint is another one.
    address: String,
}

/// A copy of the example, and how it is called.
struct Work {
    folder: PathBuf,
    /// How many were run in it.
    commands: AtomicU64,
    parameters: Vec<String>,
}

/// What an unharmed run leaves.
struct Unharmed {
    objects: Objects,
    /// What is left to do after it: what the server does not keep.
    left: Vec<String>,
}

struct Ran {
    killed: bool,
    code: Option<i32>,
    said: String,
    boundaries: u64,
    requests: u64,
}

/// The names of the objects of each kind.
type Objects = BTreeMap<String, Vec<String>>;

impl Harness<'_> {
    fn unharmed(&self, report: &mut Report) -> Result<Unharmed, String> {
        let work = self.fresh("unharmed")?;
        let empty = self.server.objects(&self.limits.region)?;
        let ran = self.run(&work, &["apply", "main.lw"], 0, Faults::default(), report);
        fine(&ran)?;
        report.boundaries = ran.boundaries;
        report.requests = ran.requests;
        let objects = self.server.objects(&self.limits.region)?;
        let left = self.left(&work, report)?;
        self.destroyed(&work, &empty, report)?;
        Ok(Unharmed { objects, left })
    }

    /// Keeps the folder of a run that left something, with what every command said; where it is.
    fn keep(&self, number: u64) -> String {
        let to = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../target/soak/{}-{number}", self.limits.seed));
        let _ = fs::remove_dir_all(&to);
        copy(&self.folder.join("work").join(self.name()), &to, true);
        to.display().to_string()
    }

    fn kill_once(&self, at: u64, unharmed: &Unharmed, chance: &mut Chance, report: &mut Report) -> Result<(), String> {
        let work = self.fresh("work")?;
        let empty = self.server.objects(&self.limits.region)?;
        let faults = self.limits.faults;
        let apply = ["apply", "main.lw"];
        let first = self.run(&work, &apply, at, faults, report);
        report.kills += 1;
        if first.killed && chance.is(250) && self.run(&work, &apply, 1 + chance.below(40), faults, report).killed {
            report.in_recovery += 1;
        }
        let mut last = self.run(&work, &apply, 0, faults, report);
        // A run that meets faults beyond its patience says so, and the next one goes on.
        for _ in 1..RUNS_MAX {
            if last.code == Some(0) {
                break;
            }
            last = self.run(&work, &apply, 0, faults, report);
        }
        fine(&last)?;
        let objects = self.server.objects(&self.limits.region)?;
        let differences = differences(&unharmed.objects, &objects);
        if !differences.is_empty() {
            return Err(format!("other objects than after an unharmed run: {differences}"));
        }
        let left = self.left(&work, report)?;
        if left != unharmed.left {
            return Err(format!("{left:?} is left to do, after an unharmed run {:?}", unharmed.left));
        }
        self.destroyed(&work, &empty, report)
    }

    /// What a preview would do.
    fn left(&self, work: &Work, report: &mut Report) -> Result<Vec<String>, String> {
        let ran = self.run(work, &["preview", "main.lw", "--json"], 0, Faults::default(), report);
        let json: Json = serde_json::from_str(&ran.said).map_err(|error| format!("{error}: {}", ran.said))?;
        let step = |step: &Json| {
            let text = |name: &str| step[name].as_str().unwrap_or_default().to_string();
            format!("{} {}", text("action"), text("path"))
        };
        Ok(json["steps"].as_array().into_iter().flatten().map(step).collect())
    }

    fn destroyed(&self, work: &Work, empty: &Objects, report: &mut Report) -> Result<(), String> {
        let ran = self.run(work, &["destroy", self.name(), "--allow-delete", "all"], 0, Faults::default(), report);
        fine(&ran)?;
        let objects = self.server.objects(&self.limits.region)?;
        let differences = differences(empty, &objects);
        if differences.is_empty() { Ok(()) } else { Err(format!("after the destroy: {differences}")) }
    }

    /// The deployment's name: the project's.
    fn name(&self) -> &str {
        self.limits.example.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// An empty server, and a copy of the example.
    fn fresh(&self, name: &str) -> Result<Work, String> {
        self.server.reset()?;
        let folder = self.folder.join(name).join(self.name());
        let _ = fs::remove_dir_all(&folder);
        copy(&self.limits.example, &folder, false);
        let mut parameters = self.limits.parameters.clone();
        if let Some(parameter) = &self.limits.certificate {
            parameters.push(format!("{parameter}={}", self.server.certificate(&self.limits.region)?));
        }
        Ok(Work { folder, commands: AtomicU64::new(1), parameters })
    }

    /// Runs `lw` through a proxy, and kills it at a boundary; 0 for none.
    fn run(&self, work: &Work, arguments: &[&str], kill_at: u64, faults: Faults, report: &mut Report) -> Ran {
        let child: Arc<Mutex<Option<Child>>> = Arc::default();
        let boundaries = Arc::new(AtomicU64::new(0));
        let watch: Watch = {
            let (child, boundaries) = (child.clone(), boundaries.clone());
            Arc::new(move |moment, _| {
                if boundaries.fetch_add(1, Ordering::SeqCst) + 1 == kill_at
                    && let Some(child) = child.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
                {
                    // It may have ended a moment ago.
                    let _ = child.kill();
                    return moment != Moment::Arrived;
                }
                true
            })
        };
        let seed = self.limits.seed ^ (kill_at << 20) ^ report.kills;
        let begin = Instant::now();
        // The proxy of the run before lets its port go a moment after it has ended.
        let proxy = loop {
            let started = Proxy::start(&self.address, &self.server.endpoint, faults, seed, watch.clone());
            match self.runtime.block_on(started) {
                Ok(proxy) => break proxy,
                Err(error) => assert!(begin.elapsed() < Duration::from_secs(30), "{}: {error}", self.address),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let main = work.folder.join("main.lw");
        let source = fs::read_to_string(self.limits.example.join("main.lw")).expect("the example has a main.lw");
        let provider = format!("AWS.provider {{endpoint: \"{}\", ", proxy.endpoint);
        // What the example protects has to go with the rest at the end.
        let source = source.replace("AWS.provider {", &provider).replace("@lifecycle {protect: True}\n", "");
        fs::write(&main, source).expect("a file in a temporary folder");
        let said = work.folder.join(format!("said-{}", work.commands.fetch_add(1, Ordering::SeqCst)));
        let output = fs::File::create(&said).expect("a file in a temporary folder");
        let mut command = Command::new(&self.limits.binary);
        command.args(arguments);
        if arguments[0] != "preview" {
            command.args(["--yes", "-q"]);
        }
        if arguments[0] != "destroy" {
            command.args(work.parameters.iter().flat_map(|parameter| ["--set", parameter]));
        }
        command
            .current_dir(&work.folder)
            .env("AWS_ACCESS_KEY_ID", "linework")
            .env("AWS_SECRET_ACCESS_KEY", "linework")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stderr(output.try_clone().expect("a file can be written to twice"))
            .stdout(output);
        *child.lock().unwrap_or_else(PoisonError::into_inner) = Some(command.spawn().expect("the binary starts"));
        let status = wait(&child, RUN_TIME_MAX, PAUSE);
        for (fault, count) in proxy.faults() {
            *report.faults.entry(fault).or_default() += count;
        }
        Ran {
            killed: status.is_some_and(|status| status.signal() == Some(9)),
            code: status.and_then(|status| status.code()),
            said: fs::read_to_string(&said).unwrap_or_default(),
            boundaries: boundaries.load(Ordering::SeqCst),
            requests: proxy.requests(),
        }
    }
}

fn fine(ran: &Ran) -> Result<(), String> {
    match ran.code {
        Some(0) => Ok(()),
        code => Err(format!("it ends with {code:?}: {}", ran.said)),
    }
}

/// Kinds of which there are more or fewer than there should be, with their names; empty where there are as many of each.
fn differences(wanted: &Objects, found: &Objects) -> String {
    let kinds: std::collections::BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
    let of = |objects: &Objects, kind: &String| objects.get(kind).cloned().unwrap_or_default();
    let text = |kind: &String| {
        let (wanted, found) = (of(wanted, kind), of(found, kind));
        let differ = wanted.len() != found.len();
        differ.then(|| format!("{kind}: {} instead of {}: {}", found.len(), wanted.len(), found.join(", ")))
    };
    kinds.into_iter().filter_map(text).collect::<Vec<_>>().join("; ")
}

/// An AWS-compatible server, ended with its owner.
pub struct Server {
    process: Child,
    pub endpoint: String,
    /// The Python that it runs on, which has boto3.
    python: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts `moto_server` with the policies that AWS itself manages.
    pub fn start(program: &Path) -> Server {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a port").port();
        drop(listener);
        let process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server starts");
        let server = Server { process, endpoint: format!("http://127.0.0.1:{port}"), python: python_of(program) };
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(90), "moto_server does not answer");
            // Until a process of somebody else listens, there is nothing to wait on but time.
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// Empties it.
    pub fn reset(&self) -> Result<(), String> {
        self.ask("POST", "/moto-api/reset", "", "").map(drop)
    }

    /// Requests a certificate, as a person would before the first apply.
    pub fn certificate(&self, region: &str) -> Result<String, String> {
        let headers = format!(
            "X-Amz-Target: CertificateManager.RequestCertificate\r\nContent-Type: application/x-amz-json-1.1\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/{region}/acm/aws4_request, SignedHeaders=host, Signature=x\r\n"
        );
        let answer = self.ask("POST", "/", &headers, "{\"DomainName\": \"shop.example.com\"}")?;
        let json: Json = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        json["CertificateArn"].as_str().map(str::to_string).ok_or(answer)
    }

    /// Objects of each kind, as boto3 shows them: a client that nobody here wrote.
    pub fn objects(&self, region: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/aws_dump.py");
        let output = Command::new(&self.python).arg(script).args([&self.endpoint, region]).output();
        let output = output.map_err(|error| format!("{}: {error}", self.python.display()))?;
        serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Result<String, String> {
        let host = self.endpoint.trim_start_matches("http://");
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(host)?;
            write!(
                stream,
                "{method} {path} HTTP/1.0\r\nHost: {host}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                body.len()
            )?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            Ok(String::from_utf8_lossy(&answer).to_string())
        };
        let answer = ask().map_err(|error| format!("{method} {path}: {error}"))?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        match head.split(' ').nth(1) {
            Some("200") => Ok(body.to_string()),
            _ => Err(format!("{method} {path}: {}", answer.chars().take(400).collect::<String>())),
        }
    }
}

/// The first line of a Python program says which Python it is for.
fn python_of(program: &Path) -> PathBuf {
    let text = fs::read_to_string(program).unwrap_or_default();
    let first = text.lines().next().and_then(|line| line.strip_prefix("#!")).map(str::trim);
    first.filter(|path| Path::new(path).is_file()).map_or_else(|| PathBuf::from("python3"), PathBuf::from)
}

/// Copies a folder; with its State, or without.
fn copy(from: &Path, to: &Path, with_state: bool) {
    fs::create_dir_all(to).expect("a folder in a temporary folder");
    for entry in fs::read_dir(from).expect("a readable folder") {
        let entry = entry.expect("a readable entry");
        let target = to.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && (with_state || entry.file_name() != ".linework") => {
                copy(&entry.path(), &target, with_state);
            }
            Ok(kind) if kind.is_file() => drop(fs::copy(entry.path(), target).expect("a file can be copied")),
            _ => {}
        }
    }
}
