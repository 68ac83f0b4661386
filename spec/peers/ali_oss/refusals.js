// Security tokens, and everything the local OSS must refuse.
'use strict';

const assert = require('assert');
const { check, client, env, one, refused, send, sts, ways } = require('./lib');

const key = 'refusals/key';
const body = Buffer.from('x');
const expired = { accessKeyId: env.EXPIRED_ID, accessKeySecret: env.EXPIRED_SECRET, stsToken: env.EXPIRED_TOKEN };

// A token that is never fresher than it is.
function withToken(options) {
  return { ...options, refreshSTSToken: async () => options };
}

ways((way, connect, version) => {
  check(`${way}: a security token`, async () => {
    const oss = connect(sts);
    const { result } = await one(() => oss.put(key, body, { callback: { url: env.SERVICE_URL, body: 'a=1' } }));
    assert.deepStrictEqual(result.data, { Status: 'OK' });
    assert.strictEqual((await oss.get(key)).content.toString(), 'x');
  });

  check(`${way}: no token, another's, one that is over`, async () => {
    await refused(connect({ ...sts, stsToken: undefined }).put(key, body), 'InvalidAccessKeyId', 403);
    await refused(connect(withToken({ ...sts, stsToken: 'wrong' })).put(key, body), 'InvalidSecurityToken', 403);
    await refused(connect({ stsToken: 'unwanted' }).put(key, body), 'InvalidSecurityToken', 403);
    await refused(connect(withToken(expired)).put(key, body), 'SecurityTokenExpired', 403);
  });

  check(`${way}: a wrong secret`, async () => {
    const wrong = connect({ accessKeySecret: 'wrong' });
    await refused(wrong.put(key, body), 'SignatureDoesNotMatch', 403);
    await refused(wrong.get(key), 'SignatureDoesNotMatch', 403);
    await refused(wrong.delete(key), 'SignatureDoesNotMatch', 403);
    await refused(wrong.initMultipartUpload(key), 'SignatureDoesNotMatch', 403);
    await refused(wrong.head(key), 'SignatureDoesNotMatch', 403);
  });

  check(`${way}: an unknown key`, async () => {
    await refused(connect({ accessKeyId: 'nobody' }).put(key, body), 'InvalidAccessKeyId', 403);
  });

  check(`${way}: a clock that is an hour off`, async () => {
    await refused(connect({ amendTimeSkewed: -3600000 }).put(key, body), 'RequestTimeTooSkewed', 403);
    await refused(connect({ amendTimeSkewed: 3600000 }).put(key, body), 'RequestTimeTooSkewed', 403);
    await connect({ amendTimeSkewed: 600000 }).put(key, body);
  });

  check(`${way}: a wrong digest`, async () => {
    const headers = { 'Content-MD5': 'AAAAAAAAAAAAAAAAAAAAAA==' };
    await refused(connect().put('refusals/digest', body, { headers }), 'InvalidDigest', 400);
  });

  check(`${way}: what is not there`, async () => {
    await refused(connect().get('refusals/nothing'), 'NoSuchKey', 404);
    await refused(connect().uploadPart('refusals/nothing', 'nothing', 1, body, 0, 1), 'NoSuchUpload', 404);
  });

  check(`${way}: bad values`, async () => {
    const oss = connect();
    for (const headers of [{ 'x-oss-object-acl': 'everybody' }, { 'x-oss-storage-class': 'Gold' },
      { 'x-oss-forbid-overwrite': 'perhaps' }]) {
      await refused(oss.put(key, body, { headers }), 'InvalidArgument', 400);
    }
    await refused(oss.put(key, body, { headers: { 'x-oss-tagging': 'a=<>' } }), 'InvalidTag', 400);
    await refused(oss.put(key, body, { headers: { 'x-oss-server-side-encryption': 'ROT13' } }),
      'InvalidEncryptionAlgorithmError', 400);
  });

  if (version === 'V4') {
    check(`${way}: another region`, async () => {
      await refused(connect({ region: 'oss-cn-beijing' }).put(key, body), 'InvalidArgument', 400);
    });
  }
});

check('no signature at all', async () => {
  const oss = client();
  await oss.put(key, body);
  const url = `http://examplebucket.oss-cn-hangzhou.aliyuncs.com/${key}`;
  assert.strictEqual((await send('GET', url)).code, 'AccessDenied');
  assert.strictEqual((await send('PUT', url, 'x')).code, 'AccessDenied');
  assert.strictEqual((await send('DELETE', url)).code, 'AccessDenied');
});
