// Draws the plots of a run out of the data in the page. All share one time axis; the pointer reads all at once.
'use strict';

const run = JSON.parse(document.getElementById('data').textContent);
const cohorts = ['incumbents', 'newcomers', 'weak', 'slow_readers', 'flapping'].filter(
  (name) => run.cohorts.includes(name));
const realtime = ['chat', 'feed', 'track'];
const words = (name) => name.replace('_', ' ');

// How the numbers of a plot are written, and what stands in its corner.
const times = { write: writeTime, logarithmic: true, unit: 'logarithmic' };
const seconds = { write: writeTime, unit: '' };
const count = { write: writeCount, unit: '' };
const rate = { write: (value) => writeLarge(value, [[1e9, 'Gb/s'], [1e6, 'Mb/s'], [1e3, 'kb/s']]), unit: '' };
const memory = { write: (value) => writeLarge(value, [[2 ** 30, 'GiB'], [2 ** 20, 'MiB']]), unit: '' };
const cores = { write: (value) => value.toFixed(2), unit: 'cores' };
const levelNames = ['nothing', 'start low', 'wait', 'hide top', 'protect'];
const levels = {
  write: (value) => levelNames[value] ?? String(value),
  unit: 'each with those below it',
  step: 1,
};

function writeCount(value) {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Math.round(value * 100) / 100);
}

function writeLarge(value, units) {
  if (value === 0) return '0';
  const [size, name] = units.find(([least]) => value >= least) ?? units.at(-1);
  return `${Number((value / size).toPrecision(3))} ${name}`;
}

function writeTime(seconds) {
  if (seconds === 0) return '0';
  if (seconds < 1e-3) return `${Math.round(seconds * 1e6)} us`;
  if (seconds < 1) return `${Number((seconds * 1e3).toPrecision(3))} ms`;
  return `${Number(seconds.toPrecision(3))} s`;
}

const values = (key) => run.values[key];
const quantile = (key, which) => run.times[key]?.[which];
const scaled = (points, factor) => points?.map((point) => point === null ? null : point * factor);

// Each plot: its title, how its numbers are written, and its curves [label, points, colour, style].
function plots() {
  const each = (make) => cohorts.flatMap((name) => make(name));
  const perSecond = 1 / run.bin;
  const percentiles = (what) => each((name) => [
    [`${words(name)} p99`, quantile(`${name}.${what}`, 'p99'), name, ''],
    [`${words(name)} p50`, quantile(`${name}.${what}`, 'p50'), name, 'thin'],
    [`${words(name)} max`, name === 'incumbents' ? quantile(`${name}.${what}`, 'max') : undefined, name, 'dots'],
  ]);
  return [
    ['Viewers', count, each((name) => [
      [`${words(name)} playing`, values(`${name}.playing`), name, ''],
      [`${words(name)} waiting`, values(`${name}.waiting`), name, 'dots'],
    ])],
    ['In a stall', count, each((name) => [[words(name), values(`${name}.stalled`), name, '']])],
    ['Fetch of parts and segments', times, percentiles('media_fetch')],
    ['Fetch of playlists', times, percentiles('reload_fetch')],
    ['Behind live', seconds, percentiles('latency')],
    ['Throughput', rate, [
      ...each((name) => [[words(name), scaled(values(`${name}.bytes`), 8 * perSecond), name, '']]),
      ['server egress', scaled(values('server.egress'), 8), 'server', 'dots'],
    ]],
    ['Requests, each second', count, each((name) => [[words(name), scaled(values(`${name}.requests`), perSecond), name, '']])],
    ['Refused and failed, each second', count, each((name) => [
      [`${words(name)} 503`, scaled(values(`${name}.refused`), perSecond), name, ''],
      [`${words(name)} errors`, scaled(values(`${name}.errors`), perSecond), 'alarm', name === 'incumbents' ? '' : 'dots'],
    ])],
    ['Realtime: from when it was due to each receipt', times, realtime.map((name) => [
      `${name} p99`, quantile(`${name}.delivery`, 'p99'), name, ''])],
    ['Realtime: connected', count, realtime.map((name) => [name, values(`${name}.connected`), name, ''])],
    ['Realtime: lost, twice, out of order, stale as live', count, realtime.map((name) => [
      name, values(`${name}.wrong`), name, ''])],
    ['Processor', cores, [
      ['server', values('server.cpu'), 'server', ''],
      ['generator, busiest agent', values('generator.cpu'), 'generator', ''],
    ]],
    ['Lag of the event loops, and how late the generator began with what was due', times, [
      ['server', values('server.loop_lag'), 'server', ''],
      ['generator p99', quantile('generator.lag', 'p99'), 'generator', ''],
      ['generator, how late it began p99', quantile('generator.late', 'p99'), 'generator', 'dots'],
    ]],
    ['Admission: what gives way', levels, [['server', values('server.admission'), 'server', '']]],
    ['Newcomers let in, each second, by the server', count, [['server', values('server.admission_rate'), 'server', '']]],
    ['Memory of the server', memory, [['server', values('server.memory'), 'server', '']]],
  ].map(([title, scale, curves]) => ({ title, scale, curves: curves.filter(([, points]) => points?.some((p) => p !== null)) }))
    .filter(({ curves }) => curves.length > 0);
}

const box = { width: 560, height: 190, left: 58, right: 8, top: 8, bottom: 20 };
const inner = { width: box.width - box.left - box.right, height: box.height - box.top - box.bottom };
const bins = Math.max(1, Math.ceil(run.length / run.bin));
const xOf = (seconds) => box.left + (seconds / (bins * run.bin)) * inner.width;

function element(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const sinceT0 = (seconds) => `${seconds < 0 ? '−' : '+'}${Math.round(Math.abs(seconds) * 10) / 10} s`;

// A step of 1, 2 or 5 times a power of ten that cuts `span` into about `wanted` pieces.
function niceStep(span, wanted) {
  const power = 10 ** Math.floor(Math.log10(span / wanted));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => span / step <= wanted);
}

function verticalAxis(scale, curves) {
  const all = curves.flatMap(([, points]) => points.filter((point) => point !== null));
  const most = Math.max(...all);
  if (scale.logarithmic && most > 0) {
    const least = Math.min(...all.filter((value) => value > 0));
    const low = Math.floor(Math.log10(least)), high = Math.max(low + 1, Math.ceil(Math.log10(most)));
    const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
    const height = (value) => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low);
    return { ticks, yOf: (value) => box.top + inner.height * (1 - height(value)) };
  }
  const step = scale.step ?? niceStep(most > 0 ? most : 1, 4);
  const top = Math.max(step, Math.ceil((most > 0 ? most : 1) / step) * step);
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  return { ticks, yOf: (value) => box.top + inner.height * (1 - value / top) };
}

function pathOf(points, yOf) {
  let path = '', pen = false;
  points.slice(0, bins).forEach((point, i) => {
    if (point === null) { pen = false; return; }
    path += `${pen ? 'L' : 'M'}${xOf((i + 0.5) * run.bin).toFixed(1)} ${yOf(point).toFixed(1)}`;
    if (!pen && points[i + 1] == null) path += 'h0.5';
    pen = true;
  });
  return path;
}

function frame(axis, scale) {
  const parts = [];
  const bottom = box.top + inner.height;
  const width = Math.max(2, xOf(run.hold_end) - xOf(run.t0));
  parts.push(element('rect', { class: 'surge', x: xOf(run.t0), y: box.top, width, height: inner.height }));
  for (const tick of axis.ticks) {
    const y = axis.yOf(tick);
    parts.push(element('line', { class: 'grid', x1: box.left, x2: box.width - box.right, y1: y, y2: y }));
    parts.push(element('text', { x: box.left - 6, y: y + 4, 'text-anchor': 'end' }, scale.write(tick)));
  }
  const step = niceStep(bins * run.bin, 6);
  const first = Math.ceil(-run.t0 / step) * step;
  for (let at = first; at + run.t0 <= bins * run.bin + 1e-9; at += step) {
    const place = { x: xOf(at + run.t0), y: bottom + 15, 'text-anchor': 'middle' };
    parts.push(element('text', place, Math.abs(at) < 1e-9 ? 't0' : sinceT0(at)));
  }
  parts.push(element('line', { class: 't0', x1: xOf(run.t0), x2: xOf(run.t0), y1: box.top, y2: bottom }));
  parts.push(element('line', { class: 'edge', x1: xOf(run.hold_end), x2: xOf(run.hold_end), y1: box.top, y2: bottom }));
  for (const mark of run.marks) {
    const line = element('line', { class: 'mark', x1: xOf(mark.at), x2: xOf(mark.at), y1: box.top, y2: bottom });
    line.append(element('title', {}, mark.what));
    parts.push(line);
  }
  return parts;
}

const readers = []; // one a plot: shows what stands at a bin; null shows none

function draw({ title, scale, curves }) {
  const axis = verticalAxis(scale, curves);
  const view = { viewBox: `0 0 ${box.width} ${box.height}`, role: 'img', 'aria-label': title };
  const svg = element('svg', view, ...frame(axis, scale));
  for (const [, points, colour, style] of curves)
    svg.append(element('path', { class: `curve ${style}`, d: pathOf(points, axis.yOf), stroke: `var(--${colour})` }));
  const cursor = element('line', { class: 'cursor', y1: box.top, y2: box.top + inner.height, visibility: 'hidden' });
  svg.append(cursor);

  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  const unit = document.createElement('span');
  unit.className = 'unit';
  unit.textContent = scale.unit;
  caption.append(title, unit);
  const legend = document.createElement('div');
  legend.className = 'legend';
  const readings = curves.map(([label, points, colour, style]) => {
    const entry = document.createElement('span'), sample = document.createElement('i'), reading = document.createElement('b');
    sample.className = style;
    sample.style.borderColor = `var(--${colour})`;
    entry.append(sample, `${label} `, reading);
    legend.append(entry);
    return (bin) => { reading.textContent = bin === null || points[bin] == null ? '' : scale.write(points[bin]); };
  });
  readers.push((bin) => {
    cursor.setAttribute('visibility', bin === null ? 'hidden' : 'visible');
    if (bin !== null) for (const end of ['x1', 'x2']) cursor.setAttribute(end, xOf((bin + 0.5) * run.bin));
    unit.textContent = bin === null ? scale.unit : `t0 ${sinceT0(bin * run.bin - run.t0)}`;
    for (const read of readings) read(bin);
  });
  svg.addEventListener('pointermove', (event) => {
    const bounds = svg.getBoundingClientRect();
    const x = (event.clientX - bounds.left) / bounds.width * box.width;
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((x - box.left) / inner.width * bins)));
    for (const read of readers) read(bin);
  });
  svg.addEventListener('pointerleave', () => { for (const read of readers) read(null); });
  figure.append(caption, svg, legend);
  return figure;
}

document.getElementById('plots').append(...plots().map(draw));
