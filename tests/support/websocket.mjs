// The server's end of a WebSocket (RFC 6455), as much of it as a test's own server needs: text, whole frames, close.
import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Answers the upgrade of `request`; gives the end to talk through. Set `onmessage(text)` and `onclose()`. */
export function acceptWebSocket(request, socket) {
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
  );
  return new WebSocketEnd(socket);
}

class WebSocketEnd {
  onmessage = () => {};
  onclose = () => {};
  #socket;
  #bytes = Buffer.alloc(0);

  constructor(socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#read(bytes));
    socket.on('error', () => {}); // a close follows
    socket.on('close', () => this.onclose());
  }

  send(text) {
    if (!this.#socket.destroyed) this.#socket.write(frame(TEXT, Buffer.from(text)));
  }

  /** Ends the connection without a word. */
  destroy() {
    this.#socket.destroy();
  }

  #read(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const next = takeFrame(this.#bytes);
      if (next === null) return;
      if (next === 'bad') return this.destroy();
      this.#bytes = this.#bytes.subarray(next.size);
      if (next.opcode === TEXT) this.onmessage(next.payload.toString());
      else if (next.opcode === PING) this.#socket.write(frame(PONG, next.payload));
      else if (next.opcode === CLOSE) return this.#socket.end(frame(CLOSE, next.payload.subarray(0, 2)));
    }
  }
}

function frame(opcode, payload) {
  const length = payload.length;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (length < 126) {
    head[1] = length;
  } else if (length < 65536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** The first frame of a client's bytes: {opcode, payload, size}; null when it is not whole yet, 'bad' when it is none. */
function takeFrame(bytes) {
  if (bytes.length < 2) return null;
  const opcode = bytes[0] & 15;
  if ((bytes[0] & 0xf0) !== 0x80 || !(bytes[1] & 0x80)) return 'bad';
  let length = bytes[1] & 127;
  let at = 2;
  if (length === 127) return 'bad';
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = bytes.readUInt16BE(2);
    at = 4;
  }
  if (bytes.length < at + 4 + length) return null;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length));
  for (let i = 0; i < length; i++) payload[i] ^= mask[i & 3];
  return { opcode, payload, size: at + 4 + length };
}
