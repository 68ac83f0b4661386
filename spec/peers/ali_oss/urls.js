// Presigned URLs: made by the SDK, used by something that knows nothing of OSS.
'use strict';

const assert = require('assert');
const { check, client, env, one, pathStyle, received, send, sts } = require('./lib');

const url = env.SERVICE_URL;
const key = 'urls/a b+c&d=ü.txt';
const form = { url: `${url}/presigned`, body: 'object=${object}&uid=${x:uid}', customValue: { uid: 'a+b/c=' } };
const expected = `object=${encodeURIComponent(key)}&uid=${encodeURIComponent('a+b/c=')}`;

function base64(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

const queries = {
  callback: base64({ callbackUrl: form.url, callbackBody: form.body }), 'callback-var': base64({ 'x:uid': 'a+b/c=' }),
};

const clients = [
  ['real host', client()], ['path style', client(pathStyle)], ['STS', client(sts)],
];

for (const [name, oss] of clients) {
  check(`V1, ${name}: put with a callback`, async () => {
    const signed = oss.signatureUrl(key, { method: 'PUT', expires: 60, 'Content-Type': 'text/x-own', callback: form });
    const { result, target, body } = await one(() => send('PUT', signed, 'hello', { 'Content-Type': 'text/x-own' }));
    assert.strictEqual(result.status, 200);
    assert.deepStrictEqual(JSON.parse(result.text), { Status: 'OK' });
    assert.strictEqual(target, '/presigned');
    assert.strictEqual(body, expected);
  });

  check(`V1, ${name}: get with headers of one's choice`, async () => {
    await oss.put(key, Buffer.from('hello'));
    const signed = await oss.asyncSignatureUrl(key, {
      response: { 'content-type': 'text/x-chosen', 'content-disposition': 'attachment; filename="ü.txt"' },
    });
    const answer = await send('GET', signed);
    assert.strictEqual(answer.text, 'hello');
    assert.strictEqual(answer.headers['content-type'], 'text/x-chosen');
  });

  check(`V1, ${name}: a failing callback`, async () => {
    const signed = oss.signatureUrl(key, { method: 'PUT', callback: { url: `${url}/refuse`, body: 'a=1' } });
    const { result } = await received(() => send('PUT', signed, 'x'));
    assert.strictEqual(result.status, 203);
    assert.strictEqual(result.code, 'CallbackFailed');
  });

  check(`V1, ${name}: not for another method, key, type or time`, async () => {
    const signed = oss.signatureUrl(key, { method: 'PUT', 'Content-Type': 'text/x-own', 'x-oss-meta-a': 'b' });
    const headers = { 'Content-Type': 'text/x-own', 'x-oss-meta-a': 'b' };
    assert.strictEqual((await send('PUT', signed, 'x', headers)).status, 200);
    for (const answer of [
      await send('GET', signed, undefined, headers),
      await send('PUT', signed.replace('urls/', 'urls/x'), 'x', headers),
      await send('PUT', signed, 'x', { ...headers, 'Content-Type': 'text/plain' }),
      await send('PUT', signed, 'x', { ...headers, 'x-oss-meta-a': 'c' }),
      await send('PUT', signed, 'x', { 'Content-Type': 'text/x-own' }),
      await send('PUT', `${signed}&callback=${queries.callback}`, 'x', headers),
      await send('PUT', signed.replace(/Expires=(\d+)/, (_, n) => `Expires=${Number(n) + 1}`), 'x', headers),
    ]) {
      assert.strictEqual(answer.status, 403);
      assert.strictEqual(answer.code, 'SignatureDoesNotMatch');
    }
    const late = await send('GET', oss.signatureUrl(key, { expires: -60 }));
    assert.strictEqual(late.code, 'AccessDenied');
    assert.match(late.text, /Request has expired/);
  });

  check(`V4, ${name}: put with a callback`, async () => {
    const headers = { 'content-type': 'text/x-own', 'x-oss-meta-author': 'alice' };
    const signed = await oss.signatureUrlV4('PUT', 60, { headers, queries }, key);
    const { result, body } = await one(() => send('PUT', signed, 'hello', headers));
    assert.strictEqual(result.status, 200);
    assert.deepStrictEqual(JSON.parse(result.text), { Status: 'OK' });
    assert.strictEqual(body, expected);
    assert.strictEqual((await oss.head(key)).meta.author, 'alice');
  });

  check(`V4, ${name}: a callback in headers that are signed`, async () => {
    const headers = { 'x-oss-callback': queries.callback, 'x-oss-callback-var': queries['callback-var'] };
    const signed = await oss.signatureUrlV4('PUT', 60, { headers }, key);
    const { body } = await one(() => send('PUT', signed, 'hello', headers));
    assert.strictEqual(body, expected);
  });

  check(`V4, ${name}: additional headers`, async () => {
    const headers = { host: new URL(oss._objectUrl(key)).host, 'content-length': '5', 'cache-control': 'no-store' };
    const signed = await oss.signatureUrlV4('PUT', 60, { headers }, key, ['Host', 'content-length', 'Cache-Control']);
    assert.strictEqual((await send('PUT', signed, 'hello', headers)).status, 200);
    const other = await send('PUT', signed, 'hello, world', { ...headers, 'content-length': '12' });
    assert.strictEqual(other.code, 'SignatureDoesNotMatch');
  });

  check(`V4, ${name}: get with headers of one's choice`, async () => {
    await oss.put(key, Buffer.from('hello'));
    const type = 'text/x-chosen; a="b c"';
    const signed = await oss.signatureUrlV4('GET', 60, { queries: { 'response-content-type': type } }, key);
    const answer = await send('GET', signed);
    assert.strictEqual(answer.text, 'hello');
    assert.strictEqual(answer.headers['content-type'], type);
  });

  check(`V4, ${name}: an upload in parts`, async () => {
    const sign = (method, parameters) => oss.signatureUrlV4(method, 60, { queries: parameters }, key);
    const begun = await send('POST', await sign('POST', { uploads: null }));
    const uploadId = begun.text.match(/<UploadId>(\w+)</)[1];
    const part = await send('PUT', await sign('PUT', { partNumber: 1, uploadId }), 'all of it');
    const xml = '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>'
      + `<ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
    const { result, body } = await one(async () => send('POST', await sign('POST', { uploadId, ...queries }), xml));
    assert.strictEqual(result.status, 200);
    assert.strictEqual(body, expected);
    assert.strictEqual((await oss.get(key)).content.toString(), 'all of it');
  });

  check(`V4, ${name}: not for another method, key, query, header or time`, async () => {
    const headers = { 'content-type': 'text/x-own' };
    const signed = await oss.signatureUrlV4('PUT', 60, { headers, queries }, key);
    for (const answer of [
      await send('GET', signed, undefined, headers),
      await send('PUT', signed.replace('urls/', 'urls/x'), 'x', headers),
      await send('PUT', signed, 'x', { 'content-type': 'text/plain' }),
      await send('PUT', signed, 'x', { ...headers, 'x-oss-meta-a': 'b' }),
      await send('PUT', `${signed}&x=y`, 'x', headers),
      await send('PUT', signed.replace('x-oss-expires=60', 'x-oss-expires=61'), 'x', headers),
      await send('PUT', signed.replace(/&callback-var=[^&]*/, '').replace(/\?callback-var=[^&]*&/, '?'), 'x', headers),
    ]) {
      assert.strictEqual(answer.status, 403);
      assert.strictEqual(answer.code, 'SignatureDoesNotMatch');
    }
    const long = await oss.signatureUrlV4('PUT', 604801, {}, key);
    assert.strictEqual((await send('PUT', long, 'x')).code, 'InvalidArgument');
  });
}

check('V1: a limit for the traffic', async () => {
  const signed = client().signatureUrl(key, { method: 'PUT', trafficLimit: 8 * 1024 * 100 });
  assert.strictEqual((await send('PUT', signed, 'x')).status, 200);
});
