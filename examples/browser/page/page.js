// Carries messages and time between a browser and the core. It decides nothing.

/**
 * Watches a collection: `options` are `{ url, key, collection, where, events }`, where `events` asks for an
 * EventSource in the place of a WebSocket. `show` is called with a line for everything that happens.
 */
export async function watch(wasm, options, show) {
  let link = { send() {}, close() {} };
  let timer;
  const read = (at, length) => new TextDecoder().decode(new Uint8Array(core.memory.buffer, at, length));
  const write = (bytes) => {
    // Making room may move the memory, so it comes first.
    const at = core.buffer(bytes.length);
    new Uint8Array(core.memory.buffer, at, bytes.length).set(bytes);
  };
  const encode = (text) => new TextEncoder().encode(text);
  const now = () => performance.now();

  const message = (number, isEvents, id, data) => {
    write(encode(id + data));
    core.message(number, isEvents, encode(id).length, now());
  };
  const closed = (number, code, reason) => {
    write(encode(reason));
    core.closed(number, code, now());
  };

  function webSocket(number, url) {
    const socket = new WebSocket(url);
    socket.onopen = () => core.opened(number, now());
    socket.onmessage = (event) => message(number, 0, "", event.data);
    socket.onclose = (event) => closed(number, event.code, event.reason);
    return socket;
  }

  function eventSource(number, url) {
    const source = new EventSource(url);
    source.onopen = () => core.opened(number, now());
    // Those with a name are asked for by the core, and come to who listens for the name.
    for (const name of ["message", "subscribed", "snapshot", "lagged"]) {
      source.addEventListener(name, (event) => message(number, 1, event.lastEventId, event.data));
    }
    source.onerror = () => {
      // It would connect again by itself, at its own pace.
      source.close();
      closed(number, 0, "");
    };
    return source;
  }

  const page = {
    open(number, isEvents, at, length) {
      const url = read(at, length);
      link = isEvents ? eventSource(number, url) : webSocket(number, url);
    },
    send: (at, length) => link.send(read(at, length)),
    close: () => link.close(),
    show: (at, length) => show(read(at, length)),
    wake(milliseconds) {
      clearTimeout(timer);
      if (milliseconds >= 0) timer = setTimeout(() => core.woken(now()), milliseconds);
    },
  };
  const { instance } = await WebAssembly.instantiateStreaming(fetch(wasm), { page });
  const core = instance.exports;
  write(encode(JSON.stringify(options)));
  core.start(crypto.getRandomValues(new Uint32Array(1))[0], now());
}
