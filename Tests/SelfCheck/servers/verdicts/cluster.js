'use strict';
// A cluster of two workers: the primary listens and hands connections over. A worker keeps a descriptor of each connection
// where told to, and is replaced after so many of them, unless that is 0: cluster.js PORT DESCRIPTORS MOST
const cluster = require('cluster');
const fs = require('fs');
const wire = require('./wire');

const [port, descriptors, most] = process.argv.slice(2).map(Number);
const kept = [];
let served = 0;

function opening() {
  if (descriptors) kept.push(fs.openSync('/dev/null'));
  served += 1;
  if (most && served === most) {
    cluster.worker.disconnect();
    setTimeout(() => process.exit(0), 50);
  }
}

if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork();
  cluster.on('exit', () => cluster.fork());
  process.on('SIGTERM', () => process.exit(0));
} else {
  wire.serve(port, { opening });
}
