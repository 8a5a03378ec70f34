// The connections of Node's ws: orders are lines on stdin, events are lines on stdout.
'use strict';
const readline = require('readline');
const WebSocket = require('ws');
const { version } = require('ws/package.json');
const { directed, bytes } = require('./connections.js');

const [origin] = process.argv.slice(2);
const tell = (event) => console.log(JSON.stringify(event));

const { sockets, actions, obey } = directed((url, subprotocols, windowBits, connection) => {
  const windows = windowBits && { serverMaxWindowBits: windowBits, clientMaxWindowBits: windowBits };
  const socket = new WebSocket(url, subprotocols, { origin, perMessageDeflate: windows || true, maxPayload: 0 });
  socket.on('upgrade', ({ headers }) => {
    tell({ connection, event: 'upgrade', extensions: headers['sec-websocket-extensions'] || '' });
  });
  socket.on('unexpected-response', (request, { statusCode }) => {
    tell({ connection, event: 'refused', status: statusCode });
    request.destroy();
  });
  socket.on('pong', (payload) => tell({ connection, event: 'pong', base64: payload.toString('base64') }));
  return socket;
}, tell);

actions.fragment = ({ connection, text, base64, isLast }) => {
  sockets[connection].send(base64 === undefined ? text : bytes(base64), { fin: isLast });
};
actions.ping = ({ connection, base64 }) => sockets[connection].ping(bytes(base64));
actions.count = ({ connection }) => {
  const { bytesWritten, bytesRead } = sockets[connection]._socket;
  tell({ connection, event: 'count', sent: bytesWritten, received: bytesRead });
};

tell({ version });
readline.createInterface({ input: process.stdin }).on('line', (line) => obey(JSON.parse(line)));
