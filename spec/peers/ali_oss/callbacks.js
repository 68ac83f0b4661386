// Uploads with callbacks: what the service receives, what comes back, and what happens when it fails.
'use strict';

const assert = require('assert');
const { Readable } = require('stream');
const { check, env, one, received, refused, ways } = require('./lib');

const url = env.SERVICE_URL;
const ok = { Status: 'OK' };

// A GIF of 3 times 2 pixels, as far as its size needs.
const gif = Buffer.from('GIF89a\x03\x00\x02\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff;', 'latin1');

ways((way, connect) => {
  const oss = connect();

  check(`${way}: a form with custom values`, async () => {
    const { result, target, body } = await one(() => oss.put('callbacks/a b/ü.txt', Buffer.from('hello'), {
      callback: {
        url: `${url}/oss?from=sdk&x=1`,
        body: 'bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}'
          + '&crc=${crc64}&md5=${contentMd5}&op=${operation}&req=${reqId}&ip=${clientIp}&image=${imageInfo.width}'
          + '&uid=${x:uid}&note=${x:note}&none=${x:none}',
        customValue: { uid: 42, note: 'a+b c&d=e/ü"\\', unused: 'unused' },
      },
    }));
    assert.deepStrictEqual(result.data, ok);
    assert.strictEqual(target, '/oss?from=sdk&x=1');
    assert.doesNotMatch(body, /[ "\\]/);
    const fields = new Map(body.split('&').map((pair) => {
      const [name, value] = pair.split('=');
      return [name, decodeURIComponent(value)];
    }));
    assert.deepStrictEqual(Object.fromEntries(fields), {
      bucket: 'examplebucket', object: 'callbacks/a b/ü.txt', etag: '5D41402ABC4B2A76B9719D911017C592', size: '5',
      mimeType: 'text/plain', crc: result.res.headers['x-oss-hash-crc64ecma'], md5: 'XUFAKrxLKna5cZ2REBfFkg==',
      op: 'PutObject', req: result.res.headers['x-oss-request-id'], ip: '127.0.0.1', image: '', uid: '42',
      note: 'a+b c&d=e/ü"\\', none: '',
    });
  });

  check(`${way}: JSON with custom values and SNI`, async () => {
    const { result, body } = await one(() => oss.put('callbacks/image.gif', gif, {
      callback: {
        url, host: 'callbacks.example.com', contentType: 'application/json', callbackSNI: true,
        body: '{"bucket":${bucket},"object":${object},"size":${size},"type":${mimeType},"width":${imageInfo.width},'
          + '"height":${imageInfo.height},"format":${imageInfo.format},"note":${x:note}}',
        customValue: { note: 'quotes " and \\ and ü and \n' },
      },
    }));
    assert.deepStrictEqual(result.data, ok);
    assert.strictEqual(result.res.headers['content-type'], 'application/json');
    assert.match(result.res.headers.etag, /^"[0-9A-F]{32}"$/);
    assert.deepStrictEqual(JSON.parse(body), {
      bucket: 'examplebucket', object: 'callbacks/image.gif', size: gif.length, type: 'image/gif', width: 3, height: 2,
      format: 'gif', note: 'quotes " and \\ and ü and \n',
    });
  });

  check(`${way}: a stream in chunks`, async () => {
    const { result, body } = await one(() => oss.putStream('callbacks/chunked', Readable.from([Buffer.from('1234')]), {
      callback: { url, body: 'size=${size}' },
    }));
    assert.deepStrictEqual(result.data, ok);
    assert.strictEqual(body, 'size=4');
  });

  check(`${way}: a file`, async () => {
    const { result, body } = await one(() => oss.put('callbacks/file.js', __filename, {
      callback: { url, body: 'type=${mimeType}' },
    }));
    assert.deepStrictEqual(result.data, ok);
    assert.strictEqual(body, 'type=application%2Fjavascript');
  });

  check(`${way}: a path with UTF-8 in it`, async () => {
    const { target } = await one(() => oss.put('callbacks/utf8', Buffer.from('x'), {
      callback: { url: `${url}/上传?q=中 文`, body: 'a=1' },
    }));
    assert.strictEqual(target, encodeURI('/上传?q=中 文'));
  });

  check(`${way}: the second of two services`, async () => {
    const { result } = await one(() => oss.put('callbacks/second', Buffer.from('x'), {
      callback: { url: `http://127.0.0.1:1/closed;${url}/second`, body: 'a=1' },
    }));
    assert.deepStrictEqual(result.data, ok);
  });

  check(`${way}: a service that refuses leaves the object stored`, async () => {
    const name = `callbacks/refused ${way}`;
    const { result, list } = await received(() => refused(oss.put(name, Buffer.from('kept'), {
      callback: { url: `${url}/refuse`, body: 'a=1' },
    }), 'CallbackFailed', 203));
    assert.strictEqual(result.message, 'Error status : 403.');
    assert.strictEqual(result.ecCode, '0007-00000203');
    assert.ok(list[0].verified);
    assert.strictEqual((await oss.get(name)).content.toString(), 'kept');
  });

  check(`${way}: no service at all`, async () => {
    const error = await refused(oss.put('callbacks/nobody', Buffer.from('x'), {
      callback: { url: 'http://127.0.0.1:1/closed', body: 'a=1' },
    }), 'CallbackFailed', 203);
    assert.match(error.message, /^Error status : /);
  });

  check(`${way}: a broken callback is refused before anything is stored`, async () => {
    const encode = (text) => ({ 'x-oss-callback': Buffer.from(text).toString('base64') });
    const bad = [
      [{ 'x-oss-callback': 'no base64!' }, '0007-00000002'],
      [encode('no json'), '0007-00000003'],
      [encode('{"callbackUrl":"http://127.0.0.1","callbackBody":""}'), '0007-00000011'],
    ];
    for (const [headers, ec] of bad) {
      const error = await refused(oss.put('callbacks/broken', Buffer.from('x'), { headers }), 'InvalidArgument', 400);
      assert.strictEqual(error.ecCode, ec);
    }
    await refused(oss.put('callbacks/broken', Buffer.from('x'), {
      callback: { url, body: 'a=1', contentType: 'text/plain' },
    }), 'InvalidArgument', 400);
    await assert.rejects(oss.head('callbacks/broken'), { code: 'NoSuchKey' });
  });
});
