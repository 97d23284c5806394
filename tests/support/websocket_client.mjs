// A WebSocket for programs that looks as a browser's does (RFC 6455; Node has one since 22): text, whole frames, close.
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const GONE = 1006; // the code of a connection that ended without a word

export class WebSocketClient {
  readyState = 0;
  onopen = () => {};
  onmessage = () => {};
  onclose = () => {};
  onerror = () => {};
  #socket = null;
  #bytes = Buffer.alloc(0);
  #said = null; // {code, reason} of the other end's close frame

  constructor(url) {
    const key = randomBytes(16).toString('base64');
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': key };
    const request = http.request(url.replace(/^ws/, 'http'), { headers });
    request.on('upgrade', (answer, socket, head) => {
      const right = createHash('sha1').update(key + GUID).digest('base64') === answer.headers['sec-websocket-accept'];
      if (!right || this.readyState !== 0) return this.#over(socket.destroy());
      this.#opened(socket, head);
    });
    request.on('response', (answer) => this.#over(answer.destroy()));
    request.on('error', () => this.#over());
    request.end();
  }

  send(text) {
    if (this.readyState === 1) this.#socket.write(frame(TEXT, Buffer.from(text)));
  }

  close(code = 1000) {
    if (this.readyState === 1) this.#socket.end(frame(CLOSE, Buffer.from([code >> 8, code & 255])));
    else this.#socket?.destroy();
    if (this.readyState < 2) this.readyState = 2;
  }

  /** Ends the connection without a word. */
  cut() {
    this.#socket?.destroy();
  }

  #opened(socket, head) {
    this.#socket = socket;
    this.readyState = 1;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#read(bytes));
    socket.on('error', () => {}); // a close follows
    socket.on('close', () => this.#over());
    this.onopen({});
    if (head.length) this.#read(head);
  }

  #read(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (let next; (next = takeFrame(this.#bytes)) !== null; ) {
      this.#bytes = this.#bytes.subarray(next.size);
      const { opcode, payload } = next;
      if (opcode === TEXT) this.onmessage({ data: payload.toString() });
      else if (opcode === PING) this.#socket.write(frame(PONG, payload));
      else if (opcode === CLOSE) this.#closing(payload);
    }
  }

  #closing(payload) {
    this.#said = { code: payload.length < 2 ? 1005 : payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
    this.#socket.end(frame(CLOSE, payload.subarray(0, 2)));
  }

  #over() {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose(this.#said ?? { code: GONE, reason: '' });
  }
}

/** A client masks what it sends. */
function frame(opcode, payload) {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (length < 126 ? length : length < 65536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i & 3])]);
}

/** The first frame of a server's bytes: {opcode, payload, size}; null when it is not whole yet. */
function takeFrame(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 127;
  const at = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < at) return null;
  const length = at === 2 ? short : at === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < at + length) return null;
  return { opcode: bytes[0] & 15, payload: bytes.subarray(at, at + length), size: at + length };
}
