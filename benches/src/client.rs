//! An editor without a screen: it starts a language server and measures how long its answers take.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

/// A server that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Client {
    child: Child,
    input: ChildStdin,
    messages: Receiver<(Instant, Json)>,
    next: i64,
    version: i64,
    uri: String,
}

impl Client {
    /// Starts a server for one file.
    pub fn start(program: &Path, arguments: &[&str], file: &Path) -> io::Result<Client> {
        let mut child = Command::new(program)
            .args(arguments)
            .env("XDG_CACHE_HOME", file.with_extension("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let missing = || io::Error::other("no pipe");
        let input = child.stdin.take().ok_or_else(missing)?;
        let mut output = BufReader::new(child.stdout.take().ok_or_else(missing)?);
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read_message(&mut output) {
                if sender.send((Instant::now(), message)).is_err() {
                    break;
                }
            }
        });
        let uri = format!("file://{}", file.display());
        let mut client = Client { child, input, messages, next: 0, version: 0, uri };
        let root = file.parent().unwrap_or(Path::new("/"));
        let folder = json!({"uri": format!("file://{}", root.display()), "name": "bench"});
        client.ask(
            "initialize",
            json!({
                "processId": std::process::id(), "rootUri": folder["uri"], "workspaceFolders": [folder],
                "capabilities": {
                    "textDocument": {"publishDiagnostics": {}, "completion": {"completionItem": {"snippetSupport": true}}},
                    "workspace": {"configuration": true}
                }
            }),
        )?;
        client.tell("initialized", json!({}))?;
        Ok(client)
    }

    /// Opens the file; how long until something is said about it.
    pub fn open(&mut self, language: &str, text: &str) -> io::Result<Duration> {
        let begun = Instant::now();
        self.version = 1;
        let document = json!({"uri": self.uri, "languageId": language, "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}))?;
        self.published().map(|at| at - begun)
    }

    /// Replaces columns of a line; how long until something is said about the new text.
    pub fn edit(&mut self, line: usize, columns: (usize, usize), text: &str) -> io::Result<Duration> {
        let begun = Instant::now();
        self.version += 1;
        let range = json!({
            "start": {"line": line, "character": columns.0}, "end": {"line": line, "character": columns.1}
        });
        let document = json!({"uri": self.uri, "version": self.version});
        let changes = json!([{"range": range, "text": text}]);
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}))?;
        self.published().map(|at| at - begun)
    }

    /// How long the answer to a question about a place takes.
    pub fn question(&mut self, method: &str, line: usize, column: usize) -> io::Result<Duration> {
        let begun = Instant::now();
        let position = json!({"line": line, "character": column});
        let at = self.ask(method, json!({"textDocument": {"uri": self.uri}, "position": position}))?;
        Ok(at - begun)
    }

    /// Waits for a word that nobody asked for; when it came.
    pub fn notified(&mut self, method: &str) -> io::Result<Instant> {
        self.wait(|message| message["method"] == method)
    }

    /// Takes what still comes, until nothing has for a while.
    pub fn settle(&mut self, quiet: Duration) -> io::Result<()> {
        loop {
            match self.messages.recv_timeout(quiet) {
                Ok((_, message)) => self.serve(&message)?,
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the server ended")),
            }
        }
    }

    fn published(&mut self) -> io::Result<Instant> {
        let (uri, version) = (self.uri.clone(), self.version);
        self.wait(|message| {
            let params = &message["params"];
            // A server that says which text it means is held to it.
            message["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == uri
                && params["version"].as_i64().is_none_or(|said| said == version)
        })
    }

    fn ask(&mut self, method: &str, params: Json) -> io::Result<Instant> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    fn tell(&mut self, method: &str, params: Json) -> io::Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    fn wait(&mut self, wanted: impl Fn(&Json) -> bool) -> io::Result<Instant> {
        loop {
            let received = self.messages.recv_timeout(PATIENCE);
            let (at, message) = received.map_err(|_| io::Error::other("the server says nothing"))?;
            self.serve(&message)?;
            if wanted(&message) {
                return Ok(at);
            }
        }
    }

    /// Answers what the server asks.
    fn serve(&mut self, message: &Json) -> io::Result<()> {
        if message.get("id").is_none() || message.get("method").is_none() {
            return Ok(());
        }
        let items = message["params"]["items"].as_array().cloned().unwrap_or_default();
        let result = match message["method"] == "workspace/configuration" {
            true => json!(items.iter().map(setting).collect::<Vec<_>>()),
            false => Json::Null,
        };
        self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": result}))
    }

    fn send(&mut self, message: &Json) -> io::Result<()> {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        self.input.flush()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the YAML server is told: to validate, and to fetch nothing.
fn setting(item: &Json) -> Json {
    match item["section"] == "yaml" {
        true => json!({"validate": true, "schemaStore": {"enable": false}}),
        false => Json::Null,
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
