// A hand-written watcher in the style of the vendor's documentation: a plain WebSocket, no SDK.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import WebSocket from "ws";
import { Inbox } from "./inbox.js";
import { API_KEY, startServer } from "./server.js";

class CollectionWatcher {
  #socket = null;
  #listeners = { connected: [], create: [], update: [], delete: [] };

  constructor(base, collection, apiKey, filters = {}) {
    this.url = `${base.replace(/^http/, "ws")}/realtime/collections/${encodeURIComponent(collection)}`;
    this.hello = { api_key: apiKey, filters };
  }

  connect() {
    this.#socket = new WebSocket(this.url);
    this.#socket.onopen = () => this.send(this.hello);
    this.#socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      for (const callback of this.#listeners[message.event] ?? []) callback(message);
      this.onAnything?.(message);
    };
    return this;
  }

  on(event, callback) {
    this.#listeners[event].push(callback);
    return this;
  }

  send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  disconnect() {
    this.#socket.close();
  }
}

describe("a plain WebSocket, as the vendor documents it", () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const request = async (method, path, body) => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { "X-API-Key": API_KEY, "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    return response.json();
  };

  function watcher(t, collection, filters) {
    const inbox = new Inbox(collection);
    const watcher = new CollectionWatcher(server.url, collection, API_KEY, filters);
    t.after(() => watcher.disconnect());
    for (const event of ["connected", "create", "update", "delete"]) watcher.on(event, (data) => inbox.push(data));
    return { watcher, inbox };
  }

  test("greeting, the three kinds of event, and a filter", async (t) => {
    const { watcher: users, inbox } = watcher(t, "users", { status: "active", age_gte: "18" });
    users.connect();
    const connected = await inbox.next();
    assert.equal(connected.collection_id, "users");
    assert.deepEqual(connected.filters, { status: "active", age_gte: "18" });

    const documents = "/collections/documents?collection=users";
    await request("POST", documents, { data: { name: "Too young", status: "active", age: 17 } });
    const { id } = await request("POST", documents, { data: { name: "John Doe", status: "active", age: 30 } });
    await request("PATCH", `/collections/users/documents/${id}`, { data: { status: "premium" } });
    const created = await inbox.next();
    assert.deepEqual([created.event, created.data.id, created.data.name], ["create", id, "John Doe"]);
    assert.ok(!Number.isNaN(Date.parse(created.data.created_at)));
    const updated = await inbox.next();
    assert.deepEqual([updated.event, updated.data.status, updated.old_data], ["update", "premium", { status: "active" }]);

    await request("PATCH", `/collections/users/documents/${id}`, { data: { status: "active" } });
    assert.equal((await inbox.next()).event, "update");
    await request("DELETE", `/collections/users/documents/${id}`);
    const deleted = await inbox.next();
    assert.deepEqual([deleted.event, deleted.data.id], ["delete", id]);
  });

  test("a ping is answered", async (t) => {
    const { watcher: users, inbox } = watcher(t, "users");
    const messages = new Inbox("messages");
    users.onAnything = (message) => messages.push(message);
    users.connect();
    await inbox.next();
    users.send({ type: "ping" });
    await messages.until((message) => message.type === "pong");
  });

  test("a collection's name may hold anything", async (t) => {
    const name = "a/b ?ü%";
    const { watcher: odd, inbox } = watcher(t, name);
    odd.connect();
    assert.equal((await inbox.next()).collection_id, name);
    const path = `/collections/documents?collection=${encodeURIComponent(name)}`;
    const { id } = await request("POST", path, { data: { n: 1 } });
    assert.equal((await inbox.next()).data.id, id);
    const listed = await request("GET", `/collections/${encodeURIComponent(name)}/documents`);
    assert.deepEqual(listed.map((document) => document.id), [id]);
  });
});
