// OBS Studio publishes by RTMP and by SRT, and is told when it may not.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startLevee } from '../support/levee.mjs';
import { startObs } from '../support/obs.mjs';
import { until } from '../support/processes.mjs';

describe('OBS Studio', () => {
  let levee;

  before(async () => {
    levee = await startLevee({
      'publish.open': false,
      'publish.keys': '[{ key = "s3cret", name = "mystream" }]',
      'ladder.rungs': '[]',
    });
  });
  after(() => levee?.stop());

  async function hasPlayedOn() {
    await levee.playable('mystream', { seconds: 30 });
    const playlist = async () => {
      const url = levee.url('/live/mystream/index.m3u8');
      const uri = (await (await fetch(url)).text()).split('\n').find((line) => line && !line.startsWith('#'));
      return (await fetch(new URL(uri, url))).text();
    };
    await until('three segments of OBS', async () => (await playlist()).split('#EXTINF').length > 3, { seconds: 20 });
  }

  test('publishes by RTMP with the server and key that the README shows', async () => {
    const obs = await startObs(levee.rtmpServer, 's3cret');
    try {
      await obs.connected();
      await hasPlayedOn();
    } finally {
      await obs.stop();
    }
    await until('the stream is interrupted or gone once OBS stopped', async () => {
      const streams = await (await fetch(levee.adminUrl('/api/v1/streams'))).json();
      const list = Array.isArray(streams) ? streams : streams.streams;
      return list.every((stream) => stream.state !== 'live');
    });
  });

  test('shows the streamer that a key is wrong', async () => {
    const obs = await startObs(levee.rtmpServer, 'wrong');
    try {
      assert.equal(await obs.refused(), -3, obs.program.output); // "Could not access the specified channel or stream key"
      assert.ok(!/Streaming Start =====/.test(obs.program.output), obs.program.output);
    } finally {
      await obs.kill();
    }
  });

  test('publishes by SRT', async () => {
    const obs = await startObs(levee.srtUrl('s3cret'), '');
    try {
      await obs.connected();
      await hasPlayedOn();
    } finally {
      await obs.stop();
    }
  });
});
