// Documents through the SDK: create, read, merge, delete, batches, counts, credentials and errors.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as sdk from "cocobase";
import { API_KEY, startServer } from "./server.js";

describe("documents", () => {
  let server;
  let db;
  before(async () => {
    server = await startServer();
    db = new sdk.Cocobase({ baseURL: server.url, apiKey: API_KEY });
  });
  after(() => server?.stop());

  test("a created document has every field of the SDK's type", async () => {
    const data = { title: "Grüße", stars: 5, tags: ["a", "b"], nested: { deep: [1, { x: null }] } };
    const created = await db.createDocument("posts", data);
    assert.equal(typeof created.id, "string");
    assert.notEqual(created.id, "");
    assert.deepEqual(created.data, data);
    assert.equal(created.collection.name, "posts");
    assert.equal(created.collection_id, created.collection.id);
    assert.ok(!Number.isNaN(Date.parse(created.created_at)), created.created_at);
    assert.ok(!Number.isNaN(Date.parse(created.collection.created_at)));
    assert.deepEqual(await db.getDocument("posts", created.id), created);
  });

  test("an empty document can be created", async () => {
    const created = await db.createDocument("posts", {});
    assert.deepEqual((await db.getDocument("posts", created.id)).data, {});
  });

  test("an update merges key by key", async () => {
    const { id, created_at } = await db.createDocument("posts", { title: "Hello", published: false });
    const updated = await db.updateDocument("posts", id, { published: true, likes: 1 });
    assert.deepEqual(updated.data, { title: "Hello", published: true, likes: 1 });
    assert.equal(updated.id, id);
    assert.equal(updated.created_at, created_at);
    assert.deepEqual((await db.getDocument("posts", id)).data, updated.data);
    const replaced = await db.replaceDocument("posts", id, { title: "Bye" });
    assert.deepEqual(replaced.data, { title: "Bye", published: true, likes: 1 });
  });

  test("a deleted document is gone", async () => {
    const { id } = await db.createDocument("posts", { title: "short-lived" });
    assert.equal((await db.deleteDocument("posts", id)).success, true);
    await assert.rejects(db.getDocument("posts", id), sdk.NotFoundError);
    await assert.rejects(db.deleteDocument("posts", id), sdk.NotFoundError);
    await assert.rejects(db.updateDocument("posts", id, { title: "?" }), sdk.NotFoundError);
  });

  test("batches create, update and delete", async () => {
    const created = await db.createDocuments("batch", [{ n: 1 }, { n: 2 }, { n: 3 }]);
    assert.deepEqual(created.map(({ data }) => data.n), [1, 2, 3]);
    const [one, two, three] = created.map(({ id }) => id);
    const updated = await db.updateDocuments("batch", { [one]: { n: 10 }, [three]: { odd: true } });
    const byId = Object.fromEntries(updated.map(({ id, data }) => [id, data]));
    assert.deepEqual(byId, { [one]: { n: 10 }, [three]: { n: 3, odd: true } });
    const deleted = await db.deleteDocuments("batch", [one, two]);
    assert.equal(deleted.count, 2);
    assert.equal(typeof deleted.status, "string");
    assert.equal(typeof deleted.message, "string");
    const left = await db.listDocuments("batch");
    assert.deepEqual(left.map(({ id, data }) => [id, data]), [[three, { n: 3, odd: true }]]);
  });

  test("counts and aggregates look at every match, not at a page of them", async () => {
    // The SDK sends limit=100 and offset=0 with every query, these included.
    const documents = Array.from({ length: 150 }, (_, n) => ({ n, even: n % 2 === 0 }));
    await db.createDocuments("numbers", documents);
    assert.equal((await db.countDocuments("numbers")).count, 150);
    assert.equal((await db.countDocuments("numbers", { filters: { even: true } })).count, 75);
    const filters = { n_lt: 101, even: true };
    for (const [operation, result] of [["count", 51], ["sum", 2550], ["avg", 50], ["min", 0], ["max", 100]]) {
      const answer = await db.aggregateDocuments("numbers", { field: "n", operation, query: { filters } });
      assert.equal(answer.result, result, operation);
      assert.equal(answer.field, "n");
      assert.equal(answer.operation, operation);
      assert.equal(answer.collection, "numbers");
    }
  });

  test("a token in the Authorization header does for a key", async () => {
    const { id } = await db.createDocument("posts", { title: "by key" });
    const byToken = new sdk.Cocobase({ baseURL: server.url, storage: sdk.memoryStorageAdapter() });
    byToken.auth.setToken(API_KEY);
    assert.equal((await byToken.getDocument("posts", id)).data.title, "by key");
  });

  test("errors come as the SDK's classes, with what the server says", async () => {
    const said = (error) => {
      assert.equal(error.detail.error, true);
      assert.equal(typeof error.detail.message, "string");
      assert.notEqual(error.detail.message, "");
      return true;
    };
    const wrong = new sdk.Cocobase({ baseURL: server.url, apiKey: "wrong" });
    const none = new sdk.Cocobase({ baseURL: server.url });
    for (const stranger of [wrong, none]) {
      for (const attempt of [
        () => stranger.listDocuments("posts"),
        () => stranger.createDocument("posts", { title: "?" }),
        () => stranger.deleteDocuments("posts", ["x"]),
      ]) {
        await assert.rejects(attempt, (error) => error instanceof sdk.UnauthorizedError && said(error));
      }
    }
    await assert.rejects(
      db.getDocument("posts", "no-such-document"),
      (error) => error instanceof sdk.NotFoundError && said(error),
    );
    for (const data of ["text", 1, [1, 2]]) {
      await assert.rejects(
        db.createDocument("posts", data),
        (error) => error instanceof sdk.ValidationError && said(error),
      );
    }
  });
});
