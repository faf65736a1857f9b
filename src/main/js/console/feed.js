// The list of live events: newest first, at most one change of the page per animation frame, whatever the rate.

/** Rows on the page. */
const ROWS_MAX = 500;
/** Events kept to look through when the filter changes. */
const KEPT_MAX = 2_000;
/** With more arrivals in one frame than this nobody can follow a highlight. */
const HIGHLIGHTS_MAX = 4;
/** After a frame that brought many, the next one waits: a flood is drawn ten times a second, a trickle at once. */
const FLOOD_PAUSE_MS = 100;
/** Milliseconds between two spoken summaries. */
const SUMMARY_MS = 5_000;

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3,
});

function span(className, text) {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  return element;
}

/** The same hue for the same first word of a type, well spread. */
function hueOf(type) {
  let hash = 7;
  for (const char of type.split('.')[0]) {
    hash = (hash * 31 + char.codePointAt(0)) % 997;
  }
  return (hash * 137) % 360;
}

/** Holds, filters and shows events. */
export class Feed {
  #element;
  #kept = [];
  #arrived = [];
  #orgs = new Set();
  #paused = false;
  #scheduled = false;
  #flooded = false;
  #received = 0;
  #since = 0;
  #repeats;

  /**
   * @param element finds an element by id
   * @param repeats tells how many repeats the client dropped
   */
  constructor(element, repeats) {
    this.#element = element;
    this.#repeats = repeats;
    for (const id of ['filter-org', 'filter-type']) {
      element(id).addEventListener('input', () => this.#refill());
    }
    element('pause').addEventListener('click', () => this.#pause(!this.#paused));
    element('clear').addEventListener('click', () => this.#clear());
    element('rows').addEventListener('click', (click) => this.#toggle(click.target.closest('button.row')));
    document.addEventListener('keydown', (key) => {
      if (key.key === '/' && !/^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName)) {
        key.preventDefault();
        element('filter-type').focus();
      }
    });
    setInterval(() => this.#summarise(), SUMMARY_MS);
  }

  /** Whether nothing has come yet. */
  get untouched() {
    return this.#received === 0;
  }

  /** Takes one event in. */
  add(event, { latencyMs, own }) {
    this.#received++;
    this.#since++;
    if (!this.#orgs.has(event.orgId) && this.#orgs.size < 200) {
      this.#orgs.add(event.orgId);
      this.#element('orgs').append(new Option(event.orgId));
    }
    this.#take({ event, latencyMs, own });
  }

  /** Shows that events are missing here, and why. */
  gap({ channel, reason }) {
    const where = channel === '*' ? 'every org' : channel;
    this.#take({ gap: `Gap in ${where}: earlier events cannot be replayed (${reason})` });
  }

  #take(item) {
    this.#arrived.push(item);
    if (this.#arrived.length > KEPT_MAX) {
      this.#arrived.shift();
    }
    this.#schedule();
  }

  #schedule() {
    if (!this.#scheduled) {
      this.#scheduled = true;
      const draw = () => requestAnimationFrame(() => {
        this.#scheduled = false;
        this.#show();
      });
      if (this.#flooded) {
        setTimeout(draw, FLOOD_PAUSE_MS);
      } else {
        draw();
      }
    }
  }

  #show() {
    if (!this.#paused) {
      const arrived = this.#arrived;
      this.#arrived = [];
      this.#flooded = arrived.length > HIGHLIGHTS_MAX;
      this.#kept = this.#kept.concat(arrived).slice(-KEPT_MAX);
      this.#insert(arrived.filter((item) => this.#matches(item)), !this.#flooded);
    }
    this.#tell();
  }

  #insert(items, highlight) {
    const rows = this.#element('rows');
    const fragment = document.createDocumentFragment();
    for (const item of items.slice(-ROWS_MAX).reverse()) {
      fragment.append(this.#row(item, highlight));
    }
    rows.prepend(fragment);
    while (rows.childElementCount > ROWS_MAX) {
      rows.lastElementChild.remove();
    }
  }

  #row({ event, latencyMs, own, gap }, highlight) {
    const row = document.createElement('li');
    if (gap) {
      row.setAttribute('aria-label', gap);
      row.textContent = gap;
      return row;
    }
    row.classList.toggle('own', own);
    row.classList.toggle('fresh', highlight);
    row.dataset.id = event.id;
    row.event = event;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'row';
    button.setAttribute('aria-expanded', 'false');
    const type = span('type', event.type);
    type.style.setProperty('--hue', hueOf(event.type));
    button.append(
      span('time', clock.format(event.receivedAt ?? event.timestamp)),
      type,
      this.#from(event),
      span('payload', JSON.stringify(event.payload)?.slice(0, 240) ?? ''),
      span('offset', event.offset === undefined ? '' : String(event.offset)),
      span('latency', Number.isFinite(latencyMs) ? `${Math.max(0, latencyMs).toLocaleString('en')} ms` : ''));
    row.append(button);
    return row;
  }

  #from({ orgId, agentId, sessionId, sequence }) {
    const from = span('from', orgId);
    if (sessionId !== undefined) {
      const rest = document.createElement('em');
      rest.textContent = ` ${agentId} / ${sessionId}${sequence === undefined ? '' : ` #${sequence}`}`;
      from.append(rest);
    }
    from.title = from.textContent;
    return from;
  }

  #toggle(button) {
    if (!button) {
      return;
    }
    const row = button.parentElement;
    const open = button.getAttribute('aria-expanded') !== 'true';
    button.setAttribute('aria-expanded', String(open));
    row.classList.remove('fresh');
    if (open) {
      const detail = document.createElement('div');
      detail.className = 'detail';
      const text = document.createElement('pre');
      text.textContent = JSON.stringify(row.event, null, 2);
      detail.append(text);
      row.append(detail);
    } else {
      row.querySelector('.detail').remove();
    }
  }

  #matches({ event }) {
    const org = this.#element('filter-org').value.trim().toLowerCase();
    const type = this.#element('filter-type').value.trim().toLowerCase();
    return event === undefined
      || (event.orgId.toLowerCase().includes(org) && event.type.toLowerCase().includes(type));
  }

  #refill() {
    this.#element('rows').replaceChildren();
    this.#insert(this.#kept.filter((item) => this.#matches(item)), false);
    this.#tell();
  }

  #pause(paused) {
    this.#paused = paused;
    this.#element('pause').setAttribute('aria-pressed', String(paused));
    this.#schedule();
  }

  #clear() {
    this.#kept = [];
    this.#arrived = [];
    this.#refill();
  }

  #tell() {
    const shown = this.#element('rows').childElementCount;
    const waiting = this.#paused ? this.#arrived.length : 0;
    const filtered = this.#kept.length > 0;
    const resume = waiting > 0 ? `Resume (${waiting.toLocaleString('en')})` : 'Resume';
    this.#element('pause').textContent = this.#paused ? resume : 'Pause';
    this.#element('empty').hidden = shown > 0;
    this.#element('command-box').hidden = filtered;
    this.#element('empty-title').textContent = filtered ? 'No event matches' : 'Waiting for events';
    this.#element('empty-text').textContent = filtered
      ? `The ${this.#kept.length.toLocaleString('en')} events kept here are of other orgs or types.`
      : 'Publish one with the form, or from a terminal:';
    this.#element('totals').textContent = this.#received === 0
      ? 'Nothing received yet'
      : `${this.#received.toLocaleString('en')} received · ${shown.toLocaleString('en')} shown · `
        + `${this.#repeats().toLocaleString('en')} repeats dropped`;
  }

  /** A screen reader hears how many came, not each of a thousand. */
  #summarise() {
    if (this.#since > 0) {
      this.#element('summary').textContent = `${this.#since} new events`;
      this.#since = 0;
    }
  }
}
