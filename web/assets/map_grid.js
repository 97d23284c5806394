/** A map's ground that needs no tile server: lines of latitude and longitude at round degrees, drawn where they are seen. */

const kSteps = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002];
const kLeastPx = 90;

export function gridLayer() {
  const Grid = L.GridLayer.extend({
    createTile(coords) {
      const size = this.getTileSize();
      const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
      const tile = document.createElement('canvas');
      tile.width = size.x * ratio;
      tile.height = size.y * ratio;
      const pen = tile.getContext('2d');
      pen.scale(ratio, ratio);
      drawGrid(pen, this._map, coords, size);
      return tile;
    },
  });
  return new Grid({ tileSize: 256, updateWhenZooming: false });
}

function drawGrid(pen, map, coords, size) {
  const corner = L.point(coords.x * size.x, coords.y * size.y);
  const northWest = map.unproject(corner, coords.z);
  const southEast = map.unproject(corner.add(size), coords.z);
  const step = stepAt(coords.z, size.x);
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  pen.strokeStyle = 'rgb(120 140 170 / 16%)';
  pen.fillStyle = 'rgb(155 164 180 / 62%)';
  pen.font = '11px Inter, system-ui, sans-serif';
  pen.lineWidth = 1;
  pen.beginPath();
  for (let lon = Math.ceil(northWest.lng / step) * step; lon < southEast.lng; lon += step) {
    const x = Math.round(map.project([0, lon], coords.z).x - corner.x) + 0.5;
    pen.moveTo(x, 0);
    pen.lineTo(x, size.y);
    label(pen, `${Math.abs(lon).toFixed(digits)}°${lon < 0 ? 'W' : 'E'}`, x + 4, 12, size.x);
  }
  for (let lat = Math.ceil(southEast.lat / step) * step; lat < northWest.lat; lat += step) {
    const y = Math.round(map.project([lat, 0], coords.z).y - corner.y) + 0.5;
    pen.moveTo(0, y);
    pen.lineTo(size.x, y);
    label(pen, `${Math.abs(lat).toFixed(digits)}°${lat < 0 ? 'S' : 'N'}`, 4, y - 4, size.x);
  }
  pen.stroke();
}

/** What would be cut at the tile's edge is left out. */
function label(pen, text, x, y, width) {
  if (y > 10 && x + pen.measureText(text).width < width) pen.fillText(text, x, y);
}

/** The smallest round step whose lines are far enough apart at this zoom. */
function stepAt(zoom, tileWidth) {
  const degreesPerPx = 360 / (tileWidth * 2 ** zoom);
  return [...kSteps].reverse().find((step) => step / degreesPerPx >= kLeastPx) ?? kSteps[0];
}
