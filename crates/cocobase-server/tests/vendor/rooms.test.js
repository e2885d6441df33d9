// The SDK's RoomChat, ProjectBroadcast and listRooms.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Cocobase } from "cocobase";
import { Inbox } from "./inbox.js";
import { redirectFetch, redirectWebSockets } from "./redirect.js";
import { API_KEY, startServer } from "./server.js";

describe("rooms and broadcasts", () => {
  let server;
  let db;
  let sockets;
  before(async () => {
    server = await startServer();
    db = new Cocobase({ baseURL: server.url, apiKey: API_KEY });
    redirectFetch(server.url);
    sockets = redirectWebSockets(server.url);
  });
  after(() => server?.stop());

  const isTime = (text) => !Number.isNaN(Date.parse(text));

  /** Somebody in a room, whose events arrive in an inbox. */
  async function enter(t, roomId, userId, userName, title) {
    const events = new Inbox(`${userId} in ${roomId}`);
    const room = db.realtime.room(roomId, userId, userName);
    t.after(() => room.leave());
    for (const event of ["joined", "user_joined", "user_left", "message"]) room.on(event, (data) => events.push(data));
    if (title) room.create(title);
    else room.join();
    return { room, events, joined: await events.next() };
  }

  test("a room is created, joined, talked in and left", async (t) => {
    const ann = await enter(t, "general-chat", "user_1", "Ann", "General Chat");
    assert.equal(ann.joined.event, "joined");
    assert.equal(ann.joined.room_id, "general-chat");
    assert.equal(ann.joined.room_title, "General Chat");
    assert.equal(ann.joined.participants, 1);
    assert.equal(ann.joined.user_id, "user_1");

    const bob = await enter(t, "general-chat", "user_2", "Bob");
    assert.equal(bob.joined.room_title, "General Chat");
    assert.equal(bob.joined.participants, 2);
    const came = await ann.events.next();
    assert.deepEqual([came.type, came.user_id, came.user_name], ["user_joined", "user_2", "Bob"]);
    assert.deepEqual(came.room_info, { id: "general-chat", title: "General Chat", participants: 2 });
    assert.ok(isTime(came.timestamp), came.timestamp);

    bob.room.sendMessage("Hello everyone!");
    // Who says something hears it as well.
    for (const { events } of [ann, bob]) {
      const said = await events.next();
      assert.deepEqual([said.type, said.user_id, said.user_name], ["message", "user_2", "Bob"]);
      assert.equal(said.content, "Hello everyone!");
      assert.deepEqual(said.room_info, { id: "general-chat", title: "General Chat" });
      assert.ok(isTime(said.timestamp), said.timestamp);
    }

    const { rooms, total } = await db.realtime.listRooms();
    assert.equal(total, 1);
    const [listed] = rooms;
    assert.deepEqual([listed.id, listed.title, listed.created_by], ["general-chat", "General Chat", "user_1"]);
    assert.equal(listed.participants, 2);
    assert.deepEqual(listed.participant_list, [{ id: "user_1", name: "Ann" }, { id: "user_2", name: "Bob" }]);
    assert.ok(Math.abs(listed.created_at - Date.now() / 1000) < 600, String(listed.created_at));

    bob.room.leave();
    const left = await ann.events.next();
    assert.deepEqual([left.type, left.user_id, left.room_info.participants], ["user_left", "user_2", 1]);
  });

  test("many messages of one user arrive in order", async (t) => {
    const ann = await enter(t, "busy", "ann", "Ann", "Busy");
    const bob = await enter(t, "busy", "bob", "Bob");
    await ann.events.next();
    for (let n = 0; n < 500; n += 1) bob.room.sendMessage(`message ${n}`);
    for (let n = 0; n < 500; n += 1) assert.equal((await ann.events.next()).content, `message ${n}`);
  });

  test("the SDK creates its room again when it reconnects", async (t) => {
    sockets = redirectWebSockets(server.url);
    const ann = await enter(t, "lasting", "ann", "Ann", "Lasting");
    sockets.sockets[0].terminate();
    const again = await ann.events.next();
    assert.deepEqual([again.event, again.room_title, again.participants], ["joined", "Lasting", 1]);
  });

  test("a room that is not there cannot be joined", async (t) => {
    sockets = redirectWebSockets(server.url);
    const room = db.realtime.room("nowhere", "ann", "Ann");
    t.after(() => room.leave());
    room.join();
    const refusal = JSON.parse(await sockets.frames.next());
    assert.deepEqual([refusal.error, refusal.room_id], ["Room not found", "nowhere"]);
    await sockets.closed.next();
  });

  test("a wrong key lists no rooms", async () => {
    const stranger = new Cocobase({ baseURL: server.url, apiKey: "wrong" });
    await assert.rejects(stranger.realtime.listRooms(), /Failed to list rooms: .*Invalid API key/);
  });

  test("a broadcast reaches everyone in the project", async (t) => {
    sockets = redirectWebSockets(server.url);
    const listen = async (userId, userName) => {
      const heard = new Inbox(`broadcasts for ${userId}`);
      const broadcast = db.realtime.broadcast(userId, userName);
      t.after(() => broadcast.disconnect());
      broadcast.onMessage((message) => heard.push(message));
      broadcast.connect();
      const greeting = JSON.parse(await sockets.frames.next());
      assert.deepEqual([greeting.event, greeting.user_id], ["connected", userId]);
      assert.equal(typeof greeting.project_id, "string");
      return { broadcast, heard };
    };
    const ann = await listen("user_1", "Ann");
    const bob = await listen("user_2", "Bob");
    ann.broadcast.send({ type: "announcement", text: "Hello" });
    for (const { heard } of [ann, bob]) {
      const said = await heard.next();
      assert.deepEqual([said.type, said.user_id, said.user_name], ["message", "user_1", "Ann"]);
      assert.deepEqual(said.data, { type: "announcement", text: "Hello" });
      assert.ok(isTime(said.timestamp), said.timestamp);
    }
  });
});
