// The SDK takes a base URL for REST, but its realtime classes use the vendor's address from a constant.
// This points them at our server from outside, with every byte of the package as it was published.
import WebSocket from "ws";
import { Inbox } from "./inbox.js";

const VENDOR = "wss://api.cocobase.cc";

/**
 * Makes `globalThis.WebSocket` connect to `base` whenever the vendor is asked for. Returns what its sockets
 * do: `frames` as text, `closed` once per socket, and the `sockets` themselves.
 */
export function redirectWebSockets(base) {
  const seen = { frames: new Inbox("frames"), closed: new Inbox("closed sockets"), sockets: [] };
  globalThis.WebSocket = class extends WebSocket {
    constructor(url) {
      if (!url.startsWith(`${VENDOR}/`)) throw new Error(`not the vendor's address: ${url}`);
      super(base.replace(/^http/, "ws") + url.slice(VENDOR.length));
      seen.sockets.push(this);
      this.on("message", (data) => seen.frames.push(String(data)));
      this.on("close", () => seen.closed.push(url));
      // A browser's socket never throws for a failed connection: it closes.
      this.on("error", () => {});
    }
  };
  return seen;
}

/** Makes `fetch` ask `base` wherever the vendor is asked: the SDK lists rooms by a constant address, too. */
export function redirectFetch(base) {
  const vendor = VENDOR.replace(/^ws/, "http");
  const real = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const url = String(input);
    return real(url.startsWith(`${vendor}/`) ? base + url.slice(vendor.length) : input, init);
  };
}
