/** The map of a group's devices: where each is or was, how old that is, and how far it may have gone since. */
import { Realtime } from './client/index.js';
import { DeviceList } from './device_list.js';
import { DeviceMarks } from './device_marks.js';
import { realtimeUrl, takeToken } from './identity.js';
import { gridLayer } from './map_grid.js';
import { wait } from './text.js';

const kRefreshMs = 500;
const byId = (id) => document.getElementById(id);
const group = decodeURIComponent(location.pathname.replace(/\/+$/, '').split('/').pop());

document.title = `${group} · Levee`;
byId('group').textContent = group;
byId('report').href = `/report/${encodeURIComponent(group)}`;

const map = L.map('map', { zoomControl: false, attributionControl: true, worldCopyJump: true, minZoom: 2 });
map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
map.setView([25, 0], 2);
gridLayer().addTo(map);
L.control.zoom({ position: 'bottomright' }).addTo(map);
L.control.scale({ imperial: false }).addTo(map);

const realtime = new Realtime(realtimeUrl(), { token: takeToken() });
const track = realtime.channel(`track:${group}`);
const marks = new DeviceMarks(map);
const list = new DeviceList(byId('devices'), (key) => select(key));
let framed = false;

function select(key) {
  list.select(key);
  marks.select(key);
  const { last, position } = track.device(key);
  const at = position ?? last;
  if (at) map.setView([at.lat, at.lon], Math.max(map.getZoom(), 16));
  showTrail(key);
}

/** Where it has been, as the server keeps it. */
async function showTrail(key) {
  try {
    const answer = await fetch(`/api/v1/tracks/${encodeURIComponent(group)}/${encodeURIComponent(key)}`);
    marks.showTrail(answer.ok ? await answer.json() : null);
  } catch {
    marks.showTrail(null);
  }
}

function draw(device) {
  if (device.state === 'none') return;
  marks.draw(device);
  list.draw(device);
}

/** Once, when the first snapshot is here: all devices in one view. */
function frame() {
  const places = track
    .keys()
    .map((key) => track.device(key))
    .map((device) => device.position ?? device.last)
    .filter(Boolean);
  if (framed || places.length === 0) return;
  framed = true;
  map.fitBounds(L.latLngBounds(places.map(({ lat, lon }) => [lat, lon])).pad(0.25), { maxZoom: 16 });
}

const kBadges = { live: 'Live', stale: 'Silent', failed: 'Closed', suspended: 'Offline', resyncing: 'Catching up' };

function show() {
  const { state, retryAt } = realtime;
  const left = retryAt === null ? 0 : retryAt - performance.now();
  const badge = byId('badge');
  badge.dataset.state = state === 'live' ? 'live' : 'reconnecting';
  badge.textContent =
    kBadges[state] ?? (left > 1500 ? `Reconnecting in ${wait(left)}` : framed ? 'Reconnecting' : 'Connecting');
  if (track.denied) badge.textContent = 'Not available';
  const devices = track.keys().map((key) => track.device(key));
  for (const device of devices) draw(device);
  const counts = { live: 0, aging: 0, stale: 0 };
  for (const { state: of } of devices) if (of in counts) counts[of] += 1;
  byId('summary').textContent = `${counts.live} live · ${counts.aging} aging · ${counts.stale} stale`;
  byId('empty').hidden = devices.length > 0;
}

track.on('change', draw);
track.on('state', (state) => state === 'live' && frame());
realtime.on('state', show);
setInterval(show, kRefreshMs);
show();
realtime.connect();
