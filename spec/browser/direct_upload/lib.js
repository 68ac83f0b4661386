// What the checks share: the example itself, its callback service behind a door, a browser, pictures, Redis.
'use strict';

const assert = require('assert');
const { execFileSync, spawn } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const path = require('path');
const zlib = require('zlib');
const { chromium } = require('playwright-core');

const top = path.resolve(__dirname, '../../..');
const pictures = path.join(top, 'build/browser'); // screenshots, for people

// ---- the door: OSS calls here, and the call goes on to the node. It sees all, can be shut, and knocks again.

class Door {
  async open(port) {
    this.calls = [];
    this.server = http.createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        const call = { path: request.url, headers: request.headers, body: Buffer.concat(parts) };
        this.calls.push(call);
        this.knock(call).then(({ status, headers, body }) => {
          response.writeHead(status, headers);
          response.end(body);
        }, () => response.destroy());
      });
    });
    await new Promise((done) => this.server.listen(port || 0, '127.0.0.1', done));
    this.port = this.server.address().port;
  }

  // Nobody listens any more.
  async shut() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  // The same request as it was, or with another body.
  knock({ path: target, headers, body }, other) {
    const sent = other || body;
    return new Promise((resolve, reject) => {
      const request = http.request(this.node + target, { method: 'POST', agent: false,
        headers: { ...headers, 'content-length': sent.length } }, (answer) => {
        const parts = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers,
          body: Buffer.concat(parts).toString() }));
      });
      request.on('error', reject);
      request.end(sent);
    });
  }
}

// ---- the example, as its user starts it

async function start_example() {
  const door = new Door();
  await door.open();
  const child = spawn(path.join(top, 'examples/direct-upload/start'), { stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODES: '1', CONSUMERS: '1',
      CALLBACK_URLS: `http://127.0.0.1:${door.port}/oss-callback` } });
  const place = { door };
  let text = '';
  await new Promise((ready, fail) => {
    child.stdout.on('data', (part) => {
      text += part;
      if (text.includes('Ctrl-C')) {
        ready();
      }
    });
    child.on('exit', (status) => fail(new Error(`the example ended with ${status}`)));
  });
  for (const [, name, value] of text.matchAll(/^([\w-]+): *(.*)$/gm)) {
    place[name] = value;
  }
  place.url = place.nodes;
  door.node = place.url;
  place.stop = async () => {
    const ended = new Promise((done) => child.on('exit', done));
    child.kill('SIGTERM');
    await ended;
    await door.shut().catch(() => {});
  };
  place.redis_command = (...words) => JSON.parse(execFileSync('redis-cli',
    ['-p', place.redis.split(':')[1], '--json', ...words]).toString());
  // Events of the stream for consumers, by key.
  place.events = (key) => place.redis_command('XRANGE', '{uploads}:events', '-', '+')
    .map(([id, fields]) => ({ id, ...JSON.parse(fields[1]) })).filter((event) => !key || event.key === key);
  place.handled = () => place.redis_command('XRANGE', '{uploads}:handled', '-', '+').map(([, fields]) => fields[1]);
  // The local OSS keeps each object as a file.
  place.is_stored = (bytes) => fs.readdirSync(path.join(place.folder, 'oss/objects'), { recursive: true })
    .map((name) => path.join(place.folder, 'oss/objects', name))
    .some((name) => fs.statSync(name).isFile() && fs.readFileSync(name).equals(bytes));
  place.fault = async (fault) => {
    const answer = await fetch(place.faults, { method: 'POST', body: JSON.stringify(fault) });
    assert.strictEqual(answer.status, 200, await answer.text());
  };
  // What the nodes have logged, but for how they started.
  place.complaints = () => ['node-1', 'consumer-1'].map((name) => fs.readFileSync(path.join(place.folder, name,
    'logs/error.log'), 'utf8').replace(/^.*\[notice\].*\n/gm, '').slice(-3000)).join('');
  place.no_faults = () => fetch(place.faults, { method: 'DELETE' });
  // What a check before has left.
  place.reset = async () => {
    await place.no_faults();
    if (!door.server.listening) {
      await door.open(door.port);
    }
  };
  return place;
}

// ---- pictures

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
    }
  }
  return ~crc >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

// A real PNG, each one of its own: soft colours, or noise that stays as long as it is.
function png(width, height, noise) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  const [red, green, blue] = crypto.randomBytes(3);
  for (let y = 0, at = 0; y < height; y += 1) {
    at += 1;
    for (let x = 0; x < width; x += 1, at += 3) {
      rows[at] = 90 + (red % 80) + (70 * x) / width;
      rows[at + 1] = 90 + (green % 80) + (70 * y) / height;
      rows[at + 2] = 110 + (blue % 90);
    }
  }
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const pixels = noise ? zlib.deflateSync(crypto.randomBytes(rows.length).map((byte, i) =>
    (i % (width * 3 + 1) === 0 ? 0 : byte)), { level: 0 }) : zlib.deflateSync(rows);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0))]);
}

function picture(name, width = 320, height = 200, noise = false) {
  return { name, mimeType: 'image/png', buffer: png(width, height, noise) };
}

// ---- the browser

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

// A page of a new visitor. `complaints` are what a developer would see in red.
async function open_page(browser, url, options = {}) {
  const context = options.context || await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options });
  context.setDefaultTimeout(10000);
  const page = await context.newPage();
  const complaints = [];
  let session;
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  page.on('filechooser', () => {}); // no dialog of the desktop's
  await page.getByText(/, up to .* each/).waitFor();
  return { page, context, complaints,
    item: (name) => page.getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) }).first(),
    choose: (...files) => page.setInputFiles('#choose', files),
    // Waits until a file has a state, and tells what stands there.
    state: async (name, state) => {
      const item = page.locator(`li[data-state="${state}"]`).filter({ has: page.getByText(name, { exact: true }) });
      await item.first().waitFor().catch(async (error) => {
        throw new Error(`${name} is not ${state}: ${await page.innerText('#list')}\n${error.message}`);
      });
      return item.first().innerText();
    },
    // As slow as a phone on the road; 0 for as fast as it goes.
    slow: async (bytes_per_second) => {
      session = session || await context.newCDPSession(page);
      await session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1,
        uploadThroughput: bytes_per_second || -1 });
    },
    shot: (name) => page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true }),
  };
}

// ---- checks: a line of JSON for each

const checks = [];

function check(name, body) {
  checks.push({ name, body });
}

async function main() {
  fs.mkdirSync(pictures, { recursive: true });
  const place = await start_example();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: flags });
  try {
    for (const { name, body } of checks) {
      const line = { name };
      try {
        await place.reset();
        await body(place, browser);
        line.ok = true;
      } catch (error) {
        line.detail = `${error.stack || error}\n${place.complaints()}`;
      }
      for (const context of browser.contexts()) {
        await context.close();
      }
      console.log(JSON.stringify(line));
    }
    console.log(JSON.stringify({ done: checks.length }));
  } finally {
    await browser.close();
    await place.stop();
  }
}

// The script declares its checks at once; they are run when it has been read.
setImmediate(() => main().catch((error) => {
  console.log(String(error.stack || error));
  process.exit(1);
}));

async function until(test, what) {
  for (let i = 0; i < 200; i += 1) {
    if (await test()) {
      return;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail(`never came true: ${what}`);
}

module.exports = { assert, check, open_page, picture, until };
