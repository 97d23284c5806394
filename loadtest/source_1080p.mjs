// The source of the benches that encode.
import { run } from '../tests/support/processes.mjs';

/** Writes `seconds` of 1080p30 at 6 Mb/s with movement, as a streamer's encoder makes it, so that publishing costs no encoding. */
export async function source1080p(file, seconds) {
  await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', '-f', 'lavfi', '-i',
    `testsrc2=size=1920x1080:rate=30:duration=${seconds}`, '-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`,
    '-vf', 'noise=alls=8:allf=t', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '60', '-sc_threshold', '0', '-bf', '2',
    '-b:v', '6M', '-maxrate', '6M', '-bufsize', '6M', '-c:a', 'aac', '-b:a', '128k', file], { seconds: 300 });
}
