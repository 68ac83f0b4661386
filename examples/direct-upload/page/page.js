// Uploads files straight to OSS, and shows what the server learned of them.
//
// An upload has three outcomes: stored, and the server knows; stored, but the server was not told; not stored.
// When the connection breaks behind the last byte nobody knows which, until OSS is asked.

const $ = (id) => document.getElementById(id);
const at_once = 3;
const silence_ms = 60000;

let limits = { bytes: Infinity, types: null };
const items = new Map(); // by key, once there is one
const waiting = [];
let running = 0;

// ---- words

const units = [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]];

function size_text(bytes) {
  const [unit, one] = units.find(([, limit]) => bytes >= limit) || ['bytes', 1];
  return `${Number((bytes / one).toFixed(1))} ${unit}`;
}

function too_large(bytes, most) {
  const [has, limit] = [size_text(bytes), size_text(most)];
  return has === limit ? `It has ${bytes} bytes; at most ${most} are taken.` : `It has ${has}; at most ${limit} are taken.`;
}

function type_text(type) {
  return (type || 'unknown').replace(/^image\//, '').toUpperCase();
}

function say(text) {
  $('news').textContent = text;
}

// OSS looks into what claims to be a picture.
function is_no_picture(event) {
  return event.format === '';
}

// What the server learned, for people.
function facts(event) {
  const parts = [];
  if (event.width) {
    parts.push(`${type_text(event.format)} picture, ${event.width} × ${event.height}`);
  } else {
    parts.push(is_no_picture(event) ? 'OSS finds no picture in it' : type_text(event.type));
  }
  parts.push(size_text(event.size), new Date(event.at * 1000).toLocaleTimeString());
  return parts.join(' · ');
}

// ---- one file

class Item {
  constructor(name, file) {
    this.name = name;
    this.file = file;
    this.element = $('item').content.firstElementChild.cloneNode(true);
    this.find('.name').textContent = name;
    this.find('progress').setAttribute('aria-label', `Upload of ${name}`);
    for (const [action, run] of [['again', () => this.again()], ['ask', () => this.settle()],
      ['cancel', () => this.cancel()]]) {
      const button = this.find(`.${action}`);
      button.setAttribute('aria-label', `${button.textContent}: ${name}`);
      button.addEventListener('click', run);
    }
    this.find('.picture').textContent = name.match(/\.(\w{1,4})$/)?.[1] || '';
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  // A state is shown, and told when it matters. Buttons are those that make sense in it.
  show(state, text, { detail = '', buttons = [], tell = true } = {}) {
    const focused = document.activeElement;
    this.state = state;
    this.element.dataset.state = state;
    this.find('.state').textContent = text;
    this.find('.detail').textContent = detail;
    this.find('progress').hidden = !['sending', 'telling'].includes(state);
    for (const action of ['again', 'ask', 'cancel']) {
      this.find(`.${action}`).hidden = !buttons.includes(action);
    }
    // A button that goes away must not take the keyboard's place in the page with it.
    if (focused.hidden && this.element.contains(focused)) {
      (this.find('button:not([hidden])') || $('title')).focus();
    }
    if (tell) {
      say(`${this.name}: ${text}. ${detail}`);
    }
  }

  preview() {
    const image = new Image();
    image.alt = '';
    image.src = URL.createObjectURL(this.file);
    image.onload = () => {
      URL.revokeObjectURL(image.src);
      this.find('.picture').replaceChildren(image);
    };
    image.onerror = () => URL.revokeObjectURL(image.src);
  }

  queue() {
    const wrong = this.wrong();
    if (wrong) {
      this.show('refused', 'Not sent', { detail: wrong });
      return;
    }
    this.show('waiting', 'Waiting', { buttons: ['cancel'], tell: false });
    waiting.push(this);
    next();
  }

  // What OSS would refuse anyhow is told before a byte is sent.
  wrong() {
    if (limits.types && !limits.types.includes(this.file.type)) {
      return `Only ${limits.types.map(type_text).join(', ')} are taken; this is ${this.file.type || 'of no known type'}.`;
    } else if (this.file.size > limits.bytes) {
      return too_large(this.file.size, limits.bytes);
    } else if (this.file.size === 0) {
      return 'It is empty.';
    }
    return null;
  }

  again() {
    this.queue();
  }

  cancel() {
    const place = waiting.indexOf(this);
    if (place >= 0) {
      waiting.splice(place, 1);
    }
    this.turn = null;
    this.stop?.();
    this.show('cancelled', 'Cancelled', { buttons: ['again'] });
  }

  // A turn that is not the present one any more was cancelled.
  async upload() {
    const turn = {};
    this.turn = turn;
    this.show('asking', 'Asking for a permit', { buttons: ['cancel'], tell: false });
    let permit;
    try {
      permit = await ask('/permit', { name: this.name });
    } catch (problem) {
      if (this.turn === turn) {
        this.show('failed', 'Not sent', { detail: problem.message, buttons: ['again'] });
      }
      return;
    }
    if (this.turn !== turn) {
      return;
    }
    this.permit = permit;
    items.set(permit.key, this);
    const answer = await this.send(permit);
    if (this.turn === turn && this.state !== 'known') {
      this.finish(answer);
    }
  }

  // Resolves with OSS's answer, or with { broken, sent }.
  send(permit) {
    return new Promise((resolve) => {
      const form = new FormData();
      permit.fields.forEach(({ name, value }) => form.append(name, value));
      form.append('x-oss-content-type', this.file.type);
      form.append('file', this.file); // always the last
      const request = new XMLHttpRequest();
      let sent = false;
      let timer;
      const broken = () => resolve({ broken: true, sent });
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => request.abort(), silence_ms);
      };
      request.upload.onprogress = ({ loaded, total }) => {
        watch();
        this.progress(loaded, total);
      };
      request.upload.onload = () => {
        sent = true;
        watch();
        this.progress(1, 1);
        this.show('telling', 'Sent; OSS is telling the server', { tell: false });
      };
      request.onload = () => resolve(request);
      request.onerror = broken;
      request.onabort = broken;
      request.onloadend = () => clearTimeout(timer);
      request.open('POST', permit.url);
      this.stop = () => request.abort();
      this.progress(0, 1);
      this.show('sending', 'Sending', { buttons: ['cancel'], tell: false });
      watch();
      request.send(form);
    });
  }

  progress(loaded, total) {
    const percent = Math.floor(100 * loaded / total);
    this.find('progress').value = percent;
    if (this.state === 'sending') {
      this.find('.state').textContent = `Sending, ${percent} %`;
    }
  }

  finish(answer) {
    if (answer.broken) {
      this.broken(answer.sent);
    } else if (answer.status === 200) {
      this.known(read_json(answer.responseText));
    } else if (answer.status === 203) {
      this.show('stored', 'Stored, but the server was not told', { buttons: ['ask'],
        detail: `OSS says: ${read_error(answer).message} Nothing has to be sent again.` });
    } else if (read_error(answer).code === 'FileAlreadyExists') {
      // A permit is good for one object: the browser has sent it twice, and the first answer was lost.
      this.broken(true);
    } else {
      const detail = explain(read_error(answer), this.file, answer.status);
      this.show('refused', 'Not stored', { detail, buttons: ['again'] });
    }
  }

  broken(sent) {
    if (sent) {
      this.show('unknown', 'The connection broke before OSS answered', {
        detail: 'It may be stored, or not.', buttons: ['ask', 'again'] });
      this.settle();
    } else {
      this.show('failed', 'Not stored', { detail: 'The connection to OSS broke on the way.', buttons: ['again'] });
    }
  }

  // Has the server ask OSS.
  async settle() {
    const { key, token } = this.permit;
    try {
      const event = await ask('/settle', { key, token });
      this.known(event);
    } catch (problem) {
      if (this.state === 'known') {
        return;
      } else if (problem.status === 404) {
        this.show('failed', 'Not stored', { detail: 'OSS has received nothing whole.', buttons: ['again'] });
      } else {
        const text = this.state === 'stored' ? 'Stored, but the server was not told' : 'Perhaps stored';
        this.show(this.state, text, { detail: `${problem.message} Please try once more.`, buttons: ['ask'] });
      }
    }
  }

  known(event) {
    if (this.state !== 'known') {
      this.element.classList.toggle('doubt', is_no_picture(event));
      this.show('known', 'Stored, and the server knows', { detail: facts(event), tell: this.file !== undefined });
    }
  }
}

// ---- many files

function next() {
  while (running < at_once && waiting.length > 0) {
    running += 1;
    waiting.shift().upload().finally(() => {
      running -= 1;
      next();
    });
  }
}

function add(files) {
  const added = [...files].map((file) => new Item(file.name, file));
  put_first(...added);
  for (const item of added) {
    if (item.file.type.startsWith('image/')) {
      item.preview();
    }
    item.queue();
  }
}

function put_first(...added) {
  $('none').hidden = true;
  $('list').prepend(...added.map((item) => item.element));
}

// ---- talking

function read_json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

async function ask(path, question) {
  let response;
  try {
    response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(question) });
  } catch {
    throw new Error('The server cannot be reached.');
  }
  const answer = read_json(await response.text());
  if (!response.ok) {
    throw Object.assign(new Error(answer.message || `The server answered with ${response.status}.`),
      { status: response.status });
  }
  return answer;
}

function read_error(answer) {
  const xml = new DOMParser().parseFromString(answer.responseText, 'application/xml');
  const text = (name) => xml.querySelector(name)?.textContent || '';
  return { code: text('Code') || `HTTP ${answer.status}`, message: text('Message'), most: text('MaxSizeAllowed') };
}

const reasons = {
  EntityTooLarge: (error, file) => `OSS refused it. ${too_large(file.size, Number(error.most))}`,
  EntityTooSmall: () => 'It is too small.',
};

// The policy names the field that does not fit.
function explain(error, file, status) {
  const field = error.message.match(/Policy Condition failed: \["[\w-]+", "\$([\w:-]+)"/)?.[1];
  if (field === 'x-oss-content-type') {
    return `OSS does not take files of the type ${file.type || 'unknown'} here.`;
  } else if (field) {
    return `OSS refused it: the field "${field}" is not what the server has permitted.`;
  } else if (error.message.includes('Policy expired')) {
    return 'The permit has expired.';
  } else if (reasons[error.code]) {
    return reasons[error.code](error, file);
  } else if (status >= 500) {
    return `OSS is in trouble (${error.code}).`;
  }
  return `OSS refused it: ${error.message || error.code}`;
}

// ---- what the server learns, as it learns it

let source;
let last = '';
let late = null;

function listen() {
  source = new EventSource(`/events?after=${last}`);
  source.addEventListener('ready', () => {
    clearTimeout(late);
    late = null;
    trouble('');
  });
  source.addEventListener('trouble', () => trouble('The server cannot read its events just now.'));
  source.onerror = () => { // it tries again by itself; only what lasts is worth a word
    late ||= setTimeout(() => trouble('The server cannot be reached just now.'), 4000);
  };
  source.onmessage = ({ data, lastEventId }) => {
    last = lastEventId;
    const event = read_json(data);
    let item = items.get(event.key);
    if (!item) { // from before, or from another window
      item = new Item(event.key.split('/').pop());
      items.set(event.key, item);
      put_first(item);
    }
    item.known(event);
  };
}

function trouble(text) {
  if ($('trouble').textContent !== text) {
    $('trouble').textContent = text;
    $('trouble').hidden = text === '';
  }
}

// A page that nobody sees needs no connection, and a connection from before a pause may be dead.
function listen_again() {
  source?.close();
  clearTimeout(late);
  late = null;
  if (!document.hidden) {
    listen();
  }
}

document.addEventListener('visibilitychange', listen_again);
window.addEventListener('online', listen_again);
window.addEventListener('offline', () => trouble('There is no network just now.'));

// ---- the page

$('choose').addEventListener('change', () => {
  add($('choose').files);
  $('choose').value = '';
});

// Files that miss the place must not replace the page.
for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes('Files')) {
      return;
    }
    event.preventDefault();
    $('drop').classList.toggle('over', kind === 'dragover' || kind === 'dragenter');
    if (kind === 'drop') {
      add(event.dataTransfer.files);
    }
  });
}

window.addEventListener('beforeunload', (event) => {
  if (running > 0) {
    event.preventDefault();
  }
});

async function start() {
  try {
    limits = await (await fetch('/limits')).json();
    $('choose').accept = limits.types.join(',');
    $('limits').textContent = `${limits.types.map(type_text).join(', ')}, up to ${size_text(limits.bytes)} each`;
  } catch {
    trouble('The server cannot be reached just now.');
  }
  listen_again();
}

start();
