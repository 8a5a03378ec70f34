// Leaks that an echo server commits on purpose, in the words of plant.py; there is no thread, which would be a runtime.
//
// BYTES is what V8's heap takes for the object: 16 is a boxed number, more is a string that is shorter by its header.
'use strict';
const fs = require('fs');
const crypto = require('crypto');

const LIFECYCLES = ['clean-close', 'bare-tcp', 'fin', 'reset', 'vanish-handshake', 'protocol-error', 'any'];
const PATTERN = /^(?:(memory)=(\d+)|(descriptor|timer|task)|(session)(?:=(\d+))?)@([a-z-]+)(?::(\d+))?(?:~([\d.]+))?$/;
const ROOM = 2000000;
const DAY = 86400000;
const STRING_HEADER = 16;

class Leak {
  constructor(text) {
    const match = PATTERN.exec(text);
    if (!match || !LIFECYCLES.includes(match[6])) {
      throw new Error(`--plant is KIND@LIFECYCLE[:EVERY][~SECONDS], not "${text}"`);
    }
    this.kind = match[1] || match[3] || match[4];
    this.bytes = Number(match[2] || 0);
    this.maximum = match[5] ? Number(match[5]) : Infinity;
    this.lifecycle = match[6];
    this.every = Number(match[7] || 1);
    this.milliseconds = match[8] ? Number(match[8]) * 1000 : undefined;
    if (this.milliseconds !== undefined && !['memory', 'descriptor'].includes(this.kind)) {
      throw new Error(`--plant ${text}: only memory and descriptors are given back after a while`);
    }
    this.count = 0;
    this.number = 0;
    this.kept = new Array(ROOM).fill(null);
    this.sessions = new Map();
    this.due = [];
  }

  commit() {
    this.count += 1;
    if (this.count % this.every === 0) this[this.kind]();
  }

  memory() {
    const length = this.bytes - STRING_HEADER;
    this.keep(length > 0 ? Buffer.alloc(length, 'x').toString('latin1') : this.count + 0.5);
  }

  descriptor() { this.keep(fs.openSync('/dev/null', 'r')); }

  timer() { this.keep(setInterval(() => {}, DAY)); }

  task() { this.keep(new Promise(() => {})); }

  session() {
    this.number += 1;
    this.sessions.set(this.number, { token: crypto.randomBytes(16).toString('hex'), seen: Date.now() + 0.5 });
    this.sessions.delete(this.number - this.maximum);
  }

  keep(thing) {
    if (this.milliseconds !== undefined) {
      this.due.push([Date.now() + this.milliseconds, thing]);
      if (this.due.length === 1) setTimeout(() => this.sweep(), this.milliseconds);
    } else if (this.number < ROOM) {
      this.kept[this.number++] = thing;
    } else {
      this.kept.push(thing);
    }
  }

  // Gives back what has been kept long enough, and comes again while there is more.
  sweep() {
    const now = Date.now();
    let count = 0;
    while (count < this.due.length && this.due[count][0] <= now) {
      if (this.kind === 'descriptor') fs.closeSync(this.due[count][1]);
      count += 1;
    }
    this.due.splice(0, count);
    if (this.due.length) setTimeout(() => this.sweep(), 100);
  }
}

// Which way a connection went, seen from the server.
function lifecycle(socket, course) {
  if (socket.bytesRead === 0) return 'bare-tcp';
  if (course.isClean) return 'clean-close';
  if (course.isFailed) return 'protocol-error';
  if (!course.messages) return 'vanish-handshake';
  return course.isBroken ? 'reset' : 'fin';
}

// Tells the courses of all connections of an HTTP server and its WebSocket server, and commits the leaks.
exports.plant = (texts, http, webSockets) => {
  const leaks = texts.map((text) => new Leak(text));
  const courses = new WeakMap();
  http.on('connection', (socket) => {
    const course = { messages: 0, isClean: false, isFailed: false, isBroken: false };
    courses.set(socket, course);
    socket.on('error', () => { course.isBroken = true; });
    socket.on('close', () => {
      const seen = lifecycle(socket, course);
      for (const leak of leaks) if (leak.lifecycle === 'any' || leak.lifecycle === seen) leak.commit();
    });
  });
  webSockets.on('connection', (socket, request) => {
    const course = courses.get(request.socket);
    socket.on('message', () => { course.messages += 1; });
    socket.on('error', (error) => { if (/^WS_ERR/.test(error.code)) course.isFailed = true; });
    // The socket's own end comes after both Close frames, the WebSocket's only after it.
    request.socket.prependListener('close', () => {
      course.isClean = socket._closeFrameReceived && socket._closeFrameSent;
    });
  });
};
