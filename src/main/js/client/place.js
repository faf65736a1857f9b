// Where the server is, and who may see the token: the desktop shell's own server without one, else the cloud with one.

const DESKTOP_URL = 'ws://127.0.0.1:3693/ws';
const SERVED_AS = '/client/';
const DESKTOP_PATH = '/ws';
const CLOUD_PATH = '/api/ws';
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * The place to connect to now, as `{url, token}`; asked before every try, because a shell may start its server anew on
 * another port. An explicit `url` wins; then what the shell put on the page; then the cloud that is named; then
 * {@link defaultUrl}. The token of the options is for the cloud: a shell's server never sees it.
 */
export function placeOf(options, shell = globalThis.cortex) {
  const { url, cloud, token } = options;
  if (url !== undefined) {
    return { url: socketUrl(url), token };
  }
  const local = shellUrl(shell);
  if (local !== undefined) {
    return { url: local, token: typeof shell.token === 'string' ? shell.token : undefined };
  }
  return { url: cloud === undefined ? defaultUrl() : socketUrl(cloud, CLOUD_PATH), token };
}

/**
 * Where the server is when nobody says: the one this module was loaded from, else the page's own origin, else the
 * desktop's usual place. A desktop answers to the names of the loopback only, so any other host is the cloud.
 */
export function defaultUrl(moduleUrl = import.meta.url, pageUrl = globalThis.location?.href) {
  const module = new URL(moduleUrl);
  if (isWeb(module) && module.pathname.startsWith(SERVED_AS)) {
    return socketUrl(module.origin, LOOPBACK.has(module.hostname) ? DESKTOP_PATH : CLOUD_PATH);
  }
  const page = pageUrl === undefined ? undefined : new URL(pageUrl);
  return page && isWeb(page) && !LOOPBACK.has(page.hostname) ? socketUrl(page.origin, CLOUD_PATH) : DESKTOP_URL;
}

/** What a desktop shell says of its server: a URL, or an object with `url` or `port`; undefined for anything else. */
function shellUrl(shell) {
  if (typeof shell === 'string' && shell !== '') {
    return socketUrl(shell, DESKTOP_PATH);
  }
  if (typeof shell?.url === 'string' && shell.url !== '') {
    return socketUrl(shell.url, DESKTOP_PATH);
  }
  return Number.isInteger(shell?.port) ? `ws://127.0.0.1:${shell.port}${DESKTOP_PATH}` : undefined;
}

/** The URL by the WebSocket scheme; a path that says nothing is replaced. */
function socketUrl(text, path = '/') {
  const url = new URL(text);
  if (isWeb(url)) {
    url.protocol = url.protocol.replace('http', 'ws');
  }
  if (url.pathname === '/') {
    url.pathname = path;
  }
  return url.href;
}

function isWeb(url) {
  return /^https?:$/.test(url.protocol);
}
