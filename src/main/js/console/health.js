// The server's health, asked every few seconds and shown whatever checks it holds.

const EVERY_MS = 5_000;
const NAMED_ELSEWHERE = new Set(['status', 'profile']);

/** `outboxDepth` and `outbox_depth` as people write it. */
function words(key) {
  return key.replace(/[_-]+/g, ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}

/** One line for one check: its status and what else it says. */
function line(value) {
  if (value === null || typeof value !== 'object') {
    return { text: typeof value === 'number' ? value.toLocaleString('en') : String(value ?? '–'), status: value };
  }
  if (Array.isArray(value)) {
    const names = value.map((one) => one?.message ?? one?.name ?? String(one));
    return { text: names.length === 0 ? 'none' : names.join(', ') };
  }
  const { status, ...rest } = value;
  const facts = Object.entries(rest)
    .filter(([, fact]) => fact !== null && typeof fact !== 'object')
    .map(([key, fact]) => `${words(key)} ${fact}`);
  return { text: [status, ...facts].filter((part) => part !== undefined).join(' · '), status };
}

/** Flattens `checks`, as object or list, into [name, check]. */
function checksOf(health) {
  const { checks, ...rest } = health;
  const own = Array.isArray(checks)
    ? checks.map(({ name, id, ...check }) => [name ?? id, check])
    : Object.entries(checks ?? {});
  return [...Object.entries(rest).filter(([key]) => !NAMED_ELSEWHERE.has(key)), ...own];
}

/**
 * Asks `/health` for as long as the page lives; a DOWN with a body is as good an answer as an UP.
 *
 * @param onHealth told after each try what the server said, `undefined` when it said nothing
 */
export function watchHealth(element, token, onHealth) {
  const show = (health) => {
    const status = element('health-status');
    status.textContent = health.status ?? 'unknown';
    status.dataset.status = health.status ?? 'unknown';
    element('health-profile').textContent = health.profile ?? '';
    element('health-checks').replaceChildren(...checksOf(health).map(([name, check]) => {
      const { text, status: word } = line(check);
      const row = document.createElement('div');
      const term = document.createElement('dt');
      const fact = document.createElement('dd');
      term.textContent = words(name);
      fact.textContent = fact.title = text;
      fact.dataset.status = word ?? '';
      row.append(term, fact);
      return row;
    }));
  };
  const ask = async () => {
    let health;
    try {
      const held = token();
      const answer = await fetch('/health', {
        headers: held ? { Authorization: `Bearer ${held}` } : {},
        signal: AbortSignal.timeout(EVERY_MS),
      });
      health = await answer.json();
      show(health);
      element('health-age').textContent = `at ${new Date().toLocaleTimeString('en-GB')}`;
    } catch {
      // No answer is an answer: the page says so and asks again.
      element('health-status').textContent = 'unreachable';
      element('health-status').dataset.status = 'DOWN';
      element('health-age').textContent = 'no answer';
      element('health-checks').replaceChildren();
    }
    onHealth(health);
    setTimeout(ask, EVERY_MS);
  };
  ask();
}
