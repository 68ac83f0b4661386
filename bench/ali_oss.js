// npm's ali-oss, measured as bench/client.lua measures this library.
//
//   node bench/ali_oss.js CASE URL COUNT BYTES|PATH [IN_FLIGHT]      with ali-oss in NODE_PATH
'use strict';

const http = require('http');
const net = require('net');
const OSS = require('ali-oss');

const [, , name, url, countText, what, inFlightText] = process.argv;
const count = Number(countText), inFlight = Math.max(1, Number(inFlightText || 1));
const { hostname, port } = new URL(url);

// Its host names are made from the endpoint, so every connection is led to the server.
class Agent extends http.Agent {
  createConnection(options, done) {
    return net.createConnection({ host: hostname, port: Number(port) }, done);
  }
}

const client = new OSS({
  accessKeyId: 'LTAI5tExampleExampleExam', accessKeySecret: 'ExampleSecretExampleSecretExam', authorizationV4: true,
  bucket: 'examplebucket', region: 'oss-cn-hangzhou', endpoint: `http://localhost:${port}`, sldEnable: true,
  agent: new Agent({ keepAlive: true, maxSockets: inFlight }), timeout: 600000,
});

const callback = {
  url: 'https://example.com:23450/uploads/oss-callback', host: 'example.com', contentType: 'application/json',
  body: '{"album":${x:album},"bucket":${bucket},"etag":${etag},"mimeType":${mimeType},"object":${object},'
    + '"size":${size},"uid":${x:uid}}',
  customValue: { uid: '4711', album: 'holidays in the mountains' }, callbackSNI: true,
};

async function measure(run, operations) {
  const start = process.hrtime.bigint(), before = process.cpuUsage();
  await run(operations);
  const cpu = process.cpuUsage(before), wall = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(`operations=${operations} cpu=${(cpu.user + cpu.system) / 1e6} wall=${wall} `
    + `kib=${process.resourceUsage().maxRSS}`);
}

const cases = {
  async many() {
    const body = Buffer.alloc(Number(what));
    async function run(n) {
      let left = n;
      async function worker() {
        while (left-- > 0) {
          await client.put('exampledir/exampleobject.txt', body, { callback });
        }
      }
      await Promise.all(Array.from({ length: inFlight }, worker));
    }
    await run(200);
    await measure(run, count);
  },
  async file() {
    await measure(async () => {
      for (let i = 0; i < count; i++) {
        await client.put('big.bin', what);
      }
    }, 1);
  },
  async upload() {
    await measure(async () => {
      for (let i = 0; i < count; i++) {
        await client.multipartUpload('big.bin', what, { partSize: 8 * 1024 * 1024, parallel: 3 });
      }
    }, 1);
  },
};
cases.put = cases.many;

cases[name]().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
