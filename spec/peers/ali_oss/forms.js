// HTML forms: the policy signed by the SDK, the form written by Node's own FormData.
'use strict';

const assert = require('assert');
const OSS = require('ali-oss');
const { bucket, check, client, env, one, received, send, sts } = require('./lib');

const url = env.SERVICE_URL;
const styles = [
  ['real host', `http://${bucket}.oss-cn-hangzhou.aliyuncs.com/`],
  ['path style', `http://localhost:${env.OSS_PORT}/${bucket}`],
];

function callback(target, body) {
  return Buffer.from(JSON.stringify({ callbackUrl: target, callbackBody: body })).toString('base64');
}

function soon() {
  return new Date(Date.now() + 60000).toISOString();
}

function signV1(options, conditions) {
  const oss = client(options);
  const fields = oss.calculatePostSignature({ expiration: soon(), conditions: [{ bucket }, ...conditions] });
  return options.stsToken ? { ...fields, 'x-oss-security-token': options.stsToken } : fields;
}

function signV4(options, conditions) {
  const oss = client(options);
  const now = new Date();
  const date = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const fields = {
    'x-oss-signature-version': 'OSS4-HMAC-SHA256', 'x-oss-date': date,
    'x-oss-credential': `${oss.options.accessKeyId}/${date.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`,
    ...(options.stsToken ? { 'x-oss-security-token': options.stsToken } : {}),
  };
  const policy = {
    expiration: soon(),
    conditions: [{ bucket }, ...Object.entries(fields).map(([name, value]) => ({ [name]: value })), ...conditions],
  };
  return {
    ...fields, policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
    'x-oss-signature': oss.signPostObjectPolicyV4(policy, now),
  };
}

async function post(target, fields, content = 'hello', type = 'text/x-own', name = 'ü "quoted" name.txt') {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('file', new Blob([content], { type }), name);
  const encoded = new Response(form);
  const body = Buffer.from(await encoded.arrayBuffer());
  const headers = { 'content-type': encoded.headers.get('content-type'), 'content-length': body.length };
  return send('POST', target, body, headers);
}

for (const [version, sign] of [['V1', signV1], ['V4', signV4]]) {
  for (const [style, target] of styles) {
    const way = `${version}, ${style}`;
    const oss = client();

    check(`${way}: with a callback and variables`, async () => {
      const fields = {
        key: 'forms/a b/ü.txt', ...sign({}, [['content-length-range', 1, 1000], ['starts-with', '$key', 'forms/']]),
        success_action_status: '200', callback: callback(`${url}/form`,
          'object=${object}&size=${size}&type=${mimeType}&op=${operation}&md5=${contentMd5}'
          + '&uid=${x:uid}&note=${x:note}'),
        'x:uid': '42', 'x:note': 'ü & "more"\r\nlines', 'x-oss-meta-author': 'alice',
      };
      const { result, target: called, body } = await one(() => post(target, fields));
      assert.strictEqual(result.status, 200);
      assert.deepStrictEqual(JSON.parse(result.text), { Status: 'OK' });
      assert.strictEqual(called, '/form');
      assert.strictEqual(decodeURIComponent(body), 'object=forms/a b/ü.txt&size=5&type=text/x-own&op=PostObject'
        + '&md5=XUFAKrxLKna5cZ2REBfFkg==&uid=42&note=ü & "more"\r\nlines');
      const { meta, res } = await oss.head('forms/a b/ü.txt');
      assert.strictEqual(meta.author, 'alice');
      assert.strictEqual(res.headers['content-type'], 'text/x-own');
    });

    check(`${way}: a failing callback leaves the object stored`, async () => {
      const name = `forms/refused ${way}`;
      const fields = { key: name, ...sign({}, [['eq', '$key', name]]), callback: callback(`${url}/refuse`, 'a=1') };
      const { result } = await received(() => post(target, fields));
      assert.strictEqual(result.status, 203);
      assert.strictEqual(result.code, 'CallbackFailed');
      assert.strictEqual((await oss.get(name)).content.toString(), 'hello');
    });

    check(`${way}: with a security token`, async () => {
      const fields = { key: 'forms/token', ...sign(sts, [['eq', '$key', 'forms/token']]) };
      assert.strictEqual((await post(target, fields)).status, 204);
      delete fields['x-oss-security-token'];
      assert.strictEqual((await post(target, fields)).status, 403);
    });

    check(`${way}: answers of every kind`, async () => {
      const fields = { key: 'forms/${filename}', ...sign({}, [['starts-with', '$key', 'forms/']]) };
      assert.strictEqual((await post(target, fields, 'x', '', 'status 204')).status, 204);
      assert.strictEqual((await oss.get('forms/status 204')).content.toString(), 'x');
      const created = await post(target, { ...fields, success_action_status: '201' }, 'x', '', 'status-201');
      assert.strictEqual(created.status, 201);
      assert.match(created.text, /<Key>forms\/status-201<\/Key>/);
      const redirected = await post(target, { ...fields, success_action_redirect: 'http://example.com/done?a=b' });
      assert.strictEqual(redirected.status, 303);
      assert.match(redirected.headers.location, /^http:\/\/example.com\/done\?a=b&bucket=examplebucket&key=forms/);
    });

    check(`${way}: a file of a megabyte, with lines that look like boundaries`, async () => {
      const content = Buffer.alloc(1000000, '\r\n------formdata-undici-0\r\n--\r\n');
      const fields = { key: 'forms/large', ...sign({}, [['content-length-range', 0, 1000000]]) };
      assert.strictEqual((await post(target, fields, content)).status, 204);
      assert.ok((await oss.get('forms/large')).content.equals(content));
    });

    check(`${way}: refused when the policy is not kept`, async () => {
      const fields = {
        key: 'forms/policy', ...sign({}, [['content-length-range', 2, 5], ['eq', '$key', 'forms/policy'],
          ['in', '$content-type', ['text/x-own']]]), 'content-type': 'text/x-own',
      };
      assert.strictEqual((await post(target, fields)).status, 204);
      for (const [answer, status, code] of [
        [await post(target, { ...fields, key: 'forms/other' }), 403, 'AccessDenied'],
        [await post(target, { ...fields, 'content-type': 'text/html' }), 403, 'AccessDenied'],
        [await post(target, fields, 'h'), 400, 'EntityTooSmall'],
        [await post(target, fields, 'hello!'), 400, 'EntityTooLarge'],
        [await post(target.replace(bucket, 'otherbucket'), fields), 403, 'AccessDenied'],
      ]) {
        assert.strictEqual(answer.code, code);
        assert.strictEqual(answer.status, status);
      }
    });

    check(`${way}: refused with a wrong secret or a changed policy`, async () => {
      const wrong = sign({ accessKeySecret: 'wrong' }, [['eq', '$key', 'forms/wrong']]);
      assert.strictEqual((await post(target, { key: 'forms/wrong', ...wrong })).code, 'SignatureDoesNotMatch');
      const fields = sign({}, [['eq', '$key', 'forms/wrong']]);
      fields.policy = fields.policy.replace(/^..../, 'eyAi');
      assert.strictEqual((await post(target, { key: 'forms/wrong', ...fields })).code, 'SignatureDoesNotMatch');
      const unknown = sign({ accessKeyId: 'nobody' }, [['eq', '$key', 'forms/wrong']]);
      assert.strictEqual((await post(target, { key: 'forms/wrong', ...unknown })).code, 'InvalidAccessKeyId');
    });
  }
}

check('V1: a policy given as text', async () => {
  const text = JSON.stringify({ expiration: soon(), conditions: [['eq', '$key', 'forms/文.txt']] }, null, 2);
  const fields = new OSS({ accessKeyId: env.OSS_ID, accessKeySecret: env.OSS_SECRET }).calculatePostSignature(text);
  assert.strictEqual((await post(styles[0][1], { key: 'forms/文.txt', ...fields })).status, 204);
});
