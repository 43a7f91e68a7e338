//! In a folder that nobody trusts: no process, no socket, nothing read outside; seen from outside, with strace.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Client;
use crate::lw::{BINARY, Folder};

/// What the system itself reads to start a program.
const SYSTEM: [&str; 9] =
    ["/etc/ld.so", "/lib/", "/lib64/", "/usr/lib", "/proc/", "/sys/", "/dev/", "/etc/localtime", "/usr/share/zoneinfo"];

#[test]
#[expect(clippy::print_stdout, reason = "whoever runs the tests should know what was not run")]
fn a_hostile_folder_gets_nothing() {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if !traced.is_ok_and(|status| status.success()) {
        println!("strace is not there, or may not trace");
        return;
    }
    let folder = Folder::new();
    let outside = folder.path().join("../outside");
    std::fs::create_dir(&outside).expect("a folder");
    std::fs::write(outside.join("secret.txt"), "the-secret").expect("a file");
    std::fs::write(outside.join("lw.toml"), "name = \"outside\"\n").expect("a file");
    std::fs::write(folder.path().join("../lw.toml"), "this is no manifest").expect("a file");
    folder.write("lw.toml", "name = \"shop\"\nsources = [\".\", \"../outside\"]\n");
    std::os::unix::fs::symlink(outside.join("secret.txt"), folder.path().join("link.txt")).expect("a link");
    std::os::unix::fs::symlink(&outside, folder.path().join("Linked")).expect("a link");
    let text = "composition\n\na: String.readFileUtf8(\"../outside/secret.txt\")\nb: String.readFileUtf8(\"link.txt\")\nc: String.readFileUtf8(\"/etc/passwd\")\nd: String.readFileUtf8(\"Linked/secret.txt\")\n";
    folder.write("main.lw", text);
    folder.write("alone/lw.toml", "name = \"alone\"\n");
    folder.write("alone/main.lw", text);

    let log = folder.path().join("../strace.log");
    let cache = folder.path().join("../cache");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-y", "-e", "trace=%process,%network,%file", "-o"]).arg(&log);
    command.arg(&*BINARY).arg("lsp").env("XDG_CACHE_HOME", &cache);
    let mut client = Client::run(command, folder.path(), serde_json::json!({}));
    // What lies outside is said to be out of reach.
    client.open_file("main.lw");
    let found = client.published_until("lw.toml", |found| !found.is_empty());
    let text = serde_json::json!(found).to_string();
    assert!(text.contains("it lies outside the folders that are open in the editor"), "{text}");
    client.open_file("alone/main.lw");
    let found = client.diagnostics_until("alone/main.lw", |found| !found.is_empty());
    assert!(!serde_json::json!(found).to_string().contains("the-secret"), "{found:?}");
    let position = serde_json::json!({"line": 2, "character": 8});
    for method in ["textDocument/hover", "textDocument/definition", "textDocument/completion"] {
        let document = client.document("alone/main.lw");
        let answer = client.ask(method, serde_json::json!({"textDocument": document, "position": position}));
        assert!(!answer.to_string().contains("the-secret"), "{answer}");
    }
    assert_eq!(client.stop(), Some(0));

    let log = std::fs::read_to_string(&log).expect("what strace wrote");
    let root = folder.path().canonicalize().expect("a folder");
    let allowed = [root.clone(), root.join("../cache"), cache.clone(), (*BINARY).clone()];
    let mut opened = 0;
    for line in log.lines() {
        let call = line.split_once(' ').map_or(line, |(_, call)| call.trim_start());
        let name = call.split('(').next().unwrap_or_default();
        let threads = call.contains("CLONE_THREAD");
        assert!(!matches!(name, "socket" | "socketpair" | "connect" | "bind" | "listen" | "accept"), "{line}");
        assert!(!matches!(name, "fork" | "vfork"), "{line}");
        assert!(!name.starts_with("clone") || threads, "{line}");
        assert!(name != "execve" || line.contains(&BINARY.display().to_string()), "{line}");
        // What a call that succeeded has opened, links followed, stands behind its file number.
        let Some((_, real)) = call.rsplit_once("= ").filter(|_| matches!(name, "open" | "openat" | "openat2")) else {
            continue;
        };
        let Some(real) = real.split_once('<').and_then(|(_, path)| path.strip_suffix('>')) else { continue };
        opened += 1;
        let fine = SYSTEM.iter().any(|prefix| real.starts_with(prefix))
            || allowed
                .iter()
                .any(|folder| Path::new(real).starts_with(folder.canonicalize().unwrap_or(folder.clone())));
        assert!(fine, "it opened {real}: {line}");
    }
    assert!(opened > 5, "the trace shows what was opened");
}
