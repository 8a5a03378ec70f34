// An echo server on ws that leaves things of each connection, each held in a way of its own.
//
//     holders.js --port PORT [map|tenth|plain|interval|listener|room|file] ...
'use strict';

const { EventEmitter } = require('node:events');
const fs = require('node:fs');
const { WebSocketServer } = require('ws');

class Session {
  constructor(number) {
    this.number = number;
    this.user = { name: `user ${number}` };
    // Much beside the steps in which a map grows.
    this.history = Array.from({ length: 200 }, (_, index) => index);
  }
}

const sessions = new Map();
const users = {};
const news = new EventEmitter();
news.setMaxListeners(0);
let count = 0;

function heartbeat(session) {
  setInterval(function beat() { session.number += 1; }, 3600_000);
}

function subscribe(socket) {
  news.on('news', function onNews(item) { socket.send(item); });
}

function openChat(port, leaks) {
  const rooms = new Map();
  const server = new WebSocketServer({ port, host: '127.0.0.1', backlog: 512 });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('error', () => {});
    socket.on('close', () => {
      count += 1;
      if (leaks.has('map')) sessions.set(count, new Session(count));
      if (leaks.has('tenth') && count % 10 === 0) sessions.set(count, new Session(count));
      if (leaks.has('plain')) users[`user ${count}`] = { history: Array.from({ length: 200 }, () => count) };
      if (leaks.has('interval')) heartbeat(new Session(count));
      if (leaks.has('listener')) subscribe(socket);
      if (leaks.has('file')) fs.open('/dev/null', 'w', () => {});
      if (leaks.has('room')) rooms.set(count, new Session(count));
    });
  });
}

const [, , , port, ...leaks] = process.argv;
openChat(Number(port), new Set(leaks));
