// The console page: wires one client to the list, the plots, the health card and the publish form.

import { connect } from '/client/cortex.js';
import { watchCluster } from './cluster.js';
import { Feed } from './feed.js';
import { watchHealth } from './health.js';
import { Meter } from './meter.js';
import { PublishForm } from './publish.js';
import { watchSync } from './sync.js';

/** What came shortly before the page was opened is shown, too. */
const RECENT_MS = 5 * 60_000;
const TOKEN_KEY = 'cortex-token';
const THEME_KEY = 'cortex-theme';
const THEMES = ['auto', 'light', 'dark'];
const WORDS = { connecting: 'Connecting', live: 'Live', lagging: 'Catching up', resync: 'Resyncing', closed: 'Closed' };

const element = (id) => document.getElementById(id);

/** The token comes in the address's fragment, which no server sees, and stays in this tab. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
}

const token = () => sessionStorage.getItem(TOKEN_KEY) ?? undefined;

let profile;
let cortex;
let subscription;
let latest = 0;
let beganMs = Date.now();
let org = 'acme';
let syncWatched = false;
const meter = new Meter(element);
const feed = new Feed(element, () => subscription?.counts.duplicates ?? 0);
const form = new PublishForm(element, {
  publish: (event) => cortex.publish(event),
  newId: () => cortex.newId(),
  onRoundTrip: (ms) => meter.noteOwn(ms),
});

function onEvent(event) {
  // how long ago an event of the past came says nothing of how fast this server is
  const past = event.receivedAt < beganMs;
  const latencyMs = past ? undefined : Date.now() - event.receivedAt;
  const own = form.arrived(event.id);
  if (!past) {
    meter.note(latencyMs);
  }
  feed.add(event, { latencyMs, own });
}

function notice(text, tone = '') {
  element('notice').textContent = text;
  element('notice').dataset.tone = tone;
  element('notice').hidden = text === '';
}

function showState(detail) {
  const { state, attempt = 0, delayMs = 0, error } = detail;
  element('connection').dataset.state = state;
  element('connection-text').textContent = WORDS[state];
  if (state === 'closed' && error) {
    notice(`The server refused this page: ${error.message}. A valid token may help.`, 'bad');
    openTokenForm(true);
  } else if (state === 'connecting' && attempt > 1) {
    const seconds = Math.max(1, Math.round(delayMs / 1_000));
    notice(`No connection to the server. Try ${attempt} in ${seconds} s; what was missed will be replayed.`);
  } else if (state === 'live') {
    notice('');
  }
}

/** A cloud node shows live events of the org that a token names; a desktop shows them all. */
function begin() {
  if (profile === 'cloud' && token() === undefined) {
    notice('Live events belong to an org: enter a token that may subscribe to it. Node and shards are shown without.');
    openTokenForm(true);
  } else {
    start();
  }
}

function onHealth(health) {
  if (latest === 0 && profile === undefined) {
    profile = health?.profile ?? 'unknown';
    begin();
    if (profile === 'cloud') {
      watchCluster(element, token);
    }
  }
  if (health?.sync !== undefined && !syncWatched) {
    syncWatched = true;
    watchSync(element, token, (orgs) => {
      form.synced(orgs);
      if (orgs.length > 0) {
        suggest(orgs[0]);
      }
    });
  }
}

/** The org of a user's token, which its holder may read; undefined of any other token. */
function orgOf(text) {
  try {
    const claims = JSON.parse(atob(text.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
    return typeof claims.org === 'string' ? claims.org : undefined;
  } catch {
    // A service's secret is no JWT and names no org.
    return undefined;
  }
}

function suggest(name) {
  org = name;
  form.suggest(name);
  showCommand();
}

function start() {
  const mine = ++latest;
  const own = profile === 'cloud' ? orgOf(token() ?? '') : undefined;
  if (own !== undefined) {
    suggest(own);
  }
  beganMs = Date.now();
  cortex?.close();
  cortex = connect({ token, url: new URL(profile === 'cloud' ? '/api/ws' : '/ws', location.href).href });
  // A client that was replaced may still tell that it closed.
  cortex.on('state', (detail) => mine === latest && showState(detail));
  cortex.on('error', ({ error }) => mine === latest && notice(error.message, 'bad'));
  subscription = cortex.subscribe('*', {
    since: feed.untouched ? beganMs - RECENT_MS : undefined,
    onEvent,
    onResync: (hole) => void feed.gap(hole),
  });
  showState({ state: 'connecting' });
}

function openTokenForm(open) {
  element('token-form').hidden = !open;
  element('token-open').setAttribute('aria-expanded', String(open));
}

function showCommand() {
  const lines = ["curl -H 'Content-Type: application/json'"];
  if (token()) {
    lines.push("-H \"Authorization: Bearer $TOKEN\"");
  }
  const event = { orgId: org, type: 'agent.completed', payload: { answer: 42 } };
  lines.push(`-d '${JSON.stringify(event)}'`, `${location.origin}/api/events`);
  element('command').textContent = lines.join(' \\\n  ');
}

function wireToken() {
  element('token-open').addEventListener('click', () => {
    openTokenForm(element('token-form').hidden);
    if (!element('token-form').hidden) {
      element('token').focus();
    }
  });
  element('token-form').addEventListener('submit', (submit) => {
    submit.preventDefault();
    sessionStorage.setItem(TOKEN_KEY, element('token').value.trim());
    element('token').value = '';
    openTokenForm(false);
    notice('');
    showCommand();
    start();
  });
}

function wireTheme() {
  const show = (theme) => {
    document.documentElement.dataset.theme = theme;
    element('theme-name').textContent = theme;
    meter.draw();
  };
  element('theme').addEventListener('click', () => {
    const theme = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
    localStorage.setItem(THEME_KEY, theme);
    show(theme);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => meter.draw());
  const kept = localStorage.getItem(THEME_KEY);
  show(THEMES.includes(kept) ? kept : 'auto');
}

function wireCopy() {
  element('copy').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(element('command').textContent);
      element('copy').textContent = 'Copied';
    } catch {
      // Without the permission the text is selected instead: one key press away.
      getSelection().selectAllChildren(element('command'));
      element('copy').textContent = 'Selected';
    }
    setTimeout(() => (element('copy').textContent = 'Copy'), 2_000);
  });
}

takeToken();
wireToken();
wireTheme();
wireCopy();
showCommand();
element('connection-where').textContent = location.host;
setInterval(() => meter.tick(), 1_000);
addEventListener('resize', () => meter.draw());
watchHealth(element, token, onHealth);
