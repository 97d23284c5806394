/** The error of the shown position on one drive, one field below the other for each policy, as an SVG document. */
import { makeTrace } from './traces.mjs';
import { World } from './world.mjs';

const kWidth = 860;
const kLeft = 60;
const kRight = 20;
const kHeight = 90; // of a field
const kPitch = 130;
const kSeconds = 900;
const kMetres = 120; // what is above is drawn at the top

/** `policies`: {name, ...} as World takes them. */
export async function picture(policies) {
  const trace = makeTrace('rounds', 1);
  trace.seconds.length = kSeconds;
  const x = (second) => (kLeft + (second / kSeconds) * (kWidth - kLeft - kRight)).toFixed(1);
  const fields = [];
  for (const [i, policy] of policies.entries()) {
    const points = [];
    await new World(trace, { ...policy, each: (second, error) => points.push([second, error]) }).run();
    fields.push(field(policy.name, points, trace, 60 + i * kPitch, x));
  }
  const bottom = 60 + policies.length * kPitch - (kPitch - kHeight);
  const ticks = [0, 300, 600, 900].map((s) => text(x(s), bottom + 18, `${s} s`, 'middle'));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${kWidth} ${bottom + 30}" font-family="sans-serif" font-size="12">
<rect width="${kWidth}" height="${bottom + 30}" fill="#fff"/>
${text(kLeft, 22, 'A car on its rounds: m between where it is and where it is shown. Grey: it stands.', 'start', '#111')}
${[...fields, ...ticks].join('\n')}
</svg>
`;
}

function field(name, points, { seconds }, top, x) {
  const y = (error) => (top + kHeight * (1 - Math.min(error / kMetres, 1))).toFixed(1);
  const parts = [];
  for (let from = 0; from < seconds.length; ) {
    let to = from;
    while (to < seconds.length && seconds[to].speed === 0) to += 1;
    if (to > from) parts.push(`<rect x="${x(from)}" y="${top}" width="${(x(to) - x(from)).toFixed(1)}" height="${kHeight}" fill="#eee"/>`);
    from = to + 1;
  }
  for (const metres of [0, kMetres / 2, kMetres]) {
    parts.push(`<line x1="${kLeft}" x2="${kWidth - kRight}" y1="${y(metres)}" y2="${y(metres)}" stroke="#ddd"/>`);
    parts.push(text(kLeft - 6, Number(y(metres)) + 4, metres === kMetres ? `${metres} m` : metres, 'end'));
  }
  parts.push(text(kLeft, top - 8, name, 'start', '#111'));
  const line = points.map(([second, error]) => `${x(second)},${y(error)}`).join(' ');
  parts.push(`<polyline fill="none" stroke="#06c" stroke-width="1.2" points="${line}"/>`);
  return parts.join('\n');
}

function text(x, y, words, anchor, colour = '#555') {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${colour}">${words}</text>`;
}
