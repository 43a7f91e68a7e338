// The editor's module under Node, as far as the language client and the extension use it: what they register is kept, and what the server
// says arrives where the editor would show it. Everything else is there and does nothing.
const { pathToFileURL, fileURLToPath } = require("node:url");

class Disposable { constructor(end) { this.end = end; } dispose() { this.end?.(); } static from() { return new Disposable(); } }
class EventEmitter {
  listeners = [];
  event = (listener, self) => { this.listeners.push(self ? listener.bind(self) : listener); return new Disposable(); };
  fire(value) { return Promise.all(this.listeners.map((listener) => listener(value))); }
  dispose() {}
}
class Uri {
  constructor(text) { this.text = text; this.scheme = text.slice(0, text.indexOf(":")); this.fsPath = this.scheme === "file" ? fileURLToPath(text) : text; this.path = this.fsPath; }
  static parse(text) { return new Uri(text); }
  static file(path) { return new Uri(pathToFileURL(path).href); }
  with() { return this; }
  toString() { return this.text; }
}
class Position { constructor(line, character) { this.line = line; this.character = character; } }
class Range {
  constructor(a, b, c, d) { [this.start, this.end] = a instanceof Position ? [a, b] : [new Position(a, b), new Position(c, d)]; }
}
class Plain { constructor(...parts) { this.parts = parts; } }

/** Stands for whatever is not asked about: a class, a function, a namespace. */
function anything() {
  return new Proxy(class extends Plain {}, {
    get: (target, key) => key in target || typeof key === "symbol" ? target[key] : (target[key] = anything()),
    apply: () => new Disposable(),
  });
}
/** A namespace: what is given, and anything else. */
const space = (known) => new Proxy(known, { get: (target, key) => (key in target || typeof key === "symbol" ? target[key] : (target[key] = key.startsWith?.("on") ? () => new Disposable() : anything())) });

class CodeActionKind {
  constructor(value) { this.value = value; }
  append(part) { return new CodeActionKind(this.value ? `${this.value}.${part}` : part); }
  static Empty = new CodeActionKind("");
  static QuickFix = new CodeActionKind("quickfix");
  static Refactor = new CodeActionKind("refactor");
  static RefactorExtract = new CodeActionKind("refactor.extract");
  static RefactorInline = new CodeActionKind("refactor.inline");
  static RefactorRewrite = new CodeActionKind("refactor.rewrite");
  static Source = new CodeActionKind("source");
  static SourceOrganizeImports = new CodeActionKind("source.organizeImports");
}

const providers = {};
const diagnostics = new Map();
const events = {};
const event = (name) => (events[name] = new EventEmitter()).event;
const documents = [];
const commands = {};
const messages = [];
const panels = [];
let settings = {};

const collection = () => ({
  set: (uri, list) => { diagnostics.set(uri.toString(), list ?? []); events.diagnostics.fire(uri.toString()); },
  get: (uri) => diagnostics.get(uri.toString()), has: (uri) => diagnostics.has(uri.toString()),
  delete() {}, clear() {}, dispose() {}, forEach() {},
});
events.diagnostics = new EventEmitter();

const known = {
  version: "1.95.0",
  Disposable, EventEmitter, Uri, Position, Range, CodeActionKind,
  Diagnostic: class { constructor(range, message, severity) { Object.assign(this, { range, message, severity }); } },
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  CompletionItem: class { constructor(label) { this.label = label; } },
  CompletionList: class { constructor(items) { this.items = items; } },
  MarkdownString: class { constructor(value = "") { this.value = value; } appendMarkdown(text) { this.value += text; return this; } appendCodeblock(text) { this.value += text; return this; } },
  Hover: class { constructor(contents, range) { Object.assign(this, { contents, range }); } },
  Location: class { constructor(uri, range) { Object.assign(this, { uri, range }); } },
  SnippetString: class { constructor(value) { this.value = value; } },
  TextEdit: class { constructor(range, newText) { Object.assign(this, { range, newText }); } static replace(range, text) { return new this(range, text); } },
  CancellationError: class extends Error {},
  CancellationTokenSource: class { token = { isCancellationRequested: false, onCancellationRequested: () => new Disposable() }; cancel() {} dispose() {} },
  ViewColumn: { Beside: -2 },
  env: space({ language: "en", appName: "test" }),
  extensions: space({ getExtension: () => undefined }),
  languages: space({
    createDiagnosticCollection: collection,
    match: (selector, document) => (selector.some?.((one) => (one.language ?? one) === document.languageId) ? 10 : 0),
    ...Object.fromEntries(["Hover", "Definition", "CompletionItem", "Rename", "DocumentFormattingEdit", "CodeLens", "Reference"].map((name) => [
      `register${name}Provider`, (selector, provider) => { providers[name] = provider; return new Disposable(); },
    ])),
  }),
  workspace: space({
    textDocuments: documents, notebookDocuments: [], isTrusted: true,
    workspaceFolders: undefined,
    getConfiguration: () => ({ get: (key, otherwise) => settings[key] ?? otherwise, inspect: () => undefined, has: () => false }),
    asRelativePath: (uri) => uri.fsPath,
    getWorkspaceFolder: () => undefined,
    onDidOpenTextDocument: event("open"), onDidChangeTextDocument: event("change"), onDidCloseTextDocument: event("close"),
    onDidSaveTextDocument: event("save"), onWillSaveTextDocument: event("willSave"),
    createFileSystemWatcher: () => ({ onDidCreate: event("created"), onDidChange: event("changed"), onDidDelete: event("deleted"), dispose() {} }),
  }),
  window: space({
    visibleTextEditors: [], terminals: [], tabGroups: { all: [], onDidChangeTabs: () => new Disposable(), onDidChangeTabGroups: () => new Disposable() },
    createOutputChannel: (name) => ({ name, append() {}, appendLine() {}, show() {}, dispose() {}, clear() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }),
    showErrorMessage: async (text) => { messages.push(text); }, showWarningMessage: async (text) => { messages.push(text); }, showInformationMessage: async (text) => { messages.push(text); },
    createWebviewPanel: (type, title) => {
      const changed = new EventEmitter();
      const panel = { type, title, reveal() {}, onDidDispose: () => new Disposable(), changed, webview: { set html(text) { this.text = text; changed.fire(text); }, get html() { return this.text; } } };
      panels.push(panel);
      return panel;
    },
  }),
  commands: space({
    registerCommand: (name, run) => { commands[name] = run; return new Disposable(); },
    executeCommand: async (name, ...parts) => commands[name]?.(...parts),
  }),
};

module.exports = space(known);
module.exports.test = {
  providers, diagnostics, events, commands, messages, panels,
  configure(values, folder) {
    settings = values;
    known.workspace.workspaceFolders = [{ uri: Uri.file(folder), name: "test", index: 0 }];
  },
  document(path, text) {
    const lines = () => document.text.split("\n");
    const document = {
      uri: Uri.file(path), fileName: path, languageId: "linework", version: 1, isDirty: false, isClosed: false, text,
      getText: () => document.text, get lineCount() { return lines().length; }, lineAt: (at) => ({ text: lines()[at] }),
    };
    documents.push(document);
    return document;
  },
};
