// An echo server on node-ws.  PLANT=N keeps N bytes of each connection for ever.
'use strict';
const { WebSocketServer } = require('ws');

const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
const plant = Number(process.env.PLANT || 0);
const kept = [];

const server = new WebSocketServer({ host: '127.0.0.1', port, backlog: 512 });
server.on('connection', (socket) => {
  if (plant) kept.push(Buffer.alloc(plant, 1));
  socket.on('error', () => {});
  socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
});
