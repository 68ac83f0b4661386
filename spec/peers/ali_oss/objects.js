// Objects: put from a buffer, a file and a stream, get, head, delete, append, metadata, ACL, tags.
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { Readable } = require('stream');
const { bucket, check, client, env, refused, send, ways } = require('./lib');

const file = path.join(env.FOLDER, 'objects.bin');
const content = Buffer.alloc(300000, 'some bytes that are many ');
fs.writeFileSync(file, content);

function pieces() {
  return Readable.from([Buffer.from('first, '), Buffer.from('second, '), Buffer.from('third')]);
}

ways((way, connect) => {
  const oss = connect();

  check(`${way}: put, get, head, delete`, async () => {
    const put = await oss.put('objects/hello.txt', Buffer.from('hello'));
    assert.strictEqual(put.res.status, 200);
    assert.strictEqual(put.res.headers.etag, '"5D41402ABC4B2A76B9719D911017C592"');
    assert.strictEqual(put.res.headers['content-md5'], 'XUFAKrxLKna5cZ2REBfFkg==');
    const got = await oss.get('objects/hello.txt');
    assert.strictEqual(got.content.toString(), 'hello');
    assert.strictEqual(got.res.headers['content-type'], 'text/plain');
    const head = await oss.head('objects/hello.txt');
    assert.strictEqual(head.res.headers['content-length'], '5');
    assert.strictEqual(head.res.headers['x-oss-object-type'], 'Normal');
    assert.strictEqual((await oss.getObjectMeta('objects/hello.txt')).res.headers['content-length'], '5');
    assert.strictEqual((await oss.delete('objects/hello.txt')).res.status, 204);
    await assert.rejects(oss.head('objects/hello.txt'), { code: 'NoSuchKey', status: 404 });
  });

  check(`${way}: an empty object`, async () => {
    await oss.put('objects/empty', Buffer.alloc(0));
    assert.strictEqual((await oss.get('objects/empty')).content.length, 0);
  });

  check(`${way}: a file`, async () => {
    await oss.put('objects/file.bin', file);
    assert.ok((await oss.get('objects/file.bin')).content.equals(content));
  });

  check(`${way}: a stream in chunks`, async () => {
    await oss.putStream('objects/chunked', pieces());
    assert.strictEqual((await oss.get('objects/chunked')).content.toString(), 'first, second, third');
  });

  check(`${way}: a large stream in chunks`, async () => {
    await oss.putStream('objects/file.bin', fs.createReadStream(file));
    const { stream } = await oss.getStream('objects/file.bin');
    const parts = [];
    for await (const part of stream) parts.push(part);
    assert.ok(Buffer.concat(parts).equals(content));
  });

  check(`${way}: a stream with a length`, async () => {
    await oss.putStream('objects/measured', pieces(), { contentLength: 20 });
    assert.strictEqual((await oss.get('objects/measured')).content.toString(), 'first, second, third');
  });

  check(`${way}: part of an object`, async () => {
    await oss.put('objects/hello.txt', Buffer.from('hello'));
    const got = await oss.get('objects/hello.txt', { headers: { Range: 'bytes=1-3' } });
    assert.strictEqual(got.res.status, 206);
    assert.strictEqual(got.content.toString(), 'ell');
  });

  check(`${way}: append`, async () => {
    await oss.delete('objects/log');
    const first = await oss.append('objects/log', Buffer.from('one '));
    assert.strictEqual(first.nextAppendPosition, '4');
    const second = await oss.append('objects/log', Buffer.from('two'), { position: first.nextAppendPosition });
    assert.strictEqual(second.nextAppendPosition, '7');
    assert.strictEqual((await oss.get('objects/log')).content.toString(), 'one two');
    await refused(oss.append('objects/log', Buffer.from('x'), { position: '3' }), 'PositionNotEqualToLength', 409);
  });

  check(`${way}: metadata, ACL, tags, encryption and headers`, async () => {
    const name = 'objects/all.jpg';
    await oss.put(name, Buffer.from('all'), {
      meta: { author: 'alice', year: 2024, empty: '' }, mime: 'image/x-own',
      headers: {
        'Cache-Control': 'no-cache', 'Content-Disposition': 'attachment; filename="a b.jpg"', 'Content-Language': 'de',
        'x-oss-object-acl': 'public-read', 'x-oss-tagging': 'a=1&b=two%20words', 'x-oss-storage-class': 'IA',
        'x-oss-server-side-encryption': 'AES256', 'x-oss-meta-padded': '  in  between  ',
      },
    });
    const { meta, res: { headers } } = await oss.head(name);
    assert.strictEqual(meta.author, 'alice');
    assert.strictEqual(meta.year, '2024');
    assert.strictEqual(meta.padded, 'in  between');
    assert.strictEqual(headers['content-type'], 'image/x-own');
    assert.strictEqual(headers['cache-control'], 'no-cache');
    assert.strictEqual(headers['content-disposition'], 'attachment; filename="a b.jpg"');
    assert.strictEqual(headers['content-language'], 'de');
    assert.strictEqual(headers['x-oss-tagging-count'], '2');
    assert.strictEqual(headers['x-oss-storage-class'], 'IA');
    assert.strictEqual(headers['x-oss-server-side-encryption'], 'AES256');
    const url = `http://${bucket}.oss-cn-hangzhou.aliyuncs.com/${name}`;
    assert.strictEqual((await send('GET', url)).text, 'all');
    await oss.put(name, Buffer.from('all'), { headers: { 'x-oss-object-acl': 'private' } });
    assert.strictEqual((await send('GET', url)).code, 'AccessDenied');
  });

  check(`${way}: no overwriting`, async () => {
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    await oss.delete('objects/once');
    await oss.put('objects/once', Buffer.from('1'), { headers });
    await refused(oss.put('objects/once', Buffer.from('2'), { headers }), 'FileAlreadyExists', 409);
  });

  check(`${way}: bucket information`, async () => {
    const info = await oss.getBucketInfo(bucket);
    assert.strictEqual(info.bucket.Name, bucket);
    assert.strictEqual(info.bucket.Location, 'oss-cn-hangzhou');
  });
});

check('metadata in latin1, as the SDK sends what is not ASCII', async () => {
  for (const options of [{}, { authorizationV4: true }]) {
    const oss = client({ headerEncoding: 'latin1', ...options });
    await oss.put('objects/latin1', Buffer.from('x'), { meta: { name: '文件' } });
    const { meta } = await oss.head('objects/latin1');
    assert.strictEqual(Buffer.from(meta.name, 'latin1').toString(), '文件');
  }
});

check('an IP address as endpoint, with the real host name in Host', async () => {
  for (const options of [{}, { authorizationV4: true }]) {
    const oss = client({ endpoint: `http://127.0.0.1:${env.OSS_PORT}`, ...options });
    await oss.put('objects/by-ip', Buffer.from('by IP'));
    assert.strictEqual((await oss.get('objects/by-ip')).content.toString(), 'by IP');
  }
});

check('additional headers in a V4 signature', async () => {
  const oss = client({ authorizationV4: true });
  await oss.put('objects/additional', Buffer.from('x'), {
    headers: { 'Cache-Control': 'no-store', 'Content-Disposition': 'inline' },
    additionalHeaders: ['Cache-Control', 'content-length'],
  });
  const { res } = await oss.head('objects/additional', { headers: { 'x-own': 'value' }, additionalHeaders: ['X-Own'] });
  assert.strictEqual(res.headers['cache-control'], 'no-store');
});
