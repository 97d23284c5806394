/** What a client holds of a channel, by the kind that its name's prefix fixes (docs/protocol.md). */
import { FeedChannel } from './channels/feed.js';
import { LogChannel } from './channels/log.js';
import { SetChannel } from './channels/set.js';
import { TrackChannel } from './channels/track.js';
import { ValueChannel } from './channels/value.js';

const kKinds = {
  chat: LogChannel,
  count: ValueChannel,
  status: ValueChannel,
  presence: SetChannel,
  feed: FeedChannel,
  track: TrackChannel,
};

export function makeChannel(name, context) {
  const Kind = kKinds[name.split(':', 1)[0]];
  if (!Kind) throw new TypeError(`no such kind of channel: ${name}`);
  return new Kind(name, context);
}
