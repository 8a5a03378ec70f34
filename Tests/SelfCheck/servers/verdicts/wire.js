'use strict';
// The wire of a WebSocket echo server, for the servers beside it: each says what it does once a connection is open or over.
const crypto = require('crypto');
const http = require('http');

/** Answers the frames that have arrived; returns the bytes of one that has not arrived whole. */
function echo(socket, bytes) {
  while (bytes.length >= 6) {
    let length = bytes[1] & 127;
    let head = 2;
    if (length === 127) return socket.destroy();
    if (length === 126) { length = bytes.readUInt16BE(2); head = 4; }
    if (bytes.length < head + 4 + length) break;
    const mask = bytes.subarray(head, head + 4);
    const payload = Buffer.from(bytes.subarray(head + 4, head + 4 + length));
    for (let i = 0; i < length; i++) payload[i] ^= mask[i & 3];
    const opcode = bytes[0] & 15;
    bytes = bytes.subarray(head + 4 + length);
    if (opcode === 10) continue;
    const first = 0x80 | (opcode === 9 ? 10 : opcode);
    const start = length < 126 ? [first, length] : [first, 126, length >> 8, length & 255];
    socket.write(Buffer.concat([Buffer.from(start), payload]));
    if (opcode === 8) return socket.end();
  }
  return bytes;
}

function upgrade(request, socket) {
  const key = request.headers['sec-websocket-key'];
  const accept = crypto.createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    + `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let waiting = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('data', (bytes) => { waiting = echo(socket, Buffer.concat([waiting, bytes])) || Buffer.alloc(0); });
}

/** Serves, and calls `opening` before each upgrade and `closed` after the end of each connection. */
exports.serve = (port, { opening = () => {}, closed = () => {} }) => {
  const server = http.createServer((request, response) => response.end());
  server.on('upgrade', (request, socket) => {
    opening();
    socket.on('close', closed);
    upgrade(request, socket);
  });
  server.listen(port, '127.0.0.1');
};
