// Publishers: the ffmpeg program sending a moving picture with sound.
import { Program } from './processes.mjs';

function picture({ width = 640, height = 360, fps = 30, keyframeSeconds = 2, videoKbps = 800, preset = 'ultrafast', bFrames = 0, seconds }) {
  const args = ['-hide_banner', '-loglevel', 'warning', '-nostdin'];
  args.push('-re', '-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${fps}`);
  args.push('-re', '-f', 'lavfi', '-i', 'sine=frequency=440:beep_factor=4:sample_rate=48000');
  args.push('-c:v', 'libx264', '-preset', preset, '-pix_fmt', 'yuv420p', '-profile:v', 'main', '-b:v', `${videoKbps}k`);
  args.push('-maxrate', `${videoKbps}k`, '-bufsize', `${videoKbps}k`, '-bf', String(bFrames), '-threads', '1');
  args.push('-g', String(Math.round(fps * keyframeSeconds)), '-keyint_min', String(Math.round(fps * keyframeSeconds)), '-sc_threshold', '0');
  args.push('-c:a', 'aac', '-b:a', '96k', '-ac', '2');
  if (seconds) args.push('-t', String(seconds));
  return args;
}

/** Publishes by RTMP: `server` as OBS asks for it, and a stream key. */
export function publishRtmp(server, key, options = {}) {
  return new Program(`ffmpeg ${key}`, 'ffmpeg', [...picture(options), '-f', 'flv', `${server}/${key}`]);
}

/** Publishes by SRT in MPEG-TS. */
export function publishSrt(url, options = {}) {
  return new Program(`ffmpeg ${url}`, 'ffmpeg', [...picture(options), '-f', 'mpegts', url]);
}
