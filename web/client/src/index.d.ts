/** Types of levee-client. What each thing means is told where it is written, in the sources beside this file. */

export type ConnectionState =
  | 'idle'
  | 'connecting'
  | 'greeting'
  | 'resyncing'
  | 'live'
  | 'stale'
  | 'backoff'
  | 'suspended'
  | 'failed'
  | 'closed';

export type ChannelState = 'subscribing' | 'live' | 'stale' | 'resyncing' | 'denied' | 'off';

/** [source epoch, source sequence] */
export type SourcePosition = [number, number];

export interface Position {
  e: string;
  o: number;
}

export class RealtimeError extends Error {
  readonly code: number;
  readonly retry: [number, number] | null;
  /** Above 0: the same may succeed after this many ms. */
  readonly retryMs: number;
  /** Of a refused act. */
  readonly why?: string;
  readonly q?: SourcePosition;
}

/** What the library needs of the world. */
export interface Environment {
  socket(url: string): WebSocket;
  /** A monotonic clock, ms. */
  now(): number;
  /** The wall clock, ms since 1970; only used to notice that the device slept. */
  wall(): number;
  setTimeout(f: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
  random(): number;
  online(): boolean;
  visible(): boolean;
  watch?(changed: () => void): () => void;
}

export const kBrowser: Environment;

export interface Options {
  nick?: string;
  /** A signed identity (JWT), or what gives a new one for every connection. */
  token?: string | (() => string);
  /** The playback token of the same person's player. */
  viewer?: string;
  /** How late a message may be and still prove that the server is heard, ms. Default 1500. */
  lagMs?: number;
  env?: Environment;
  /** The longest time between two heartbeats that will do, ms, for a client that only reports: 15 to 120 s. 0: the usual 15 s. */
  heartbeatMs?: number;
}

export class Realtime {
  constructor(url: string, options?: Options);
  readonly state: ConnectionState;
  readonly retryAt: number | null;
  readonly sid: string | null;
  readonly me: { u: string; role: 'guest' | 'viewer' | 'moderator' | 'streamer' } | null;
  readonly limits: Record<string, number>;
  readonly pace: 'normal' | 'background';
  readonly serverClock: { now: number; error: number };
  readonly failure?: { code: number; reason: string };
  connect(): void;
  close(): void;
  channel(name: `chat:${string}`): LogChannel;
  channel(name: `count:${string}` | `status:${string}`): ValueChannel;
  channel(name: `presence:${string}`): SetChannel;
  channel<T = Record<string, unknown>>(name: `feed:${string}`): FeedChannel<T>;
  channel(name: `track:${string}`): TrackChannel;
  setNick(nick: string): Promise<void>;
  request(message: object): Promise<Record<string, unknown>>;
  on(name: 'state', listener: (state: ConnectionState) => void): () => void;
  /** The server refused the token; the connection goes on with a new one, or as a guest. */
  on(name: 'refused', listener: (error: RealtimeError) => void): () => void;
}

export interface Channel {
  readonly name: string;
  readonly state: ChannelState;
  readonly live: boolean;
  readonly denied: RealtimeError | null;
  readonly epoch: string | null;
  readonly offset: number | null;
  leave(): void;
}

export interface Message {
  ch: string;
  o: number;
  t: number;
  d: Record<string, unknown>;
}

export interface Outgoing {
  readonly id: string;
  readonly state: 'unsent' | 'sending' | 'sent' | 'refused';
  readonly position: Position | null;
  readonly error: RealtimeError | null;
  /** Resolves with its position when it is in the log; rejects when it will not be. */
  readonly done: Promise<Position>;
  on(name: 'state', listener: (message: Outgoing) => void): () => void;
}

export interface LogChannel extends Channel {
  readonly recovered: boolean | null;
  readonly rules: { slow?: number; only?: string };
  send(data: string | object): Outgoing;
  moderate(action: { do: string; u?: string; o?: number; s?: number; who?: string }): Promise<Record<string, unknown>>;
  on(name: 'message', listener: (message: Message) => void): () => void;
  on(name: 'reset', listener: (how: { recovered: false }) => void): () => void;
  on(name: 'gap', listener: (gap: { why: string; count?: number }) => void): () => void;
  on(name: 'rules', listener: (rules: { slow?: number; only?: string }) => void): () => void;
  on(name: 'state', listener: (state: ChannelState) => void): () => void;
}

export type Reading =
  | { state: 'live'; value: any; partial: boolean; last?: undefined }
  | { state: 'stale'; last: any; partial: boolean; value?: undefined }
  | { state: 'none'; value?: undefined; last?: undefined };

export interface ValueChannel extends Channel {
  readonly reading: Reading;
  on(name: 'change', listener: (reading: Reading) => void): () => void;
  on(name: 'state', listener: (state: ChannelState) => void): () => void;
}

export interface SetChannel extends Channel {
  readonly members: ReadonlyMap<string, { nick?: string }>;
  readonly total: number;
  readonly partial: boolean;
  on(name: 'change', listener: (set: SetChannel) => void): () => void;
  on(name: 'state', listener: (state: ChannelState) => void): () => void;
}

interface QuoteFacts {
  readonly key: string;
  readonly q: SourcePosition | null;
  readonly ageMs: number;
  /** What there is to see now, to keep and to act on. */
  readonly seen: Seen;
}

/** `value` is there only while the quote is live: it can't be had without asking `state` first. */
export type Quote<T> = QuoteFacts &
  (
    | { readonly state: 'live'; readonly value: T; readonly last: undefined; readonly why: null }
    | { readonly state: 'stale'; readonly value: undefined; readonly last: T; readonly why: string }
    | { readonly state: 'none'; readonly value: undefined; readonly last: undefined; readonly why: string | null }
  );

export interface Seen {
  readonly key: string;
  readonly q: SourcePosition | null;
  readonly state: 'live' | 'stale' | 'none';
}

export interface FeedChannel<T> extends Channel {
  keys(): string[];
  quote(key: string): Quote<T>;
  act(seen: Seen, data: object, options?: { id?: string }): Promise<Record<string, unknown>>;
  on(name: 'change', listener: (quote: Quote<T>) => void): () => void;
  on(name: 'state', listener: (state: ChannelState) => void): () => void;
}

export interface Place {
  lat: number;
  lon: number;
  acc?: number;
  spd?: number;
  hdg?: number;
  bat?: number;
  m?: 'moving' | 'slow' | 'parked';
}

interface DeviceFacts {
  readonly key: string;
  readonly q: SourcePosition | null;
  readonly ageMs: number;
  /** m within which it is; NaN while nothing is known. */
  readonly radius: number;
  /** ms after the fix within which the next report was to come. */
  readonly promise: number;
  readonly why: string | null;
}

export type Device = DeviceFacts &
  (
    | { readonly state: 'live'; readonly position: Place; readonly last: undefined }
    | { readonly state: 'aging' | 'stale'; readonly position: undefined; readonly last: Place }
    | { readonly state: 'none'; readonly position: undefined; readonly last: undefined }
  );

export interface TrackChannel extends Channel {
  keys(): string[];
  device(key: string): Device;
  on(name: 'change', listener: (device: Device) => void): () => void;
  on(name: 'state', listener: (state: ChannelState) => void): () => void;
}

export interface Fix {
  lat: number;
  lon: number;
  /** Unix ms, by the device. */
  t: number;
  acc?: number;
  spd?: number;
  hdg?: number;
  src?: 'gps' | 'net' | 'mock';
}

export interface Locator {
  watch(onFix: (fix: Fix) => void, onError: (error: unknown) => void): () => void;
}

export function browserLocator(geolocation?: Geolocation): Locator;

export class TrackReporter {
  constructor(
    rt: Realtime,
    options: {
      group: string;
      device: string;
      locator: Locator;
      battery?: () => number | undefined;
      storage?: Pick<Storage, 'getItem' | 'setItem'> | null;
      env?: Environment;
    },
  );
  readonly backlog: { size: number; dropped: number };
  start(): void;
  stop(): void;
  on(name: 'report', listener: (report: Record<string, unknown>, why: string) => void): () => void;
  on(name: 'answer', listener: (answer: Record<string, unknown>) => void): () => void;
  on(name: 'refused', listener: (error: RealtimeError) => void): () => void;
  on(name: 'error', listener: (error: unknown) => void): () => void;
}
