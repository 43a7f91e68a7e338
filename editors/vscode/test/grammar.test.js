// The TextMate grammar, with the engine that VS Code has.
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const root = path.join(__dirname, "..");

async function grammar() {
  const wasm = fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const file = path.join(root, "syntaxes/linework.tmLanguage.json");
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(fs.readFileSync(file, "utf8"), file),
  });
  return registry.loadGrammar("source.linework");
}

const loaded = grammar();

/** The innermost scope of each piece of a source. */
async function scopes(source) {
  const found = [];
  let stack = textmate.INITIAL;
  for (const line of source.split("\n")) {
    const result = (await loaded).tokenizeLine(line, stack);
    for (const token of result.tokens) {
      found.push([line.slice(token.startIndex, token.endIndex).trim(), token.scopes]);
    }
    stack = result.ruleStack;
  }
  return found;
}

async function assertScope(source, text, scope) {
  const all = (await scopes(source)).filter(([piece]) => piece === text);
  assert.ok(all.length > 0, `no piece \`${text}\``);
  for (const [, found] of all) {
    assert.ok(found.some((name) => name.startsWith(scope)), `\`${text}\` is ${found}, not ${scope}`);
  }
}

test("declarations, names and types", async () => {
  const source = 'composition\n\nimport AWS.EC2 as EC2\n\nparameter Int zones: 2\n\nvpc: EC2.VPC {cidrBlock: "10.0.0.0/16"}\n';
  await assertScope(source, "composition", "keyword");
  await assertScope(source, "parameter", "keyword.declaration");
  await assertScope(source, "vpc", "entity.name.variable");
  await assertScope(source, "VPC", "entity.name.type");
  await assertScope(source, "cidrBlock", "variable.other.property");
  await assertScope(source, "10.0.0.0/16", "string.quoted.double");
});

test("an interpolation is an expression, brackets within brackets too", async () => {
  const source = 'name: "a \\(f((1), "b")) c" ++ "d"\n';
  await assertScope(source, "f", "entity.name.function");
  await assertScope(source, "b", "string.quoted.double");
  const last = (await scopes(source)).filter(([piece]) => piece === "++");
  assert.ok(!last[0][1].some((name) => name.startsWith("string")), "the string ends after the interpolation");
});

test("words of the language are names where they are keys and fields", async () => {
  await assertScope("rule: {type: 1, in: 2}\n", "type", "variable.other.property");
  await assertScope("a: b.case\n", "a", "entity.name.variable");
  for (const [piece, found] of await scopes("a: b.case\n")) {
    assert.ok(piece !== "case" || !found.some((name) => name.startsWith("keyword")));
  }
});

test("durations, sizes and comments", async () => {
  await assertScope("a: 5m\n", "5m", "constant.numeric.duration");
  await assertScope("a: 20GiB\n", "20GiB", "constant.numeric.size");
  await assertScope("## Wide.\n", "## Wide.", "comment.line.documentation");
  await assertScope('a: "# no comment"\n', "# no comment", "string");
});

test("every file of the library and the examples is read without getting stuck in a string", async () => {
  const repository = path.join(root, "../..");
  const files = ["stdlib/Ludwig", "examples/web", "examples/vpc"].flatMap((folder) =>
    fs.readdirSync(path.join(repository, folder)).filter((name) => name.endsWith(".lw")).map((name) => path.join(repository, folder, name)));
  assert.ok(files.length > 20);
  for (const file of files) {
    const found = await scopes(fs.readFileSync(file, "utf8").trimEnd() + "\n\nlast: 1\n");
    const last = found.filter(([piece]) => piece === "last").pop();
    assert.ok(last && !last[1].some((name) => name.startsWith("string")), `${file} ends within a string`);
  }
});
