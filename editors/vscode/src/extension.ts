import { randomBytes } from "crypto";
import * as vscode from "vscode";
import { LanguageClient, LanguageClientOptions, ServerOptions } from "vscode-languageclient/node";

import { commandLine, drawing, page } from "./client";

let client: LanguageClient | undefined;
/** Open drawings, by the address of their composition. */
const drawings = new Map<string, vscode.WebviewPanel>();

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand("linework.check", check),
    vscode.commands.registerCommand("linework.preview", preview),
    vscode.commands.registerCommand("linework.showGraph", showGraph),
    vscode.commands.registerCommand("linework.restart", async () => {
      await stop();
      await start();
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await stop();
}

function binary(): string {
  return vscode.workspace.getConfiguration("linework").get<string>("server.path") || "lw";
}

async function start(): Promise<void> {
  const server: ServerOptions = { command: binary(), args: ["lsp"] };
  const options: LanguageClientOptions = {
    documentSelector: [{ scheme: "file", language: "linework" }, { scheme: "untitled", language: "linework" }],
  };
  const started = new LanguageClient("linework", "Linework", server, options);
  try {
    await started.start();
  } catch (error) {
    const settings = "Open Settings";
    const chosen = await vscode.window.showErrorMessage(
      `Linework: \`${binary()} lsp\` does not start. Install \`lw\`, or say where it is.`,
      settings,
    );
    if (chosen === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "linework.server.path");
    }
    return;
  }
  client = started;
  client.onNotification("linework/evaluated", (params: { uris: string[] }) => {
    for (const uri of params.uris) {
      void refresh(uri);
    }
  });
}

async function stop(): Promise<void> {
  const stopped = client;
  client = undefined;
  await stopped?.stop();
}

/** The composition that a command means: the one it was given, else what is being edited. */
function meant(uri: unknown): vscode.Uri | undefined {
  if (typeof uri === "string") {
    return vscode.Uri.parse(uri);
  }
  return uri instanceof vscode.Uri ? uri : vscode.window.activeTextEditor?.document.uri;
}

function run(name: string, parts: string[], folder: vscode.Uri | undefined): void {
  const known = vscode.window.terminals.find((terminal) => terminal.name === name && terminal.exitStatus === undefined);
  const terminal = known ?? vscode.window.createTerminal({ name, cwd: folder });
  terminal.show(true);
  terminal.sendText(commandLine([binary(), ...parts], process.platform === "win32"));
}

function check(): void {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  run("lw check", ["check", folder?.fsPath ?? "."], folder);
}

function preview(uri?: unknown): void {
  const composition = meant(uri);
  if (composition) {
    run("lw preview", ["preview", composition.fsPath], vscode.workspace.getWorkspaceFolder(composition)?.uri);
  }
}

async function showGraph(uri?: unknown): Promise<void> {
  const composition = meant(uri);
  if (!composition) {
    return;
  }
  const key = composition.toString();
  let panel = drawings.get(key);
  if (!panel) {
    const title = `Graph of ${vscode.workspace.asRelativePath(composition)}`;
    panel = vscode.window.createWebviewPanel("linework.graph", title, vscode.ViewColumn.Beside, {
      enableScripts: true,
      localResourceRoots: [],
    });
    panel.onDidDispose(() => drawings.delete(key));
    drawings.set(key, panel);
  }
  panel.reveal(undefined, true);
  await refresh(key);
}

/** Draws again what is open; does nothing for a composition that nobody looks at. */
async function refresh(uri: string): Promise<void> {
  const panel = drawings.get(vscode.Uri.parse(uri).toString());
  if (panel && client) {
    panel.webview.html = page(await drawing(client, uri), randomBytes(16).toString("base64"));
  }
}
