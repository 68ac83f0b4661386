// Uploads in parts.
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { check, client, env, one, received, refused, versions, ways } = require('./lib');

const file = path.join(env.FOLDER, 'multipart.bin');
const content = Buffer.alloc(250 * 1024);
for (let i = 0; i < content.length; i += 4) content.writeUInt32LE(i, i);
fs.writeFileSync(file, content);
const partSize = 100 * 1024;

async function whole(oss, name) {
  assert.ok((await oss.get(name)).content.equals(content));
}

ways((way, connect) => {
  const oss = connect();

  check(`${way}: with a callback`, async () => {
    const name = 'multipart/ä b+c.bin';
    const { result, body } = await one(() => oss.multipartUpload(name, file, {
      partSize, parallel: 3, meta: { author: 'alice' }, mime: 'application/x-own',
      callback: {
        url: env.SERVICE_URL, contentType: 'application/json', customValue: { id: 7 },
        body: '{"object":${object},"size":${size},"etag":${etag},"type":${mimeType},"op":${operation},"id":${x:id}}',
      },
    }));
    assert.deepStrictEqual(result.data, { Status: 'OK' });
    assert.match(result.etag, /^"[0-9A-F]{32}-3"$/);
    assert.deepStrictEqual(JSON.parse(body), {
      object: name, size: content.length, etag: result.etag.replace(/"/g, ''), type: 'application/x-own',
      op: 'CompleteMultipartUpload', id: '7',
    });
    const { meta, res } = await oss.head(name);
    assert.strictEqual(meta.author, 'alice');
    assert.strictEqual(res.headers['x-oss-object-type'], 'Multipart');
    await whole(oss, name);
  });

  check(`${way}: without a callback, from a buffer`, async () => {
    const result = await oss.multipartUpload('multipart/buffer', content, { partSize });
    assert.strictEqual(result.res.status, 200);
    await whole(oss, 'multipart/buffer');
  });

  check(`${way}: a service that refuses leaves the object whole and the upload over`, async () => {
    let uploadId;
    const { list } = await received(() => refused(oss.multipartUpload('multipart/refused', file, {
      partSize, callback: { url: `${env.SERVICE_URL}/refuse`, body: 'a=1' },
      progress: (done, checkpoint) => { uploadId = checkpoint ? checkpoint.uploadId : uploadId; },
    }), 'CallbackFailed', 203));
    assert.strictEqual(list.length, 1);
    await whole(oss, 'multipart/refused');
    await refused(oss.listParts('multipart/refused', uploadId), 'NoSuchUpload', 404);
  });

  check(`${way}: a small file is put`, async () => {
    const { result } = await one(() => oss.multipartUpload('multipart/small', Buffer.from('small'), {
      callback: { url: env.SERVICE_URL, body: 'a=1' },
    }));
    assert.deepStrictEqual(result.data, { Status: 'OK' });
  });

  check(`${way}: part by part, listed, resumed`, async () => {
    const name = 'multipart/resumed & more';
    const { uploadId } = await oss.initMultipartUpload(name);
    const doneParts = [];
    for (const number of [2, 1]) {
      const part = await oss.uploadPart(name, uploadId, number, file, (number - 1) * partSize, number * partSize);
      doneParts.push({ number, etag: part.etag });
    }
    const listed = await oss.listParts(name, uploadId, { 'max-parts': 1, 'part-number-marker': 1 });
    assert.strictEqual(listed.name, name);
    assert.strictEqual(listed.parts.PartNumber, '2');
    assert.strictEqual(listed.parts.Size, String(partSize));
    assert.strictEqual(listed.isTruncated, 'false');
    assert.strictEqual(listed.nextPartNumberMarker, '2');
    const encoded = await oss.listParts(name, uploadId, { 'encoding-type': 'url' });
    assert.strictEqual(decodeURIComponent(encoded.name), name);
    const checkpoint = { file, name, fileSize: content.length, partSize, uploadId, doneParts };
    await oss.multipartUpload(name, file, { checkpoint });
    await whole(oss, name);
  });

  check(`${way}: aborted`, async () => {
    const { uploadId } = await oss.initMultipartUpload('multipart/aborted');
    await oss.uploadPart('multipart/aborted', uploadId, 1, file, 0, partSize);
    assert.strictEqual((await oss.abortMultipartUpload('multipart/aborted', uploadId)).res.status, 204);
    await refused(oss.listParts('multipart/aborted', uploadId), 'NoSuchUpload', 404);
    const parts = [{ number: 1, etag: '"A"' }];
    await refused(oss.completeMultipartUpload('multipart/aborted', uploadId, parts), 'NoSuchUpload', 404);
  });
});

for (const [version, options] of versions) {
  check(`${version}: wrong parts are refused`, async () => {
    const oss = client(options);
    const { uploadId } = await oss.initMultipartUpload('multipart/wrong');
    const { etag } = await oss.uploadPart('multipart/wrong', uploadId, 1, file, 0, 1000);
    const second = await oss.uploadPart('multipart/wrong', uploadId, 2, file, 0, 1000);
    const complete = (parts) => oss.completeMultipartUpload('multipart/wrong', uploadId, parts);
    await refused(complete([{ number: 1, etag: '"0123456789ABCDEF0123456789ABCDEF"' }]), 'InvalidPart', 400);
    await refused(complete([{ number: 3, etag }]), 'InvalidPart', 400);
    await refused(complete([{ number: 1, etag }, { number: 2, etag: second.etag }]), 'EntityTooSmall', 400);
    await complete([{ number: 2, etag: second.etag }]);
    assert.strictEqual((await oss.get('multipart/wrong')).content.length, 1000);
  });
}
