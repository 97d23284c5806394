// How soon there is something to play, how soon it is seen, and how far behind the scene it is: a real publisher, the whole ladder, Chromium.
import { startLevee } from '../../tests/support/levee.mjs';
import { until } from '../../tests/support/processes.mjs';
import { publishRtmp } from '../../tests/support/publisher.mjs';
import { play } from '../../tests/integration/browser/play.mjs';
import { median, table } from '../measure.mjs';

const STARTS = 5;
const VIEWS = 3;
const VIEW_SECONDS = Number(process.env.LEVEE_BENCH_VIEW_SECONDS ?? 60);
const SOURCE = { width: 1280, height: 720, videoKbps: 2500, preset: 'veryfast' };

/** Seconds from the moment levee accepts the publisher (its first key frame follows at once) until a media playlist lists a part. */
async function timeToPlaylist(levee, name) {
  const publisher = publishRtmp(levee.rtmpServer, name, SOURCE);
  await until('the publisher is in', async () => {
    const { streams } = await (await fetch(levee.adminUrl('/api/v1/streams'))).json();
    return streams.some((one) => one.name === name);
  }, { seconds: 10, every: 0.005 });
  const start = performance.now();
  await until('a part is listed', async () => {
    const top = await fetch(levee.url(`/live/${name}/index.m3u8`));
    if (!top.ok) return false;
    const playlist = (await top.text()).split('\n').find((line) => line.includes('source/index.m3u8'));
    return (await (await fetch(new URL(playlist, levee.url(`/live/${name}/`)))).text()).includes('#EXT-X-PART:');
  }, { seconds: 10, every: 0.01 });
  return { seconds: (performance.now() - start) / 1000, publisher };
}

const levee = await startLevee({});
try {
  const starts = [];
  for (let i = 0; i < STARTS; ++i) {
    const { seconds, publisher } = await timeToPlaylist(levee, `start${i}`);
    starts.push(seconds);
    await publisher.stop({ signal: 'SIGINT' }).catch(() => {});
  }

  const publisher = publishRtmp(levee.rtmpServer, 'show', SOURCE);
  await levee.playable('show', { renditions: 4, seconds: 20 });
  const views = [];
  for (let i = 0; i < VIEWS; ++i) {
    views.push(await play({ base: levee.url(''), name: 'show', seconds: VIEW_SECONDS, latencyLimit: 10, stallLimitMs: 60_000 }));
  }
  await publisher.kill();

  const of = (values) => `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;
  const beginning = (what) => of(views.map((view) => view.beginning[what] / 1000));
  console.log(`720p30 from the ffmpeg program on the same two cores, the whole ladder on, ${VIEWS} views of ${VIEW_SECONDS} s in headless Chromium, which decodes in software beside it.\n`);
  console.log(table(['figure', 'median (least to most)', 'aim'], [
    ['publisher accepted to first part in a playlist, s', of(starts), '1.5'],
    ['watch page opened to first picture, s', beginning('firstFrameMs'), '2.5'],
    ['… to the first request for a playlist, s', beginning('askedMs'), ''],
    ['… to the first part fetched, s', beginning('mediaMs'), ''],
    ['behind live by the program date time, s (median of each view)', of(views.map((view) => view.latency.median)), '2.5'],
    ['stalls, all views', views.reduce((sum, view) => sum + view.stalls, 0), '0'],
    ['frames a second', of(views.map((view) => view.fps)), '30'],
  ]));
} finally {
  await levee.stop();
}
