/** hls.js settings for a live stream at low latency. */

const kBandwidthKey = 'levee.bandwidth';
const kFirstGuess = 1.5e6; // bits a second, for a viewer never seen before
const kHighestGuess = 8e6;

/** What the last stream's network gave is where the next one starts. */
export function rememberBandwidth(bitsPerSecond) {
  sessionStorage.setItem(kBandwidthKey, String(Math.round(bitsPerSecond)));
}

/** The waits of hls.js' own retries end before ours begin. */
export function hlsConfig() {
  const remembered = Number(sessionStorage.getItem(kBandwidthKey));
  return {
    lowLatencyMode: true,
    // Begin with a key frame and catch up, instead of waiting for what lies between it and the live edge.
    startOnSegmentBoundary: true,
    maxLiveSyncPlaybackRate: 1.5,
    // fMP4 is handed on as it is: a worker would only have the library compiled a second time before the first picture.
    enableWorker: false,
    backBufferLength: 15,
    maxBufferLength: 20,
    capLevelToPlayerSize: true,
    abrEwmaDefaultEstimate: remembered > 0 ? Math.min(remembered, kHighestGuess) : kFirstGuess,
    // The multivariant playlist is where a viewer is let in: its refusals are answered here, not by hls.js.
    manifestLoadPolicy: {
      default: { maxTimeToFirstByteMs: 8000, maxLoadTimeMs: 10_000, timeoutRetry: null, errorRetry: null },
    },
    // A blocked reload is answered within three target durations; while the publisher is away that is a 503.
    playlistLoadPolicy: {
      default: {
        maxTimeToFirstByteMs: 10_000,
        maxLoadTimeMs: 15_000,
        timeoutRetry: { maxNumRetry: 4, retryDelayMs: 250, maxRetryDelayMs: 2000 },
        errorRetry: { maxNumRetry: 12, retryDelayMs: 400, maxRetryDelayMs: 4000 },
      },
    },
    fragLoadPolicy: {
      default: {
        maxTimeToFirstByteMs: 8000,
        maxLoadTimeMs: 20_000,
        timeoutRetry: { maxNumRetry: 3, retryDelayMs: 0, maxRetryDelayMs: 0 },
        errorRetry: { maxNumRetry: 5, retryDelayMs: 400, maxRetryDelayMs: 4000 },
      },
    },
  };
}
