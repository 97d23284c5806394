/** Who we are on the realtime channels: a signed token from the operator's site, handed over in the URL's fragment. */

const kKey = 'levee.token';

/**
 * The token of `/watch/NAME#token=JWT`, kept for this tab; "" for a guest. It is taken out of the address, so that nobody
 * passes it on with the link.
 */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  try {
    if (given !== null) sessionStorage.setItem(kKey, given);
  } catch {
    // Storage may be forbidden; the token then lasts as long as the page.
  }
  if (given !== null) history.replaceState(null, '', location.pathname + location.search);
  try {
    return given ?? sessionStorage.getItem(kKey) ?? '';
  } catch {
    return given ?? '';
  }
}

/** The realtime address of the server that the page came from. */
export function realtimeUrl() {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rt?v=1`;
}
