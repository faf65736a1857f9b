// The publish form: says what is wrong before sending, and what became of the event after.

const NAME = /^[A-Za-z0-9._~-]{1,128}$/;
const TYPE = /^[A-Za-z0-9_~-]+(\.[A-Za-z0-9_~-]+)*$/;
const PAYLOAD_BYTES_MAX = 65_536;
/** Own events whose arrival is awaited to tell the round trip. */
const AWAITED_MAX = 200;

function sizeOf(text) {
  return new TextEncoder().encode(text).length;
}

/** What is wrong with the payload's text; empty when nothing is. */
export function payloadProblem(text) {
  let payload;
  try {
    payload = JSON.parse(text);
  } catch (error) {
    return `Not valid JSON: ${error.message.replace(/^JSON\.parse: /, '')}`;
  }
  if (payload === null || typeof payload !== 'object' || Array.isArray(payload)) {
    return 'The payload must be a JSON object, like {"answer": 42}';
  }
  const bytes = sizeOf(JSON.stringify(payload));
  return bytes > PAYLOAD_BYTES_MAX
    ? `${bytes.toLocaleString('en')} bytes; ${PAYLOAD_BYTES_MAX.toLocaleString('en')} are allowed`
    : '';
}

/** Wires the form to a client. */
export class PublishForm {
  #element;
  #publish;
  #newId;
  #onRoundTrip;
  #awaited = new Map();
  #last;
  #orgChosen = false;
  #synced;

  /**
   * @param element finds an element by id
   * @param publish sends an event, resolves to its outcome
   * @param newId makes an id
   * @param onRoundTrip told the milliseconds from sending to arrival of an own event
   */
  constructor(element, { publish, newId, onRoundTrip }) {
    this.#element = element;
    this.#publish = publish;
    this.#newId = newId;
    this.#onRoundTrip = onRoundTrip;
    for (const id of ['org', 'type', 'agent', 'session', 'payload']) {
      element(id).addEventListener('input', () => this.#check());
    }
    element('org').addEventListener('input', () => (this.#orgChosen = true));
    element('publish').addEventListener('submit', (submit) => {
      submit.preventDefault();
      this.#submit();
    });
    element('publish').addEventListener('keydown', (key) => {
      if (key.key === 'Enter' && (key.ctrlKey || key.metaKey)) {
        this.#submit();
      }
    });
    element('again').addEventListener('click', () => this.#send(this.#last));
    this.#check();
  }

  /** Puts an org into the form that is worth publishing to, unless somebody chose one. */
  suggest(org) {
    if (!this.#orgChosen) {
      this.#element('org').value = org;
      this.#check();
    }
  }

  /** Takes the orgs that this desktop syncs, so that the form can say which events stay here. */
  synced(orgs) {
    this.#synced = new Set(orgs);
    this.#check();
  }

  /** Whether an arriving event is one of this form's; tells its round trip. */
  arrived(id) {
    const sentAt = this.#awaited.get(id);
    if (sentAt === undefined) {
      return false;
    }
    this.#awaited.delete(id);
    this.#onRoundTrip(performance.now() - sentAt);
    return true;
  }

  /** Marks every wrong field; returns the first of them. */
  #check() {
    const value = (id) => this.#element(id).value.trim();
    const agent = value('agent');
    const session = value('session');
    const nameProblem = (text) => (NAME.test(text) ? '' : 'Letters, digits and . _ ~ - only, 1 to 128');
    const together = 'Agent and session come together';
    const problems = {
      org: nameProblem(value('org')),
      type: TYPE.test(value('type')) && value('type').length <= 128 ? '' : 'Dotted words, like agent.completed',
      agent: agent ? nameProblem(agent) : session && together,
      session: session ? nameProblem(session) : agent && together,
      payload: payloadProblem(this.#element('payload').value),
    };
    for (const [id, problem] of Object.entries(problems)) {
      this.#element(id).setAttribute('aria-invalid', String(problem !== ''));
      this.#element(`${id}-error`).textContent = problem;
    }
    const stays = this.#synced !== undefined && problems.org === '' && !this.#synced.has(value('org'));
    this.#element('org-note').textContent = stays ? 'Not synced: stays on this desktop' : '';
    this.#element('payload-size').textContent = `${sizeOf(this.#element('payload').value).toLocaleString('en')} bytes`;
    return Object.keys(problems).find((id) => problems[id] !== '');
  }

  #submit() {
    const wrong = this.#check();
    if (wrong) {
      if (wrong === 'agent' || wrong === 'session') {
        this.#element(wrong).closest('details').open = true;
      }
      this.#element(wrong).focus();
      this.#say('bad', 'Not sent', 'Correct the marked fields first.');
      return;
    }
    const value = (id) => this.#element(id).value.trim();
    const session = value('session') ? { agentId: value('agent'), sessionId: value('session') } : {};
    this.#send({
      id: this.#newId(),
      orgId: value('org'),
      type: value('type'),
      ...session,
      payload: JSON.parse(this.#element('payload').value),
    });
  }

  async #send(event) {
    const startMs = performance.now();
    this.#last = event;
    this.#awaited.set(event.id, startMs);
    if (this.#awaited.size > AWAITED_MAX) {
      this.#awaited.delete(this.#awaited.keys().next().value);
    }
    this.#element('send').disabled = true;
    this.#say('', 'Sending', 'Waiting for the server’s answer; it is repeated with the same id until there is one.');
    try {
      const { status, offset, sequence, id } = await this.#publish(event);
      const place = [offset === null ? '' : `offset ${offset}`, sequence ? `sequence ${sequence}` : ''].filter(Boolean);
      const took = `answered in ${Math.round((performance.now() - startMs) * 10) / 10} ms`;
      const answer = [...place, took].join(' · ');
      if (status === 'duplicate') {
        this.#awaited.delete(event.id);
        this.#say('warn', 'Duplicate', `${answer}. It was stored before; nothing was stored again.`, id);
      } else {
        this.#say('good', 'Accepted', answer, id);
      }
      this.#element('again').hidden = false;
    } catch (error) {
      this.#awaited.delete(event.id);
      this.#say('bad', 'Rejected', `${error.message} (${error.code ?? error.name})`);
    } finally {
      this.#element('send').disabled = false;
    }
  }

  #say(tone, title, text, id) {
    const result = this.#element('result');
    const strong = document.createElement('strong');
    strong.textContent = title;
    const parts = [strong, text];
    if (id) {
      const code = document.createElement('code');
      code.textContent = id;
      parts.push(document.createElement('br'), code);
    }
    result.dataset.tone = tone;
    result.replaceChildren(...parts);
  }
}
