// Plain HTTP: what was sent, as it was sent, and how long it took. Nothing is unpacked, followed or retried.
import http from 'node:http';

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** Closes the connections that are kept. */
export function hangUp() {
  agent.destroy();
}

/** Gives {status, headers, body, text, ms, firstByteMs}. Throws when there is no answer within `seconds`. */
export function get(url, { method = 'GET', headers = {}, seconds = 20 } = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const request = http.request(url, { method, headers, agent }, (response) => {
      const firstByteMs = performance.now() - began;
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(pieces);
        const ms = performance.now() - began;
        const { statusCode: status, headers: fields } = response;
        resolve({
          url: String(url),
          status,
          headers: fields,
          body,
          firstByteMs,
          ms,
          at: Date.now(),
          get text() {
            return body.toString('utf8');
          },
        });
      });
    });
    request.setTimeout(seconds * 1000, () => request.destroy(new Error(`no answer within ${seconds} s: ${url}`)));
    request.on('error', reject);
    request.end();
  });
}
