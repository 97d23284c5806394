// ffmpeg publishes by RTMP and by SRT; ffprobe reads what comes out.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startLevee } from '../support/levee.mjs';
import { run, until } from '../support/processes.mjs';
import { publishRtmp, publishSrt } from '../support/publisher.mjs';

const RUNGS = '[{ height = 240, bitrate_bps = 350000, max_frame_rate = 30, preset = "ultrafast" }]';

async function text(url) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, `${url} gave ${answer.status}`);
  return answer.text();
}

/** The URLs of a stream's media playlists, by rendition. */
async function mediaPlaylists(levee, name) {
  const url = levee.url(`/live/${name}/index.m3u8`);
  const lines = (await text(url)).split('\n');
  const uris = lines.filter((line) => line && !line.startsWith('#'));
  return uris.map((uri) => new URL(uri, url).href);
}

async function probe(url) {
  const shown = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'json', url]);
  return JSON.parse(shown).streams;
}

/** Media sequence number of each whole segment, and where it is. */
async function segmentsOf(playlistUrl) {
  const lines = (await text(playlistUrl)).split('\n');
  let number = Number(lines.find((line) => line.startsWith('#EXT-X-MEDIA-SEQUENCE:')).split(':')[1]);
  const init = new URL(lines.find((line) => line.startsWith('#EXT-X-MAP:')).match(/URI="([^"]+)"/)[1], playlistUrl).href;
  const segments = new Map();
  for (const line of lines) if (line && !line.startsWith('#')) segments.set(number++, { init, url: new URL(line, playlistUrl).href });
  return segments;
}

/** Presentation time of a segment's first picture, as ffprobe reads it. */
async function firstPicture(folder, { init, url }) {
  const file = path.join(folder, 'segment.mp4');
  const bytes = await Promise.all([init, url].map(async (one) => Buffer.from(await (await fetch(one)).arrayBuffer())));
  await writeFile(file, Buffer.concat(bytes));
  const shown = await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time', '-read_intervals', '%+#1', '-of', 'csv=p=0', file]);
  return Number(shown.split('\n')[0].replace(',', ''));
}

describe('publishing with ffmpeg', () => {
  let levee;
  let folder;
  const publishers = [];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'levee-publish-'));
    levee = await startLevee({ 'ladder.rungs': RUNGS });
  });

  after(async () => {
    for (const publisher of publishers) await publisher.stop().catch(() => {});
    await levee?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const publish = (publisher) => {
    publishers.push(publisher);
    return publisher;
  };

  test('by RTMP: ffprobe reads every rendition', async () => {
    publish(publishRtmp(levee.rtmpServer, 'camera', { width: 640, height: 360 }));
    await levee.playable('camera', { renditions: 3 });
    await until('each rendition has a whole segment', async () => {
      const lists = await Promise.all((await mediaPlaylists(levee, 'camera')).map(text));
      return lists.every((list) => list.includes('#EXTINF'));
    });
    const pictures = [];
    for (const url of await mediaPlaylists(levee, 'camera')) {
      const streams = await probe(url);
      assert.equal(streams.filter((s) => s.codec_name === 'aac').length, 1, `sound in ${url}`);
      const picture = streams.find((s) => s.codec_name === 'h264');
      pictures.push(picture ? `${picture.width}x${picture.height}` : 'none');
    }
    assert.deepEqual(pictures.sort(), ['426x240', '640x360', 'none']);
  });

  test('segments begin at the same media time in every rendition', async () => {
    const urls = (await mediaPlaylists(levee, 'camera')).filter((url) => !url.includes('/audio/'));
    assert.ok(urls.length >= 2);
    const lists = await until('three segments in every rendition', async () => {
      const read = await Promise.all(urls.map(segmentsOf));
      return read.every((list) => list.size >= 3) ? read : null;
    }, { seconds: 20 });
    const shared = [...lists[0].keys()].filter((number) => lists.every((list) => list.has(number)));
    assert.ok(shared.length >= 2, 'renditions share segments');
    for (const number of shared) {
      const times = [];
      for (const list of lists) times.push(await firstPicture(folder, list.get(number)));
      for (const time of times) assert.ok(Math.abs(time - times[0]) < 0.001, `segment ${number} begins at ${times}`);
    }
  });

  test('garbage on the RTMP port leaves the stream untouched', async () => {
    const before = (await levee.playable('camera')).length;
    assert.ok(before > 0);
    const noise = Buffer.alloc(200_000, 0x5a);
    const sockets = await Promise.all([noise, Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(1537, 3)].map((bytes) => new Promise((resolve) => {
      const socket = net.connect(levee.rtmpPort, '127.0.0.1', () => socket.write(bytes));
      socket.on('error', () => resolve(socket)).on('close', () => resolve(socket));
      setTimeout(() => resolve(socket), 3000).unref();
      socket.resume();
    })));
    for (const socket of sockets) socket.destroy();
    const [url] = await mediaPlaylists(levee, 'camera');
    const last = async () => Math.max(...(await segmentsOf(url)).keys());
    const now = await last();
    await until('two more segments', async () => (await last()) >= now + 2, { seconds: 10 });
    assert.equal(publishers[0].result, undefined, `the publisher ended: ${publishers[0].output}`);
  });

  test('a publisher that blinks is back in the same stream, after a discontinuity', async () => {
    const [url] = await mediaPlaylists(levee, 'camera');
    const before = Math.max(...(await segmentsOf(url)).keys());
    await publishers[0].kill();
    await sleep(2000); // the audience waits
    assert.ok(!(await text(url)).includes('#EXT-X-ENDLIST'));
    publish(publishRtmp(levee.rtmpServer, 'camera', { width: 640, height: 360 }));
    const list = await until('the stream goes on', async () => {
      const read = await segmentsOf(url);
      return Math.max(...read.keys()) >= before + 3 ? text(url) : null;
    }, { seconds: 20 });
    assert.ok(list.includes('#EXT-X-DISCONTINUITY\n'), list);
    assert.ok(!list.includes('#EXT-X-ENDLIST'));
  });

  test('by SRT: ffprobe reads the source', async () => {
    publish(publishSrt(levee.srtUrl('drone'), { width: 320, height: 180, fps: 15 }));
    await levee.playable('drone', { renditions: 1, seconds: 20 });
    const [url] = await mediaPlaylists(levee, 'drone');
    await until('a whole segment', async () => (await text(url)).includes('#EXTINF'));
    const streams = await probe(url);
    assert.deepEqual(streams.map((s) => s.codec_name).sort(), ['aac', 'h264']);
    assert.equal(streams.find((s) => s.codec_name === 'h264').height, 180);
  });

  test('by SRT with the standard form of the stream id', async () => {
    const url = `srt://127.0.0.1:${levee.srtPort}?streamid=#!::m=publish,r=balloon`;
    publish(publishSrt(url, { width: 320, height: 180, fps: 15 }));
    await levee.playable('balloon', { renditions: 1, seconds: 20 });
  });
});

describe('stream keys', () => {
  let levee;

  before(async () => {
    levee = await startLevee({ 'publish.open': false, 'publish.keys': '[{ key = "s3cret", name = "show" }]' });
  });
  after(() => levee?.stop());

  test('an unknown key is refused by RTMP and by SRT, and says so', async () => {
    for (const publisher of [publishRtmp(levee.rtmpServer, 'wrong', { seconds: 10 }), publishSrt(levee.srtUrl('wrong'), { seconds: 10 })]) {
      const { code } = await publisher.ended;
      assert.notEqual(code, 0, 'ffmpeg was let in');
    }
    assert.equal((await fetch(levee.url('/live/wrong/index.m3u8'))).status, 404);
  });

  test('a right key publishes under its public name, which is not the key', async () => {
    const publisher = publishRtmp(levee.rtmpServer, 's3cret', { width: 320, height: 180 });
    try {
      await levee.playable('show', { renditions: 1 });
      assert.equal((await fetch(levee.url('/live/s3cret/index.m3u8'))).status, 404);
      const late = publishRtmp(levee.rtmpServer, 's3cret', { seconds: 5 });
      const { code } = await late.ended;
      assert.notEqual(code, 0, 'a second publisher took the name of a live one');
    } finally {
      await publisher.stop();
    }
  });
});
