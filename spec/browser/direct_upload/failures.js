// The page when something fails: it says clearly what happened, and what is left of it.
'use strict';

const { assert, check, open_page, picture } = require('./lib');

// The browser itself writes a line for every answer above 399 and every broken connection; nothing else is due.
function only_the_browsers(complaints) {
  assert.deepStrictEqual(complaints.filter((text) => !/^Failed to load resource: /.test(text)), []);
}

function all_requests(page) {
  const urls = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('blob:')) { // a preview
      urls.push(request.url());
    }
  });
  return urls;
}

// A page of somebody who has changed it: OSS has to say no.
async function open_changed(place, browser, changes) {
  const context = await browser.newContext();
  await context.route('**/limits', (route) => route.fulfill({ json: { bytes: changes.bytes || 5e6,
    types: ['image/png', 'text/html'] } }));
  if (changes.fields) {
    await context.route('**/permit', async (route) => {
      const permit = await (await route.fetch()).json();
      changes.fields(permit.fields);
      await route.fulfill({ json: permit });
    });
  }
  return open_page(browser, place.url, { context });
}

const huge = { ...picture('huge.png'), buffer: Buffer.concat([picture('x').buffer, Buffer.alloc(6e6)]) };

async function refused_by_oss(place, browser, changes, file, words) {
  const { complaints, choose, state } = await open_changed(place, browser, changes);
  const before = place.events().length;
  await choose(file);
  assert.match(await state(file.name, 'refused'), words);
  assert.ok(!place.is_stored(file.buffer));
  assert.strictEqual(place.events().length, before);
  only_the_browsers(complaints);
}

check('an oversized file is refused before it is sent', async (place, browser) => {
  const { page, complaints, choose, state } = await open_page(browser, place.url);
  const requests = all_requests(page);
  await choose(huge, { ...huge, name: 'just.png', buffer: huge.buffer.subarray(0, 5000001) });
  assert.match(await state('huge.png', 'refused'), /Not sent\s+It has 6 MB; at most 5 MB are taken\./);
  assert.match(await state('just.png', 'refused'), /It has 5000001 bytes; at most 5000000 are taken\./);
  assert.deepStrictEqual(requests, []);
  assert.match(await page.getByRole('status').textContent(), /^just.png: Not sent\. It has/);
  assert.deepStrictEqual(complaints, []);
});

check('a wrong type is refused before it is sent', async (place, browser) => {
  const { page, complaints, choose, state } = await open_page(browser, place.url);
  const requests = all_requests(page);
  await choose({ name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<p>') },
    { name: 'empty.png', mimeType: 'image/png', buffer: Buffer.alloc(0) });
  assert.match(await state('page.html', 'refused'), /Not sent\s+Only PNG, JPEG, GIF are taken; this is text\/html\./);
  assert.match(await state('empty.png', 'refused'), /It is empty\./);
  assert.deepStrictEqual(requests, []);
  assert.deepStrictEqual(complaints, []);
});

check('OSS refuses an oversized file when the page does not', (place, browser) => refused_by_oss(place, browser,
  { bytes: 1e9 }, huge, /Not stored\s+OSS refused it\. It has 6 MB; at most 5 MB are taken\./));

check('OSS refuses a wrong type when the page does not', (place, browser) => refused_by_oss(place, browser, {},
  { name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<script>alert(1)</script>') },
  /Not stored\s+OSS does not take files of the type text\/html here\./));

for (const [name, change] of [
  ['key', (fields) => { fields.find((field) => field.name === 'key').value = 'somebody/else.png'; }],
  ['x:visitor', (fields) => { fields.find((field) => field.name === 'x:visitor').value = 'f'.repeat(32); }],
  ['callback', (fields) => { fields.find((field) => field.name === 'callback').value += 'AAAA'; }],
]) {
  check(`OSS refuses a form whose ${name} was changed`, (place, browser) => refused_by_oss(place, browser,
    { fields: change }, picture('changed.png'),
    new RegExp(`Not stored\\s+OSS refused it: the field "${name}" is not what the server has permitted\\.`)));
}

check('what is no picture is stored, and called so', async (place, browser) => {
  const { complaints, choose, state, shot } = await open_page(browser, place.url);
  await choose({ name: 'fake.png', mimeType: 'image/png', buffer: Buffer.from('not a picture at all') });
  assert.match(await state('fake.png', 'known'), /OSS finds no picture in it · 20 bytes/);
  await shot('no-picture');
  assert.deepStrictEqual(complaints, []);
});

check('with a dead callback service it is stored but not announced, and asking OSS cures it',
  async (place, browser) => {
    const { page, complaints, choose, state, shot } = await open_page(browser, place.url);
    await place.door.shut();
    const before = place.events().length;
    const file = picture('dead.png');
    await choose(file);
    assert.match(await state('dead.png', 'stored'),
      /Stored, but the server was not told\s+.*Error status : 502\. Nothing has to be sent again\./);
    await shot('not-told');
    assert.ok(place.is_stored(file.buffer));
    assert.strictEqual(place.events().length, before);
    await page.getByRole('button', { name: 'Check now: dead.png' }).click();
    assert.match(await state('dead.png', 'known'), /PNG · [\d.]+ kB/);
    const events = place.events();
    assert.strictEqual(events.length, before + 1);
    assert.match(events.at(-1).key, /dead\.png$/);
    await place.door.open(place.door.port);
    assert.deepStrictEqual(complaints, []);
  });

check('while Redis hangs it is stored but not announced; the page learns of it later', async (place, browser) => {
  const { page, complaints, choose, state } = await open_page(browser, place.url);
  const redis = Number(place['redis-pid']);
  process.kill(redis, 'SIGSTOP');
  try {
    await choose(picture('hung.png'));
    assert.match(await state('hung.png', 'stored'), /Error status : 503\./);
    await page.getByRole('button', { name: 'Check now: hung.png' }).click();
    await page.locator('.detail').getByText('The server cannot remember this just now.').waitFor();
  } finally {
    process.kill(redis, 'SIGCONT');
  }
  // Both questions were waiting in Redis: they make one event.
  await state('hung.png', 'known');
  assert.strictEqual(place.events().filter(({ key }) => key.endsWith('/hung.png')).length, 1);
  only_the_browsers(complaints);
});

check('a connection that breaks on the way: not stored, and the next try works', async (place, browser) => {
  const { page, complaints, choose, slow, state, shot } = await open_page(browser, place.url);
  await place.fault({ fault: 'reset=body:65536', count: 0, operation: 'PostObject' });
  await slow(500000);
  const file = picture('broken.png', 640, 480, true);
  await choose(file);
  assert.match(await state('broken.png', 'failed'), /Not stored\s+The connection to OSS broke on the way\./);
  await shot('broken');
  assert.ok(!place.is_stored(file.buffer));
  await place.no_faults();
  await slow(0);
  await page.getByRole('button', { name: 'Try again: broken.png' }).click();
  assert.match(await state('broken.png', 'known'), /640 × 480/);
  only_the_browsers(complaints);
});

check('a connection that breaks before the answer: the page finds out what became of it', async (place, browser) => {
  const { complaints, choose, state } = await open_page(browser, place.url);
  await place.fault({ fault: 'reset=after', count: 0, operation: 'PostObject' });
  const before = place.events().length;
  await choose(picture('unanswered.png'));
  await state('unanswered.png', 'known');
  assert.strictEqual(place.events().length, before + 1);
  only_the_browsers(complaints);
});

check('a form that the browser sends twice by itself is stored once, and told once', async (place, browser) => {
  const { page, complaints, choose, state } = await open_page(browser, place.url);
  const statuses = [];
  page.on('response', (response) => statuses.push(response.status()));
  await choose(picture('first.png'));
  await state('first.png', 'known');
  // Chromium repeats a request when a connection that it has used before breaks before the answer; whether the
  // form goes over such a one is its own choice.
  for (let i = 1; i <= 10 && !statuses.includes(409); i += 1) {
    const before = place.events().length;
    await place.fault({ fault: 'reset=after', count: 1, operation: 'PostObject' });
    await choose(picture(`twice-${i}.png`));
    await state(`twice-${i}.png`, 'known');
    assert.strictEqual(place.events().length, before + 1);
  }
  assert.ok(statuses.includes(409), `${statuses}`);
  only_the_browsers(complaints);
});

check('without network, and then with it again', async (place, browser) => {
  const { page, context, complaints, choose, state } = await open_page(browser, place.url);
  await context.setOffline(true);
  await choose(picture('offline.png'));
  assert.match(await state('offline.png', 'failed'), /Not sent\s+The server cannot be reached\./);
  await page.getByRole('alert').getByText('There is no network just now.').waitFor();
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Try again: offline.png' }).click();
  await state('offline.png', 'known');
  await page.getByRole('alert').waitFor({ state: 'hidden' });
  only_the_browsers(complaints);
});

check('a cancelled upload is told, and can be started again', async (place, browser) => {
  const { page, complaints, choose, slow, state } = await open_page(browser, place.url);
  await slow(200000);
  const file = picture('cancelled.png', 640, 480, true);
  await choose(file);
  await page.getByRole('button', { name: 'Cancel: cancelled.png' }).click();
  await state('cancelled.png', 'cancelled');
  await slow(0);
  await page.getByRole('button', { name: 'Try again: cancelled.png' }).click();
  await state('cancelled.png', 'known');
  assert.strictEqual(place.events().filter(({ key }) => key.endsWith('/cancelled.png')).length, 1);
  only_the_browsers(complaints);
});

check('what is cancelled before it has a permit stays cancelled', async (place, browser) => {
  const { page, context, complaints, choose, state } = await open_page(browser, place.url);
  let let_go;
  const held = new Promise((go) => { let_go = go; });
  await context.route('**/permit', async (route) => {
    await held;
    await route.continue();
  }, { times: 1 });
  await choose(picture('early.png'));
  await page.getByRole('button', { name: 'Cancel: early.png' }).click();
  await page.getByRole('button', { name: 'Try again: early.png' }).click();
  await state('early.png', 'known');
  const answered = page.waitForResponse('**/permit');
  let_go();
  await answered;
  await page.waitForTimeout(300);
  await state('early.png', 'known');
  assert.strictEqual(place.events().filter(({ key }) => key.endsWith('/early.png')).length, 1);
  assert.deepStrictEqual(complaints, []);
});

check('strangers get nothing: no permit for other sites, no settling without a token', async (place) => {
  const cookie = `visitor=${'0'.repeat(32)}`;
  const ask = async (path, headers, body) => (await fetch(place.url + path, { method: 'POST', headers, body })).status;
  const question = JSON.stringify({ name: 'a.png' });
  assert.strictEqual(await ask('/permit', { 'Content-Type': 'application/json', cookie }, question), 200);
  assert.strictEqual(await ask('/permit', { 'Content-Type': 'text/plain', cookie }, question), 400);
  assert.strictEqual(await ask('/permit', { 'Content-Type': 'application/json' }, question), 400);
  const key = place.events()[0].key;
  assert.strictEqual(await ask('/settle', { 'Content-Type': 'application/json', cookie },
    JSON.stringify({ key, token: `1.99999999999.key.${'0'.repeat(64)}` })), 403);
  assert.strictEqual(await ask('/settle', { 'Content-Type': 'application/json', cookie }, '{"key":[]}'), 403);
  assert.strictEqual(await ask('/oss-callback', { 'Content-Type': 'application/json' }, '{}'), 400);
  assert.strictEqual((await fetch(`${place.url}/events`)).status, 403);
});
