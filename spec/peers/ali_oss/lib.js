// What the scripts share: clients of the local OSS, checks, and what the callback service received.
'use strict';

const assert = require('assert');
const fs = require('fs');
const http = require('http');
const net = require('net');
const OSS = require('ali-oss');

const env = process.env;
const bucket = 'examplebucket';

// Whatever the host is called, it is the local OSS that is reached.
class LocalAgent extends http.Agent {
  createConnection(options, done) {
    return net.createConnection({ host: '127.0.0.1', port: Number(env.OSS_PORT) }, done);
  }
}

const agent = new LocalAgent({ keepAlive: true });

function client(options) {
  return new OSS({
    accessKeyId: env.OSS_ID, accessKeySecret: env.OSS_SECRET, bucket, agent, timeout: 20000,
    refreshSTSTokenInterval: 3600000, ...options,
  });
}

const sts = {
  accessKeyId: env.STS_ID, accessKeySecret: env.STS_SECRET, stsToken: env.STS_TOKEN,
  refreshSTSToken: async () => ({ accessKeyId: env.STS_ID, accessKeySecret: env.STS_SECRET, stsToken: env.STS_TOKEN }),
};

const pathStyle = { endpoint: `http://localhost:${env.OSS_PORT}`, sldEnable: true };
const versions = [['V1', {}], ['V4', { authorizationV4: true }]];
const styles = [['real host', {}], ['path style', pathStyle]];

// Both signatures, under the real host name and in path style.
function ways(run) {
  for (const [version, signing] of versions) {
    for (const [style, addressing] of styles) {
      run(`${version}, ${style}`, (options) => client({ ...signing, ...addressing, ...options }), version, style);
    }
  }
}

// ---- checks

const checks = [];

function check(name, body) {
  checks.push({ name, body });
}

async function main() {
  for (const { name, body } of checks) {
    const line = { name };
    try {
      await body();
      line.ok = true;
    } catch (error) {
      line.detail = String(error.stack || error);
    }
    console.log(JSON.stringify(line));
  }
  console.log(JSON.stringify({ done: checks.length }));
  agent.destroy();
}

// The scripts declare their checks at once; they are run when the script has been read.
setImmediate(main);

async function refused(promise, code, status) {
  const error = await promise.then(() => assert.fail(`not refused: ${code}`), (e) => e);
  assert.strictEqual(error.code, code, error.stack);
  assert.strictEqual(error.status, status);
  assert.match(error.requestId, /^[0-9A-F]{24}$/);
  return error;
}

// ---- HTTP without the SDK, for what it only prepares

function send(method, url, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, agent, headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const [, code] = text.match(/<Code>(\w+)</) || [];
        resolve({ status: answer.statusCode, headers: answer.headers, text, code });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

// ---- the callback service

// What it received while something was done: a list of { target, body, verified }.
async function received(action) {
  const before = fs.statSync(env.SERVICE_LOG).size;
  const result = await action();
  const lines = fs.readFileSync(env.SERVICE_LOG).subarray(before).toString().split('\n');
  const list = [];
  for (let i = 0; i + 2 < lines.length; i += 3) {
    list.push({
      target: lines[i].replace('  service received: POST ', ''),
      body: lines[i + 1].replace('  service received: ', ''),
      verified: lines[i + 2] === '  verified: yes',
    });
  }
  return { result, list };
}

// The one callback there must have been, with a signature that holds.
async function one(action) {
  const { result, list } = await received(action);
  assert.strictEqual(list.length, 1);
  assert.ok(list[0].verified);
  return { result, ...list[0] };
}

module.exports = {
  bucket, check, client, env, one, pathStyle, received, refused, send, sts, versions, ways,
};
