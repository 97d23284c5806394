// The realtime parts of the pages in Chromium, behind a proxy that cuts, freezes, spoils and delays their connections.
import path from 'node:path';
import test from 'node:test';

import { root, startLevee } from '../../support/levee.mjs';
import { ModelSite } from '../../support/model_site.mjs';
import { PriceSource } from '../../support/price_source.mjs';
import { cuts } from './cuts.mjs';
import { acts, prices } from './prices.mjs';

const kEpochMs = 1_700_000_000_000; // where the model's clock begins

test('a chat is complete after 50 cuts', { timeout: 240_000 }, async (t) => {
  const levee = await startLevee({ 'http.web_root': path.join(root, 'web') });
  t.after(() => levee.stop());
  t.diagnostic(JSON.stringify(await cuts({ port: levee.httpPort, name: 'room' })));
});

test('prices, with a server that keeps the protocol', { timeout: 240_000 }, async (t) => {
  const site = await ModelSite.start();
  t.after(() => site.stop());
  const at = { port: site.port, path: '/watch/room?feed=fx' };

  await t.test('the ticker shows no old price as live', async (own) => {
    const newer = (key, q) => {
      const found = site.truth.newer(key, q);
      return found && { q: found.q, at: kEpochMs + found.at };
    };
    const troubles = [
      (proxy) => proxy.freeze(),
      (proxy) => proxy.cut(),
      () => site.source.reconnect(),
      (proxy) => proxy.delay(3000),
      (proxy) => {
        proxy.delay(0);
        proxy.cut();
      },
      () => {
        site.server.crash();
        setTimeout(() => site.server.start(), 1500);
      },
      () => site.source.restart(),
      (proxy) => proxy.corrupt(),
    ];
    own.diagnostic(JSON.stringify(await prices({ ...at, newer, troubles })));
  });

  await t.test('an act on a quote that is superseded or stale is refused', async (own) => {
    own.diagnostic(JSON.stringify(await acts({ ...at, feed: 'feed:fx', key: 'EURUSD' })));
  });
});

test('prices, with levee itself', { timeout: 240_000 }, async (t) => {
  const levee = await startLevee({ 'http.web_root': path.join(root, 'web'), 'ladder.rungs': '[]' });
  const source = await PriceSource.start(levee, 'fx');
  t.after(async () => {
    source.stop();
    await levee.stop();
  });
  const at = { port: levee.httpPort, path: '/watch/room?feed=fx' };

  await t.test('the ticker shows no old price as live', async (own) => {
    const troubles = [
      (proxy) => proxy.freeze(),
      (proxy) => proxy.cut(),
      () => source.reconnect(),
      () => source.restart(),
      (proxy) => proxy.corrupt(),
    ];
    own.diagnostic(JSON.stringify(await prices({ ...at, newer: (key, q) => source.newer(key, q), troubles })));
  });

  await t.test('an act on a quote that is superseded or stale is refused', async (own) => {
    own.diagnostic(JSON.stringify(await acts({ ...at, feed: 'feed:fx', key: 'EURUSD' })));
  });
});
