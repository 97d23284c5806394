// Watches a stream as players do: its multivariant playlist, and every rendition by blocking reloads for a while.
import { get } from './http.mjs';
import { nextPart, readMedia, readMultivariant } from './playlist.mjs';

/** One rendition: where its playlist is, what every reload gave, and the media that was fetched. */
export class Rendition {
  constructor(variant, base) {
    this.url = new URL(variant.uri, base);
    this.name = decodeURIComponent(this.url.pathname.split('/').at(-2));
    this.attributes = variant.attributes;
    this.hasPicture = variant.attributes.has('RESOLUTION');
    this.reloads = [];
    this.bodies = new Map();
  }

  playlistUrl(query = '') {
    return new URL(query, this.url);
  }

  /** Fetches the playlist, remembers it, and gives {answer, list}. */
  async reload(query = '') {
    const answer = await get(this.playlistUrl(query));
    if (answer.status !== 200) throw new Error(`${answer.status} for ${this.name}/index.m3u8${query}`);
    const reload = { answer, list: readMedia(answer.text), query };
    this.reloads.push(reload);
    return reload;
  }

  get newest() {
    return this.reloads.at(-1).list;
  }

  /** A piece of media by its URI, fetched once. */
  async media(uri) {
    if (!this.bodies.has(uri)) this.bodies.set(uri, get(new URL(uri, this.url)));
    const answer = await this.bodies.get(uri);
    if (answer.status !== 200) throw new Error(`${answer.status} for ${this.name}/${uri}`);
    return answer.body;
  }
}

export async function openStream(base, name) {
  const url = new URL(`/live/${encodeURIComponent(name)}/index.m3u8`, base);
  const answer = await get(url);
  if (answer.status !== 200) throw new Error(`${answer.status} for ${url}`);
  const multivariant = readMultivariant(answer.text);
  const renditions = multivariant.variants.map((variant) => new Rendition(variant, url));
  return { url, answer, multivariant, renditions };
}

/** Follows one rendition for `reloads` blocking reloads, each asking for the part after the last one. */
export async function follow(rendition, reloads) {
  await rendition.reload();
  for (let i = 0; i < reloads; i++) {
    const { msn, part } = nextPart(rendition.newest);
    await rendition.reload(`?_HLS_msn=${msn}&_HLS_part=${part}`);
  }
}
