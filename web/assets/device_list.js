/** The list beside the map: each device, what is known of it, and how old that is. */
import { age, wait } from './text.js';

const kWords = { live: 'Live', aging: 'Late', stale: 'Lost' };
const kReasons = {
  offline: 'This page has no connection',
  unheard: 'The server is silent',
  resyncing: 'Catching up',
  silent: 'The device is silent',
  gone: 'The device is gone',
  resync: 'The device is back',
  bus: 'Its server is not reached',
  unknown: 'Not known to the server any more',
};
const kModes = { moving: 'moving', slow: 'slow', parked: 'parked' };

export class DeviceList {
  #place;
  #rows = new Map();
  #onSelect;

  constructor(place, onSelect) {
    this.#place = place;
    this.#onSelect = onSelect;
  }

  select(key) {
    for (const [name, row] of this.#rows) row.button.setAttribute('aria-pressed', String(name === key));
  }

  draw(device) {
    const row = this.#row(device.key);
    const { state } = device;
    row.button.dataset.state = state;
    set(row.state, kWords[state] ?? '');
    set(row.age, `Seen ${age(device.ageMs / 1000)} ago${state === 'live' ? '' : `, within ${metres(device.radius)}`}`);
    set(row.facts, facts(device));
  }

  #row(key) {
    if (this.#rows.has(key)) return this.#rows.get(key);
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'device-row figures';
    button.dataset.key = key;
    const parts = ['device-name', 'device-state', 'device-age', 'device-facts'].map((className) => {
      const part = document.createElement('span');
      part.className = className;
      button.append(part);
      return part;
    });
    parts[0].textContent = key;
    button.addEventListener('click', () => this.#onSelect(key));
    const item = document.createElement('li');
    item.append(button);
    const after = [...this.#rows.keys()].sort().find((name) => name > key);
    this.#place.insertBefore(item, after === undefined ? null : this.#rows.get(after).item);
    const row = { item, button, state: parts[1], age: parts[2], facts: parts[3] };
    this.#rows.set(key, row);
    return row;
  }
}

function facts(device) {
  const { spd, bat, m } = device.position ?? device.last;
  const why = device.state === 'stale' ? kReasons[device.why] : null;
  return [
    why ?? (device.state === 'live' ? '' : `Promised a report every ${wait(device.promise)}`),
    kModes[m] ?? '',
    device.state === 'live' && spd > 0.5 ? `${Math.round(spd * 3.6)} km/h` : '',
    Number.isFinite(bat) ? `battery ${Math.round(bat)}%` : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

function metres(m) {
  return m < 1000 ? `${Math.round(m)} m` : `${(m / 1000).toFixed(1)} km`;
}

function set(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
