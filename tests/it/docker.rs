//! Compositions on a real engine: made, made again without a change, disturbed, put right, gone. The engine's own command line says
//! what there is.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use serde_json::{Value as Json, json};

use crate::docker_engine::{DockerEngine, until, wait, write_app};
use crate::lw::Folder;

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// A web server with a network, a volume and an image of its own.
fn source(engine: &DockerEngine, port: u16, greeting: &str) -> String {
    format!(
        r#"composition

import Docker

defaults {{provider: Docker.provider {{host: "{}"}}}}

net: Docker.Network {{}}

data: Docker.Volume {{labels: {{"kept": "yes"}}}}

image: Docker.Image {{context: Zip.zip {{filePaths: ["app"], recursive: True}}}}

web: Docker.Container {{
  image: image,
  environment: {{"GREETING": "{greeting}"}},
  networks: [{{network: net, aliases: ["web"]}}],
  ports: [{{container: 80, hostPort: {port}}}],
  volumes: [{{volume: data, target: "/data"}}],
  temporary: [{{target: "/tmp", size: 1MiB}}],
  memory: 64MiB,
  cpus: 0.5,
  pids: 20,
  user: "0:0",
  dropCapabilities: ["NET_RAW"],
  restart: "on-failure",
  restartAttempts: 3,
  healthCheck: {{command: ["/bin/busybox", "wget", "-q", "-O-", "http://127.0.0.1/"], interval: 500ms, retries: 2}},
  stopSignal: "KILL",
}}

output address: web.address
"#,
        engine.address()
    )
}

fn project(engine: &DockerEngine, port: u16) -> Folder {
    let folder = Folder::new();
    write_app(&folder, "hello\n");
    folder.write("shop.lw", source(engine, port, "hi"));
    folder
}

fn page(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET /index.html HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.split_once("\r\n\r\n").map(|(_, body)| body.to_string())
}

fn actions(report: &Json) -> Vec<String> {
    let steps = report["steps"].as_array().expect("steps").iter();
    steps.map(|step| format!("{} {}", step["action"].as_str().unwrap(), step["path"].as_str().unwrap())).collect()
}

#[test]
fn what_is_declared_is_made_once_kept_and_taken_away() {
    let Some(engine) = DockerEngine::start() else { return };
    let port = free_port();
    let folder = project(&engine, port);
    engine.docker(&["volume", "create", "somebody-elses"]);

    let applied = folder.lw(&["apply", "shop.lw", "--yes", "--json"]).expect(0).json();
    assert_eq!(applied["steps"].as_array().map(Vec::len), Some(4), "{applied}");
    assert_eq!(until("it answers", || page(port)), "hello\n");
    let again = folder.lw(&["apply", "shop.lw", "--yes", "--json"]).expect(0).json();
    assert_eq!(again["steps"], json!([]), "what was made is what was asked for");
    let label = "label=linework:deployment=shop";
    assert_eq!(engine.lines(&["ps", "-q", "--filter", label]).len(), 1);
    let shown = engine.docker(&["inspect", &engine.docker(&["ps", "-q"])]);
    for part in ["\"Memory\": 67108864", "\"NanoCpus\": 500000000", "GREETING=hi", "\"PidsLimit\": 20", "\"NET_RAW\""] {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    // A container is never modified: another greeting is another container, which takes the port over.
    let first = engine.docker(&["ps", "-q", "--no-trunc"]);
    folder.write("shop.lw", source(&engine, port, "good morning"));
    let changed = folder.lw(&["apply", "shop.lw", "--yes", "--json"]).expect(0).json();
    assert_eq!(actions(&changed), ["replace web"]);
    assert_ne!(engine.docker(&["ps", "-aq", "--no-trunc"]), first);

    // Another page is another image, and so another container.
    write_app(&folder, "hello again\n");
    let changed = folder.lw(&["apply", "shop.lw", "--yes", "--json"]).expect(0).json();
    assert_eq!(actions(&changed).len(), 2, "{changed}");
    assert_eq!(until("it answers", || page(port)), "hello again\n");
    assert_eq!(folder.lw(&["preview", "shop.lw", "--json"]).expect(0).json()["steps"], json!([]));

    folder.lw(&["destroy", "shop", "--yes", "--allow-delete", "all"]).expect(0);
    assert_eq!(engine.everything(), ["volume somebody-elses"]);
}

#[test]
fn what_is_disturbed_by_hand_is_replaced() {
    let Some(engine) = DockerEngine::start() else { return };
    let port = free_port();
    let folder = project(&engine, port);
    folder.lw(&["apply", "shop.lw", "--yes", "-q"]).expect(0);
    let container = || engine.docker(&["ps", "-aq", "--no-trunc"]);

    let before = container();
    engine.docker(&["rename", &before, "another"]);
    let drift = folder.lw(&["drift", "shop", "--json"]).expect(1).json();
    assert_eq!(
        (drift["drift"][0]["property"].as_str(), drift["drift"][0]["observed"].as_str()),
        (Some("Name"), Some("another"))
    );

    let mut daemon = folder
        .command(&["conduct", "--interval", "200ms"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the daemon starts");
    let replaced = |before: &str| {
        until("it is replaced", || {
            let now = container();
            let runs = engine.docker(&["ps", "-q", "--no-trunc"]) == now;
            (now != before && !now.is_empty() && !now.contains('\n') && runs).then_some(now)
        })
    };
    let mut now = replaced(&before);
    for disturbance in
        [&["kill"][..], &["pause"], &["update", "--memory", "32m", "--memory-swap", "64m"], &["rm", "-f"]]
    {
        engine.docker(&[disturbance, &[&now]].concat());
        now = replaced(&now);
    }
    assert_eq!(until("it answers", || page(port)), "hello\n");
    daemon.kill().expect("a process can be killed");
    daemon.wait().expect("a killed process ends");
    assert_eq!(folder.lw(&["drift", "shop", "--json"]).expect(0).json()["drift"], json!([]));
    folder.lw(&["destroy", "shop", "--yes", "--allow-delete", "all"]).expect(0);
    assert_eq!(engine.everything(), Vec::<String>::new());
}

#[test]
fn a_killed_apply_leaves_no_orphan_and_makes_nothing_twice() {
    let Some(engine) = DockerEngine::start() else { return };
    let port = free_port();
    let folder = project(&engine, port);
    // After so many steps, and so much later: inside of the build, and between the making and the starting of the container.
    for (after, later_ms) in [(0, 0), (2, 200), (3, 20), (3, 50)] {
        let mut child = folder
            .command(&["apply", "shop.lw", "--yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        let mark = format!("[{after}/");
        if after > 0 {
            for line in lines {
                if line.expect("messages are UTF-8").starts_with(&mark) {
                    break;
                }
            }
        }
        wait(later_ms);
        child.kill().expect("a process can be killed");
        child.wait().expect("a killed process ends");
        folder.lw(&["apply", "shop.lw", "--yes", "-q"]).expect(0);
        let all = engine.everything();
        assert_eq!(all.len(), 4, "killed {later_ms} ms after step {after}: {all:?}");
        assert_eq!(folder.lw(&["preview", "shop.lw", "--json"]).expect(0).json()["steps"], json!([]));
        assert_eq!(folder.lw(&["drift", "shop", "--json"]).expect(0).json(), json!({"drift": [], "unrecorded": []}));
        folder.lw(&["destroy", "shop", "--yes", "-q", "--allow-delete", "all"]).expect(0);
        assert_eq!(engine.everything(), Vec::<String>::new(), "killed {later_ms} ms after step {after}");
    }
}

#[test]
fn what_cannot_be_made_is_said_in_the_words_of_the_engine() {
    let Some(engine) = DockerEngine::start() else { return };
    let folder = Folder::new();
    write_app(&folder, "hello\n");
    let program = |rest: &str| {
        let provider = format!("defaults {{provider: Docker.provider {{host: \"{}\"}}}}", engine.address());
        folder.write("shop.lw", format!("composition\n\nimport Docker\n\n{provider}\n\n{rest}\n"));
    };
    let refused = |part: &str| {
        let run = folder.lw(&["apply", "shop.lw", "--yes"]).expect(3);
        assert!(run.error.contains(part), "{part}: {}", run.error);
    };
    program(&format!("web: Docker.Container {{image: \"sha256:{}\"}}", "0".repeat(64)));
    refused("No such image");

    let image = r#"image: Docker.Image {context: Zip.zip {filePaths: ["app"], recursive: True}}"#;
    program(&format!("{image}\nweb: Docker.Container {{image: image, command: [\"/bin/nothing\"]}}"));
    refused("/bin/nothing");
    assert_eq!(engine.lines(&["ps", "-aq"]), Vec::<String>::new(), "a container that cannot run does not stay");

    // What somebody else has made is neither taken nor touched.
    engine.docker(&["volume", "create", "taken"]);
    program("data: Docker.Volume {name: \"taken\"}");
    refused("there is a volume `taken` already");
    engine.docker(&["volume", "inspect", "taken"]);

    folder.write("app/Dockerfile", "FROM scratch\nCOPY nothing /\n");
    program(image);
    refused("nothing");
    folder.write("shop.lw", "composition\nimport Docker\n@provider(Docker.provider {host: \"unix:///nowhere/docker.sock\"})\nnet: Docker.Network {}\n");
    let run = folder.lw(&["preview", "shop.lw"]);
    assert!(run.code == 1 || run.code == 3, "{run:?}");
    folder.write("shop.lw", "composition\nimport Docker\n@provider(Docker.provider {host: \"tcp://192.0.2.1:2375\"})\nnet: Docker.Network {}\n");
    refused("is another machine");
}

#[test]
fn the_library_and_the_catalogue_say_the_same_of_each_type() {
    let module = lw_stdlib::module("Docker").expect("the library has it");
    let text: String = std::fs::read_to_string(crate::lw::repository().join("runtime/adapter/catalogue/docker.json"))
        .expect("the catalogue is there");
    let catalogue: Json = serde_json::from_str(&text).expect("it is JSON");
    let wire = |name: &str| name[..1].to_uppercase() + &name[1..];
    let mut types = 0;
    for statement in module.statements() {
        let Some(wire_type) = statement.wire else { continue };
        types += 1;
        let record = &catalogue[wire_type];
        let said = module.statement_text(statement);
        assert!(said.contains(&format!("class: {}", record["class"])), "{wire_type}");
        let fields: Vec<(&str, &str)> =
            said.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(": ")).collect();
        let marked = |mark: &str| {
            let with = fields.iter().filter(|(_, rest)| rest.split(' ').any(|word| word == mark));
            with.map(|(name, _)| wire(name)).collect::<Vec<_>>()
        };
        let listed = |key: &str| {
            let paths = record[key].as_array().into_iter().flatten().filter_map(Json::as_str);
            let top = paths.filter(|path| !path.contains('/')).filter(|path| record["expected"][path].is_null());
            top.map(str::to_string).collect::<Vec<_>>()
        };
        let (mut named, mut described): (Vec<String>, Vec<String>) = (
            fields.iter().map(|(name, _)| wire(name)).collect(),
            record["properties"].as_object().expect("properties").keys().cloned().collect(),
        );
        named.sort();
        described.sort();
        assert_eq!(named, described, "{wire_type}");
        for (mark, key) in [("@createOnly", "createOnly"), ("@writeOnly", "writeOnly"), ("@set", "sets")] {
            assert_eq!(marked(mark), listed(key), "{wire_type} {mark}");
        }
        let expected = record["expected"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
        let mut read_only: Vec<String> = listed("readOnly").into_iter().chain(expected).collect();
        let mut marked_read_only = marked("@readOnly");
        read_only.sort();
        marked_read_only.sort();
        assert_eq!(marked_read_only, read_only, "{wire_type}");
    }
    assert_eq!(types, catalogue.as_object().map(|types| types.len()).expect("an object"));
}
