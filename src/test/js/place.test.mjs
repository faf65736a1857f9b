import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultUrl } from '../../main/js/client/cortex.js';
import { placeOf } from '../../main/js/client/place.js';
import { settled, world } from './fake/world.mjs';

const DESKTOP = 'ws://127.0.0.1:3693/ws';

test('the default is the server that served the module, else the page, else the desktop', () => {
  assert.equal(defaultUrl('http://127.0.0.1:4000/client/cortex.js'), 'ws://127.0.0.1:4000/ws');
  assert.equal(defaultUrl('https://events.example/client/cortex.js'), 'wss://events.example/api/ws');
  assert.equal(defaultUrl('https://cdn.example/cortex.js', 'https://app.example/home?x=1'), 'wss://app.example/api/ws');
  assert.equal(defaultUrl('http://localhost:3691/assets/cortex.js', 'http://localhost:3691/'), DESKTOP);
  assert.equal(defaultUrl('file:///app/client/cortex.js'), DESKTOP);
  assert.equal(defaultUrl('file:///app/client/cortex.js', 'file:///app/index.html'), DESKTOP);
});

for (const [shell, expected] of [
  ['http://127.0.0.1:4100', 'ws://127.0.0.1:4100/ws'],
  ['ws://[::1]:4100/ws', 'ws://[::1]:4100/ws'],
  [{ url: 'http://localhost:4100/' }, 'ws://localhost:4100/ws'],
  [{ port: 4100 }, 'ws://127.0.0.1:4100/ws'],
]) {
  test(`in a shell that says ${JSON.stringify(shell)} the server is ${expected} and sees no token`, () => {
    const options = { cloud: 'https://cloud.example', token: 'for-the-cloud' };
    assert.deepEqual(placeOf(options, shell), { url: expected, token: undefined });
  });
}

test('a shell whose server asks for its install token hands that one over', () => {
  assert.deepEqual(placeOf({ token: 'for-the-cloud' }, { port: 4100, token: 'install' }), {
    url: 'ws://127.0.0.1:4100/ws',
    token: 'install',
  });
});

for (const shell of [undefined, null, '', {}, { port: '4100' }, { url: 7 }, () => {}]) {
  const found = `${typeof shell} ${JSON.stringify(shell)}`;
  test(`a page where window.cortex is ${found} goes to the cloud with its token`, () => {
    assert.deepEqual(placeOf({ cloud: 'https://cloud.example', token: 't' }, shell), {
      url: 'wss://cloud.example/api/ws',
      token: 't',
    });
  });
}

test('the path of the cloud is the usual one unless another is named', () => {
  assert.equal(placeOf({ cloud: 'http://127.0.0.1:8080' }).url, 'ws://127.0.0.1:8080/api/ws');
  assert.equal(placeOf({ cloud: 'wss://cloud.example/eu/ws?x=1' }).url, 'wss://cloud.example/eu/ws?x=1');
});

test('an explicit address wins over everything', () => {
  const options = { url: 'http://127.0.0.1:9/ws', cloud: 'https://cloud.example', token: 't' };
  assert.deepEqual(placeOf(options, { port: 4100 }), { url: 'ws://127.0.0.1:9/ws', token: 't' });
});

test('a client follows its shell to the port of a restarted server', async (t) => {
  t.after(() => delete globalThis.cortex);
  globalThis.cortex = { port: 4100 };
  const w = world({ url: undefined, cloud: 'https://cloud.example', token: () => 'for-the-cloud' });
  await settled();
  assert.equal(w.socket.url.host, '127.0.0.1:4100');
  globalThis.cortex = { port: 4200 };
  w.socket.end(1006);
  await w.reconnected();
  assert.equal(w.socket.url.host, '127.0.0.1:4200');
  assert.ok(w.sockets.every((socket) => !socket.url.searchParams.has('token')));
});

test('a cloud client asks for its token at every try, also when it takes a while', async () => {
  let asked = 0;
  const token = () => new Promise((resolve) => setImmediate(() => resolve(`token-${++asked}`)));
  const w = world({ url: undefined, cloud: 'https://cloud.example', token });
  await settled();
  await settled();
  assert.match(w.socket.url.href, /^wss:\/\/cloud\.example\/api\/ws\?token=token-1(&|$)/);
  w.socket.end(1006);
  await w.reconnected();
  await settled();
  assert.equal(w.socket.url.searchParams.get('token'), 'token-2');
});
