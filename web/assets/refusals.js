/** What the refusals of docs/protocol.md are in words, for those who write in the chat. */

const kRefusals = {
  0: 'The chat is not connected.',
  4010: 'Choose a name first.',
  4011: 'Your sign-in is not valid any more. Open the page again from where you came.',
  4031: 'You may not do this.',
  4032: 'You are banned from this chat.',
  4033: 'This chat is not open to everyone at the moment.',
  4220: "This name can't be used: 1 to 24 characters, and not only spaces.",
  4221: "This message can't be sent: at most 500 characters.",
  4223: "This message can't be sent: it has a word that is not wanted here.",
  4290: 'You are writing too fast.',
  4291: 'Too many requests.',
  4293: 'Slow mode is on.',
  5030: 'The chat is not available for a moment.',
  5040: 'The message may not have been sent. Look whether it is there before you write it again.',
};

/** {message, retryMs} of a RealtimeError. */
export function explain(error) {
  const text = error.code === 4032 && error.retryMs ? 'You are timed out.' : kRefusals[error.code];
  return { message: text ?? error.message, retryMs: error.code === 0 ? 0 : error.retryMs };
}
