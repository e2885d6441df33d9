"""The Python examples of the vendor's documentation, with websocket-client, against `cocobase serve`."""

import json
import os
import queue
import re
import subprocess
import tempfile
import threading
import unittest
import urllib.request

import websocket

KEY = "python-tests-key"
PATIENCE = 20  # seconds that anything awaited may take; it only shows when a test fails


class Documented(unittest.TestCase):
    def setUp(self):
        program = os.environ["COCOBASE"]
        arguments = ["serve", "--memory", "--listen", "127.0.0.1:0", "--api-key", KEY]
        self.said = tempfile.TemporaryFile("w+")
        self.addCleanup(self.said.close)
        self.server = subprocess.Popen(
            [program, *arguments], stdout=subprocess.PIPE, stderr=self.said, text=True
        )
        self.addCleanup(self.end_server)
        said = self.server.stdout.readline()
        self.url = re.fullmatch(r"cocobase listening on (http://\S+)", said.strip()).group(1)

    def end_server(self):
        self.server.terminate()
        status = self.server.wait(PATIENCE)
        self.server.stdout.close()
        self.said.seek(0)
        self.assertEqual(status, 0, self.said.read())

    def open(self, path, hello):
        """Runs a WebSocketApp as the documentation does. Returns it, and a queue of what it hears."""
        heard = queue.Queue()
        app = websocket.WebSocketApp(
            self.url.replace("http", "ws", 1) + path,
            on_message=lambda _, message: heard.put(json.loads(message)),
            on_open=lambda ws: ws.send(json.dumps(hello)),
            on_close=lambda *how: heard.put({"closed": how[1]}),
        )
        thread = threading.Thread(target=app.run_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.leave, app)
        return app, heard

    def leave(self, app):
        """Says goodbye and leaves the answer to the app's thread, which `app.close()` would race for."""
        if app.sock and app.sock.connected:
            app.sock.send_close()

    def request(self, method, path, body=None):
        headers = {"x-api-key": KEY, "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def test_collection_watch(self):
        _, heard = self.open(
            "/realtime/collections/users", {"api_key": KEY, "filters": {"status": "active"}}
        )
        greeting = heard.get(timeout=PATIENCE)
        self.assertEqual(greeting["event"], "connected")
        self.assertEqual(greeting["collection_id"], "users")
        self.assertEqual(greeting["filters"], {"status": "active"})

        self.request("POST", "/collections/users", {"name": "Bob", "status": "gone"})
        self.request("POST", "/collections/users", {"name": "Alice", "status": "active"})
        event = heard.get(timeout=PATIENCE)
        self.assertEqual(event["event"], "create")
        self.assertEqual(event["data"]["name"], "Alice")
        alice = event["data"]["id"]

        path = f"/collections/users/documents/{alice}"
        self.request("PATCH", path, {"data": {"status": "premium"}})
        event = heard.get(timeout=PATIENCE)
        self.assertEqual(event["event"], "update")
        self.assertEqual(event["data"]["status"], "premium")
        self.assertEqual(event["old_data"]["status"], "active")

    def test_project_broadcast(self):
        hello = {"api_key": KEY, "user_id": "user_123", "user_name": "Python Client"}
        app, heard = self.open("/realtime/broadcast", hello)
        _, other = self.open(
            "/realtime/broadcast", {"api_key": KEY, "user_id": "user_456", "user_name": "Other"}
        )
        greeting = heard.get(timeout=PATIENCE)
        self.assertEqual((greeting["event"], greeting["user_id"]), ("connected", "user_123"))
        self.assertEqual(other.get(timeout=PATIENCE)["event"], "connected")

        app.send(json.dumps({"type": "message", "data": {"text": "Hello from Python!"}}))
        for ears in (heard, other):
            message = ears.get(timeout=PATIENCE)
            self.assertEqual(message["type"], "message")
            self.assertEqual(message["user_name"], "Python Client")
            self.assertEqual(message["data"], {"text": "Hello from Python!"})
            self.assertIn("timestamp", message)

        app.send(json.dumps({"type": "ping"}))
        self.assertEqual(heard.get(timeout=PATIENCE), {"type": "pong"})

    def test_room_chat(self):
        create = {"api_key": KEY, "user_id": "u1", "user_name": "Alice", "action": "create"}
        alice, alices = self.open("/realtime/rooms/general", create | {"room_title": "General"})
        joined = alices.get(timeout=PATIENCE)
        self.assertEqual((joined["event"], joined["room_id"]), ("joined", "general"))
        self.assertEqual((joined["room_title"], joined["participants"]), ("General", 1))

        join = {"api_key": KEY, "user_id": "u2", "user_name": "Bob", "action": "join"}
        bob, bobs = self.open("/realtime/rooms/general", join)
        self.assertEqual(bobs.get(timeout=PATIENCE)["participants"], 2)
        arrival = alices.get(timeout=PATIENCE)
        self.assertEqual((arrival["type"], arrival["user_name"]), ("user_joined", "Bob"))
        self.assertEqual(arrival["room_info"]["participants"], 2)

        alice.send(json.dumps({"type": "message", "content": "Hello everyone!"}))
        for ears in (alices, bobs):
            message = ears.get(timeout=PATIENCE)
            self.assertEqual((message["type"], message["content"]), ("message", "Hello everyone!"))
            self.assertEqual(message["room_info"]["title"], "General")

        rooms = self.request("GET", "/realtime/rooms")
        self.assertEqual(rooms["total"], 1)
        listed = rooms["rooms"][0]
        self.assertEqual((listed["id"], listed["created_by"]), ("general", "u1"))
        names = sorted(participant["name"] for participant in listed["participant_list"])
        self.assertEqual(names, ["Alice", "Bob"])

        self.leave(bob)
        departure = alices.get(timeout=PATIENCE)
        self.assertEqual((departure["type"], departure["user_id"]), ("user_left", "u2"))

    def test_refusals(self):
        for path, hello, error in [
            ("/realtime/collections/users", {"api_key": "wrong"}, "Invalid API key"),
            ("/realtime/collections/users", {}, "API key is required"),
            ("/realtime/broadcast", {"api_key": "wrong"}, "Invalid API key"),
            ("/realtime/rooms/none", {"api_key": KEY, "action": "join"}, "Room not found"),
        ]:
            with self.subTest(path=path, hello=hello):
                _, heard = self.open(path, hello)
                self.assertEqual(heard.get(timeout=PATIENCE)["error"], error)
                self.assertEqual(heard.get(timeout=PATIENCE), {"closed": 1008})


if __name__ == "__main__":
    unittest.main(verbosity=2)
