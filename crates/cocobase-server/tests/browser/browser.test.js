// What a browser does by itself: EventSource, WebSocket and fetch, from another origin than the server's.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openPage } from "./browser.js";
import { API_KEY, startServer } from "./server.js";

/** Writes a document as a backend would, and resolves to it. */
async function create(url, collection, data) {
  const answer = await fetch(`${url}/collections/documents?collection=${collection}`, {
    method: "POST",
    headers: { "x-api-key": API_KEY, "content-type": "application/json" },
    body: JSON.stringify({ data }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

async function update(url, collection, id, data) {
  const answer = await fetch(`${url}/collections/${collection}/documents/${id}`, {
    method: "PATCH",
    headers: { "x-api-key": API_KEY, "content-type": "application/json" },
    body: JSON.stringify({ data }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
}

/** The EventSource of document 002. A browser sends no headers with it, so the key is in the query. */
const eventSource = (url, key) => `
  const params = new URLSearchParams({
    filters: JSON.stringify({ status: "published" }),
    api_key: ${JSON.stringify(key)},
  });
  const eventSource = new EventSource(\`${url}/realtime/sse/posts?\${params}\`);
  eventSource.onopen = () => report({ open: true });
  eventSource.onmessage = (event) => {
    const data = JSON.parse(event.data);
    report({ event: data.event, id: data.document.id, title: data.document.data?.title });
  };
  eventSource.onerror = () => report({ failed: true, over: eventSource.readyState === EventSource.CLOSED });
`;

test("EventSource hears what its filter lets through", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const reports = await openPage(t, eventSource(server.url, API_KEY));
  assert.deepEqual(await reports.next(), { open: true });

  await create(server.url, "posts", { status: "draft", title: "not yet" });
  const post = await create(server.url, "posts", { status: "published", title: "Hello" });
  assert.deepEqual(await reports.next(), { event: "created", id: post.id, title: "Hello" });
  await update(server.url, "posts", post.id, { status: "draft" });
  assert.deepEqual(await reports.next(), { event: "updated", id: post.id, title: "Hello" });
});

test("EventSource stops for good when the key is wrong", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const reports = await openPage(t, eventSource(server.url, "wrong"));
  assert.deepEqual(await reports.next(), { failed: true, over: true });
});

test("EventSource misses nothing when the server is restarted", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "cocobase-data-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const first = await startServer({ data: folder });
  let stop = first.stop;
  t.after(() => stop());
  const reports = await openPage(t, eventSource(first.url, API_KEY));
  assert.deepEqual(await reports.next(), { open: true });
  const before = await create(first.url, "posts", { status: "published", title: "before" });
  assert.deepEqual(await reports.next(), { event: "created", id: before.id, title: "before" });

  await first.stop();
  stop = async () => {};
  assert.deepEqual(await reports.next(), { failed: true, over: false });
  const second = await startServer({ data: folder, listen: new URL(first.url).host });
  stop = second.stop;
  const after = await create(second.url, "posts", { status: "published", title: "after" });

  // It tries on its own until the server is there again, and then says where it was.
  const reported = await reports.until((report) => report.event);
  assert.deepEqual(reported.at(-1), { event: "created", id: after.id, title: "after" });
});

/** The WebSocket of document 002, word for word but for where its output goes. */
const gateway = (url, key) => `
  const ws = new WebSocket("${url.replace(/^http/, "ws")}/realtime");
  ws.onopen = () => {
    // Authenticate
    ws.send(JSON.stringify({
      type: "auth",
      token: "${key}",
    }));

    // Subscribe to collection
    ws.send(JSON.stringify({
      type: "subscribe",
      collection: "posts",
      filters: {
        status: "published",
      },
    }));
  };
  ws.onmessage = (event) => {
    const data = JSON.parse(event.data);
    if (data.type === "subscribed") report({ subscribed: data.collection });
    if (data.type === "error") report(data);
    if (data.type === "event") {
      switch (data.event) {
        case "created":
          report({ created: data.document.data.title });
          break;
        case "updated":
          report({ updated: data.document.data.title });
          break;
        case "deleted":
          report({ deleted: data.document.id });
          break;
      }
    }
  };
  ws.onclose = () => report({ closed: true });
`;

test("WebSocket on the gateway, as documented", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const reports = await openPage(t, gateway(server.url, API_KEY));
  assert.deepEqual(await reports.next(), { subscribed: "posts" });
  const post = await create(server.url, "posts", { status: "published", title: "Hello" });
  assert.deepEqual(await reports.next(), { created: "Hello" });
  await update(server.url, "posts", post.id, { title: "Hi" });
  assert.deepEqual(await reports.next(), { updated: "Hi" });
  await fetch(`${server.url}/collections/posts/documents/${post.id}`, {
    method: "DELETE",
    headers: { "x-api-key": API_KEY },
  });
  assert.deepEqual(await reports.next(), { deleted: post.id });
});

test("WebSocket on the gateway with a wrong key is told the documented error", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const reports = await openPage(t, gateway(server.url, "wrong"));
  const error = await reports.next();
  assert.equal(error.type, "error");
  assert.equal(error.code, "UNAUTHORIZED");
  assert.deepEqual(await reports.next(), { closed: true });
});

test("fetch reads and writes documents from another origin", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const reports = await openPage(t, `
    const headers = { "x-api-key": "${API_KEY}", "content-type": "application/json" };
    const made = await fetch("${server.url}/collections/documents?collection=posts", {
      method: "POST", headers, body: JSON.stringify({ data: { title: "Hello" } }),
    });
    const { id } = await made.json();
    await fetch(\`${server.url}/collections/posts/documents/\${id}\`, {
      method: "PATCH", headers, body: JSON.stringify({ data: { title: "Hi" } }),
    });
    const listed = await fetch("${server.url}/collections/posts/documents", { headers });
    report({
      titles: (await listed.json()).map((document) => document.data.title),
      seq: listed.headers.get("x-cocobase-seq"),
    });
    const refused = await fetch("${server.url}/collections/posts/documents");
    report({ status: refused.status, says: (await refused.json()).message.length > 0 });
    const rooms = await fetch("${server.url}/realtime/rooms", { headers });
    report(await rooms.json());
  `);
  assert.deepEqual(await reports.next(), { titles: ["Hi"], seq: "2" });
  assert.deepEqual(await reports.next(), { status: 401, says: true });
  assert.deepEqual(await reports.next(), { rooms: [], total: 0 });
});
