// Keys with characters that somebody has to encode.
'use strict';

const assert = require('assert');
const { check, client, env, one, refused, versions, ways } = require('./lib');

const keys = [
  'a b.txt', 'plus+and&amp=equals', 'percent%41%2F%', 'question?mark#hash', '目录/文件.txt', 'emoji-😀-é',
  "quotes'\"`", 'brackets[](){}<>', 'back\\slash|pipe^caret', 'semi;colon:at@comma,dollar$', '!*~-_.', 'a//b///c',
  'trailing/', '.hidden', 'dots...', '%2e%2e/x', 'tab\tand\u0001\u007f', 'x?acl', '?leading',
  'x?uploadId=1&partNumber=2', `${'long'.repeat(60)}.txt`, `${'é'.repeat(500)}.txt`, 'nul%00',
];

ways((way, connect) => {
  const oss = connect();
  for (const key of keys) {
    check(`${way}: ${JSON.stringify(key.slice(0, 40))}`, async () => {
      const text = `content of ${key}`;
      await oss.put(key, Buffer.from(text));
      assert.strictEqual((await oss.get(key)).content.toString(), text);
      assert.strictEqual((await oss.delete(key)).res.status, 204);
      await assert.rejects(oss.get(key), { code: 'NoSuchKey' });
    });
  }
});

// The SDK signs the key as given, but the URL it sends has the dots resolved.
for (const [version, options] of versions) {
  check(`${version}: dot segments, which the SDK loses`, async () => {
    await refused(client(options).put('a/./b/../c.txt', Buffer.from('x')), 'SignatureDoesNotMatch', 403);
  });
}

check('different keys are different objects', async () => {
  const oss = client();
  const alike = ['k', 'k/', 'k//', 'k/k', 'k%2F', 'K', 'k%', 'k%/', 'k/%slash', 'k%25'];
  for (const key of alike) await oss.put(`alike/${key}`, Buffer.from(key));
  for (const key of alike) assert.strictEqual((await oss.get(`alike/${key}`)).content.toString(), key);
});

check('a key of 1024 bytes is one too long', async () => {
  const oss = client();
  await oss.put('x'.repeat(1023), Buffer.from('x'));
  await refused(oss.put('x'.repeat(1024), Buffer.from('x')), 'InvalidObjectName', 400);
});

check('keys in callback bodies', async () => {
  for (const key of keys) {
    const oss = client({ authorizationV4: true });
    const json = await one(() => oss.put(key, Buffer.from('x'), {
      callback: { url: env.SERVICE_URL, body: '{"key":${object}}', contentType: 'application/json' },
    }));
    assert.strictEqual(JSON.parse(json.body).key, key);
    const form = await one(() => oss.put(key, Buffer.from('x'), {
      callback: { url: env.SERVICE_URL, body: 'key=${object}' },
    }));
    assert.strictEqual(decodeURIComponent(form.body), `key=${key}`);
  }
});
