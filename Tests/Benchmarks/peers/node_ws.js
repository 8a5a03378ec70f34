// A server on node-ws that compresses what it echoes, or sends every message to all.  node_ws.js compress|broadcast PORT
'use strict';
const { createServer } = require('http');
const { WebSocket, WebSocketServer } = require('ws');

const [mode, port] = process.argv.slice(2);
const http = createServer((_, response) => response.writeHead(426).end('Upgrade Required'));
const server = new WebSocketServer({
  server: http,
  perMessageDeflate: mode === 'compress' ? { threshold: 0 } : false,
});
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (message, isBinary) => {
    if (mode === 'compress') return socket.send(message, { binary: isBinary });
    for (const member of server.clients) {
      if (member.readyState === WebSocket.OPEN) member.send(message, { binary: isBinary });
    }
  });
});
http.listen({ host: '127.0.0.1', port: Number(port), backlog: 1024 });
