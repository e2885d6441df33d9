// Opens a page in headless Chromium and hears what the page reports.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Inbox } from "./inbox.js";

/**
 * Serves a page that runs `script`, on an origin of its own, and opens it. In the page, `report(value)` puts
 * a value into the inbox that this resolves to. `files` are served beside the page: `{ type, body }` by path.
 * Browser and origin end with the test.
 */
export async function openPage(t, script, files = {}) {
  const reports = new Inbox("reports of the page");
  const origin = createServer((request, response) => {
    if (request.method === "POST") {
      let body = "";
      request.on("data", (piece) => (body += piece));
      request.on("end", () => {
        reports.push(JSON.parse(body));
        response.end();
      });
    } else if (Object.hasOwn(files, request.url)) {
      const { type, body } = files[request.url];
      response.setHeader("content-type", type);
      response.end(body);
    } else {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(`<!doctype html><title>test</title><script>${REPORT}</script><script type="module">${script}</script>`);
    }
  });
  await new Promise((resolve) => origin.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    origin.close();
    origin.closeAllConnections();
  });

  const profile = await mkdtemp(join(tmpdir(), "cocobase-browser-"));
  const program = process.env.CHROMIUM;
  if (!program) throw new Error("CHROMIUM names no program: run `cargo xtask browser`");
  const child = spawn(
    program,
    [...SWITCHES, `--user-data-dir=${profile}`, `http://127.0.0.1:${origin.address().port}/`],
    { stdio: "ignore", detached: true },
  );
  const exited = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
  // The browser's helpers are in its process group, and end with it.
  const kill = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {}
  };
  process.once("exit", kill);
  t.after(async () => {
    kill();
    process.removeListener("exit", kill);
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  return reports;
}

// Errors of the page are reports as well, so that a broken page does not look like a silent one.
const REPORT = `
  let last = Promise.resolve();
  globalThis.report = (value) => {
    last = last.then(() => fetch("/", { method: "POST", body: JSON.stringify(value) }));
  };
  addEventListener("error", (event) => report({ error: event.message }));
  addEventListener("unhandledrejection", (event) => report({ error: String(event.reason) }));
`;

const SWITCHES = [
  "--headless",
  "--no-sandbox", // the page is ours, and a container has no sandbox to give
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
