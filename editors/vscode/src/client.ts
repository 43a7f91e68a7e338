// What the extension asks the server beside the protocol; without the editor, so that tests run it under Node.

/** A drawing of a composition, and whether it is of the text as it is now. */
export interface Drawing {
  text: string;
  current: boolean;
}

export interface Asks {
  sendRequest<T>(method: string, params: unknown): Promise<T>;
}

export function drawing(client: Asks, uri: string): Promise<Drawing | null> {
  return client.sendRequest<Drawing | null>("linework/graph", { uri, format: "html" });
}

/** The page of a drawing, with a policy that lets only its own script run. */
export function page(drawing: Drawing | null, nonce: string): string {
  if (drawing === null) {
    return "<!doctype html><p>This file makes no Plan yet: it is no composition, or it has errors.</p>";
  }
  const policy =
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'">`;
  return drawing.text
    .replace('<meta charset="utf-8">', `<meta charset="utf-8">${policy}`)
    .replace("<script>", `<script nonce="${nonce}">`);
}

/** A command line for a shell, each part quoted where it has to be. */
export function commandLine(parts: string[], windows: boolean): string {
  const plain = /^[A-Za-z0-9_@%+=:,./\\-]+$/;
  const quote = (part: string) =>
    plain.test(part) ? part : windows ? `"${part.replace(/"/g, '\\"')}"` : `'${part.replace(/'/g, "'\\''")}'`;
  return parts.map(quote).join(" ");
}
