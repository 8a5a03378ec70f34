'use strict';
// An echo server that keeps a session of 4 KiB of each connection after its end: timers.js PORT SECONDS [beat]
// A timeout of its own drops it after SECONDS; with `beat` that is set anew for ever, and nothing is dropped.
const wire = require('./wire');

const [port, seconds] = process.argv.slice(2).map(Number);
const beats = process.argv[4] === 'beat';
const sessions = new Set();

function closed() {
  const session = { bytes: Buffer.alloc(4096, 1) };
  const due = () => {
    if (beats) setTimeout(due, seconds * 1000);
    else sessions.delete(session);
  };
  sessions.add(session);
  setTimeout(due, seconds * 1000);
}

wire.serve(port, { closed });
