// role: server
// name: node-ws
// node: ws
// deflates: on takeover
// schemes: ws wss
// Debian's node-ws as a server.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const { WebSocketServer } = require('ws');
const { version } = require('ws/package.json');

const [compressed, uncompressed] = [true, false].map((perMessageDeflate) => {
  const handleProtocols = (offered) => (offered.has('chat') ? 'chat' : false);
  const sockets = new WebSocketServer({ noServer: true, handleProtocols, perMessageDeflate });
  sockets.on('connection', converse);
  sockets.on('headers', (lines, request) => {
    const [line] = lines.filter((line) => line.startsWith('Sec-WebSocket-Extensions: '));
    request.extensions = line ? line.split(': ')[1] : 'none';
  });
  return sockets;
});

function converse(socket, request) {
  socket.on('error', () => {});
  socket.on('close', (code, reason) => console.log(`closed ${code} ${reason}`));
  if (request.url.startsWith('/about')) {
    socket.send(`subprotocol ${socket.protocol}`);
    socket.send(`field ${request.headers['x-probe']}`);
    socket.send(`extensions ${request.extensions}`);
  }
  socket.on('message', (message, isBinary) => {
    if (request.url.startsWith('/goodbye/')) socket.close(Number(request.url.split('/')[2]), 'that is all');
    else if (request.url.startsWith('/count')) socket.send(`received ${request.socket.bytesRead}`);
    else socket.send(message, { binary: isBinary });
  });
}

const { CERTIFICATE, KEY } = process.env;
const server = CERTIFICATE
  ? https.createServer({ cert: fs.readFileSync(CERTIFICATE), key: fs.readFileSync(KEY) })
  : http.createServer();
server.on('upgrade', (request, stream, head) => {
  if (request.url.startsWith('/refuse/')) {
    const status = Number(request.url.split('/')[2]);
    stream.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nContent-Length: 4\r\nConnection: close\r\n\r\nNo.\n`);
    return;
  }
  const sockets = request.url.endsWith('/uncompressed') ? uncompressed : compressed;
  sockets.handleUpgrade(request, stream, head, (socket) => sockets.emit('connection', socket, request));
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port} ${version}`));
