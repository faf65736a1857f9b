import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cursor, event, reading, settled, subscribedWorld, world } from './fake/world.mjs';

test('a new subscription speaks cortex.v1 and starts live from now', async () => {
  const { socket } = await subscribedWorld();
  assert.deepEqual(socket.protocols, ['cortex.v1']);
  assert.equal(socket.url.searchParams.get('subscribe'), 'none');
  const [{ channel, since }] = socket.sentOf('subscribe');
  assert.equal(channel, 'acme');
  assert.equal(since, undefined);
});

test('after a lost connection the subscription resumes from the last event it received', async () => {
  const w = await subscribedWorld();
  [1, 2, 3].forEach((offset) => w.socket.say(event(offset)));
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  assert.equal(w.socket.sentOf('subscribe')[0].since, cursor(3));
  w.socket.subscribed({ replayed: 2 });
  [4, 5].forEach((offset) => w.socket.say(event(offset)));
  await settled();
  assert.deepEqual(w.read.offsets, [1, 2, 3, 4, 5]);
  assert.deepEqual(w.states, ['live', 'connecting', 'live']);
});

test('a connection lost before the first event resumes from where the server said now was', async () => {
  const w = world();
  w.read = reading(w.cortex.subscribe('acme'));
  await settled();
  w.socket.welcome();
  w.socket.subscribed({ cursor: cursor(41) });
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  assert.equal(w.socket.sentOf('subscribe')[0].since, cursor(41));
});

test('a position given as a sequence is asked again until an event has given a cursor', async () => {
  const w = await subscribedWorld('acme:planner:s1', {}, { since: { sequence: 9 } });
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  assert.deepEqual(w.socket.sentOf('subscribe')[0].since, { sequence: 9 });
  w.socket.subscribed();
  w.socket.say(event(77, { agentId: 'planner', sessionId: 's1', sequence: 10 }));
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  assert.equal(w.socket.sentOf('subscribe')[0].since, cursor(77));
});

test('events repeated by a replay are delivered once and in order', async () => {
  const w = await subscribedWorld();
  [1, 2, 3].forEach((offset) => w.socket.say(event(offset)));
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  w.socket.subscribed();
  [2, 3, 4, 3, 4, 5].forEach((offset) => w.socket.say(event(offset)));
  await settled();
  assert.deepEqual(w.read.offsets, [1, 2, 3, 4, 5]);
  assert.equal(w.subscription.counts.duplicates, 4);
});

test('frames of a dropped socket are not heard any more', async () => {
  const w = await subscribedWorld();
  const old = w.socket;
  old.say(event(1));
  await w.pass(45_000);
  await w.pass(10_000);
  const fresh = w.socket === old ? await w.reconnected() : w.socket;
  fresh.welcome();
  fresh.subscribed();
  old.say(event(9));
  fresh.say(event(2));
  await settled();
  assert.deepEqual(w.read.offsets, [1, 2]);
});

test('events before the answer to subscribe are not taken, for they may lie past the missed ones', async () => {
  const w = await subscribedWorld();
  w.socket.say(event(1));
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  w.socket.say(event(9));
  w.socket.subscribed();
  [2, 3].forEach((offset) => w.socket.say(event(offset)));
  await settled();
  assert.deepEqual(w.read.offsets, [1, 2, 3]);
});

test('another log id resets the position', async () => {
  const w = await subscribedWorld();
  w.socket.say(event(100));
  w.socket.say(event(1, { logId: 'bbbbbbbbbbbbb' }));
  w.socket.say(event(2, { logId: 'bbbbbbbbbbbbb' }));
  await settled();
  assert.deepEqual(w.read.offsets, [100, 1, 2]);
});

test('each event goes to the channel that covers it', async () => {
  const w = world();
  const channels = ['acme:planner', 'acme:critic:s1', 'globex'];
  const reads = channels.map((channel) => reading(w.cortex.subscribe(channel)));
  await settled();
  w.socket.welcome();
  w.socket.subscribed();
  w.socket.say(event(2, { agentId: 'planner', sessionId: 's1' }));
  w.socket.say(event(3, { agentId: 'planner', sessionId: 's2' }));
  w.socket.say(event(4, { agentId: 'critic', sessionId: 's1' }));
  w.socket.say(event(1, { orgId: 'globex', logId: 'ccccccccccccc' }));
  await settled();
  assert.deepEqual(reads.map((read) => read.offsets), [[2, 3], [4], [1]]);
});

test('subscriptions that overlap are refused, for a replay of one would mix with the other', () => {
  const { cortex } = world();
  cortex.subscribe('acme:planner');
  for (const channel of ['acme', 'acme:planner', 'acme:planner:s1', '*']) {
    assert.throws(() => cortex.subscribe(channel), { code: 'bad_request' }, channel);
  }
  cortex.subscribe('acme:critic').close();
  cortex.subscribe('acme:critic');
});

test('a subscription to everything is plain and resumes every org by its own cursor, new ones by time', async () => {
  const w = world();
  const read = reading(w.cortex.subscribe());
  await settled();
  assert.deepEqual(w.socket.protocols, []);
  assert.equal(w.socket.url.search, '');
  w.socket.opened();
  assert.equal(w.cortex.state, 'live');
  w.socket.say(event(5));
  w.socket.say(event(8, { orgId: 'globex', logId: 'ccccccccccccc' }));
  const lostAt = String(w.env.now());
  w.socket.end(1006);
  await w.reconnected();
  assert.deepEqual(w.socket.url.searchParams.getAll('since'), [cursor(5), cursor(8, 'ccccccccccccc'), lostAt]);
  w.socket.opened();
  w.socket.say(event(5));
  w.socket.say(event(6));
  await settled();
  assert.deepEqual(read.offsets, [5, 8, 6]);
});

test('a quiet subscription to everything moves with the cursors of a pong', async () => {
  const w = world();
  reading(w.cortex.subscribe());
  await settled();
  w.socket.opened();
  w.socket.say(event(5));
  await w.pass(45_000);
  w.socket.say({ op: 'pong', rid: w.socket.sentOf('ping')[0].rid, cursors: { acme: cursor(70) } });
  w.socket.end(1006);
  await w.reconnected();
  assert.equal(w.socket.url.searchParams.getAll('since')[0], cursor(70));
});

test('skipped events move the position, so that they are not asked for again', async () => {
  const w = await subscribedWorld();
  const skipped = [];
  w.cortex.on('skipped', (frame) => skipped.push(frame.count));
  w.socket.say(event(1));
  w.socket.say({ op: 'skipped', channel: 'acme', fromOffset: 2, toOffset: 6, count: 5, cursor: cursor(6) });
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  assert.deepEqual(skipped, [5]);
  assert.equal(w.socket.sentOf('subscribe')[0].since, cursor(6));
});

test('a quiet channel moves with the cursor of a pong', async () => {
  const w = await subscribedWorld('acme:planner');
  w.socket.say(event(3, { agentId: 'planner', sessionId: 's1' }));
  await w.pass(45_000);
  const [{ rid }] = w.socket.sentOf('ping');
  w.socket.say({ op: 'pong', rid, cursor: cursor(900) });
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  assert.equal(w.socket.sentOf('subscribe')[0].since, cursor(900));
});

test('cursors the reader is done with are kept in the storage and used by the next client', async () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  const first = await subscribedWorld('acme', { storage });
  [1, 2].forEach((offset) => first.socket.say(event(offset)));
  await first.pass(1_000);
  first.cortex.close();
  const second = await subscribedWorld('acme', { storage });
  assert.equal(second.socket.sentOf('subscribe')[0].since, cursor(2));
});
