/** What those who write TypeScript rely on, and what must not compile. Checked by types.test.mjs; never run. */
import { Realtime, RealtimeError, TrackReporter, browserLocator } from '../src/index.js';

interface Price {
  b: number;
}

const rt = new Realtime('wss://host/rt?v=1', { nick: 'Ann', token: () => 'jwt' });
rt.on('state', (state) => state === 'live');

const fx = rt.channel<Price>('feed:fx');
fx.on('change', (quote) => {
  // @ts-expect-error a value can't be read without asking for the state
  quote.value.b;
  if (quote.state === 'live') quote.value.b + quote.ageMs;
  if (quote.state === 'stale') {
    quote.last.b;
    // @ts-expect-error what is stale has no value
    quote.value.b;
  }
});

async function buy() {
  try {
    await fx.act(fx.quote('EURUSD').seen, { side: 'buy' });
  } catch (error) {
    if (error instanceof RealtimeError && error.code === 4090) return error.why;
  }
}

const chat = rt.channel('chat:room');
chat.on('message', ({ o, d }) => [o, d.text]);
chat.send('hello').done.then(({ e, o }) => [e, o]);

const track = rt.channel('track:guards');
track.on('change', (device) => {
  if (device.state === 'live') device.position.lat;
  if (device.state === 'aging' || device.state === 'stale') [device.last.lat, device.radius];
  // @ts-expect-error where it is can't be read without asking for the state
  device.position.lat;
});

// @ts-expect-error there is no such kind of channel
rt.channel('nothing:here');

new TrackReporter(rt, { group: 'guards', device: 'v1', locator: browserLocator(), storage: localStorage }).start();
void buy;
