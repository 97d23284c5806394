/** Devices on the map: a dot where each was last, and the circle within which it is now. */

const kColours = { live: '#7cc7ff', aging: '#f3bd5b', stale: '#8d96a5' };

export class DeviceMarks {
  #map;
  #marks = new Map();
  #trail = null;
  #selected = null;

  constructor(map) {
    this.#map = map;
  }

  draw(device) {
    const at = device.position ?? device.last;
    if (!at) return;
    const mark = this.#mark(device.key, at);
    const { state } = device;
    const place = [at.lat, at.lon];
    mark.dot.setLatLng(place);
    mark.circle.setLatLng(place);
    mark.circle.setRadius(Math.min(device.radius || 0, 50_000));
    if (mark.state === state && mark.selected === (this.#selected === device.key)) return this.#turn(mark, at);
    mark.state = state;
    mark.selected = this.#selected === device.key;
    mark.circle.setStyle({
      color: kColours[state],
      weight: 1.5,
      opacity: 0.7,
      fillOpacity: state === 'live' ? 0.12 : 0.06,
      dashArray: state === 'live' ? null : '5 5',
    });
    const element = mark.dot.getElement();
    if (element) {
      element.dataset.state = state;
      element.dataset.key = device.key;
      element.classList.toggle('selected', mark.selected);
    }
    this.#turn(mark, at);
  }

  select(key) {
    this.#selected = key;
  }

  /** A GeoJSON Feature with a LineString, or null. */
  showTrail(feature) {
    this.#trail?.remove();
    this.#trail = null;
    if (!feature?.geometry) return;
    this.#trail = L.geoJSON(feature, { style: { color: '#7cc7ff', weight: 2.5, opacity: 0.55 } }).addTo(this.#map);
  }

  #mark(key, at) {
    const known = this.#marks.get(key);
    if (known) return known;
    const icon = document.createElement('div');
    icon.className = 'device-dot';
    const arrow = document.createElement('span');
    arrow.className = 'device-arrow';
    const label = document.createElement('span');
    label.className = 'device-label';
    label.textContent = key;
    icon.append(arrow, label);
    const mark = {
      dot: L.marker([at.lat, at.lon], { icon: L.divIcon({ html: icon, className: 'device', iconSize: [18, 18] }) }),
      circle: L.circle([at.lat, at.lon], { radius: 0, interactive: false }),
      arrow,
    };
    mark.circle.addTo(this.#map);
    mark.dot.addTo(this.#map);
    this.#marks.set(key, mark);
    return mark;
  }

  /** The way it goes, while it goes. */
  #turn({ arrow }, { hdg, spd }) {
    arrow.hidden = !Number.isFinite(hdg) || !(spd > 0.5);
    if (!arrow.hidden) arrow.style.transform = `rotate(${hdg}deg)`;
  }
}
