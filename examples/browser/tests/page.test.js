// The core as WebAssembly in a page, against `cocobase serve`: by WebSocket, and by EventSource.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openPage } from "./browser.js";
import { API_KEY, startServer } from "./server.js";

/** Opens a page that watches, and resolves to the inbox of the lines that it shows. */
async function watch(t, options) {
  if (!process.env.WASM) throw new Error("WASM names no module: run `cargo xtask browser`");
  const files = {
    "/page.js": { type: "text/javascript", body: await readFile("page.js") },
    "/browser.wasm": { type: "application/wasm", body: await readFile(process.env.WASM) },
  };
  const script = `
    import { watch } from "./page.js";
    await watch("./browser.wasm", ${JSON.stringify(options)}, report);
  `;
  return openPage(t, script, files);
}

async function request(method, url, data) {
  const headers = { "x-api-key": API_KEY, "content-type": "application/json" };
  const answer = await fetch(url, { method, headers, body: data && JSON.stringify({ data }) });
  assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
  return method === "DELETE" ? undefined : answer.json();
}

const create = (url, data) => request("POST", `${url}/collections/documents?collection=quakes`, data);
const document = (url, id) => `${url}/collections/quakes/documents/${id}`;

/** Asserts that the next line begins with the sign and holds the text. */
async function says(lines, sign, text) {
  const line = await lines.next();
  assert.ok(typeof line === "string" && line.startsWith(sign) && line.includes(text), JSON.stringify(line));
}

for (const events of [false, true]) {
  const carrier = events ? "EventSource" : "WebSocket";

  test(`${carrier}: a filter, and every kind of change`, async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    const options = { url: server.url, key: API_KEY, collection: "quakes", where: "mag >= 4.5", events };
    const lines = await watch(t, options);
    assert.equal(await lines.next(), "live");
    await create(server.url, { mag: 1.2 });
    const { id } = await create(server.url, { mag: 5.1, place: "日本" });
    await says(lines, "+ ", "日本");
    await request("PATCH", document(server.url, id), { mag: 5.2 });
    await says(lines, "~ ", '"mag":5.2');
    await request("DELETE", document(server.url, id));
    assert.equal(await lines.next(), `- ${id}`);
  });

  test(`${carrier}: nothing is lost or doubled when the server is restarted, twice`, async (t) => {
    const data = await mkdtemp(join(tmpdir(), "cocobase-data-"));
    t.after(() => rm(data, { recursive: true, force: true }));
    let server = await startServer({ data });
    t.after(() => server.stop());
    const { url } = server;
    const lines = await watch(t, { url, key: API_KEY, collection: "quakes", events });
    assert.equal(await lines.next(), "live");
    let told = 0;
    for (let restart = 0; restart < 2; restart++) {
      await create(url, { n: told });
      await says(lines, "+ ", `"n":${told++}`);
      await server.stop();
      await says(lines, "the ", "trying again");
      server = await startServer({ data, listen: new URL(url).host });
      await create(url, { n: told });
      const shown = await lines.until((line) => line.startsWith("+ "));
      assert.ok(shown.at(-1).includes(`"n":${told++}`), shown.at(-1));
      // A gap would be a line of its own.
      const others = shown.slice(0, -1).filter((line) => line !== "live");
      assert.ok(others.every((line) => line.includes("trying again")), others.join("\n"));
    }
  });
}

test("a wrong key ends the watch", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const lines = await watch(t, { url: server.url, key: "wrong", collection: "quakes" });
  await says(lines, "refused: ", "");
});

test("a mistake in the options is told", async (t) => {
  const lines = await watch(t, { url: "ftp://nowhere", key: "k", collection: "quakes" });
  await says(lines, "the server's address must start with", "http://");
});
