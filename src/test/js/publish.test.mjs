import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, subscribedWorld, world } from './fake/world.mjs';

const DONE = { type: 'agent.completed', payload: { answer: 42 } };

async function liveWorld(options) {
  const w = world({ org: 'acme', ...options });
  await settled();
  w.socket.welcome();
  return w;
}

function answer(socket, frame, extra) {
  socket.say({ op: 'ok', rid: frame.rid, id: frame.event.id, status: 'accepted', offset: 1, sequence: null, ...extra });
}

test('publish fills in org and id and resolves to what the server says', async () => {
  const w = await liveWorld();
  const published = w.cortex.publish(DONE);
  const [frame] = w.socket.sentOf('publish');
  assert.equal(frame.event.orgId, 'acme');
  assert.match(frame.event.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  answer(w.socket, frame, { offset: 12, sequence: 3 });
  assert.deepEqual(await published, { id: frame.event.id, status: 'accepted', offset: 12, sequence: 3 });
});

test('a publish without an answer goes again with the same id on the next connection', async () => {
  const w = await liveWorld();
  const published = w.cortex.publish(DONE);
  const first = w.socket.sentOf('publish')[0];
  w.socket.end(1006);
  (await w.reconnected()).welcome();
  const second = w.socket.sentOf('publish')[0];
  assert.equal(second.event.id, first.event.id);
  answer(w.socket, second, { status: 'duplicate' });
  assert.equal((await published).status, 'duplicate');
});

test('publishes made while disconnected go out in their order', async () => {
  const w = world({ org: 'acme' });
  const all = [1, 2, 3].map((n) => w.cortex.publish({ type: 'tick', payload: { n } }));
  await settled();
  w.socket.welcome();
  const sent = w.socket.sentOf('publish');
  assert.deepEqual(sent.map((frame) => frame.event.payload.n), [1, 2, 3]);
  sent.forEach((frame) => answer(w.socket, frame));
  await Promise.all(all);
});

test('events of one session go one after another, also past a temporary refusal', async () => {
  const w = await liveWorld();
  const session = { agentId: 'planner', sessionId: 's1', type: 'token' };
  [1, 2].forEach((n) => w.cortex.publish({ ...session, payload: { n } }));
  const [first] = w.socket.sentOf('publish');
  assert.equal(w.socket.sentOf('publish').length, 1);
  w.socket.say({ op: 'error', rid: first.rid, code: 'moved', message: 'the room is moving', retryAfterMs: 100 });
  await w.pass(99);
  assert.equal(w.socket.sentOf('publish').length, 1);
  await w.pass(1_000);
  assert.deepEqual(w.socket.sentOf('publish').map((frame) => frame.event.payload.n), [1, 1]);
  answer(w.socket, first);
  assert.deepEqual(w.socket.sentOf('publish').map((frame) => frame.event.payload.n), [1, 1, 2]);
});

test('a missing answer is asked for again, same id', async () => {
  const w = await liveWorld();
  const published = w.cortex.publish(DONE);
  await w.pass(15_000);
  const [first, second] = w.socket.sentOf('publish');
  assert.equal(first.event.id, second.event.id);
  answer(w.socket, second);
  assert.equal((await published).status, 'accepted');
});

test('a final refusal rejects with its code and is not repeated', async () => {
  const w = await liveWorld();
  const published = w.cortex.publish(DONE);
  const [frame] = w.socket.sentOf('publish');
  w.socket.say({ op: 'error', rid: frame.rid, code: 'idempotency_conflict', message: 'used for a different event' });
  await assert.rejects(published, { code: 'idempotency_conflict', message: 'used for a different event' });
  await w.pass(40_000);
  assert.equal(w.socket.sentOf('publish').length, 1);
});

test('a payload of 65,536 bytes is sent and one more is refused here, in bytes of UTF-8', async () => {
  const w = await liveWorld();
  const payload = (bytes) => ({ t: 'é'.repeat(20_000) + 'x'.repeat(bytes - 40_000 - '{"t":""}'.length) });
  w.cortex.publish({ type: 'big', payload: payload(65_536) });
  assert.equal(w.socket.sentOf('publish').length, 1);
  await assert.rejects(w.cortex.publish({ type: 'big', payload: payload(65_537) }), { code: 'payload_too_large' });
});

test('publishes on their way and waiting are bounded', async () => {
  const w = await liveWorld({ limits: { pendingMax: 200 } });
  const all = Array.from({ length: 200 }, () => w.cortex.publish(DONE));
  assert.equal(w.socket.sentOf('publish').length, 128);
  await assert.rejects(w.cortex.publish(DONE), { code: 'overloaded' });
  w.cortex.close();
  const fates = await Promise.allSettled(all);
  assert.ok(fates.every(({ reason }) => reason.code === 'closed'));
});

test('a publish can be given up by a signal', async () => {
  const w = await liveWorld();
  w.socket.end(1006);
  const controller = new AbortController();
  const published = w.cortex.publish(DONE, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(published, { message: 'enough' });
  (await w.reconnected()).welcome();
  assert.equal(w.socket.sentOf('publish').length, 0);
});

test('presence answers who is there, also when asked before the connection stands', async () => {
  const w = world({ org: 'acme' });
  const asked = w.cortex.presence();
  await settled();
  w.socket.welcome();
  const [{ rid, channel }] = w.socket.sentOf('presence');
  w.socket.say({ op: 'presence', rid, channel, members: [{ userId: 'u', connections: 2 }], total: 1 });
  assert.deepEqual(await asked, { channel: 'acme', members: [{ userId: 'u', connections: 2 }], total: 1 });
});

test('closing completes every iteration', async () => {
  const w = await subscribedWorld();
  w.cortex.close();
  await settled();
  assert.equal(w.read.done, true);
  assert.equal(w.read.error, undefined);
  assert.equal(w.socket.closedWith, 1000);
});
