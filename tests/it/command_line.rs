//! The command line itself: arguments, exit codes, streams, and the commands that need neither compiler nor store.

use std::io::Read;
use std::process::Stdio;

use crate::lw::Folder;

const COMMANDS: [&str; 31] = [
    "init",
    "check",
    "build",
    "lock",
    "import",
    "preview",
    "apply",
    "destroy",
    "rollback",
    "resume",
    "release",
    "status",
    "output",
    "history",
    "drift",
    "store",
    "conduct",
    "incidents",
    "verify",
    "pause",
    "vars",
    "services",
    "chaos",
    "test",
    "fmt",
    "eval",
    "explain",
    "policy",
    "graph",
    "lsp",
    "completions",
];

#[test]
fn help_lists_every_command_and_nothing_else() {
    let help = Folder::new().lw(&["--help"]).expect(0).out;
    let listed: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(listed, COMMANDS);
}

#[test]
fn every_command_has_help() {
    let folder = Folder::new();
    for command in COMMANDS {
        let help = folder.lw(&[command, "--help"]).expect(0).out;
        assert!(help.contains(&format!("Usage: lw {command}")), "{help}");
        assert!(help.contains("--json"), "{command} takes what every command takes");
    }
}

#[test]
fn a_usage_error_is_exit_2_on_standard_error() {
    let folder = Folder::new();
    for arguments in [
        vec![],
        vec!["chekc"],
        vec!["check", "--nonsense"],
        vec!["explain"],
        vec!["check", "-q", "-v"],
        vec!["check", "--set", "novalue"],
        vec!["check", "--set", "=1"],
        vec!["check", "--format", "yaml"],
        vec!["destroy", "shop", "--allow-delete", "some"],
        vec!["status", "--store", "state.db"],
        vec!["status", "--store", "postgres://localhost/x"],
        vec!["output", "a/b"],
        vec!["apply", "main.lw"],
        vec!["destroy", "main"],
    ] {
        let run = folder.lw(&arguments).expect(2);
        assert!(run.out.is_empty() && !run.error.is_empty(), "{run:?}");
    }
    assert!(folder.lw(&["chekc"]).error.contains("check"), "the near command is suggested");
}

#[test]
fn nothing_is_done_without_consent() {
    let folder = Folder::with("composition\n");
    for arguments in [["apply", "--sim", "main.lw"], ["destroy", "main", "--json"]] {
        folder.lw(&arguments).expect(2);
        assert!(!folder.exists(".linework"), "{arguments:?} made a store");
    }
    let json = folder.lw(&["apply", "--json", "--sim", "main.lw"]).expect(2);
    assert_eq!(json.codes(), ["LW0578"]);
}

#[test]
fn an_error_in_json_is_one_document_with_one_key() {
    let folder = Folder::with("x: nope\n");
    for arguments in [
        vec!["build", "main.lw", "--json"],
        vec!["build", "missing.lw", "--json"],
        vec!["preview", "--sim", "main.lw", "--json"],
        vec!["apply", "--sim", "--yes", "main.lw", "--json"],
        vec!["graph", "main.lw", "--json"],
        vec!["test", "main.lw", "--json"],
        vec!["explain", "LW9999", "--json"],
        vec!["output", "nothing", "--json"],
        vec!["history", "nothing", "--json"],
        vec!["destroy", "nothing", "--yes", "--json"],
    ] {
        let run = folder.lw(&arguments);
        assert_ne!(run.code, 0, "{run:?}");
        let json = run.json();
        let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["diagnostics"], "{arguments:?}");
        assert!(!run.codes().is_empty(), "{arguments:?}");
        assert_eq!(run.error, "", "{arguments:?} says it on standard output alone");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::with(&"x: nope\n".repeat(3_000));
    let mut child = folder
        .command(&["check", "main.lw"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let mut error = String::new();
    child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    let status = child.wait().unwrap();
    assert_eq!((status.code(), error.as_str()), (Some(1), ""));
}

#[test]
fn a_full_disk_is_a_runtime_failure() {
    let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has a device that is full");
    let folder = Folder::with("x: 1\n");
    let output = folder.command(&["check", "main.lw"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output cannot be written"));
    let run = folder.lw(&["fmt", "--check", "main.lw"]).expect(0);
    assert_eq!(run.out, "");
}

#[test]
fn colours_stay_out_of_pipes() {
    let mut folder = Folder::with("x: nope\n");
    folder.set("NO_COLOR", "");
    folder.set("TERM", "xterm-256color");
    let run = folder.lw(&["check", "main.lw"]).expect(1);
    assert!(!run.out.contains('\u{1b}'), "{:?}", run.out);
}

#[test]
fn init_writes_a_project_that_is_clean() {
    let folder = Folder::new();
    let run = folder.lw(&["init", "shop", "--json"]).expect(0);
    for file in
        ["lw.toml", "main.lw", "tests.lw", ".github/workflows/linework.yml", ".vscode/settings.json", ".gitignore"]
    {
        assert!(folder.exists(&format!("shop/{file}")), "{file}");
        assert!(run.json()["written"].as_array().unwrap().iter().any(|written| written == file), "{file}");
    }
    assert!(folder.read("shop/lw.toml").contains("name = \"shop\""));
    let json = folder.lw(&["check", "--strict", "--json", "shop"]).expect(0).json();
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 0);
    folder.lw(&["check", "--strict", "--env", "test", "shop"]).expect(0);
    assert_eq!(folder.lw(&["fmt", "--check", "shop"]).expect(0).out, "");
    assert_eq!(folder.lw(&["init", "shop", "--json"]).expect(1).codes(), ["LW0262"]);
}

#[test]
fn init_keeps_what_is_there() {
    let folder = Folder::new();
    folder.write(".gitignore", "mine\n");
    let run = folder.lw(&["init", "--json"]).expect(0);
    assert_eq!(run.json()["kept"], serde_json::json!([".gitignore"]));
    assert_eq!(folder.read(".gitignore"), "mine\n");
    // And what was written is applied as the hint says, from inside the folder.
    let applied = folder.lw(&["apply", "--sim", "--yes", "--json"]).expect(0).json();
    assert_eq!(applied["summary"]["create"], 1);
}

#[test]
fn fmt_writes_and_check_only_names() {
    let folder = Folder::new();
    let text = "a:   1\n\n\n\nb: [1,2]\n";
    folder.write("main.lw", text);
    folder.write("broken.lw", "a: (1\n");
    folder.write("fine.lw", "a: 1\n");
    let check = folder.lw(&["fmt", "--check", "main.lw", "fine.lw"]).expect(1);
    assert_eq!(check.out, "main.lw\n");
    assert_eq!(folder.read("main.lw"), text);
    let json = folder.lw(&["fmt", "--json", "."]).expect(1);
    assert_eq!(json.json()["changed"], serde_json::json!(["main.lw"]));
    assert_eq!(json.codes(), ["LW0110"]);
    assert_eq!(folder.read("main.lw"), "a: 1\n\nb: [1, 2]\n");
    assert_eq!(folder.read("broken.lw"), "a: (1\n", "what does not parse is left as it is");
    folder.lw(&["fmt", "--check", "main.lw"]).expect(0);
}

#[test]
fn completions_know_the_commands() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = folder.lw(&["completions", shell]).expect(0).out;
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
    }
}
