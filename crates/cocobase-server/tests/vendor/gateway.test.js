// The JavaScript of the vendor's documentation of the gateway and of event streams, with the address and the
// key of this server in place of the vendor's.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Cocobase } from "cocobase";
import WebSocket from "ws";
import { Inbox } from "./inbox.js";
import { API_KEY, startServer } from "./server.js";

describe("the gateway, as the vendor documents it", () => {
  let server;
  let db;
  before(async () => {
    server = await startServer();
    db = new Cocobase({ baseURL: server.url, apiKey: API_KEY });
  });
  after(() => server?.stop());

  const connect = (t) => {
    const ws = new WebSocket(`${server.url.replace(/^http/, "ws")}/realtime`);
    t.after(() => ws.close());
    return ws;
  };

  test("authenticate and subscribe in one go, then print what comes", async (t) => {
    const console = { log: (...words) => printed.push(words) };
    const printed = new Inbox("printed");
    const ready = new Inbox("confirmations");
    const ws = connect(t);

    ws.onopen = () => {
      // Authenticate
      ws.send(JSON.stringify({
        type: "auth",
        token: API_KEY,
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

      if (data.type === "event") {
        console.log(`${data.event}: ${data.document.id}`);

        switch (data.event) {
          case "created":
            console.log("New document:", data.document);
            break;
          case "updated":
            console.log("Updated document:", data.document);
            break;
          case "deleted":
            console.log("Deleted document:", data.document.id);
            break;
        }
      } else {
        ready.push(data);
      }
    };

    await ready.until(({ type }) => type === "subscribed");
    await db.createDocument("posts", { title: "A draft", status: "draft" });
    const { id, data } = await db.createDocument("posts", { title: "New Post", status: "published" });
    assert.deepEqual(await printed.next(), [`created: ${id}`]);
    const [words, document] = await printed.next();
    assert.deepEqual([words, document.id, document.data], ["New document:", id, data]);
    await db.updateDocument("posts", id, { title: "Newer" });
    assert.deepEqual(await printed.next(), [`updated: ${id}`]);
    assert.equal((await printed.next())[1].data.title, "Newer");
    await db.deleteDocument("posts", id);
    assert.deepEqual(await printed.next(), [`deleted: ${id}`]);
    assert.deepEqual(await printed.next(), ["Deleted document:", id]);

    // Unsubscribe, as documented; what follows is not told.
    ws.send(JSON.stringify({
      type: "unsubscribe",
      collection: "posts",
    }));
    await ready.until(({ type }) => type === "unsubscribed");
    await db.createDocument("posts", { status: "published" });
    ws.send(JSON.stringify({ type: "ping" }));
    await ready.until(({ type }) => type === "pong");
    printed.push("nothing");
    assert.equal(await printed.next(), "nothing");
  });

  test("messages in a room", async (t) => {
    const members = [connect(t), connect(t)].map((ws) => {
      const heard = new Inbox("messages");
      ws.onopen = () => {
        ws.send(JSON.stringify({ type: "auth", token: API_KEY }));
        ws.send(JSON.stringify({ type: "join", room: "chat-123" }));
      };
      ws.onmessage = (msg) => heard.push(JSON.parse(msg.data));
      return { ws, heard };
    });
    for (const { heard } of members) await heard.until(({ type }) => type === "joined");
    const message = { user: "John", text: "Hello everyone!" };
    members[0].ws.send(JSON.stringify({ type: "broadcast", room: "chat-123", message }));
    for (const { heard } of members) {
      const said = await heard.next();
      assert.deepEqual([said.type, said.event, said.room], ["event", "broadcast", "chat-123"]);
      assert.deepEqual(said.message, message);
    }
  });

  test("a wrong token is told as documented", async (t) => {
    const heard = new Inbox("errors");
    const ws = connect(t);
    ws.onopen = () => ws.send(JSON.stringify({ type: "auth", token: "wrong" }));
    ws.onmessage = (msg) => heard.push(JSON.parse(msg.data));
    ws.onclose = () => heard.push("closed");
    const { type, code, message } = await heard.next();
    assert.deepEqual([type, code], ["error", "UNAUTHORIZED"]);
    assert.equal(message, "Invalid or missing authentication token");
    assert.equal(await heard.next(), "closed");
  });

  test("an event stream, as the documented curl command asks for it", async () => {
    const stop = new AbortController();
    const response = await fetch(`${server.url}/realtime/sse/streamed`, {
      headers: { Authorization: `Bearer ${API_KEY}`, Accept: "text/event-stream" },
      signal: stop.signal,
    });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const until = async (wanted) => {
      while (!wanted.test(text)) text += (await reader.read()).value;
      return wanted.exec(text);
    };
    // The id alone: events follow from here on.
    await until(/^id: \S+:0\n\n/);
    const { id } = await db.createDocument("streamed", { title: "Hello" });
    const event = JSON.parse((await until(/\ndata: (.*)\n\n/))[1]);
    assert.deepEqual([event.type, event.event, event.document.id], ["event", "created", id]);
    assert.deepEqual(event.document.data, { title: "Hello" });
    stop.abort();
  });
});
