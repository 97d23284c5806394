/** A device tells a group where it is: when it reported last, when it will next and why, and what waits for a network. */
import { Realtime, TrackReporter, browserLocator } from './client/index.js';
import { realtimeUrl, takeToken } from './identity.js';
import { age, wait } from './text.js';

const kRefreshMs = 500;
const kNameKey = 'levee.device';

const byId = (id) => document.getElementById(id);
const group = decodeURIComponent(location.pathname.replace(/\/+$/, '').split('/').pop());

const kWhy = {
  moving: 'it moves',
  started: 'it has just started',
  parked: 'it stands still',
  battery: 'its battery is low',
  watched: 'somebody watches',
  unwatched: 'nobody watches',
};
const kDenied = {
  1: 'This page may not ask where the device is. Allow it in the browser’s settings, and load the page again.',
  2: 'The device does not know where it is at the moment.',
  3: 'The device does not know where it is at the moment.',
};
const kStates = { live: 'Reporting', resyncing: 'Reporting', stale: 'Server is silent', failed: 'Closed', suspended: 'Offline' };

document.title = `Report to ${group} · Levee`;
byId('group').textContent = group;
byId('map').href = `/map/${encodeURIComponent(group)}`;

const realtime = new Realtime(realtimeUrl(), { token: takeToken() });
let reporter = null;
let last = null; // {report, at}
let reason = '';
let battery = () => undefined;

/** What a refused report means to the person who holds the device. */
function refusal({ code, message }) {
  return code === 4034 ? 'You may not report for this device in this group.' : `The server does not take the reports: ${message}.`;
}

function trouble(text) {
  byId('trouble').hidden = !text;
  byId('trouble').textContent = text ?? '';
}

function start(device) {
  store(device);
  reporter = new TrackReporter(realtime, { group, device, locator: browserLocator(), battery: () => battery(), storage: storage() });
  reporter.on('report', (report) => {
    trouble(null);
    last = { report, at: performance.now() };
  });
  reporter.on('answer', ({ why = '' }) => (reason = why));
  reporter.on('refused', (error) => trouble(refusal(error)));
  reporter.on('error', ({ code }) => trouble(kDenied[code] ?? 'The device does not say where it is.'));
  reporter.start();
  realtime.connect();
}

function stop() {
  reporter.stop();
  reporter = null;
  last = null;
  realtime.close();
}

function show() {
  byId('switch').textContent = reporter ? 'Stop reporting' : 'Report where it is';
  byId('device').disabled = reporter !== null;
  byId('facts').hidden = last === null;
  const badge = byId('badge');
  badge.dataset.state = !reporter ? '' : ['live', 'resyncing'].includes(realtime.state) ? 'live' : 'reconnecting';
  badge.textContent = reporter ? (kStates[realtime.state] ?? 'Connecting') : 'Not reporting';
  if (last === null) return;
  const passed = performance.now() - last.at;
  const because = kWhy[reason] ?? (reason.startsWith('checkpoint') ? `it is near ${reason.slice(11)}` : '');
  byId('last').textContent = `${age(passed / 1000)} ago`;
  byId('next').textContent = `within ${wait(last.report.nx - passed)}${because && `, for ${because}`}`;
  const { size, dropped } = reporter.backlog;
  byId('kept').textContent = `${size}${dropped ? `, ${dropped} given up` : ''}`;
  byId('accuracy').textContent = `${last.report.acc ?? '?'} m`;
}

function storage() {
  try {
    return localStorage;
  } catch {
    return null; // forbidden: reports are then kept for as long as the page is open
  }
}

function store(device) {
  try {
    localStorage.setItem(kNameKey, device);
  } catch {
    // It is asked for again next time.
  }
}

byId('device').value = storage()?.getItem(kNameKey) ?? '';
byId('form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (reporter) stop();
  else start(byId('device').value);
  show();
});
if (!isSecureContext) {
  trouble('Browsers tell a page where the device is over HTTPS only.');
  byId('switch').disabled = true;
}
navigator.getBattery?.().then((of) => (battery = () => Math.round(100 * of.level)));
setInterval(show, kRefreshMs);
show();
