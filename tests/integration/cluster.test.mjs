// Two nodes on a Redis Cluster: every channel works wherever its keys lie, and a master that is lost takes its own channels along alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startLevee } from '../support/levee.mjs';
import { until } from '../support/processes.mjs';
import { RawClient, clientOf } from '../support/realtime.mjs';
import { startRedisCluster } from '../support/redis.mjs';

test('nodes on a Redis Cluster share chats, feeds and tracks, and a lost master takes along its own alone', async (t) => {
  const ends = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const close = (end) => ends.push(end);
  const cluster = await startRedisCluster();
  close(() => cluster.stop());
  const node = async () => {
    const levee = await startLevee({ 'ladder.rungs': '[]', 'bus.redis_url': cluster.url });
    close(() => levee.stop());
    return levee;
  };
  const [here, there] = [await node(), await node()];
  /** A name whose channel the `i`th master has. */
  const on = async (i, kind) => {
    for (let n = 0; ; ++n) if ((await cluster.owner(`${kind}:r${n}`)) === i) return `r${n}`;
  };
  const client = await RawClient.open(here, { nick: 'Ann' });
  close(() => client.close());
  const watching = await RawClient.open(there);
  close(() => watching.close());
  const say = (room, id, text) => client.ask({ op: 'pub', ch: `chat:${room}`, id, d: { text } });
  const heard = (room) => watching.messages.filter(({ ch, d }) => ch === `chat:${room}` && d?.text).map(({ d }) => d.text);

  const rooms = [await on(0, 'chat'), await on(1, 'chat'), await on(2, 'chat')];
  for (const room of rooms) {
    assert.ok((await watching.ask({ op: 'sub', ch: `chat:${room}` })).ok);
    await client.ask({ op: 'sub', ch: `chat:${room}` });
    const said = await say(room, 'm1', '1');
    assert.ok(said.ok, `${room}: ${JSON.stringify(said)}`);
    await until(`${room} is heard`, () => heard(room).length === 1);
  }
  for (let i = 0; i < 3; ++i) {
    const feed = await on(i, 'feed');
    const price = clientOf(there, close).channel(`feed:${feed}`).quote('EURUSD');
    await client.ask({ op: 'src', ch: `feed:${feed}`, e: Date.now() });
    const taken = await client.ask({ op: 'pub', ch: `feed:${feed}`, r: [{ k: 'EURUSD', s: 1, ttl: 60_000, d: { b: i } }] });
    assert.ok(taken.ok, JSON.stringify(taken));
    client.say({ op: 'synced', ch: `feed:${feed}` });
    await until('the price is live there', () => price.state === 'live');
    const group = await on(i, 'track');
    const fix = { s: 1, t: Date.now(), lat: 59.3, lon: 18, acc: 5, nx: 60_000 };
    assert.equal((await client.ask({ op: 'loc', ch: `track:${group}`, dev: 'v1', b: 1, now: Date.now(), r: [fix] })).ok.ack, 1);
    assert.equal((await fetch(there.url(`/api/v1/tracks/${group}/v1`))).status, 200);
  }
  assert.equal(await here.metric('levee_redis_redirects_total'), 0);

  await cluster.masters[1].program.kill();
  const refused = await until('its loss is known', async () => {
    const { err } = await say(rooms[1], `m${Math.random()}`, 'lost');
    return err?.c === 5030 && err;
  });
  assert.equal(refused.retry.length, 2);
  for (const room of [rooms[0], rooms[2]]) {
    await until('it goes on', async () => (await say(room, 'm2', '2')).ok);
    await until(`${room} is heard`, () => heard(room).join() === '1,2', { seconds: 15 });
  }
});
