import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CortexError, ResyncError } from '../../main/js/client/cortex.js';
import { cursor, event, reading, settled, subscribedWorld, world } from './fake/world.mjs';

const LOST = { op: 'resync', channel: 'acme', reason: 'pruned', snapshot: null };

test('a reader that falls behind pauses its channel at the server, resumes from there and loses nothing', async () => {
  const w = world({ limits: { bufferEventsMax: 10 } });
  const subscription = w.cortex.subscribe('acme');
  await settled();
  w.socket.welcome();
  w.socket.subscribed();
  for (let offset = 1; offset <= 25; offset++) {
    w.socket.say(event(offset));
  }
  assert.equal(subscription.buffered, 10);
  assert.equal(w.socket.sentOf('unsubscribe')[0].channel, 'acme');
  const offsets = [];
  for (let i = 0; i < 4; i++) {
    offsets.push((await subscription.next()).value.offset);
  }
  assert.equal(w.socket.sentOf('subscribe').length, 1, 'not before half the buffer is free');
  offsets.push((await subscription.next()).value.offset);
  assert.equal(w.socket.sentOf('subscribe')[1].since, cursor(10));
  w.socket.say(event(26));
  w.socket.subscribed();
  for (let offset = 11; offset <= 14; offset++) {
    w.socket.say(event(offset));
  }
  for (let i = 0; i < 9; i++) {
    offsets.push((await subscription.next()).value.offset);
  }
  assert.deepEqual(offsets, Array.from({ length: 14 }, (_, i) => i + 1));
  assert.equal(subscription.counts.pauses, 1);
});

test('a paused subscription stays paused across a reconnect', async () => {
  const w = world({ limits: { bufferEventsMax: 2 } });
  const subscription = w.cortex.subscribe('acme');
  await settled();
  w.socket.welcome();
  w.socket.subscribed();
  [1, 2].forEach((offset) => w.socket.say(event(offset)));
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  assert.equal(w.socket.sentOf('subscribe').length, 0);
  await subscription.next();
  assert.equal(w.socket.sentOf('subscribe')[0].since, cursor(2));
});

test('a full subscription to everything leaves its connection and comes back with every cursor', async () => {
  const w = world({ limits: { bufferEventsMax: 2 } });
  const subscription = w.cortex.subscribe();
  await settled();
  w.socket.opened();
  w.socket.say(event(1));
  w.socket.say(event(1, { orgId: 'globex', logId: 'ccccccccccccc' }));
  await w.pass(1);
  assert.equal(w.sockets.length, 2);
  assert.equal(w.socket.url.searchParams.get('subscribe'), 'none');
  w.socket.welcome();
  await subscription.next();
  await w.pass(1);
  assert.equal(w.sockets.length, 3);
  assert.deepEqual(w.socket.url.searchParams.getAll('since').slice(0, 2), [cursor(1), cursor(1, 'ccccccccccccc')]);
});

test('the bytes of the buffer are bounded as well', async () => {
  const w = world({ limits: { bufferBytesMax: 2_000 } });
  const subscription = w.cortex.subscribe('acme');
  await settled();
  w.socket.welcome();
  w.socket.subscribed();
  w.socket.say(event(1, { payload: { text: 'x'.repeat(3_000) } }));
  w.socket.say(event(2));
  assert.equal(subscription.buffered, 1);
  assert.equal(w.socket.sentOf('unsubscribe').length, 1);
});

test('a hole throws out of the iteration when nobody decides where to go on', async () => {
  const w = await subscribedWorld();
  w.socket.say(event(1));
  w.socket.say(LOST);
  w.socket.say(event(50));
  await settled();
  assert.deepEqual(w.read.offsets, [1]);
  assert.ok(w.read.error instanceof ResyncError);
  assert.equal(w.read.error.info.reason, 'pruned');
  assert.ok(w.states.includes('resync'));
});

test('a hole is filled the way the application decides, and nothing in between is taken', async () => {
  let decide;
  const holes = [];
  const onResync = (info) => {
    holes.push(info);
    return new Promise((resolve) => (decide = resolve));
  };
  const w = await subscribedWorld('acme', {}, { onResync });
  w.socket.say(event(1));
  await settled();
  w.socket.say({ ...LOST, snapshot: { url: '/s', sha256: 'f', sequence: 40, resumeToken: 't' } });
  w.socket.say(event(50));
  assert.equal(w.cortex.state, 'resync');
  assert.equal(holes[0].snapshot.sequence, 40);
  decide(cursor(40));
  await settled();
  assert.equal(w.socket.sentOf('subscribe')[1].since, cursor(40));
  w.socket.subscribed();
  [41, 42].forEach((offset) => w.socket.say(event(offset)));
  await settled();
  assert.deepEqual(w.read.offsets, [1, 41, 42]);
  assert.equal(w.cortex.state, 'live');
});

test('recovered false is a hole, told with the reason of the resync frame when one comes', async () => {
  const reasons = [];
  const onResync = ({ reason }) => void reasons.push(reason);
  const told = await subscribedWorld('acme', {}, { since: cursor(3), onResync });
  told.socket.end(1006);
  (await told.reconnected()).welcome();
  told.socket.subscribed({ recovered: false });
  told.socket.say({ ...LOST, reason: 'log_changed' });
  await told.pass(1_000);
  assert.deepEqual(reasons, ['log_changed']);
  const silent = await subscribedWorld('acme', {}, { since: cursor(3), onResync });
  silent.socket.end(1006);
  (await silent.reconnected()).welcome();
  silent.socket.subscribed({ recovered: false });
  await silent.pass(1_000);
  assert.deepEqual(reasons, ['log_changed', 'not_recovered']);
});

test('a refused cursor and close 4410 are holes too', async () => {
  const w = await subscribedWorld('acme', {}, { since: cursor(3) });
  w.socket.end(4410, 'pruned');
  await settled();
  assert.equal(w.read.error.info.reason, 'pruned');
  const v = world();
  const read = reading(v.cortex.subscribe('acme', { since: cursor(9) }));
  await settled();
  v.socket.welcome();
  v.socket.say({ op: 'error', rid: v.socket.sentOf('subscribe')[0].rid, code: 'cursor_ahead', message: 'beyond' });
  await settled();
  assert.equal(read.error.info.reason, 'cursor_ahead');
});

test('a subscription to everything that cannot resume goes on the way the application decides', async () => {
  const holes = [];
  const w = world();
  const read = reading(w.cortex.subscribe('*', { onResync: ({ reason }) => void holes.push(reason) }));
  await settled();
  w.socket.opened();
  w.socket.say(event(1));
  w.socket.end(4410, 'pruned');
  await w.reconnected();
  assert.deepEqual(holes, ['pruned']);
  assert.equal(w.socket.url.searchParams.getAll('since').includes(cursor(1)), false);
  w.socket.opened();
  w.socket.say(event(90));
  await settled();
  assert.deepEqual(read.offsets, [1, 90]);
});

test('a hole without a decision goes on from where the server does, so that nothing more is missed', async () => {
  const w = await subscribedWorld('acme', {}, { since: cursor(3), onResync: () => undefined });
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  w.socket.subscribed({ recovered: false, cursor: cursor(80) });
  w.socket.say(LOST);
  await settled();
  assert.equal(w.socket.sentOf('subscribe')[1].since, cursor(80));
});

test('a forbidden channel ends its subscription with the reason and leaves the others alone', async () => {
  const w = world();
  const refused = reading(w.cortex.subscribe('globex'));
  const allowed = reading(w.cortex.subscribe('acme'));
  await settled();
  w.socket.welcome();
  const [first] = w.socket.sentOf('subscribe');
  first.answered = true;
  w.socket.say({ op: 'error', rid: first.rid, code: 'forbidden', message: 'not yours' });
  w.socket.subscribed();
  w.socket.say(event(1));
  await settled();
  assert.ok(refused.error instanceof CortexError);
  assert.equal(refused.error.code, 'forbidden');
  assert.deepEqual(allowed.offsets, [1]);
});

test('breaking out of the loop unsubscribes', async () => {
  const w = world();
  const subscription = w.cortex.subscribe('acme');
  await settled();
  w.socket.welcome();
  w.socket.subscribed();
  w.socket.say(event(1));
  for await (const one of subscription) {
    assert.equal(one.offset, 1);
    break;
  }
  assert.equal(w.socket.sentOf('unsubscribe').length, 1);
  assert.deepEqual(w.cortex.subscriptions, []);
});

test('a callback gets events one at a time and an error in it is reported', async () => {
  const seen = [];
  const errors = [];
  const onEvent = async ({ offset }) => {
    seen.push(`start ${offset}`);
    await settled();
    seen.push(`end ${offset}`);
    if (offset === 1) {
      throw new Error('broken callback');
    }
  };
  const w = world({ channels: ['acme'], onEvent });
  w.cortex.on('error', ({ error }) => errors.push(error.message));
  await settled();
  w.socket.welcome();
  w.socket.subscribed();
  [1, 2].forEach((offset) => w.socket.say(event(offset)));
  for (let i = 0; i < 10; i++) {
    await settled();
  }
  assert.deepEqual(seen, ['start 1', 'end 1', 'start 2', 'end 2']);
  assert.deepEqual(errors, ['broken callback']);
});
