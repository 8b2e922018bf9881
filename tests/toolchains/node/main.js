const { execFileSync } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { Worker } = require('worker_threads');

const word = fs.readFileSync('/dev/stdin', 'utf8').trim();
const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'number')), 'number');
fs.writeFileSync(file, '21');
const number = Number(execFileSync('cat', [file]));
const year = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'Europe/Prague' }).format();
if (word.length !== 9 || Number(year) < 2020 || crypto.randomInt(6) > 5 || !os.cpus() || !os.networkInterfaces())
  throw new Error('surroundings');
const worker = new Worker('require("worker_threads").parentPort.postMessage(2 * require("worker_threads").workerData)', { eval: true, workerData: number });
worker.on('message', (answer) => fs.writeFileSync('/dev/stdout', `${word} ${answer}\n`));
