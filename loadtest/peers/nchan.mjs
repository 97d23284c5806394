// nginx with nchan as a peer of the realtime bench: Debian's libnginx-mod-nchan, where it is installed.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Program, freePort, run, until } from '../../tests/support/processes.mjs';

const module = '/usr/lib/nginx/modules/ngx_nchan_module.so';

function configuration(folder, port, files) {
  return `
load_module ${module};
daemon off; worker_processes 1; worker_rlimit_nofile ${files}; pid ${folder}/nginx.pid; error_log stderr error; user root;
events { worker_connections ${files - 100}; multi_accept on; }
http {
  access_log off; tcp_nodelay on; nchan_shared_memory_size 256M;
  server {
    listen 127.0.0.1:${port} backlog=65535;
    location = /rt {
      nchan_pubsub websocket; nchan_channel_id load; nchan_subscriber_first_message newest;
      nchan_message_buffer_length 500; nchan_message_timeout 300s; nchan_websocket_ping_interval 0;
    }
  }
}`;
}

/** Starts it with its worker on core 0; gives null, and says why, where it can't be had. */
export async function startNchan(missing, files) {
  if (!existsSync(module)) {
    missing.set('nginx nchan', 'libnginx-mod-nchan is not installed');
    return null;
  }
  const folder = mkdtempSync('/dev/shm/levee-nchan-');
  const port = await freePort();
  writeFileSync(path.join(folder, 'nginx.conf'), configuration(folder, port, files));
  const nginx = new Program('nginx', 'taskset', ['-c', '0', 'nginx', '-p', folder, '-c', path.join(folder, 'nginx.conf')]);
  const stop = async () => {
    await nginx.stop({ signal: 'SIGTERM', seconds: 5 }).catch(() => nginx.kill());
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const pid = await until('nginx runs', async () => Number((await run('pgrep', ['-P', String(nginx.pid)])).trim()), { seconds: 5 });
    await until('nginx answers', () => fetch(`http://127.0.0.1:${port}/`), { seconds: 5 });
    return { name: 'nginx nchan', plain: true, path: '/rt', ports: [port], pid, stop };
  } catch (error) {
    missing.set('nginx nchan', error.message.split('\n')[0]);
    await stop();
    return null;
  }
}
