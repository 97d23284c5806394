import assert from 'node:assert/strict';
import test from 'node:test';
import { around, fullJitter, within } from '../assets/backoff.js';
import { age, count, instant, retryAfter, viewers, wait } from '../assets/text.js';

test('counts are written for people', () => {
  assert.deepEqual([0, 1234, 10_231].map(count), ['0', '1,234', '10.2K']);
  assert.deepEqual([1, 2].map(viewers), ['1 viewer', '2 viewers']);
});

test('ages are rounded down, waits up', () => {
  assert.deepEqual([-1, 59.9, 60, 3599, 3600, 11_100].map(age), [
    '0 s',
    '59 s',
    '1 min',
    '59 min',
    '1 h 00 min',
    '3 h 05 min',
  ]);
  assert.deepEqual([0, 1001, 89_000, 90_001].map(wait), ['1 s', '2 s', '89 s', '2 min']);
});

test('an instant may be seconds, milliseconds or a date', () => {
  const ms = Date.parse('2024-11-22T05:06:40Z');
  assert.deepEqual([ms, ms / 1000, '2024-11-22T05:06:40Z'].map(instant), [ms, ms, ms]);
  assert.ok(Number.isNaN(instant(undefined)));
});

test('Retry-After is read as seconds or as a date', () => {
  const now = Date.parse('2024-11-22T05:06:40Z');
  assert.equal(retryAfter('12', now), 12_000);
  assert.equal(retryAfter('Fri, 22 Nov 2024 05:06:45 GMT', now), 5000);
  assert.equal(retryAfter('Fri, 22 Nov 2024 05:06:30 GMT', now), 0);
  assert.deepEqual([retryAfter(null), retryAfter('soon')], [null, null]);
});

test('waits are drawn from their whole window and never from outside it', () => {
  assert.deepEqual(
    [0, 1].map((r) => fullJitter(3, { random: () => r })),
    [0, 4000],
  );
  assert.equal(fullJitter(1000, { random: () => 1 }), 20_000);
  assert.deepEqual(
    [0, 1].map((r) => within([800, 3000], () => r)),
    [800, 3000],
  );
  assert.deepEqual(
    [0, 1].map((r) => around(1000, () => r)),
    [750, 1250],
  );
});
