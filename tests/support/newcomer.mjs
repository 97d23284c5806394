// A newcomer at the door, over one connection of its own: it asks, waits as it is told, and asks again.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** One GET on `agent`'s connection: status, headers and text. */
export function get(agent, url) {
  return new Promise((resolve, reject) => {
    http.get(url, { agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece) => (text += piece));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
      answer.on('error', reject);
    }).on('error', reject);
  });
}

/**
 * Asks for the multivariant playlist until it is let in; gives what it was told on the way, in ms from `start`:
 * {asked, letIn, told: [{at, seconds, estimate, promised}], playlist}.
 */
export async function comeIn(url, start) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const told = [];
  try {
    for (let asked = null; ; ) {
      asked ??= performance.now() - start;
      const answer = await get(agent, url);
      const at = performance.now() - start;
      if (answer.status === 200) return { asked, letIn: at, told, playlist: answer.text };
      if (answer.status !== 503) throw new Error(`${url} answered ${answer.status}: ${answer.text}`);
      const seconds = Number(answer.headers['retry-after'] ?? NaN);
      const estimate = Number(answer.headers['levee-wait-ms'] ?? NaN);
      told.push({ at, seconds, estimate, promised: estimate <= seconds * 1000, ticket: answer.headers['levee-ticket'] });
      await sleep(seconds * 1000);
    }
  } finally {
    agent.destroy();
  }
}

/** The bandwidths of a multivariant playlist's variants, in its order. */
export function bandwidths(playlist) {
  return [...playlist.matchAll(/#EXT-X-STREAM-INF:.*?BANDWIDTH=(\d+)/g)].map((match) => Number(match[1]));
}

/** Spearman's rank correlation: 1 when both grow in the same order. */
export function rankCorrelation(a, b) {
  const ranks = (values) => {
    const order = values.map((_, index) => index).sort((x, y) => values[x] - values[y]);
    const rank = [];
    order.forEach((index, place) => (rank[index] = place));
    return rank;
  };
  const [first, second] = [ranks(a), ranks(b)];
  const squares = first.reduce((sum, rank, index) => sum + (rank - second[index]) ** 2, 0);
  return 1 - (6 * squares) / (a.length * (a.length ** 2 - 1));
}
