// The page when all goes well.
'use strict';

const { assert, check, open_page, picture, until } = require('./lib');

check('a picture goes up with progress, and the server learns of it', async (place, browser) => {
  const { page, complaints, choose, slow, state, item, shot } = await open_page(browser, place.url);
  await slow(900000);
  await page.evaluate(() => {
    window.seen = [];
    new MutationObserver((changes) => changes.forEach(({ target }) => {
      window.seen.push([target.value, target.getBoundingClientRect().width > 50]);
    })).observe(document.getElementById('list'), { attributes: true, attributeFilter: ['value'], subtree: true });
  });
  const cat = picture('cat.png', 640, 480, true);
  await choose(cat);
  await until(() => page.evaluate(() => window.seen.some(([value]) => value > 30)), 'a third of the way');
  await shot('sending');
  const text = await state('cat.png', 'known');
  assert.match(text, /PNG picture, 640 × 480 · 922\.\d kB/);
  const seen = (await page.evaluate(() => window.seen)).filter(([, is_wide]) => is_wide).map(([value]) => value);
  assert.ok(new Set(seen).size > 4, `progress: ${seen}`);
  assert.deepStrictEqual(seen, [...seen].sort((a, b) => a - b));
  assert.strictEqual(seen.at(-1), 100);
  assert.ok(await item('cat.png').locator('img').evaluate((image) => image.naturalWidth === 640));

  const [event, ...rest] = place.events();
  assert.deepStrictEqual(rest, []);
  assert.match(event.key, /^uploads\/[0-9a-f]{16}\/cat\.png$/);
  assert.match(event.etag, /^[0-9A-F]{32}$/);
  assert.deepStrictEqual([event.bucket, event.size, event.type, event.format, event.width, event.height],
    ['examplebucket', cat.buffer.length, 'image/png', 'png', 640, 480]);
  assert.ok(place.is_stored(cat.buffer));
  assert.strictEqual(place.door.calls.length, 1);
  await until(() => place.handled().includes(event.id), 'a consumer has handled it');
  assert.strictEqual(await page.getByRole('status').textContent(), `cat.png: Stored, and the server knows. ${
    text.split('\n').at(-1)}`);
  assert.deepStrictEqual(complaints, []);
});

check('several pictures at once, dropped on the page', async (place, browser) => {
  const { page, complaints, state, shot } = await open_page(browser, place.url);
  const before = place.events().length;
  const names = ['one.png', 'two.png', 'three.png', 'four.png', 'fünf 五.png'];
  const files = names.map((name) => ({ name, base64: picture(name).buffer.toString('base64') }));
  const transfer = await page.evaluateHandle((all) => {
    const data = new DataTransfer();
    all.forEach(({ name, base64 }) => data.items.add(new File([Uint8Array.from(atob(base64),
      (char) => char.charCodeAt(0))], name, { type: 'image/png' })));
    return data;
  }, files);
  await page.dispatchEvent('#drop', 'dragover', { dataTransfer: transfer });
  assert.ok(await page.locator('#drop.over').count());
  await page.dispatchEvent('h1', 'drop', { dataTransfer: transfer });
  assert.strictEqual(await page.locator('#drop.over').count(), 0);
  for (const name of names) {
    assert.match(await state(name, 'known'), /320 × 200/);
  }
  assert.deepStrictEqual(await page.locator('li .name').allTextContents(), names);
  await shot('several');
  assert.strictEqual(place.events().length, before + names.length);
  assert.deepStrictEqual(complaints, []);
});

check('what the server has learned is there after a reload and in another window, for this visitor alone',
  async (place, browser) => {
    const { page, context, complaints, choose, state } = await open_page(browser, place.url);
    await choose(picture('mine.png'));
    await state('mine.png', 'known');
    await page.reload();
    assert.match(await state('mine.png', 'known'), /320 × 200/);
    const second = await open_page(browser, place.url, { context });
    await second.state('mine.png', 'known');
    await choose(picture('later.png'));
    assert.match(await second.state('later.png', 'known'), /320 × 200/);
    assert.strictEqual(await page.locator('li').count(), 2);
    const stranger = await open_page(browser, place.url);
    await stranger.page.waitForTimeout(300);
    assert.strictEqual(await stranger.page.locator('li').count(), 0);
    await stranger.page.getByText('None yet.').waitFor();
    assert.deepStrictEqual([...complaints, ...second.complaints, ...stranger.complaints], []);
  });

check('the same callback again is answered, and stays one event; a changed one is refused', async (place, browser) => {
  const { choose, state } = await open_page(browser, place.url);
  await choose(picture('once.png'));
  await state('once.png', 'known');
  const call = place.door.calls.at(-1);
  const [event] = place.events().slice(-1);
  const before = place.events().length;
  for (let i = 0; i < 3; i += 1) {
    const again = await place.door.knock(call);
    assert.strictEqual(again.status, 200);
    assert.strictEqual(again.headers['content-length'], String(again.body.length));
    const { id, is_new } = JSON.parse(again.body);
    assert.deepStrictEqual([id, is_new], [event.id, false]);
  }
  const forged = await place.door.knock(call, Buffer.from(call.body.toString().replace('once', 'ones')));
  assert.strictEqual(forged.status, 400);
  assert.strictEqual(place.events().length, before);
  assert.strictEqual(place.events(event.key).length, 1);
});

check('it works by keyboard alone', async (place, browser) => {
  const { page, complaints, state, shot } = await open_page(browser, place.url);
  const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label')
    || document.activeElement.id);
  await page.keyboard.press('Tab');
  assert.strictEqual(await focused(), 'choose');
  await shot('keyboard');
  const width = await page.locator('.button').evaluate((button) => getComputedStyle(button).outlineWidth);
  assert.strictEqual(width, '3px');
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await place.door.shut();
  await (await chooser).setFiles([picture('keys.png')]);
  await state('keys.png', 'stored');
  await place.door.open(place.door.port);
  await page.keyboard.press('Tab');
  assert.strictEqual(await focused(), 'Check now: keys.png');
  await page.keyboard.press('Enter');
  await state('keys.png', 'known');
  // The button is gone: the keyboard goes on from the list.
  assert.strictEqual(await focused(), 'title');
  assert.deepStrictEqual(complaints, []);
});

check('it fits on a phone', async (place, browser) => {
  for (const width of [390, 320]) {
    const { page, complaints, choose, state, shot } = await open_page(browser, place.url, { isMobile: true,
      hasTouch: true, deviceScaleFactor: 2, viewport: { width, height: 740 }, colorScheme: 'dark' });
    const long = `${'a-very-long-name-without-end'.repeat(2)}.png`;
    await choose(picture('tall.png', 200, 320), picture(long), { name: 'notes.txt', mimeType: 'text/plain',
      buffer: Buffer.from('text') });
    await state('tall.png', 'known');
    await state(long, 'known');
    await state('notes.txt', 'refused');
    await place.door.shut();
    await choose(picture('untold.png'));
    await state('untold.png', 'stored');
    await place.door.open(place.door.port);
    await shot(`phone-${width}`);
    assert.strictEqual(await page.evaluate(() => document.documentElement.scrollWidth), width);
    for (const target of await page.locator('.button, button:visible').all()) {
      const box = await target.boundingBox();
      assert.ok(box.height >= 44, `a button of ${box.height} pixels`);
    }
    await page.getByRole('button', { name: 'Check now: untold.png' }).tap();
    await state('untold.png', 'known');
    assert.deepStrictEqual(complaints, []);
  }
});
