/** How the pages write numbers and times for people. */

/** 1234 -> "1,234"; 10231 -> "10.2K". */
export function count(n) {
  return n < 10_000
    ? n.toLocaleString('en')
    : Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(n);
}

/** "1 viewer", "12 viewers". */
export function viewers(n) {
  return `${count(n)} ${n === 1 ? 'viewer' : 'viewers'}`;
}

/** Seconds since something began: "42 s", "7 min", "3 h 05 min". */
export function age(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
}

/** A wait, rounded up so that it never promises too much: "1 s", "2 min". */
export function wait(ms) {
  const s = Math.max(1, Math.ceil(ms / 1000));
  return s < 90 ? `${s} s` : `${Math.ceil(s / 60)} min`;
}

/** A time that the API gives: seconds or milliseconds since 1970, or RFC 3339. NaN when it is none of them. */
export function instant(value) {
  if (typeof value === 'number') return value < 1e11 ? value * 1000 : value;
  return typeof value === 'string' ? Date.parse(value) : NaN;
}

/** A wait as `Retry-After` gives it (RFC 9110 section 10.2.3), in ms; null when absent or not understood. */
export function retryAfter(header, now = Date.now()) {
  if (!header) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
