// The extension as it is built, with its language client, under Node against the real binary.
const assert = require("node:assert");
const fs = require("node:fs");
const Module = require("node:module");
const os = require("node:os");
const path = require("node:path");
const test = require("node:test");

const vscode = require("./vscode.js");
const load = Module._load;
Module._load = function (name, ...rest) {
  return name === "vscode" ? vscode : load.call(this, name, ...rest);
};

const repository = path.join(__dirname, "../../..");
const binary = process.env.LINEWORK_BINARY || path.join(repository, "target/debug/lw");
const extension = require("../dist/extension.js");
const { commandLine, page } = require("../dist/client.js");
const token = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose() {} }) };

/** Waits until something that events bring is there. */
async function until(emitter, wanted) {
  for (;;) {
    const found = wanted();
    if (found) {
      return found;
    }
    await new Promise((resolve) => emitter.event(resolve));
  }
}

test("the extension serves an editor", async (context) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "linework-"));
  fs.cpSync(path.join(repository, "examples/web"), folder, { recursive: true });
  process.env.XDG_CACHE_HOME = path.join(folder, ".cache");
  vscode.test.configure({ "server.path": binary }, folder);
  const file = path.join(folder, "main.lw");
  const source = fs.readFileSync(file, "utf8");
  const document = vscode.test.document(file, source.replace("import Web.Network as Network", "import Web.Netwrok as Network"));
  await extension.activate({ subscriptions: [] });
  assert.deepEqual(vscode.test.messages, []);
  const { diagnostics, events, providers } = vscode.test;
  const at = (piece, plus) => {
    const before = document.text.slice(0, document.text.indexOf(piece) + plus);
    return new vscode.Position(before.split("\n").length - 1, before.length - before.lastIndexOf("\n") - 1);
  };

  await context.test("diagnostics arrive where the editor shows them", async () => {
    const found = await until(events.diagnostics, () => (diagnostics.get(document.uri.toString()) ?? []).find((one) => one.message.includes("Netwrok")));
    assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
  });

  await context.test("an edit takes them away", async () => {
    const whole = { start: { line: 0, character: 0 }, end: { line: 9999, character: 0 } };
    document.text = source;
    document.version = 2;
    await events.change.fire({ document, contentChanges: [{ range: whole, rangeOffset: 0, rangeLength: 0, text: source }], reason: undefined });
    await until(events.diagnostics, () => !(diagnostics.get(document.uri.toString()) ?? []).some((one) => one.message.includes("Netwrok")));
  });

  await context.test("hover, definition and completion answer", async () => {
    const hover = await providers.Hover.provideHover(document, at("Network.", 1), token);
    assert.ok(JSON.stringify(hover).includes("Web.Network"));
    const found = await providers.Definition.provideDefinition(document, at("import Web.Network as", 12), token);
    assert.ok(JSON.stringify(found).includes("Web/Network.lw"));
    const completed = await providers.CompletionItem.provideCompletionItems(document, at("import Web.Network as", 11), token, { triggerKind: 0 });
    assert.ok(JSON.stringify(completed).includes("Network"));
  });

  await context.test("the graph is drawn, and drawn again after an edit", async () => {
    await vscode.test.commands["linework.showGraph"](document.uri);
    const [panel] = vscode.test.panels;
    const first = await until(panel.changed, () => panel.webview.html?.includes("<svg") && panel.webview.html);
    assert.ok(first.includes("AWS::RDS::DBInstance") && first.includes("script-src 'nonce-"));
    document.text = source + "\n\nextra: SNS.Topic {}\n";
    document.version = 3;
    const whole = { start: { line: 0, character: 0 }, end: { line: 9999, character: 0 } };
    await events.change.fire({ document, contentChanges: [{ range: whole, rangeOffset: 0, rangeLength: 0, text: document.text }], reason: undefined });
    await until(panel.changed, () => panel.webview.html.includes(">extra<"));
  });

  await extension.deactivate();
  fs.rmSync(folder, { recursive: true, force: true });
});

test("only the drawing's own script may run", () => {
  const shown = page({ text: '<meta charset="utf-8"><script>1</script>', current: true }, "abc");
  assert.ok(shown.includes("default-src 'none'") && shown.includes('<script nonce="abc">') && !shown.includes("<script>"));
  assert.ok(page(null, "abc").includes("makes no Plan yet"));
});

test("command lines are quoted for their shell", () => {
  assert.equal(commandLine(["lw", "check", "/a b/it's"], false), "lw check '/a b/it'\\''s'");
  assert.equal(commandLine(["lw", "check", "C:\\a b"], true), 'lw check "C:\\a b"');
});
