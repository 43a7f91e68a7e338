//! Variables and services as people use them: with the store alone, through a daemon that is killed, and by members of an engine.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::{Value as Json, json};

use crate::docker_engine::{DockerEngine, until, write_app};
use crate::lw::Folder;

const SOURCE: &str = r#"composition

import AWS.SQS as SQS
import Service
import Variable

jobs: SQS.Queue {}

rate: Variable.Variable {name: "rate", kind: "integer", initial: 5, readers: [AWS.arn(jobs)]}

banner: Variable.Variable {name: "banner", expiresAfter: 1ms}

shop: Service.Service {name: "shop", port: 80, members: [AWS.arn(jobs)]}
"#;

fn applied() -> Folder {
    let folder = Folder::new();
    folder.write("shop.lw", SOURCE.replace("import AWS.SQS", "import AWS\nimport AWS.SQS"));
    folder.lw(&["apply", "--sim", "--yes", "-q", "shop.lw"]).expect(0);
    folder
}

/// A daemon that listens, and where; killed by whoever started it.
fn conduct(folder: &Folder) -> (Child, String) {
    let mut child = folder
        .command(&["conduct", "--interval", "200ms", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let (said, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            // The test may be over.
            let _ = said.send(line);
        }
    });
    let address = until("it listens", || {
        let line = heard.recv_timeout(std::time::Duration::from_secs(60)).expect("it says where");
        line.strip_prefix("http://").and_then(|rest| rest.split('/').next().map(str::to_string))
    });
    (child, address)
}

fn get(address: &str, path: &str, token: &str) -> (u16, Json) {
    let mut stream = TcpStream::connect(address).expect("it can be reached");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .expect("it listens");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Json::Null))
}

#[test]
fn values_are_read_written_compared_and_watched() {
    let folder = applied();
    let preview = folder.lw(&["preview", "--sim", "--json", "shop.lw"]).expect(0).json();
    assert_eq!(preview["steps"], json!([]), "what was made is what was asked for");
    assert_eq!(folder.lw(&["vars", "get", "shop", "rate"]).expect(0).out, "5\n");
    assert_eq!(folder.lw(&["vars", "set", "shop", "rate", "6"]).expect(0).out, "rate is at version 1\n");
    folder.lw(&["vars", "set", "shop", "rate", "7", "--version", "1"]).expect(0);
    let late = folder.lw(&["vars", "set", "shop", "rate", "8", "--version", "1", "--json"]).expect(1);
    assert_eq!(late.codes(), ["LW0559"]);
    assert_eq!(folder.lw(&["vars", "set", "shop", "rate", "many", "--json"]).expect(1).codes(), ["LW0559"]);
    assert_eq!(folder.lw(&["vars", "set", "shop", "rat", "1", "--json"]).expect(2).codes(), ["LW0558"]);
    assert_eq!(folder.lw(&["vars", "get", "shop", "rat", "--json"]).expect(2).codes(), ["LW0558"]);
    folder.lw(&["vars", "set", "shop", "banner", "sale today"]).expect(0);
    let listed = folder.lw(&["vars", "list", "shop", "--json"]).expect(0).json();
    let row = |index: usize, key: &str| listed["variables"][index][key].clone();
    assert_eq!(
        (row(0, "name"), row(0, "value"), row(0, "version")),
        (json!("banner"), Json::Null, json!(1)),
        "it is over"
    );
    assert_eq!((row(1, "name"), row(1, "value"), row(1, "version")), (json!("rate"), json!(7), json!(2)));
    let watched = folder.lw(&["vars", "watch", "shop", "rate", "--after", "0", "--count", "2"]).expect(0);
    assert_eq!(watched.out, "   1  6\n   2  7\n");
    let services = folder.lw(&["services", "list", "shop"]).expect(0);
    assert_eq!(services.out, "shop  port 80\n  nobody serves it\n");

    // Taken away and declared again, it begins without a value, and no version is used twice.
    let whole = folder.read("shop.lw");
    let without: String =
        whole.lines().filter(|line| !line.starts_with("rate:")).map(|line| format!("{line}\n")).collect();
    folder.write("shop.lw", without);
    folder.lw(&["apply", "--sim", "--yes", "-q", "shop.lw"]).expect(0);
    folder.lw(&["vars", "get", "shop", "rate"]).expect(2);
    folder.write("shop.lw", whole);
    folder.lw(&["apply", "--sim", "--yes", "-q", "shop.lw"]).expect(0);
    assert_eq!(folder.lw(&["vars", "get", "shop", "rate"]).expect(0).out, "5\n");
    assert_eq!(folder.lw(&["vars", "set", "shop", "rate", "9"]).expect(0).out, "rate is at version 3\n");
}

#[test]
fn two_variables_of_one_name_are_refused() {
    let folder = Folder::new();
    let twice =
        "composition\n\nimport Variable\n\na: Variable.Variable {name: \"x\"}\n\nb: Variable.Variable {name: \"x\"}\n";
    folder.write("shop.lw", twice);
    let run = folder.lw(&["check", "shop.lw"]).expect(1);
    assert!(
        run.out.contains("two variables have one name") || run.error.contains("two variables have one name"),
        "{run:?}"
    );
}

#[test]
fn what_was_answered_for_survives_a_kill() {
    let folder = applied();
    let mut written = 0;
    for _ in 0..3 {
        let (mut daemon, _) = conduct(&folder);
        for _ in 0..3 {
            written += 1;
            let value = written.to_string();
            folder.lw(&["vars", "set", "shop", "rate", &value]).expect(0);
        }
        daemon.kill().expect("a process can be killed");
        daemon.wait().expect("a killed process ends");
        let found = folder.lw(&["vars", "get", "shop", "rate", "--json"]).expect(0).json();
        assert_eq!(found, json!({"name": "rate", "version": written, "value": written}));
    }
    let all = folder.lw(&["vars", "watch", "shop", "rate", "--after", "0", "--count", "9"]).expect(0);
    assert_eq!(all.out, (1..=9).map(|value| format!("{value:>4}  {value}\n")).collect::<String>());
}

#[test]
fn a_container_is_known_by_the_identity_that_is_mounted_in_it() {
    let Some(engine) = DockerEngine::start() else { return };
    let folder = Folder::new();
    write_app(&folder, "hello\n");
    let source = format!(
        r#"composition

import Docker
import Service
import Variable

defaults {{provider: Docker.provider {{host: "{}"}}}}

net: Docker.Network {{}}

image: Docker.Image {{context: Zip.zip {{filePaths: ["app"], recursive: True}}}}

web: Docker.Container {{
  image: image,
  networks: [{{network: net}}],
  secretFiles: {{"/run/identity": Secret.identity}},
  stopSignal: "KILL",
}}

other: Docker.Container {{
  image: image,
  secretFiles: {{"/run/identity": Secret.identity}},
  stopSignal: "KILL",
}}

rate: Variable.Variable {{name: "rate", initial: 5, readers: [web.containerId]}}

shop: Service.Service {{name: "shop", port: 80, members: [web.containerId], readers: [other.containerId]}}
"#,
        engine.address()
    );
    folder.write("shop.lw", source);
    folder.lw(&["apply", "shop.lw", "--yes", "-q"]).expect(0);
    assert_eq!(folder.lw(&["preview", "shop.lw", "--json"]).expect(0).json()["steps"], json!([]));
    let container = |name: &str| engine.docker(&["ps", "-q", "--no-trunc", "--filter", &format!("name=shop-{name}-")]);
    let identity = |name: &str| engine.docker(&["exec", &container(name), "/bin/busybox", "cat", "/run/identity"]);
    assert_ne!(identity("web"), identity("other"), "each has its own");
    let state = std::fs::read(folder.path().join(".linework/state.db")).expect("a store");
    let secret = identity("web");
    assert!(!String::from_utf8_lossy(&state).contains(&secret), "it is not in State");

    let (mut daemon, address) = conduct(&folder);
    let rate = "/v1/deployments/shop/variables/rate";
    let (status, body) = get(&address, rate, &identity("web"));
    assert_eq!((status, &body["versions"][0]["value"]), (200, &json!(5)));
    assert_eq!(get(&address, rate, &identity("other")).0, 403);
    let services = |name: &str| get(&address, "/v1/deployments/shop/services", &identity(name)).1["services"].clone();
    assert_eq!(services("web"), json!([]));
    let shown = engine.docker(&[
        "inspect",
        &container("web"),
        "--format",
        "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
    ]);
    assert_eq!(services("other")[0]["endpoints"], json!([{"path": "web", "address": shown, "port": 80}]));

    // What takes its place has an identity of its own, and may what it might.
    let before = container("web");
    engine.docker(&["kill", &before]);
    until("it is replaced", || {
        let now = container("web");
        (!now.is_empty() && !now.contains('\n') && now != before).then_some(())
    });
    assert_ne!(identity("web"), secret);
    until("it may read", || (get(&address, rate, &identity("web")).0 == 200).then_some(()));
    until("the old one is forgotten", || (get(&address, rate, &secret).0 == 401).then_some(()));
    daemon.kill().expect("a process can be killed");
    daemon.wait().expect("a killed process ends");
    folder.lw(&["destroy", "shop", "--yes", "-q", "--allow-delete", "all"]).expect(0);
    assert_eq!(engine.everything(), Vec::<String>::new());
}
