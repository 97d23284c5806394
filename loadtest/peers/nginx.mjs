// nginx as an origin beside levee: one worker, on core 0, that serves what lies in a folder in memory, and asks who wants
// /wait to come later. With Debian's libnginx-mod-rtmp it also takes a publisher by RTMP, and makes the HLS there by itself.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Program, freePort, run, until } from '../../tests/support/processes.mjs';
import { pin } from '../measure.mjs';

const rtmpModule = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

const rtmpServer = (folder, port) => `
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:${port}; chunk_size 4096;
    application live { live on; hls on; hls_path ${folder}; hls_fragment 2s; hls_playlist_length 30s; hls_fragment_naming system; }
  }
}`;

const configuration = (folder, port, rtmpPort) => `${rtmpPort ? `load_module ${rtmpModule};` : ''}
daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid ${folder}/nginx.pid; error_log stderr warn; user root;
events { worker_connections 19900; multi_accept on; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 600s; etag off;
  types { application/vnd.apple.mpegurl m3u8; video/mp4 m4s mp4; video/mp2t ts; }
  server {
    listen 127.0.0.1:${port} backlog=65535; root ${folder}; open_file_cache max=200 inactive=20s; open_file_cache_valid 1s;
    location = /wait { default_type text/plain; add_header Retry-After 1 always; return 503 "${'come back when Retry-After says. '.repeat(6)}"; }
  }
}${rtmpPort ? rtmpServer(folder, rtmpPort) : ''}`;

/** Starts it; `folder` is what it serves, `rtmp` where to publish, `worker` the process that serves. Throws where the module that it needs is not installed. */
export async function startNginx({ rtmp = false } = {}) {
  if (rtmp && !existsSync(rtmpModule)) throw new Error('libnginx-mod-rtmp is not installed');
  const folder = mkdtempSync('/dev/shm/levee-surge-');
  const port = await freePort();
  const rtmpPort = rtmp ? await freePort() : null;
  writeFileSync(path.join(folder, 'nginx.conf'), configuration(folder, port, rtmpPort));
  const nginx = new Program('nginx', 'nginx', ['-p', folder, '-c', path.join(folder, 'nginx.conf')]);
  const stop = async () => {
    await nginx.stop({ signal: 'SIGQUIT', seconds: 5 }).catch(() => nginx.kill());
    rmSync(folder, { recursive: true, force: true });
  };
  const url = (file) => `http://127.0.0.1:${port}/${file}`;
  try {
    await until('nginx answers', () => fetch(url('')), { seconds: 5 });
    const workers = (await run('pgrep', ['-P', String(nginx.pid)])).trim().split('\n').map(Number);
    for (const pid of workers) pin(pid, 0);
    return { folder, url, rtmp: `rtmp://127.0.0.1:${rtmpPort}/live`, worker: workers[0], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
