/** levee-client: realtime channels that come back by themselves, and never show what is old as if it were new. */
export { RealtimeError } from './errors.js';
export { Realtime } from './realtime.js';
export { TrackReporter, browserLocator } from './reporter.js';
export { kBrowser } from './environment.js';
