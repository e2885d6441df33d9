// The SDK's CollectionWatcher and onSnapshot, against both shapes in which the server writes documents.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Cocobase } from "cocobase";
import { CASES, PEOPLE } from "./cases.js";
import { Inbox } from "./inbox.js";
import { redirectWebSockets } from "./redirect.js";
import { API_KEY, startServer } from "./server.js";

/** How each shape writes a document into an event. */
const SHAPES = {
  flat: ({ id, created_at, data }) => ({ id, ...data, created_at }),
  nested: ({ id, created_at, data }) => ({ id, data, created_at }),
};

for (const [shape, written] of Object.entries(SHAPES)) {
  describe(`watching, documents ${shape}`, () => {
    let server;
    let db;
    let sockets;
    before(async () => {
      server = await startServer("--document-shape", shape);
      db = new Cocobase({ baseURL: server.url, apiKey: API_KEY });
      sockets = redirectWebSockets(server.url);
    });
    after(() => server?.stop());

    /** A connected watcher whose events arrive in its inbox; it ends with the test. */
    async function watch(t, collection, filters, by = db) {
      const events = new Inbox(`events of ${collection}`);
      const watcher = by.realtime.collection(collection, filters);
      t.after(() => watcher.disconnect());
      for (const on of ["onConnected", "onCreate", "onUpdate", "onDelete"]) {
        watcher[on]((event) => events.push(event));
      }
      watcher.connect();
      return events;
    }

    /** Compares an event with what a document's own answer says, whatever the server adds beside. */
    function assertEvent(event, kind, collection, document) {
      assert.equal(event.event, kind);
      assert.equal(event.collection_id, collection);
      const expected = written(document);
      const found = Object.fromEntries(Object.keys(expected).map((key) => [key, event.data[key]]));
      assert.deepEqual(found, expected);
    }

    test("create, update and delete", async (t) => {
      const events = await watch(t, "posts");
      const connected = await events.next();
      assert.equal(connected.event, "connected");
      assert.equal(connected.collection_id, "posts");

      const created = await db.createDocument("posts", { title: "Hello", stars: 1 });
      const first = await events.next();
      assertEvent(first, "create", "posts", created);
      assert.equal(first.old_data, undefined);

      const updated = await db.updateDocument("posts", created.id, { stars: 2 });
      const second = await events.next();
      assertEvent(second, "update", "posts", updated);
      assert.deepEqual(second.old_data, { stars: 1 });

      await db.deleteDocument("posts", created.id);
      const third = await events.next();
      assert.equal(third.event, "delete");
      assert.equal(third.collection_id, "posts");
      assert.equal(third.data.id, created.id);
    });

    test("the greeting repeats the filters", async (t) => {
      const filters = { status: "active", age_gte: 18, "[or]role_in": "admin,mod", "[or]vip": true };
      const events = await watch(t, "greeted", filters);
      const connected = await events.next();
      assert.deepEqual(connected.filters, filters);
    });

    test("a document that leaves the filter is seen leaving, and not again", async (t) => {
      const events = await watch(t, "users", { status: "active" });
      await events.next();
      const gone = await db.createDocument("users", { name: "Gone", status: "active" });
      const never = await db.createDocument("users", { name: "Never", status: "new" });
      const left = await db.updateDocument("users", gone.id, { status: "premium" });
      await db.updateDocument("users", gone.id, { status: "platinum" });
      await db.updateDocument("users", never.id, { name: "Nobody" });
      await db.deleteDocument("users", gone.id);
      const entered = await db.updateDocument("users", never.id, { status: "active" });
      await db.deleteDocument("users", never.id);

      assertEvent(await events.next(), "create", "users", gone);
      const leaving = await events.next();
      assertEvent(leaving, "update", "users", left);
      assert.deepEqual(leaving.old_data, { status: "active" });
      const entering = await events.next();
      assertEvent(entering, "update", "users", entered);
      assert.deepEqual(entering.old_data, { status: "new" });
      const deleted = await events.next();
      assert.deepEqual([deleted.event, deleted.data.id], ["delete", never.id]);
    });

    test("every filter finds live what it finds in a list", async (t) => {
      const watched = [];
      for (const [filters, expected] of CASES) {
        const events = await watch(t, "people", filters);
        await events.next();
        watched.push({ filters, expected: expected.split(" "), events });
      }
      // The whole list twice: once somebody of the second round has come, all of the first round has.
      const ids = [];
      for (const person of [...PEOPLE, ...PEOPLE]) ids.push((await db.createDocument("people", person)).id);
      const nameOf = (event) => PEOPLE[ids.indexOf(event.data.id) % PEOPLE.length].name;
      const isSecond = (event) => ids.indexOf(event.data.id) >= PEOPLE.length;
      for (const { filters, expected, events } of watched) {
        const found = (await events.until(isSecond)).map(nameOf);
        assert.deepEqual(found, [...expected, expected[0]], JSON.stringify(filters));
      }
    });

    test("batches arrive one by one, in order", async (t) => {
      const events = await watch(t, "batch", { n_gt: 1 });
      await events.next();
      const created = await db.createDocuments("batch", [{ n: 1 }, { n: 2 }, { n: 3 }]);
      for (const document of created.slice(1)) assertEvent(await events.next(), "create", "batch", document);
      await db.deleteDocuments("batch", created.map(({ id }) => id));
      const deleted = [await events.next(), await events.next()];
      assert.deepEqual(deleted.map((event) => event.data.id), created.slice(1).map(({ id }) => id));
    });

    test("onSnapshot lists at once, and again with every change", async (t) => {
      sockets = redirectWebSockets(server.url);
      await db.createDocument("scores", { player: "a", points: 10 });
      const snapshots = new Inbox("snapshots");
      const query = { filters: { points_gte: 10 }, sort: "points", order: "asc" };
      const stop = db.onSnapshot("scores", query, (documents) =>
        snapshots.push(documents.map(({ data }) => `${data.player}=${data.points}`).join(" ")),
      );
      t.after(stop);
      assert.equal(await snapshots.next(), "a=10");
      assert.equal(JSON.parse(await sockets.frames.next()).event, "connected");

      const b = await db.createDocument("scores", { player: "b", points: 20 });
      await snapshots.until((now) => now === "a=10 b=20");
      await db.updateDocument("scores", b.id, { points: 5 });
      await snapshots.until((now) => now === "a=10");
      await db.createDocument("scores", { player: "c", points: 30 });
      await snapshots.until((now) => now === "a=10 c=30");
    });

    test("a wrong key is told and the connection closed", async (t) => {
      sockets = redirectWebSockets(server.url);
      const stranger = new Cocobase({ baseURL: server.url, apiKey: "wrong" });
      const events = await watch(t, "posts", undefined, stranger);
      const refusal = JSON.parse(await sockets.frames.next());
      assert.equal(refusal.error, "Invalid API key");
      await sockets.closed.next();
      events.push("nothing came before");
      assert.equal(await events.next(), "nothing came before");
    });

    test("a watcher without a key is told so", async (t) => {
      sockets = redirectWebSockets(server.url);
      await watch(t, "posts", undefined, new Cocobase({ baseURL: server.url }));
      assert.equal(JSON.parse(await sockets.frames.next()).error, "API key is required");
      await sockets.closed.next();
    });

    test("the SDK reconnects by itself and goes on", async (t) => {
      sockets = redirectWebSockets(server.url);
      const events = await watch(t, "lasting");
      assert.equal((await events.next()).event, "connected");
      sockets.sockets[0].terminate();
      await sockets.closed.next();
      // Its second connection: this release keeps its message handler.
      assert.equal((await events.next()).event, "connected");
      const created = await db.createDocument("lasting", { title: "still here" });
      assertEvent(await events.next(), "create", "lasting", created);
    });
  });
}
