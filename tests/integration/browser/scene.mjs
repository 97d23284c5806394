// A quiet sea at dusk, for the eyes of those who read the README.
import path from 'node:path';

import { Program, run } from '../../support/processes.mjs';

const SECONDS = 20; // holds every movement a whole number of times, so that it can be repeated
const WIDTH = 1280;
const HEIGHT = 720;

/** A channel of the sky: from the zenith over the middle to the horizon, and the sun. */
function sky(zenith, middle, horizon, sun) {
  const ground = `if(lt(Y,250),${zenith}+(${middle}-${zenith})*Y/250,${middle}+(${horizon}-${middle})*clip((Y-250)/220,0,1))`;
  const near = 'hypot(X-880,Y-420)';
  return `lerp(${ground},${sun},max(clip(84-${near},0,1),0.55*exp(-max(${near}-84,0)/150)))`;
}

/** A band of waves, twice as wide as the screen so that it can move along: height, colour, how high a long and a short wave go. */
function waves(y, [r, g, b], [long, short]) {
  const crest = `${y}+${long}*sin(2*PI*X/${WIDTH / 2}+${y})+${short}*sin(2*PI*X/${WIDTH / 4}+1)`;
  const depth = `(1-0.5*clip((Y-${y})/260,0,1))`;
  const colour = `geq=r='${r}*${depth}':g='${g}*${depth}':b='${b}*${depth}':a='255*clip(Y-(${crest}),0,1)'`;
  return `color=black:s=${WIDTH * 2}x${HEIGHT}:r=24:d=0.04,format=gbrap,${colour}`;
}

function picture() {
  const still = (format) => `format=${format},loop=-1:1,setpts=N/(24*TB)`; // drawn once
  const layers = [
    waves(452, [58, 124, 141], [5, 3]),
    waves(508, [30, 92, 116], [9, 5]),
    waves(578, [17, 62, 92], [15, 7]),
    waves(656, [9, 36, 62], [20, 9]),
  ];
  const graph = [
    `color=black:s=${WIDTH}x${HEIGHT}:r=24:d=0.04,format=gbrp,` +
      `geq=r='${sky(13, 62, 244, 255)}':g='${sky(32, 94, 176, 226)}':b='${sky(66, 132, 110, 168)}',${still('yuv420p')}[under0]`,
    ...layers.map((layer, i) => `${layer},${still('yuva420p')}[wave${i}]`),
    ...layers.map((_, i) => {
      const along = `x='-mod(t*${(WIDTH / 2 / SECONDS) * (i + 1)},${WIDTH / 2})'`;
      return `[under${i}][wave${i}]overlay=format=yuv420:${along}:y='${3 + i}*sin(2*PI*t/${[10, 5, 4, 5][i]}+${i})'[under${i + 1}]`;
    }),
  ];
  return `${graph.join(';')};[under${layers.length}]format=yuv420p[picture]`;
}

/**
 * Publishes it until it is stopped. Made beforehand in `folder` and sent as it is: what else the machine does must not
 * show in it.
 */
export async function publishScene(server, name, folder) {
  const file = path.join(folder, 'scene.mp4');
  const inputs = ['-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=48000'];
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'animation', '-b:v', '2500k', '-g', '48'];
  const make = [...inputs, '-filter_complex', picture(), '-map', '[picture]', '-map', '0:a', '-t', String(SECONDS)];
  await run('ffmpeg', ['-v', 'error', '-y', ...make, ...video, '-c:a', 'aac', file], { seconds: 120 });
  const args = ['-v', 'warning', '-nostdin', '-re', '-stream_loop', '-1', '-i', file, '-c', 'copy', '-f', 'flv'];
  return new Program('ffmpeg scene', 'ffmpeg', [...args, `${server}/${name}`]);
}
