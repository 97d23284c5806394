// A TCP proxy that does to connections what networks do: cuts them, holds them up, and spoils a byte.
import { once } from 'node:events';
import net from 'node:net';

export class TcpProxy {
  #server;
  #pairs = new Set();
  #sockets = new Set();
  #target;
  #delayMs = 0;

  /** Starts one in front of 127.0.0.1:`target`. */
  static async start(target) {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  constructor(target) {
    this.#target = target;
    this.#server = net.createServer((client) => this.#join(client));
  }

  get port() {
    return this.#server.address().port;
  }

  /** How many connections go through now. */
  get size() {
    return this.#pairs.size;
  }

  /** Ends all connections at once, as a reset does. */
  cut() {
    for (const pair of this.#pairs) pair.end();
  }

  /** Leaves all connections open and lets nothing more through them, for good: half-open for both ends. */
  freeze() {
    for (const pair of this.#pairs) pair.frozen = true;
  }

  /** From now on everything comes `ms` later. */
  delay(ms) {
    this.#delayMs = ms;
  }

  /** Spoils the next bytes of every connection, in the direction of the client. */
  corrupt() {
    for (const pair of this.#pairs) pair.spoil = true;
  }

  async stop() {
    this.#server.close();
    // The other half of a connection that was frozen and then left, too.
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client) {
    const server = net.connect(this.#target, '127.0.0.1');
    const pair = { frozen: false, spoil: false, end: () => [client, server].forEach((socket) => socket.destroy()) };
    this.#pairs.add(pair);
    this.#carry(pair, client, server, false);
    this.#carry(pair, server, client, true);
  }

  #carry(pair, from, to, isDown) {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('data', (bytes) => {
      if (isDown && pair.spoil) {
        pair.spoil = false;
        bytes[0] ^= 0x70; // the reserved bits of a frame's first byte: no WebSocket takes that
      }
      const pass = () => pair.frozen || to.destroyed || to.write(bytes);
      // Equal delays keep the order; one that shrinks would not, so it is only ever set while nothing is on its way.
      if (this.#delayMs) setTimeout(pass, this.#delayMs);
      else pass();
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      this.#pairs.delete(pair);
      if (!pair.frozen) pair.end();
    });
  }
}
