//! The daemon as a process: drift is put right and told of, commands meet it, it survives being killed, and it stops when told to.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::lw::Folder;

const SOURCE: &str = "composition\n\nimport AWS.SNS as SNS\nimport AWS.SQS as SQS\n\ntopic: SNS.Topic {displayName: \"news\"}\n\n\
                      jobs: SQS.Queue {delaySeconds: 5}\n\n@lifecycle {ignores: [delaySeconds]}\nloose: SQS.Queue {delaySeconds: 7}\n";

/// A daemon that is killed when the test is over.
struct Daemon {
    child: Child,
    address: Option<String>,
}

impl Daemon {
    #[expect(
        clippy::zombie_processes,
        reason = "dropping the daemon waits for it; before that only a failed test ends"
    )]
    fn start(folder: &Folder, more: &[&str]) -> Daemon {
        let arguments = [&["conduct", "--interval", "200ms"], more].concat();
        let mut child =
            folder.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let error = child.stderr.take().expect("it is piped");
        let (said, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            use std::io::BufRead;
            for line in std::io::BufReader::new(error).lines().map_while(Result::ok) {
                // The test may be over.
                let _ = said.send(line);
            }
        });
        let mut address = None;
        let wanted = if more.contains(&"--listen") { "(the owner's token" } else { "conducting " };
        let given_up = Instant::now() + Duration::from_secs(60);
        loop {
            let line =
                heard.recv_timeout(given_up.saturating_duration_since(Instant::now())).expect("it is ready in time");
            if let Some(rest) = line.strip_prefix("http://") {
                address = rest.split('/').next().map(str::to_string);
            }
            if line.contains(wanted) && !line.contains("INFO") {
                return Daemon { child, address };
            }
        }
    }

    fn kill(&mut self) {
        self.child.kill().expect("a process can be killed");
        self.child.wait().expect("a killed process ends");
    }

    fn get(&self, path: &str, token: Option<&str>) -> (u16, String) {
        let address = self.address.as_ref().expect("it listens");
        let mut stream = TcpStream::connect(address).expect("it can be reached");
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n{token}Connection: close\r\n\r\n")
            .expect("it listens");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_string()).unwrap_or_default())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn applied() -> Folder {
    let folder = Folder::with(SOURCE);
    folder.lw(&["apply", "--sim", "--yes", "-q", "--name", "shop"]).expect(0);
    folder
}

fn incidents(folder: &Folder) -> Vec<Json> {
    let report = folder.lw(&["incidents", "shop", "--json"]).expect(0).json();
    report["incidents"].as_array().expect("incidents").clone()
}

/// Lets the other process work for a while; nothing is taken to have happened in it.
fn wait(ms: u64) {
    let (_silent, heard) = std::sync::mpsc::channel::<()>();
    let _ = heard.recv_timeout(Duration::from_millis(ms));
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let given_up = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < given_up, "{what}");
        wait(50);
    }
}

fn corrected(folder: &Folder, path: &str) -> Option<Json> {
    let mut all = incidents(folder).into_iter();
    all.find(|one| one["path"] == path && one["handling"] == "corrected")
}

#[test]
fn what_moved_is_put_right_and_told_of() {
    let folder = applied();
    let _daemon = Daemon::start(&folder, &[]);
    let disturbed = [
        "chaos",
        "shop",
        "--set",
        "topic",
        "displayName",
        "hacked",
        "--delete",
        "jobs",
        "--set",
        "loose",
        "delaySeconds",
        "9",
    ];
    folder.lw(&disturbed).expect(0);
    let topic = until("the topic is corrected", || corrected(&folder, "topic"));
    assert_eq!((&topic["planned"], &topic["observed"]), (&json!("news"), &json!("hacked")));
    assert_eq!(
        (&topic["kind"], &topic["property"], &topic["line"]),
        (&json!("drift"), &json!("DisplayName"), &json!(6))
    );
    // A queue holds data: an empty one is not made without a word.
    let jobs = until("the queue is held", || {
        incidents(&folder).into_iter().find(|one| one["path"] == "jobs" && one["handling"] == "held")
    });
    assert_eq!((&jobs["kind"], &jobs["resolvedAtMs"]), (&json!("gone"), &Json::Null));
    assert!(incidents(&folder).iter().all(|one| one["path"] != "loose"), "what is ignored is left");
    // A person says the word, and the owner does it.
    folder.lw(&["drift", "shop", "--correct", "--yes", "-q"]).expect(0);
    until("nothing is open", || incidents(&folder).iter().all(|one| !one["resolvedAtMs"].is_null()).then_some(()));
    folder.lw(&["drift", "shop"]).expect(0);
    folder.lw(&["history", "shop", "--verify"]).expect(0);
}

#[test]
fn a_pause_holds_and_ends() {
    let folder = applied();
    let _daemon = Daemon::start(&folder, &[]);
    folder.lw(&["pause", "shop", "--for", "1h", "--reason", "a move"]).expect(0);
    folder.lw(&["chaos", "shop", "--set", "topic", "displayName", "other"]).expect(0);
    until("it is held", || incidents(&folder).into_iter().find(|one| one["handling"] == "held"));
    assert!(corrected(&folder, "topic").is_none());
    folder.lw(&["pause", "shop", "--end"]).expect(0);
    until("it goes on", || corrected(&folder, "topic"));
    folder.lw(&["pause", "shop"]).expect(2);
}

#[test]
fn killed_at_any_time_it_goes_on() {
    let folder = applied();
    for round in 0..4 {
        let mut daemon = Daemon::start(&folder, &[]);
        folder.lw(&["chaos", "shop", "--set", "topic", "displayName", &format!("round {round}")]).expect(0);
        // Each time a little later in what it does.
        wait(60 * round);
        daemon.kill();
    }
    let mut daemon = Daemon::start(&folder, &[]);
    until("it is right again", || {
        let drift = folder.lw(&["drift", "shop", "--json"]).json();
        (drift["drift"] == json!([]) && incidents(&folder).iter().all(|one| !one["resolvedAtMs"].is_null()))
            .then_some(())
    });
    daemon.kill();
    assert_eq!(folder.lw(&["drift", "shop", "--json"]).expect(0).json(), json!({"drift": [], "unrecorded": []}));
    folder.lw(&["store", "verify"]).expect(0);
}

#[test]
fn the_api_shows_it_and_applies_from_elsewhere() {
    let folder = applied();
    let secret = folder.lw(&["conduct", "--new-token", "ci:apply"]).expect(0).out;
    let daemon = Daemon::start(&folder, &["--listen", "127.0.0.1:0"]);
    assert_eq!(daemon.get("/v1/deployments", None).0, 401);
    let (status, body) = daemon.get("/v1/deployments", Some(secret.trim()));
    let body: Json = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &body["deployments"][0]["name"]), (200, &json!("shop")));
    let (status, page) = daemon.get("/", None);
    assert!(
        status == 200 && page.contains("Linework") && !page.contains("https://"),
        "the page needs nothing from elsewhere"
    );
    let (status, figures) = daemon.get("/metrics", Some(secret.trim()));
    assert!(status == 200 && figures.contains("linework_deployments 1"), "{figures}");
    folder.write("main.lw", SOURCE.replace("news", "newer"));
    let url = format!("http://{}", daemon.address.as_ref().expect("it listens"));
    let mut elsewhere = Folder::with(&SOURCE.replace("news", "newer"));
    elsewhere.set("LINEWORK_TOKEN", secret.trim());
    let run = elsewhere.lw(&["apply", "--sim", "--yes", "--name", "shop", "--to", &url, "--json"]).expect(0).json();
    assert_eq!(run["summary"]["update"], json!(1), "{run}");
    assert_eq!(folder.lw(&["preview", "--sim", "--json", "--name", "shop"]).expect(0).json()["steps"], json!([]));
    elsewhere.set("LINEWORK_TOKEN", "lw_guess");
    let refused = elsewhere.lw(&["apply", "--sim", "--yes", "--name", "shop", "--to", &url, "--json"]).expect(2);
    assert_eq!(refused.codes(), ["LW0589"]);
}

#[test]
fn others_are_reached_only_over_tls() {
    let folder = applied();
    let refused = folder.lw(&["conduct", "--listen", "0.0.0.0:0", "--json"]).expect(2);
    assert_eq!(refused.codes(), ["LW0591"]);
    folder.write("conductor.toml", "interval = \"soon\"\n");
    assert_eq!(folder.lw(&["conduct", "--json"]).expect(2).codes(), ["LW0594"]);
}

#[test]
fn told_to_stop_it_stops() {
    let folder = applied();
    let mut daemon = Daemon::start(&folder, &[]);
    let told = std::process::Command::new("kill").arg(daemon.child.id().to_string()).status().expect("kill is there");
    assert!(told.success());
    let ended = until("it stops", || daemon.child.try_wait().expect("its state can be asked"));
    assert_eq!(ended.code(), Some(0));
    folder.lw(&["drift", "shop"]).expect(0);
}

/// Takes deliveries like a hook would, and refuses the first of them.
fn hook() -> (String, std::sync::mpsc::Receiver<(String, Json)>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let mut reader = std::io::BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                use std::io::BufRead;
                let mut line = String::new();
                if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
                head.push_str(&line.to_lowercase());
            }
            let mut body = vec![0; length];
            let _ = reader.read_exact(&mut body);
            let status = if number == 0 { "500 Not yet" } else { "204 Thanks" };
            let _ = write!(reader.get_mut(), "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if number > 0 {
                let _ = told.send((head, serde_json::from_slice(&body).unwrap_or_default()));
            }
        }
    });
    (url, heard)
}

#[test]
fn people_are_told_at_least_once() {
    let mut folder = applied();
    let (url, heard) = hook();
    folder.set("HOOK_SECRET", "s3cret");
    folder.write(
        "conductor.toml",
        format!("[[notify]]\nname = \"ops\"\nurl = \"{url}\"\nsecret_env = \"HOOK_SECRET\"\n"),
    );
    let _daemon = Daemon::start(&folder, &[]);
    folder.lw(&["chaos", "shop", "--set", "topic", "displayName", "hacked"]).expect(0);
    let mut handlings = Vec::new();
    while !(handlings.contains(&json!("correcting")) && handlings.contains(&json!("corrected"))) {
        let (head, body) =
            heard.recv_timeout(Duration::from_secs(60)).expect("it is told, though the first was refused");
        assert!(head.contains("x-linework-signature: t=") && head.contains("x-linework-delivery: "), "{head}");
        assert_eq!(body["incident"]["path"], json!("topic"), "{body}");
        handlings.push(body["incident"]["handling"].clone());
    }
}
