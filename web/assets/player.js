/**
 * Plays one live stream and keeps at it: hls.js where there is Media Source, the browser's own HLS elsewhere.
 *
 * Tells what is going on by "state" events; `player.state` is one of
 *   loading       asking for the stream
 *   waiting       the stream does not exist (yet); asked for again by itself
 *   full          the server lets newcomers in a few at a time; asked for again at `retryAt`, let in at about `admittedAt`
 *   live          playing, or ready to
 *   reconnecting  it was live and does not move: `why` is "publisher", "network" or "stalled"
 *   ended         the show is over; a new show under the name is played when it comes
 *   unsupported   this browser can't play it
 */
import { around, fullJitter } from './backoff.js';
import { hlsConfig, rememberBandwidth } from './hls_config.js';
import { retryAfter } from './text.js';

const kTickMs = 250;
const kMaxLatency = 8; // seconds behind live at which the player jumps forward instead of catching up
const kDeadMs = 10_000; // the playlist moves but the picture does not: begin anew
const kSilentMs = 45_000; // the playlist does not move, longer than any grace window of the publisher: begin anew
const kGoneMs = 60_000; // after this long without the stream, a show that was live is taken to be over
const kEndedPollMs = 12_000;
const kAsksPollMs = 8000;
const kTellsPollMs = 30_000;
const kShortWaitMs = 2000; // hls.js' own retries wait about as long: nothing need be done

/** What the player needs of the world beside the element; tests give their own. */
const kWindow = {
  now: () => performance.now(),
  setTimeout: (f, ms) => setTimeout(f, ms),
  clearTimeout: (id) => clearTimeout(id),
  random: Math.random,
  isOnline: () => navigator.onLine,
  whenOnline: (f) => addEventListener('online', f),
};

export class Player extends EventTarget {
  state = 'loading';
  why = null;
  retryAt = null; // performance.now() of the next try, while one is waited for
  admittedAt = null; // while full: when the server expects to let us in; null when it can't tell

  #video;
  #source;
  #Hls;
  #hls = null;
  #publisher = null;
  #wasLive = false;
  #token = null; // says that we were let in
  #ticket = null; // says since when we wait to be
  #failures = 0;
  #retryTimer = 0;
  #lostAt = 0;
  #advancedAt = 0;
  #partTarget = 0;
  #movedAt = 0;
  #position = 0;
  #playlistEnded = false;
  #seenLive = false; // by the hls.js that runs now
  #begun = false; // the same
  #recoveredAt = -Infinity;
  #isLiveAgain;
  #env;
  #pausedByUser = false;

  /**
   * `isLiveAgain` is asked now and then once the show has ended: whether a new one runs under the same name.
   */
  constructor(video, source, { Hls = globalThis.Hls, isLiveAgain = async () => false, env = kWindow } = {}) {
    super();
    this.#video = video;
    this.#source = source;
    this.#Hls = Hls;
    this.#isLiveAgain = isLiveAgain;
    this.#env = env;
    video.addEventListener('ended', () => this.#ended());
    video.addEventListener('error', () => this.#hls || this.#retry('network'));
    env.whenOnline(() => this.retryAt !== null && this.#load());
  }

  start() {
    this.#load();
    const watch = () => {
      this.#tick();
      this.#env.setTimeout(watch, kTickMs);
    };
    watch();
  }

  /** What the server says of the publisher: "live", "interrupted", "ended", or null when it is not known. */
  set publisher(state) {
    const before = this.#publisher;
    this.#publisher = state;
    const waits = this.retryAt !== null || this.state === 'ended';
    if (state === 'live' && before !== 'live' && waits && this.state !== 'full') {
      // All who wait hear of it at once: come within half a second, not in one instant.
      this.#schedule(500 * this.#env.random());
    }
    this.#tick();
  }

  /** The renditions to choose from, best first: {index, label}. Empty with the browser's own HLS. */
  get levels() {
    return (this.#hls?.levels ?? [])
      .map((level, index) => ({ index, height: level.height, bitrate: level.bitrate, label: labelOf(level) }))
      .sort((a, b) => b.height - a.height || b.bitrate - a.bitrate);
  }

  get playingLevel() {
    return this.#hls?.currentLevel ?? -1;
  }

  /** The chosen level; -1 is "by itself". */
  get level() {
    return this.#hls && !this.#hls.autoLevelEnabled ? this.#hls.nextLevel : -1;
  }

  set level(index) {
    if (this.#hls) this.#hls.nextLevel = index;
  }

  /** Bits a second, as hls.js estimates the network; 0 when not known. */
  get bandwidth() {
    return this.#hls?.bandwidthEstimate || 0;
  }

  /**
   * Seconds between the scene's arrival at the server and its picture here, by PROGRAM-DATE-TIME and `now` (ms since
   * 1970, the server's clock); where that can't be told, the distance to the live edge. null when not known.
   */
  latency(now = Date.now()) {
    if (this.#video.readyState < 2) return null;
    const date = this.#hls ? this.#hls.playingDate?.getTime() : this.#nativeDate();
    const byDate = date === undefined ? NaN : (now - date) / 1000;
    if (byDate > -0.5 && byDate < 600) return Math.max(0, byDate);
    const toEdge = this.#hls?.latency;
    return toEdge > 0 ? toEdge : null;
  }

  #nativeDate() {
    const start = this.#video.getStartDate?.().getTime();
    return Number.isNaN(start ?? NaN) ? undefined : start + this.#video.currentTime * 1000;
  }

  /** Whether what is seen is as near to live as it gets. */
  get atLive() {
    if (this.#video.paused) return false;
    const hls = this.#hls;
    return !hls || hls.latency < (hls.targetLatency ?? 3) + 3;
  }

  toLive() {
    const position = this.#hls?.liveSyncPosition;
    if (position != null && position > this.#video.currentTime) this.#video.currentTime = position;
    this.play();
  }

  /**
   * Starts the picture, with sound if the browser lets us; else muted.
   * Returns "sound", "muted", or "blocked" when only a person may start it.
   */
  async play() {
    this.#pausedByUser = false;
    if (this.state === 'live' || this.state === 'reconnecting') this.#hls?.startLoad();
    try {
      await this.#video.play();
      return this.#video.muted ? 'muted' : 'sound';
    } catch (error) {
      if (error.name !== 'NotAllowedError') return 'sound'; // taken back by a newer load; that one will play
    }
    this.#video.muted = true;
    try {
      await this.#video.play();
      return 'muted';
    } catch {
      return 'blocked';
    }
  }

  /** A paused live stream is left alone: nothing is loaded for it, and it goes on at live. */
  pause() {
    this.#pausedByUser = true;
    this.#video.pause();
    this.#hls?.stopLoad();
  }

  // ---- loading

  #load() {
    this.#env.clearTimeout(this.#retryTimer);
    this.retryAt = null;
    this.#playlistEnded = this.#seenLive = this.#begun = false;
    this.#advancedAt = this.#movedAt = this.#env.now();
    this.#hls?.destroy();
    this.#hls = null;
    if (!this.#wasLive) this.#enter('loading');
    if (this.#Hls?.isSupported()) this.#loadHls();
    else if (this.#video.canPlayType('application/vnd.apple.mpegurl')) this.#loadNative();
    else this.#enter('unsupported');
  }

  #loadHls() {
    const { Events } = this.#Hls;
    const hls = (this.#hls = new this.#Hls(hlsConfig()));
    // Set here and not in the config: there it would need liveSyncDuration, which overrides PART-HOLD-BACK.
    hls.config.liveMaxLatencyDuration = kMaxLatency;
    hls.on(Events.MANIFEST_PARSED, (_, data) => {
      this.#learnToken(hls.levels[0]?.url?.[0]);
      // The first one listed is where the server wants newcomers to start: below the top when it has much to do.
      const first = data?.firstLevel ?? -1;
      if (first >= 0 && first < hls.levels.length - 1) hls.startLevel = Math.min(first, hls.firstAutoLevel ?? first);
      this.#found();
      this.dispatchEvent(new Event('levels'));
    });
    hls.on(Events.LEVELS_UPDATED, () => this.dispatchEvent(new Event('levels')));
    hls.on(Events.LEVEL_SWITCHED, () => this.dispatchEvent(new Event('levels')));
    hls.on(Events.LEVEL_UPDATED, (_, { details }) => this.#playlistUpdated(details));
    hls.on(Events.BUFFER_APPENDED, () => this.#begin());
    hls.on(Events.FRAG_BUFFERED, () => rememberBandwidth(hls.bandwidthEstimate));
    hls.on(Events.ERROR, (_, data) => hls === this.#hls && this.#failed(data));
    hls.loadSource(this.#address());
    hls.attachMedia(this.#video);
  }

  /** Shows the first key frame as soon as it is there: hls.js waits for all parts of its segment before it goes to them. */
  #begin() {
    const { buffered, currentTime } = this.#video;
    if (this.#begun || buffered.length === 0) return;
    this.#begun = true;
    if (currentTime < buffered.start(0)) this.#video.currentTime = buffered.start(0);
  }

  async #loadNative() {
    // The element does not tell why it failed: ask first, so that "not live" and "full" can be told apart.
    const answer = await fetch(this.#address(), { cache: 'no-store' }).catch(() => null);
    if (!answer?.ok) return this.#refused(answer?.status ?? 0, (name) => answer?.headers.get(name));
    this.#learnToken(await answer.text().catch(() => ''));
    this.#video.src = this.#address();
    this.#found();
  }

  /** Where the multivariant playlist is for us: who was let in says so, and so does who waits already. */
  #address() {
    if (this.#token) return this.#source.replace(/[^/]*$/, `v/${this.#token}/$&`);
    return this.#ticket ? `${this.#source}?ticket=${this.#ticket}` : this.#source;
  }

  #learnToken(text) {
    this.#token = /(?:\bv|\.\.)\/([\w-]{32})\//.exec(text ?? '')?.[1] ?? this.#token;
  }

  #found() {
    this.#failures = 0;
    this.#wasLive = true;
    this.#advancedAt = this.#movedAt = this.#env.now();
    this.#lostAt = 0;
    this.#ticket = this.admittedAt = null;
    this.#enter('live');
    if (!this.#pausedByUser) this.dispatchEvent(new Event('ready'));
    this.#video.requestVideoFrameCallback?.(() => performance.mark('levee:first-frame'));
  }

  #playlistUpdated(details) {
    this.#partTarget = details.partTarget || 0;
    this.#playlistEnded = !details.live;
    if (details.live) this.#seenLive = true;
    else if (!this.#seenLive) return this.#over(); // came after the end: the last minute is not what was asked for
    if (details.advanced) this.#advancedAt = this.#env.now();
    this.#tick();
  }

  #failed(data) {
    const { ErrorTypes, ErrorDetails } = this.#Hls;
    const status = data.response?.code ?? 0;
    const header = (name) => (status === 503 ? data.networkDetails?.getResponseHeader?.(name) : null);
    if (!data.fatal) return this.#holdOff(retryAfter(header('Retry-After')));
    if ([ErrorDetails.MANIFEST_LOAD_ERROR, ErrorDetails.MANIFEST_LOAD_TIMEOUT].includes(data.details)) {
      return this.#refused(status, header);
    }
    if (data.type === ErrorTypes.MEDIA_ERROR && this.#env.now() - this.#recoveredAt > 5000) {
      this.#recoveredAt = this.#env.now();
      return this.#hls.recoverMediaError();
    }
    this.#retry('network');
  }

  /** The server asked for a pause while we were watching: keep what is buffered, ask for nothing until then. */
  #holdOff(ms) {
    const hls = this.#hls;
    if (ms === null || ms < kShortWaitMs) return;
    hls.stopLoad();
    this.#env.setTimeout(
      () => hls === this.#hls && !this.#pausedByUser && hls.startLoad(),
      ms * (1 + 0.2 * this.#env.random()),
    );
  }

  /** The multivariant playlist was not given. */
  #refused(status, header) {
    if (status === 503) {
      const ms = retryAfter(header('Retry-After')) ?? 5000;
      const estimate = Number(header('Levee-Wait-Ms') || NaN);
      this.#ticket = header('Levee-Ticket') || this.#ticket;
      this.admittedAt = Number.isFinite(estimate) ? this.#env.now() + Math.max(ms, estimate) : null;
      this.#enter('full');
      // A little later than told, never earlier, and not all at once.
      return this.#schedule(ms + this.#env.random() * Math.max(1000, ms * 0.2));
    }
    if (status === 404 || status === 410) return this.#absent();
    this.#retry('network');
  }

  #absent() {
    const now = this.#env.now();
    if (!this.#wasLive || this.#publisher === 'ended') {
      this.#enter(this.#wasLive ? 'ended' : 'waiting');
    } else {
      this.#lostAt ||= now;
      if (now - this.#lostAt < kGoneMs) this.#enter('reconnecting', 'publisher');
      else this.#enter('ended');
    }
    // Where the status channel tells of a start, asking is only for the case that it fails.
    const limit = this.#publisher !== null || this.state === 'ended' ? kTellsPollMs : kAsksPollMs;
    this.#schedule(around(Math.min(limit, 1000 * 1.5 ** this.#failures++), this.#env.random));
  }

  #retry(why) {
    this.#enter(this.#wasLive ? 'reconnecting' : 'loading', why);
    this.#schedule(300 + fullJitter(this.#failures++, { base: 1000, limit: 12_000, random: this.#env.random }));
  }

  #schedule(ms) {
    this.#env.clearTimeout(this.#retryTimer);
    this.retryAt = this.#env.now() + ms;
    this.#retryTimer = this.#env.setTimeout(() => this.#load(), ms);
    this.#announce();
  }

  #ended() {
    if (this.state !== 'ended') this.#over();
  }

  #over() {
    this.#hls?.destroy();
    this.#hls = null;
    this.#enter('ended');
    this.#awaitNext();
  }

  async #awaitNext() {
    while (this.state === 'ended' && this.retryAt === null) {
      await new Promise((resolve) => this.#env.setTimeout(resolve, around(kEndedPollMs, this.#env.random)));
      if (this.state !== 'ended' || this.retryAt !== null) return;
      const again = await this.#isLiveAgain().catch(() => false);
      if (again && this.state === 'ended' && this.retryAt === null) return this.#load();
    }
  }

  // ---- watching over it

  #tick() {
    const now = this.#env.now();
    const video = this.#video;
    if (video.currentTime !== this.#position || video.paused) this.#movedAt = now;
    this.#position = video.currentTime;
    if (this.retryAt !== null || !['live', 'reconnecting'].includes(this.state)) return;
    if (this.#playlistEnded || !this.#hls || this.#pausedByUser) return;

    const silent = now - this.#advancedAt;
    const patience = this.#partTarget ? Math.max(2500, 6000 * this.#partTarget) : 9000;
    const still = now - this.#movedAt;
    if (silent > kSilentMs || (still > kDeadMs && silent < patience)) return this.#load();
    if (this.#publisher === 'interrupted') this.#enter('reconnecting', 'publisher');
    else if (silent > patience) this.#enter('reconnecting', this.#env.isOnline() ? 'stalled' : 'network');
    else if (still < 1000) this.#enter('live');
  }

  #enter(state, why = null) {
    if (state === this.state && why === this.why) return;
    this.state = state;
    this.why = why;
    this.#announce();
  }

  #announce() {
    this.dispatchEvent(new Event('state'));
  }
}

function labelOf(level) {
  const name = decodeURIComponent(level.uri?.split('/').at(-2) ?? level.url?.[0]?.split('/').at(-2) ?? '');
  const height = level.height ? `${level.height}p${level.frameRate > 45 ? Math.round(level.frameRate) : ''}` : name;
  return name === 'source' ? `${height} source` : height;
}
