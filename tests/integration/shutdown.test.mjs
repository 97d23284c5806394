// How levee starts and ends, as a service manager sees it.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';

import { binary, startLevee } from '../support/levee.mjs';
import { Program, within } from '../support/processes.mjs';
import { publishRtmp } from '../support/publisher.mjs';

test('SIGTERM ends it with 0 within 5 s, while viewers wait for a part and a publisher streams', async () => {
  const levee = await startLevee({ 'ladder.rungs': '[]' });
  const publisher = publishRtmp(levee.rtmpServer, 'show', { width: 320, height: 180 });
  await levee.playable('show');
  const url = levee.url('/live/show/index.m3u8');
  const uri = (await (await fetch(url)).text()).split('\n').find((line) => line && !line.startsWith('#'));
  const playlist = new URL(uri, url);
  const list = await (await fetch(playlist)).text();
  const first = Number(list.match(/#EXT-X-MEDIA-SEQUENCE:(\d+)/)[1]);
  const next = first + list.split('#EXTINF').length - 1;
  playlist.searchParams.set('_HLS_msn', String(next + 1)); // the one after the one under way: nobody has it yet
  const parked = Array.from({ length: 20 }, () => fetch(playlist).then((answer) => answer.text(), () => 'closed'));
  const idle = net.connect(levee.httpPort, '127.0.0.1');
  idle.on('error', () => {});

  const start = Date.now();
  await levee.stop();
  assert.ok(Date.now() - start < 5000, `took ${Date.now() - start} ms`);
  for (const text of await Promise.all(parked)) assert.ok(text === 'closed' || text.includes('#EXT-X-ENDLIST'), text);
  idle.destroy();
  await publisher.stop();
});

test('SIGINT ends it with 0 too', async () => {
  const levee = await startLevee();
  const { code } = await levee.program.stop({ signal: 'SIGINT', seconds: 5 });
  assert.equal(code, 0, levee.program.output);
});

test('a bad setting ends it with 2, naming the key', async () => {
  const program = new Program('levee', binary, ['--set', 'rtmp.port=99999', '--set', 'no.such=1']);
  const { code } = await program.ended;
  assert.equal(code, 2, program.output);
  assert.match(program.output, /rtmp\.port/);
  assert.match(program.output, /no\.such/);
});

test('a port that is taken ends it with 1, naming the port', async () => {
  const first = await startLevee();
  const program = new Program('levee', binary, ['--set', `http.port=${first.httpPort}`, '--set', 'rtmp.port=0', '--set', 'srt.port=0', '--set', 'admin.port=0']);
  const result = await within(program.ended, 10);
  if (!result) await program.kill();
  await first.stop();
  assert.equal(result?.code, 1, program.output);
  assert.match(program.output, new RegExp(String(first.httpPort)));
});
