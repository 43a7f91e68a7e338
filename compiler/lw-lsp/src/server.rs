//! The loop: messages in, answers out, and what is still worth doing in between.
//!
//! Guarantees: messages are taken in order; a request that was cancelled before its turn is not worked on; diagnostics are published once the
//! keystrokes that wait have all been taken; a mistake of ours costs one answer, not the session.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, select, unbounded};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::Notification as _;
use lsp_types::{InitializeParams, PublishDiagnosticsParams, notification};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Host;
use crate::background::{self, Cancel, Job, Outcome};
use crate::convert::Shown;
use crate::documents::{Document, path_of, uri_of};
use crate::features;
use crate::features::commands::AwaitedTest;
use crate::positions::Text;
use crate::workspace::Workspace;

/// How long nobody types before a program is evaluated.
const QUIET: Duration = Duration::from_millis(60);

pub struct Server {
    sender: Sender<Message>,
    pub workspace: Workspace,
    outcomes: Sender<Outcome>,
    /// Projects to evaluate once it is quiet.
    due: Vec<usize>,
    /// Whether the time until then begins again.
    disturbed: bool,
    /// Projects whose diagnostics are behind.
    unpublished: Vec<usize>,
    running: BTreeMap<usize, Cancel>,
    /// What each file was last said to have.
    pub published: BTreeMap<PathBuf, Vec<Shown>>,
    /// Tests whose outcome is to be said.
    awaited: Vec<AwaitedTest>,
    watches: bool,
    refreshes_lenses: bool,
    next_request: i32,
}

/// Talks to one editor until it says goodbye.
pub fn serve(connection: &Connection, host: Arc<dyn Host>) -> Result<(), String> {
    let (id, params) = connection.initialize_start().map_err(|error| error.to_string())?;
    let params: InitializeParams = serde_json::from_value(params).map_err(|error| error.to_string())?;
    let mut workspace = Workspace::new(host);
    workspace.folders = features::capabilities::folders(&params);
    workspace.encoding = features::capabilities::encoding(&params);
    workspace.snippets = features::capabilities::snippets(&params);
    workspace.host.confine(&workspace.folders);
    let answer = features::capabilities::answer(workspace.encoding);
    connection.initialize_finish(id, answer).map_err(|error| error.to_string())?;

    let (outcomes, ended) = unbounded();
    let mut server = Server {
        sender: connection.sender.clone(),
        workspace,
        outcomes,
        due: Vec::new(),
        disturbed: true,
        unpublished: Vec::new(),
        running: BTreeMap::new(),
        published: BTreeMap::new(),
        awaited: Vec::new(),
        watches: features::capabilities::watches(&params),
        refreshes_lenses: features::capabilities::refreshes_lenses(&params),
        next_request: 0,
    };
    server.begin();
    server.run(&connection.receiver, &ended)
}

impl Server {
    fn begin(&mut self) {
        if self.watches {
            self.ask("client/registerCapability", features::capabilities::watchers());
        }
        self.due = self.workspace.discover();
    }

    fn run(&mut self, receiver: &Receiver<Message>, ended: &Receiver<Outcome>) -> Result<(), String> {
        let mut waiting: VecDeque<Message> = VecDeque::new();
        let mut quiet = crossbeam_channel::never();
        loop {
            if std::mem::take(&mut self.disturbed) {
                quiet = crossbeam_channel::after(QUIET);
            }
            if waiting.is_empty() {
                self.publish_unpublished();
                select! {
                    recv(receiver) -> message => match message {
                        Ok(message) => waiting.push_back(message),
                        // The editor went without a word.
                        Err(_) => return Ok(()),
                    },
                    recv(ended) -> outcome => if let Ok(outcome) = outcome { self.ended(outcome) },
                    recv(quiet) -> _ => {
                        quiet = crossbeam_channel::never();
                        self.evaluate_due();
                    }
                }
            }
            waiting.extend(receiver.try_iter());
            self.drop_cancelled(&mut waiting);
            let Some(message) = waiting.pop_front() else { continue };
            match message {
                Message::Request(request) if request.method == "shutdown" => {
                    self.send(Response::new_ok(request.id, ()).into());
                    for cancel in self.running.values() {
                        cancel.cancel();
                    }
                }
                Message::Request(request) => self.answer(request),
                Message::Notification(notification) if notification.method == notification::Exit::METHOD => {
                    return Ok(());
                }
                Message::Notification(notification) => self.take(notification),
                Message::Response(_) => {}
            }
        }
    }

    /// Answers requests that were cancelled before anyone worked on them.
    fn drop_cancelled(&mut self, waiting: &mut VecDeque<Message>) {
        let cancelled: Vec<RequestId> = waiting
            .iter()
            .filter_map(|message| match message {
                Message::Notification(notification) if notification.method == "$/cancelRequest" => {
                    let id = notification.params.get("id")?;
                    serde_json::from_value(id.clone()).ok()
                }
                _ => None,
            })
            .collect();
        if cancelled.is_empty() {
            return;
        }
        waiting.retain(|message| match message {
            Message::Request(request) if cancelled.contains(&request.id) => {
                let response = Response::new_err(
                    request.id.clone(),
                    ErrorCode::RequestCanceled as i32,
                    "the editor no longer wants it".to_string(),
                );
                self.send(response.into());
                false
            }
            Message::Notification(notification) => notification.method != "$/cancelRequest",
            _ => true,
        });
    }

    fn send(&self, message: Message) {
        // A closed connection ends the loop where it reads.
        let _ = self.sender.send(message);
    }

    fn ask(&mut self, method: &str, params: impl serde::Serialize) {
        self.next_request += 1;
        self.send(Request::new(RequestId::from(self.next_request), method.to_string(), params).into());
    }

    fn answer(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let answered = catch_unwind(AssertUnwindSafe(|| features::answer(self, &method, params)));
        let response = match answered {
            Ok(Ok(value)) => Response { id, result: Some(value), error: None },
            Ok(Err((code, message))) => Response::new_err(id, code as i32, message),
            Err(_) => {
                self.workspace.forget();
                Response::new_err(id, ErrorCode::InternalError as i32, format!("`{method}` met a bug of the server"))
            }
        };
        self.send(response.into());
    }

    fn take(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        let taken = catch_unwind(AssertUnwindSafe(|| self.take_known(&method, params)));
        if taken.is_err() {
            self.workspace.forget();
        }
    }

    fn take_known(&mut self, method: &str, params: Value) {
        match method {
            notification::DidOpenTextDocument::METHOD => {
                let Some(params) = parse::<lsp_types::DidOpenTextDocumentParams>(params) else { return };
                let item = params.text_document;
                let path = path_of(&item.uri);
                let text = Text::new(Arc::from(item.text));
                let known = self.workspace.text(&path).is_some_and(|known| known.text == text.text);
                self.workspace.documents.insert(path.clone(), Document { uri: item.uri, version: item.version, text });
                if self.workspace.library_file(&path).is_some() {
                    return;
                }
                if known && self.published.contains_key(&path) {
                    // What is known of it on the disk is as good.
                    return self.republish(&path);
                }
                self.touched(&path);
            }
            notification::DidChangeTextDocument::METHOD => {
                let Some(params) = parse::<lsp_types::DidChangeTextDocumentParams>(params) else { return };
                let path = path_of(&params.text_document.uri);
                let encoding = self.workspace.encoding;
                let Some(mut document) = self.workspace.documents.remove(&path) else { return };
                document.change(params.text_document.version, params.content_changes, encoding);
                self.workspace.documents.insert(path.clone(), document);
                self.touched(&path);
            }
            notification::DidCloseTextDocument::METHOD => {
                let Some(params) = parse::<lsp_types::DidCloseTextDocumentParams>(params) else { return };
                let path = path_of(&params.text_document.uri);
                let closed = self.workspace.documents.remove(&path);
                // What was never saved is as it is on the disk again.
                let on_disk = self.workspace.text(&path);
                if closed.map(|document| document.text.text) != on_disk.map(|text| text.text) {
                    self.touched(&path);
                }
            }
            notification::DidSaveTextDocument::METHOD => {}
            notification::DidChangeWatchedFiles::METHOD => {
                let Some(params) = parse::<lsp_types::DidChangeWatchedFilesParams>(params) else { return };
                let open = |change: &lsp_types::FileEvent| {
                    change.typ == lsp_types::FileChangeType::CHANGED
                        && self.workspace.documents.get(&path_of(&change.uri)).is_some()
                };
                if !params.changes.iter().all(open) {
                    let seen = self.workspace.changed_outside();
                    self.reconsider(seen);
                }
            }
            notification::DidChangeWorkspaceFolders::METHOD => {
                let Some(params) = parse::<lsp_types::DidChangeWorkspaceFoldersParams>(params) else { return };
                let folders = &mut self.workspace.folders;
                let gone: Vec<PathBuf> = params.event.removed.iter().map(|folder| path_of(&folder.uri)).collect();
                folders.retain(|folder| !gone.contains(folder));
                folders.extend(params.event.added.iter().map(|folder| path_of(&folder.uri)));
                self.workspace.host.confine(&self.workspace.folders);
                let found = self.workspace.discover();
                self.reconsider(found);
            }
            _ => {}
        }
    }

    fn touched(&mut self, path: &std::path::Path) {
        let seen = self.workspace.changed(path);
        self.reconsider(seen);
    }

    /// Notes that what is said of projects is behind.
    fn reconsider(&mut self, projects: Vec<usize>) {
        self.disturbed = true;
        for number in projects {
            if let Some(cancel) = self.running.remove(&number) {
                cancel.cancel();
            }
            for list in [&mut self.due, &mut self.unpublished] {
                if !list.contains(&number) {
                    list.push(number);
                }
            }
        }
    }

    fn evaluate_due(&mut self) {
        for number in std::mem::take(&mut self.due) {
            let overlay = self.workspace.overlay();
            let Some(open) = self.workspace.projects().get(number) else { continue };
            let cancel = Cancel::default();
            let job = Job {
                overlay,
                key: open.key(),
                files: open.files.clone(),
                revision: open.revision,
                cancel: cancel.clone(),
            };
            self.running.insert(number, cancel);
            background::start(&self.workspace.host, job, self.outcomes.clone());
        }
    }

    /// Takes what an evaluation came to, unless the program is another by now.
    fn ended(&mut self, outcome: Outcome) {
        let Some(number) = self.workspace.projects().iter().position(|open| open.key() == outcome.key) else { return };
        let open = self.workspace.project_mut(number);
        if open.revision != outcome.evaluation.revision {
            return;
        }
        open.evaluation = Some(outcome.evaluation);
        self.running.remove(&number);
        self.publish(number);
        self.tell_evaluated(number);
        if self.refreshes_lenses {
            self.ask("workspace/codeLens/refresh", ());
        }
    }

    /// Says which files were evaluated, so that drawings of them can be drawn again, and how awaited tests ended.
    fn tell_evaluated(&mut self, number: usize) {
        let Some(evaluation) = &self.workspace.project(number).evaluation else { return };
        let files: Vec<&PathBuf> = evaluation.compiled.units.iter().map(|unit| &unit.path).collect();
        let uris: Vec<_> = files.iter().filter_map(|path| uri_of(path)).collect();
        let (done, waiting) =
            std::mem::take(&mut self.awaited).into_iter().partition(|test| files.contains(&&test.path));
        let done: Vec<AwaitedTest> = done;
        let messages: Vec<(bool, String)> = done.iter().map(|test| test.message(&evaluation.compiled)).collect();
        self.awaited = waiting;
        let params = serde_json::json!({"uris": uris});
        self.send(Notification::new("linework/evaluated".to_string(), params).into());
        for (passed, message) in messages {
            let typ = if passed { lsp_types::MessageType::INFO } else { lsp_types::MessageType::WARNING };
            let params = lsp_types::ShowMessageParams { typ, message };
            self.send(Notification::new(notification::ShowMessage::METHOD.to_string(), params).into());
        }
    }

    /// Evaluates a file's project at once, and says how a test of it ended.
    pub fn run_test(&mut self, path: PathBuf, name: String) {
        let number = self.workspace.project_of(&path);
        self.awaited.push(AwaitedTest { path, name });
        if !self.due.contains(&number) {
            self.due.push(number);
        }
        self.evaluate_due();
    }

    fn publish_unpublished(&mut self) {
        for number in std::mem::take(&mut self.unpublished) {
            let published = catch_unwind(AssertUnwindSafe(|| self.publish(number)));
            if published.is_err() {
                self.workspace.forget();
            }
        }
    }

    /// Says of each file of a project what is known to be wrong with it.
    fn publish(&mut self, number: usize) {
        if number >= self.workspace.projects().len() {
            return;
        }
        let found = features::diagnostics::of_project(&mut self.workspace, number);
        let files = self.workspace.project(number).files.clone();
        let mut by_file: BTreeMap<PathBuf, Vec<Shown>> = files.into_iter().map(|file| (file, Vec::new())).collect();
        for (path, shown) in found {
            by_file.entry(path).or_default().push(shown);
        }
        for (path, shown) in by_file {
            let is_open = self.workspace.documents.get(&path).is_some();
            let known = self.published.get(&path);
            if known == Some(&shown) && !is_open || (known.is_none() && shown.is_empty() && !is_open) {
                continue;
            }
            self.published.insert(path.clone(), shown);
            self.republish(&path);
        }
    }

    fn republish(&mut self, path: &std::path::Path) {
        let Some(uri) = uri_of(path) else { return };
        let document = self.workspace.documents.get(path);
        let params = PublishDiagnosticsParams {
            uri: document.map_or(uri, |document| document.uri.clone()),
            diagnostics: self.published[path].iter().map(|shown| shown.diagnostic.clone()).collect(),
            version: document.map(|document| document.version),
        };
        let notification = Notification::new(notification::PublishDiagnostics::METHOD.to_string(), params);
        self.send(notification.into());
    }
}

/// Parameters as they should be; a notification that is not is passed over.
pub fn parse<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}
