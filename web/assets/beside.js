/** What stands beside the picture and comes over the realtime connection: chat, people, viewers, the publisher's state, prices. */
import { ChatView, storedNick } from './chat.js';
import { Realtime } from './client/index.js';
import { Conversation } from './conversation.js';
import { realtimeUrl, takeToken } from './identity.js';
import { Ticker } from './ticker.js';

/**
 * Connects to the channels of the show `name` and draws them. `onPublisher(state)` is told "live", "interrupted" or
 * "ended", and null when nobody can tell.
 * Gives `focusChat()`, and `serverNow()`: ms since 1970 by the server's clock, NaN while it is not known.
 */
export function showBeside(name, { onPublisher }) {
  const realtime = new Realtime(realtimeUrl(), { nick: storedNick(), token: takeToken() });
  const chat = new ChatView();
  const conversation = new Conversation(realtime, name, chat);

  const status = realtime.channel(`status:${name}`);
  // Without the channel nobody tells us of a return: the playlists then speak for themselves.
  status.on('change', ({ value }) => onPublisher(value?.state ?? null));

  const feed = new URLSearchParams(location.search).get('feed');
  if (feed) new Ticker(document.getElementById('ticker'), realtime.channel(`feed:${feed}`));

  conversation.show();
  realtime.connect();
  return { focusChat: () => chat.focus(), serverNow: () => realtime.serverClock.now };
}
