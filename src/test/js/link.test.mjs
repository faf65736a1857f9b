import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullJitter } from '../../main/js/client/backoff.js';
import { event, reading, seeded, settled, subscribedWorld, world } from './fake/world.mjs';

test('jitter is full: every delay lies between zero and a bound that doubles up to its cap', () => {
  const random = seeded(20_251_122);
  const bounds = { baseMs: 500, capMs: 30_000 };
  for (let attempt = 0; attempt < 12; attempt++) {
    const highest = Math.min(30_000, 500 * 2 ** attempt);
    const delays = Array.from({ length: 2_000 }, () => fullJitter(attempt, random, bounds));
    assert.ok(Math.min(...delays) >= 0 && Math.max(...delays) < highest);
    assert.ok(Math.min(...delays) < highest * 0.02, 'small delays occur');
    assert.ok(Math.max(...delays) > highest * 0.98, 'large delays occur');
  }
  assert.ok(fullJitter(10_000, () => 0.999, bounds) <= 30_000);
});

test('failed tries wait longer and longer and never longer than the cap', async () => {
  const w = world();
  const delays = [];
  w.cortex.on('connecting', ({ delayMs }) => delays.push(delayMs));
  await settled();
  for (let i = 0; i < 20; i++) {
    w.socket.end(1006);
    await w.reconnected();
  }
  delays.forEach((delayMs, i) => assert.ok(delayMs <= Math.min(30_000, 500 * 2 ** i), `${delayMs} at ${i}`));
  assert.ok(Math.max(...delays) > 5_000);
});

for (const code of [1002, 1007, 1008, 1009, 4400, 4401, 4403]) {
  test(`close code ${code} is final: the reader gets the error and nothing connects again`, async () => {
    const w = await subscribedWorld();
    w.socket.say(event(1));
    w.socket.end(code, 'no');
    await settled();
    assert.deepEqual(w.read.offsets, [1]);
    assert.equal(w.read.error.closeCode, code);
    assert.equal(w.cortex.state, 'closed');
    await w.pass(120_000);
    assert.equal(w.sockets.length, 1);
  });
}

for (const code of [1000, 1001, 1006, 1011, 1012, 4408, 4413, 4429]) {
  test(`close code ${code} is temporary: the subscription resumes on a new connection`, async () => {
    const w = await subscribedWorld();
    w.socket.say(event(1));
    w.socket.end(code);
    (await w.reconnected()).welcome();
    w.socket.subscribed();
    w.socket.say(event(2));
    await settled();
    assert.deepEqual(w.read.offsets, [1, 2]);
  });
}

test('an expired token is renewed once when it comes from a function', async () => {
  const asked = [];
  const w = world({ token: async ({ expired }) => `token-${asked.push(expired)}` });
  reading(w.cortex.subscribe('acme'));
  await settled();
  assert.equal(w.socket.url.searchParams.get('token'), 'token-1');
  w.socket.welcome();
  w.socket.end(4401);
  await w.reconnected();
  assert.equal(w.socket.url.searchParams.get('token'), 'token-2');
  assert.deepEqual(asked.length, 2);
  w.socket.end(4401);
  assert.equal(w.cortex.state, 'closed');
});

test('after too many the first wait is drawn from a wider range', async () => {
  const w = await subscribedWorld('acme', { random: () => 0.999 });
  const delays = [];
  w.cortex.on('connecting', ({ delayMs }) => delays.push(delayMs));
  w.socket.end(4429);
  assert.ok(delays[0] > 7_000 && delays[0] <= 8_000, `${delays[0]}`);
});

test('a drain moves the client at a random moment within the time it names', async () => {
  const w = await subscribedWorld('acme', { random: () => 0.5 });
  const old = w.socket;
  old.say({ op: 'drain', reconnectWithinMs: 8_000 });
  old.say(event(1));
  await w.pass(3_990);
  assert.equal(w.sockets.length, 1);
  await w.pass(20);
  assert.equal(w.sockets.length, 2);
  assert.equal(old.closedWith, 1000);
  w.socket.welcome();
  w.socket.subscribed();
  w.socket.say(event(2));
  await settled();
  assert.deepEqual(w.read.offsets, [1, 2]);
});

test('a close during a drain still waits for the drawn moment', async () => {
  const w = await subscribedWorld('acme', { random: () => 0.5 });
  w.socket.say({ op: 'drain', reconnectWithinMs: 8_000 });
  await w.pass(1_000);
  w.socket.end(1012);
  await w.pass(2_900);
  assert.equal(w.sockets.length, 1);
  await w.pass(200);
  assert.equal(w.sockets.length, 2);
});

test('a half-open socket is found by a ping after 45 quiet seconds and left 10 seconds later', async () => {
  const w = await subscribedWorld();
  await w.pass(30_000);
  w.socket.say(event(1));
  await w.pass(44_900);
  assert.equal(w.socket.sentOf('ping').length, 0);
  await w.pass(200);
  assert.equal(w.socket.sentOf('ping').length, 1);
  assert.equal(w.cortex.state, 'live');
  await w.pass(10_000);
  assert.equal(w.cortex.state, 'connecting');
  await w.reconnected();
});

test('an answered ping keeps the connection for another quiet time', async () => {
  const w = await subscribedWorld();
  for (let i = 0; i < 20; i++) {
    await w.pass(45_000);
    w.socket.say({ op: 'pong', rid: w.socket.sentOf('ping').at(-1).rid, cursor: null });
  }
  assert.equal(w.sockets.length, 1);
  assert.equal(w.cortex.state, 'live');
});

test('a socket that never opens, or never says welcome, is given up after ten seconds', async () => {
  const w = world();
  await settled();
  const silent = w.socket;
  await w.pass(10_000);
  assert.equal(silent.closedWith, 1000);
  await w.reconnected();
});

test('lagging and caught up are states', async () => {
  const w = await subscribedWorld();
  w.socket.say({ op: 'lagging', channel: 'acme' });
  w.socket.say({ op: 'caughtup', channel: 'acme', cursor: 'aaaaaaaaaaaaa.4' });
  assert.deepEqual(w.states, ['live', 'lagging', 'live']);
});

test('a frame that is no JSON is reported and the connection is made anew', async () => {
  const w = await subscribedWorld();
  const errors = [];
  w.cortex.on('error', ({ error }) => errors.push(error.code));
  w.socket.onmessage({ data: '{' });
  assert.deepEqual(errors, ['bad_frame']);
  await w.reconnected();
});
