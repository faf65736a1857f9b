// How this desktop stands with its cloud, org by org, and what the cloud would not take.

const EVERY_MS = 5_000;

const WORDS = {
  push: 'the cloud pushes',
  held: 'a held request waits for events',
  poll: 'asking at intervals',
  refused: 'the cloud does not let this desktop in',
  offline: 'no way to the cloud',
};
const GOOD = new Set(['push', 'held']);

function made(tag, text = '') {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function row(name, ...cells) {
  const line = document.createElement('tr');
  const head = made('th', name);
  head.scope = 'row';
  line.append(head, ...cells.map((cell) => (cell instanceof Node ? cell : made('td', cell))));
  return line;
}

function duration(ms) {
  if (typeof ms !== 'number') {
    return '–';
  }
  return ms < 1_000 ? `${ms} ms` : ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}

const count = (value) => (value ?? 0).toLocaleString('en');
const tone = (mode) => (mode === 'offline' || mode === 'refused' ? 'DOWN' : GOOD.has(mode) ? 'UP' : 'DEGRADED');

/**
 * Asks `/api/sync` from now on, and shows the answers while there is a cloud.
 *
 * @param onOrgs told the names of the orgs that are synced, with every answer while there is a cloud
 */
export function watchSync(element, token, onOrgs) {
  let timer;

  const fetched = async (path, body) => {
    const held = token();
    const answer = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: {
        ...(held ? { Authorization: `Bearer ${held}` } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      signal: AbortSignal.timeout(EVERY_MS),
    });
    const said = await answer.json();
    if (!answer.ok) {
      throw new Error(said.detail ?? said.title ?? `the server said ${answer.status}`);
    }
    return said;
  };

  const showState = ({ mode, cloud, lagMs, outboxDepth, breaker, lastError, orgs = [] }) => {
    element('sync').hidden = mode === 'off';
    element('sync-mode').textContent = mode;
    element('sync-mode').dataset.status = tone(mode);
    element('sync-facts').textContent =
      `${WORDS[mode] ?? ''} · lag ${duration(lagMs)} · outbox ${count(outboxDepth)} · breaker ${breaker ?? '–'}`;
    element('sync-error').textContent = lastError ?? '';
    element('sync-orgs').replaceChildren(...orgs.map((org) => row(
      org.orgId,
      org.mode ?? mode,
      duration(org.lagMs),
      count(org.outbox?.depth),
      count(org.outbox?.setAside),
      org.lastError || '–',
    )));
    element('sync-age').textContent = `${cloud ?? ''} at ${new Date().toLocaleTimeString('en-GB')}`;
  };

  /** Sends events the cloud refused once more, under new numbers; no ids means all of the org. */
  const again = async (orgId, ids, button) => {
    button.disabled = true;
    try {
      await fetched('/api/sync/set-aside/again', { orgId, ids });
      element('sync-said').textContent = 'On its way to the cloud again.';
    } catch (error) {
      button.disabled = false;
      element('sync-said').textContent = `Not sent again: ${error.message}`;
    }
    await ask();
  };

  /** Leaves an event out for ever, so that its session goes on without it. */
  const giveUp = async (orgId, id, button) => {
    button.disabled = true;
    try {
      await fetched('/api/sync/set-aside/give-up', { orgId, ids: [id] });
      element('sync-said').textContent = 'Left out for ever: its session goes on without it.';
    } catch (error) {
      button.disabled = false;
      element('sync-said').textContent = `Not left out: ${error.message}`;
    }
    await ask();
  };

  const pressable = (text, id, onPress) => {
    const button = made('button');
    button.type = 'button';
    button.className = 'quiet';
    const say = (words) => {
      button.textContent = words;
      button.setAttribute('aria-label', `${words}: ${id}`);
    };
    say(text);
    button.addEventListener('click', () => onPress(button, say));
    return button;
  };

  /** The first press asks, the second does it: nothing brings the event back. */
  const leaveOut = (orgId, id) => {
    const words = 'Leave out';
    const sure = 'Leave out for ever?';
    return pressable(words, id, (button, say) => {
      if (button.textContent === sure) {
        giveUp(orgId, id, button);
      } else {
        say(sure);
        button.addEventListener('blur', () => say(words), { once: true });
      }
    });
  };

  const asideRow = (orgId, { id, code, message, refusedAt, again: sent, givenUp, event }) => {
    const action = document.createElement('td');
    if (sent) {
      action.textContent = givenUp ? 'Being left out' : 'Sent again';
    } else {
      action.append(
        pressable('Send again', id, (button) => again(orgId, [id], button)),
        ' ',
        leaveOut(orgId, id),
      );
    }
    const name = row(
      event?.type ?? id,
      orgId,
      `${code}: ${message}`,
      new Date(refusedAt).toLocaleString('en-GB'),
      action,
    );
    name.title = id;
    name.dataset.key = `${orgId} ${id} ${sent}`;
    return name;
  };

  /** Rows that say the same stay: somebody may be about to press a button in one. */
  const showAside = (rows) => {
    const body = element('sync-aside-rows');
    const kept = new Map([...body.children].map((each) => [each.dataset.key, each]));
    element('sync-aside').hidden = rows.length === 0;
    const next = rows.map((each) => kept.get(each.dataset.key) ?? each);
    if (next.length !== body.children.length || next.some((each, i) => each !== body.children[i])) {
      body.replaceChildren(...next);
    }
  };

  const ask = async () => {
    clearTimeout(timer);
    try {
      const state = await fetched('/api/sync');
      showState(state);
      if (state.mode !== 'off') {
        onOrgs((state.orgs ?? []).map(({ orgId }) => orgId));
      }
      const refused = (state.orgs ?? []).filter(({ outbox }) => outbox?.setAside > 0);
      const pages = await Promise.all(refused.map(async ({ orgId }) => {
        const { events } = await fetched(`/api/sync/set-aside?orgId=${encodeURIComponent(orgId)}`);
        return events.map((aside) => asideRow(orgId, aside));
      }));
      showAside(pages.flat());
    } catch {
      // What is on the page may be out of date then, and says so.
      element('sync-age').textContent = 'no answer';
    }
    clearTimeout(timer);
    timer = setTimeout(ask, EVERY_MS);
  };
  ask();
}
