import assert from 'node:assert/strict';
import test from 'node:test';

import { settle } from '../../tests/virtual_time.mjs';
import { follow, setUp } from './harness.mjs';

test('hello carries the nickname, the resume token and every channel with its position', async () => {
  const { rt, last, welcome, time } = setUp({ nick: 'Ann' });
  rt.channel('chat:a');
  rt.channel('count:a');
  rt.connect();
  welcome();
  assert.deepEqual(last().sent[0], { op: 'hello', v: 1, nick: 'Ann', subs: [{ ch: 'chat:a' }, { ch: 'count:a' }] });
  last().say(
    { sync: { ch: 'chat:a', e: 'x', o: 2, recovered: false } },
    { ch: 'chat:a', o: 2, d: {} },
    { ch: 'chat:a', o: 3, d: {} },
  );
  last().end();
  await time.pass(400);
  last().accept();
  assert.deepEqual(last().sent[0], {
    op: 'hello',
    v: 1,
    nick: 'Ann',
    resume: 'token',
    subs: [{ ch: 'chat:a', pos: { e: 'x', o: 3 } }, { ch: 'count:a' }],
  });
});

test('a recovered log is appended to, and no message is given twice', async () => {
  const { rt, last, welcome, time } = setUp();
  const seen = follow(rt, 'chat:a');
  rt.connect();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 1, recovered: false } }, { ch: 'chat:a', o: 1, d: {} });
  last().end();
  await time.pass(400);
  welcome({ resumed: true });
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 3, recovered: true } });
  last().say({ ch: 'chat:a', o: 1, d: {} }, { ch: 'chat:a', o: 2, d: {} }, { ch: 'chat:a', o: 3, d: {} });
  assert.deepEqual(seen, ['reset', 'live', 1, 'not live', 'live', 2, 3]);
});

test('a log that could not be recovered begins anew', async () => {
  const { rt, last, welcome, time } = setUp();
  const seen = follow(rt, 'chat:a');
  rt.connect();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 9, recovered: false } }, { ch: 'chat:a', o: 9, d: {} });
  last().end();
  await time.pass(400);
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'y', o: 1, recovered: false } }, { ch: 'chat:a', o: 1, d: {} });
  assert.deepEqual(seen, ['reset', 'live', 9, 'not live', 'reset', 'live', 1]);
});

test('a hole in a log is asked for again from where it begins', async () => {
  const { rt, last, welcome } = setUp();
  const seen = follow(rt, 'chat:a');
  rt.connect();
  welcome();
  last().say(
    { sync: { ch: 'chat:a', e: 'x', o: 1, recovered: false } },
    { ch: 'chat:a', o: 1, d: {} },
    { ch: 'chat:a', o: 4, d: {} },
  );
  const [{ i, ...request }] = last().requests('sub');
  assert.deepEqual(request, { op: 'sub', ch: 'chat:a', pos: { e: 'x', o: 1 } });
  last().say({ i, ok: { ch: 'chat:a', e: 'x', o: 4, recovered: true } });
  await settle();
  last().say({ ch: 'chat:a', o: 2, d: {} }, { ch: 'chat:a', o: 3, d: {} }, { ch: 'chat:a', o: 4, d: {} });
  assert.deepEqual(seen, ['reset', 'live', 1, 'not live', 'live', 2, 3, 4]);
});

test('a gap that the server declares is told, and is no reason to ask again', () => {
  const { rt, last, welcome } = setUp();
  const seen = follow(rt, 'chat:a');
  rt.connect();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } }, { ch: 'chat:a', o: 1, d: {} });
  last().say({ gap: { ch: 'chat:a', e: 'x', o: 40, why: 'slow' } }, { ch: 'chat:a', o: 41, d: {} });
  assert.deepEqual(seen, ['reset', 'live', 1, 'gap', 41]);
  assert.equal(last().requests('sub').length, 0);
});

test('a value never goes back', () => {
  const { rt, last, welcome } = setUp();
  const values = [];
  rt.channel('count:a').on('change', ({ value, partial }) => value && values.push([value.n, partial]));
  rt.connect();
  welcome();
  last().say({ sync: { ch: 'count:a', e: 'x', o: 5, d: { n: 7 }, t: 1 } });
  last().say(
    { ch: 'count:a', o: 7, p: 5, d: { n: 9 } },
    { ch: 'count:a', o: 6, d: { n: 8 } },
    { ch: 'count:a', o: 8, p: 7, d: { n: 3 }, partial: true },
  );
  assert.deepEqual(values, [
    [7, false],
    [9, false],
    [3, true],
  ]);
  last().end();
  assert.deepEqual(rt.channel('count:a').reading, { state: 'stale', last: { n: 3 }, partial: true });
});

test('a set follows joins and leaves, and is asked for anew when one was missed', async () => {
  const { rt, last, welcome } = setUp();
  const shown = [];
  rt.channel('presence:a').on('change', ({ members, total }) =>
    shown.push([[...members.values()].map((x) => x.nick).join(), total]),
  );
  rt.connect();
  welcome();
  last().say({ sync: { ch: 'presence:a', e: 'x', o: 3, n: 1, m: [['u1', { nick: 'Ann' }]] } });
  last().say(
    { ch: 'presence:a', o: 4, p: 3, n: 2, '+': [['u2', { nick: 'Bo' }]] },
    { ch: 'presence:a', o: 5, p: 4, n: 1, '-': ['u1'] },
  );
  assert.deepEqual(shown, [
    ['Ann', 1],
    ['Ann,Bo', 2],
    ['Bo', 1],
  ]);
  last().say({ ch: 'presence:a', o: 9, p: 8, n: 5, '+': [['u3', { nick: 'Cy' }]] });
  assert.equal(shown.length, 3);
  assert.equal(last().requests('sub').length, 1);
});

test('a channel not yet synced on this connection is not live because a heartbeat came', async () => {
  const { rt, last, welcome, time } = setUp();
  const seen = follow(rt, 'chat:a');
  rt.connect();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  last().end();
  await time.pass(400);
  welcome();
  await time.pass(2750);
  last().say({ hb: { t: time.wall() } });
  assert.equal(rt.state, 'resyncing');
  assert.deepEqual(seen, ['reset', 'live', 'not live']);
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: true } });
  assert.equal(rt.state, 'live');
});

test('what was said while the connection broke is said again under the same id, and resolves once', async () => {
  const { rt, last, welcome, time } = setUp({ nick: 'Ann' });
  rt.channel('chat:a');
  rt.connect();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  const said = rt.channel('chat:a').send('hi').done;
  const [first] = last().requests('pub');
  last().end();
  await time.pass(400);
  welcome({ resumed: true });
  const [second] = last().requests('pub');
  assert.equal(second.id, first.id);
  last().say({ i: second.i, ok: { ch: 'chat:a', e: 'x', o: 1, dup: true } });
  assert.equal((await said).o, 1);
});

test('in a new session a message that shows in the log is not said again', async () => {
  const { rt, last, welcome, time } = setUp({ nick: 'Ann' });
  const log = rt.channel('chat:a');
  rt.connect();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  const said = log.send('hi');
  const next = log.send('there');
  assert.deepEqual([said.state, next.state], ['sending', 'unsent']);
  const [{ id }] = last().requests('pub');
  last().end();
  assert.equal(said.state, 'unsent');
  await time.pass(400);
  welcome({ sid: 's2' });
  assert.equal(last().requests('pub').length, 0);
  last().say(
    { sync: { ch: 'chat:a', e: 'x', o: 1, recovered: true } },
    { ch: 'chat:a', o: 1, d: { u: 's1', id, text: 'hi' } },
  );
  assert.equal((await said.done).o, 1);
  const again = last().requests('pub');
  assert.deepEqual(
    again.map((m) => m.id),
    [next.id],
  );
  last().say({ i: again[0].i, ok: { ch: 'chat:a', e: 'x', o: 2 } });
  assert.equal((await next.done).o, 2);
  assert.deepEqual([said.state, next.state], ['sent', 'sent']);
});

test('a refusal is told with its wait; an unknown outcome is tried again with the same id', async () => {
  const { rt, last, welcome, time } = setUp({ nick: 'Ann' });
  rt.connect();
  welcome();
  const refused = rt.channel('chat:a').send('hi').done;
  const [{ i }] = last().requests('pub');
  last().say({ i, err: { c: 4290, m: 'too fast', retry: [1400, 1400] } });
  await assert.rejects(refused, { code: 4290, retryMs: 1400 });

  const unknown = rt.channel('chat:a').send('hi').done;
  const first = last().requests('pub').at(-1);
  last().say({ i: first.i, err: { c: 5040, m: 'bus', retry: [500, 1000] } });
  await time.pass(1000);
  const second = last().requests('pub').at(-1);
  assert.equal(second.id, first.id);
  assert.notEqual(second.i, first.i);
  last().say({ i: second.i, ok: { ch: 'chat:a', e: 'x', o: 1 } });
  assert.equal((await unknown).o, 1);
});

test('what had to wait for a connection is not refused for coming all at once; it goes when it may', async () => {
  const { rt, last, welcome, time } = setUp({ nick: 'Ann' });
  const said = rt.channel('chat:a').send('hi');
  rt.connect();
  welcome({ hb: 60_000 });
  const [first] = last().requests('pub');
  last().say({ i: first.i, err: { c: 4290, m: 'too fast', retry: [1400, 1400] } });
  await time.pass(1399);
  assert.deepEqual([said.state, last().requests('pub').length], ['sending', 1]);
  await time.pass(2);
  const second = last().requests('pub').at(-1);
  assert.equal(second.id, first.id);
  last().say({ i: second.i, ok: { ch: 'chat:a', e: 'x', o: 1 } });
  assert.equal((await said.done).o, 1);
});

test('a message that gets no answer for a minute is given up, out loud', async () => {
  const { rt, time, welcome, last } = setUp();
  rt.connect();
  welcome({ hb: 60_000 });
  const said = rt.channel('chat:a').send('hi').done;
  const outcome = assert.rejects(said, { code: 5040 });
  await time.pass(60_001);
  await outcome;
  assert.equal(last().requests('pub').length, 1);
});

test('a denied channel is not asked for again on this connection; one to be tried later is', async () => {
  const { rt, time, welcome, last } = setUp();
  const channel = rt.channel('count:a');
  const later = rt.channel('presence:a');
  rt.connect();
  welcome({ hb: 60_000 });
  last().say(
    { ch: 'count:a', err: { c: 4040, m: 'no such channel' } },
    { ch: 'presence:a', err: { c: 5030, m: 'busy', retry: [100, 300] } },
  );
  assert.ok(channel.denied);
  await time.pass(1000);
  assert.deepEqual(
    last()
      .requests('sub')
      .map((m) => m.ch),
    ['presence:a'],
  );
  assert.ok(!later.denied);
});

test('a nickname that the server refuses does not keep us out', () => {
  const { rt, last, time } = setUp({ nick: 'x'.repeat(40) });
  rt.connect();
  last().accept();
  last().say({ err: { c: 4220, m: 'nickname refused' } });
  const [first, second] = last().requests('hello');
  assert.equal(first.nick.length, 40);
  assert.equal(second.nick, undefined);
  last().say({ hello: { sid: 's1', resumed: false, now: time.wall(), hb: 1000, win: 100 } });
  assert.equal(rt.state, 'live');
});

test('text that is no message of the protocol is not minded', () => {
  const { rt, welcome, last } = setUp();
  rt.connect();
  welcome();
  for (const data of ['', '{', 'null', '[]', '"x"', '{"ch":"chat:none","o":1}', '{"i":99,"ok":{}}', '{"new":{}}'])
    last().onmessage({ data });
  assert.equal(rt.state, 'live');
});
