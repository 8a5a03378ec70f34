// An echo server on node-ws.  --plant leaks on purpose (plant.py).
'use strict';
const { createServer } = require('http');
const { parseArgs } = require('util');
const { WebSocketServer } = require('ws');

const { values } = parseArgs({
  options: { port: { type: 'string' }, plant: { type: 'string', multiple: true, default: [] } },
});

const http = createServer((_, response) => response.writeHead(426).end('Upgrade Required'));
const server = new WebSocketServer({ server: http });
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
});
if (values.plant.length) require('./plant.js').plant(values.plant, http, server);
http.listen({ host: '127.0.0.1', port: Number(values.port), backlog: 512 });
