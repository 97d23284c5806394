// The watch page names its scripts beforehand, so that a browser fetches them at once and not one import after another.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'node:test';

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const kClient = '/assets/client/';

function read(url) {
  const file = url.startsWith(kClient) ? `client/src/${url.slice(kClient.length)}` : url.slice(1);
  return readFileSync(path.join(web, file), 'utf8');
}

/** What `url` imports by `import ... from`, and what that imports, with itself. */
function reached(url, found = new Set()) {
  if (found.has(url)) return found;
  found.add(url);
  for (const [, name] of read(url).matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'/gms))
    reached(path.posix.join(path.posix.dirname(url), name), found);
  return found;
}

test('the scripts of the watch page are fetched all at once, those of the picture first', () => {
  const [soon, later] = read('/watch.html').split('<template id="later">');
  const named = (html) => [...html.matchAll(/<link rel="modulepreload" href="([^"]+)"/g)].map(([, url]) => url).sort();
  const first = reached('/assets/watch.js');
  const rest = reached('/assets/beside.js');
  assert.deepEqual(named(soon), [...first].filter((url) => url !== '/assets/watch.js').sort());
  assert.deepEqual(named(later), [...rest].filter((url) => !first.has(url)).sort());
});
