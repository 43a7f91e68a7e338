//! An editor of few words: it opens texts, types, asks, and reads what comes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::lw::{BINARY, Folder};

/// Longer than this nobody waits for an answer; a server that is so slow has failed.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Client {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Json>,
    next: i64,
    root: PathBuf,
    versions: BTreeMap<String, i64>,
    pub capabilities: Json,
    /// What was last published, by file name below the root.
    pub published: BTreeMap<String, Vec<Json>>,
    publications: BTreeMap<String, Option<i64>>,
}

impl Client {
    /// Starts the server for a folder.
    pub fn start(folder: &Folder) -> Client {
        Client::start_with(folder, json!({}))
    }

    /// Starts it with more in the editor's capabilities.
    pub fn start_with(folder: &Folder, capabilities: Json) -> Client {
        let mut command = Command::new(&*BINARY);
        command.args(["lsp", "--stdio"]).env("XDG_CACHE_HOME", folder.path().join("../cache"));
        Client::run(command, folder.path(), capabilities)
    }

    pub fn run(mut command: Command, root: &Path, capabilities: Json) -> Client {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take().expect("a pipe");
        let output = child.stdout.take().expect("a pipe");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read_message(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let root = root.canonicalize().expect("a folder");
        let mut client = Client {
            child,
            input,
            messages,
            next: 0,
            root: root.clone(),
            versions: BTreeMap::new(),
            capabilities: Json::Null,
            published: BTreeMap::new(),
            publications: BTreeMap::new(),
        };
        let mut offered = json!({
            "textDocument": {"completion": {"completionItem": {"snippetSupport": true}}},
            "workspace": {"workspaceFolders": true}
        });
        merge(&mut offered, &capabilities);
        let uri = format!("file://{}", root.display());
        let answer = client.ask(
            "initialize",
            json!({
                "processId": null, "rootUri": uri, "capabilities": offered,
                "workspaceFolders": [{"uri": uri, "name": "test"}]
            }),
        );
        client.capabilities = answer["capabilities"].clone();
        client.tell("initialized", json!({}));
        client
    }

    pub fn uri(&self, file: &str) -> String {
        match file.starts_with("file:") {
            true => file.to_string(),
            false => format!("file://{}/{file}", self.root.display()),
        }
    }

    pub fn document(&self, file: &str) -> Json {
        json!({"uri": self.uri(file)})
    }

    pub fn tell(&mut self, method: &str, params: Json) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Asks and waits for the answer; an error is a failed test.
    pub fn ask(&mut self, method: &str, params: Json) -> Json {
        match self.try_ask(method, params) {
            Ok(result) => result,
            Err(error) => panic!("{method} was refused: {error}"),
        }
    }

    pub fn try_ask(&mut self, method: &str, params: Json) -> Result<Json, Json> {
        let id = self.begin(method, params);
        self.answer(id)
    }

    /// Asks without waiting.
    pub fn begin(&mut self, method: &str, params: Json) -> i64 {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    pub fn answer(&mut self, id: i64) -> Result<Json, Json> {
        loop {
            let message = self.receive();
            if message["id"] == json!(id) && message.get("method").is_none() {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    fn send(&mut self, message: &Json) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server reads");
        self.input.flush().expect("the server reads");
    }

    fn receive(&mut self) -> Json {
        let message = self.messages.recv_timeout(PATIENCE).expect("the server says something");
        if message["method"] == "textDocument/publishDiagnostics" {
            let params = &message["params"];
            let prefix = format!("file://{}/", self.root.display());
            let file = params["uri"].as_str().expect("an address").trim_start_matches(&prefix).to_string();
            self.published.insert(file.clone(), params["diagnostics"].as_array().expect("a list").clone());
            self.publications.insert(file, params["version"].as_i64());
        } else if message.get("id").is_some() && message.get("method").is_some() {
            self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": null}));
        }
        message
    }

    pub fn open(&mut self, file: &str, text: &str) {
        self.versions.insert(file.to_string(), 1);
        let document = json!({"uri": self.uri(file), "languageId": "linework", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Opens a file as it is on the disk.
    pub fn open_file(&mut self, file: &str) -> String {
        let text = std::fs::read_to_string(self.root.join(file)).expect("a file");
        self.open(file, &text);
        text
    }

    /// Replaces the whole text.
    pub fn replace(&mut self, file: &str, text: &str) {
        self.change(file, json!([{"text": text}]));
    }

    pub fn change(&mut self, file: &str, changes: Json) {
        let version = self.versions.get_mut(file).expect("an open file");
        *version += 1;
        let document = json!({"uri": format!("file://{}/{file}", self.root.display()), "version": *version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    /// Waits for the first word on the text as it is now.
    pub fn diagnostics(&mut self, file: &str) -> Vec<Json> {
        let version = self.versions[file];
        while self.publications.get(file).copied().flatten() != Some(version) {
            self.receive();
        }
        self.published[file].clone()
    }

    /// Waits until what is published of the text as it is now passes a test: what the evaluation adds comes a moment later.
    pub fn diagnostics_until(&mut self, file: &str, wanted: impl Fn(&[Json]) -> bool) -> Vec<Json> {
        loop {
            let found = self.diagnostics(file);
            if wanted(&found) {
                return found;
            }
            self.receive();
        }
    }

    /// Waits until a file that need not be open is said to have something that passes a test.
    pub fn published_until(&mut self, file: &str, wanted: impl Fn(&[Json]) -> bool) -> Vec<Json> {
        loop {
            if let Some(found) = self.published.get(file)
                && wanted(found)
            {
                return found.clone();
            }
            self.receive();
        }
    }

    /// Waits for the next word of a kind that nobody asked for.
    pub fn notified(&mut self, method: &str) -> Json {
        loop {
            let message = self.receive();
            if message["method"] == method {
                return message["params"].clone();
            }
        }
    }

    /// The number of the server's process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Says goodbye; gives the server's exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.ask("shutdown", Json::Null);
        self.tell("exit", Json::Null);
        self.child.wait().expect("the server ends").code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Ends what a failed test left; one that was stopped has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn merge(into: &mut Json, from: &Json) {
    match (into, from) {
        (Json::Object(into), Json::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Json::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

fn read_message(output: &mut impl BufRead) -> Option<Json> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.parse::<usize>().ok();
        }
    }
    let mut bytes = vec![0; length?];
    output.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A source without its `$0`, and where that stood.
pub fn fixture(marked: &str) -> (String, Json) {
    let offset = marked.find("$0").expect("a fixture marks the cursor with $0");
    let text = format!("{}{}", &marked[..offset], &marked[offset + 2..]);
    let position = position(&text, offset);
    (text, position)
}

/// The place of the first letter of a piece of text, and `plus` bytes on.
pub fn at(text: &str, piece: &str, plus: usize) -> Json {
    position(text, text.find(piece).unwrap_or_else(|| panic!("`{piece}` is in the text")) + plus)
}

fn position(text: &str, offset: usize) -> Json {
    let before = &text[..offset];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    json!({"line": line, "character": before[start..].encode_utf16().count()})
}
