// Connections that do as they are told (remote/__init__.py), whether in a page or in Node: `open` makes a WebSocket,
// `tell` reports an event. The same plain interface of both, nothing else.
'use strict';

function directed(open, tell) {
  const sockets = {};
  const actions = {
    open({ connection, url, subprotocols, windowBits }) {
      const socket = open(url, subprotocols, windowBits, connection);
      sockets[connection] = socket;
      socket.binaryType = 'arraybuffer';
      socket.addEventListener('open', () => {
        tell({ connection, event: 'open', subprotocol: socket.protocol, extensions: socket.extensions });
      });
      socket.addEventListener('message', ({ data }) => {
        if (typeof data === 'string') tell({ connection, event: 'text', text: data });
        else tell({ connection, event: 'binary', base64: base64(new Uint8Array(data)) });
      });
      socket.addEventListener('error', () => {});
      socket.addEventListener('close', ({ code, reason }) => tell({ connection, event: 'close', code, reason }));
    },
    text({ connection, text }) {
      sockets[connection].send(text);
    },
    binary({ connection, base64 }) {
      sockets[connection].send(bytes(base64));
    },
    close({ connection, code, reason }) {
      sockets[connection].close(code, reason);
    },
  };
  return { sockets, actions, obey: (order) => actions[order.action](order) };
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function base64(bytes) {
  const parts = [];
  for (let start = 0; start < bytes.length; start += 4096) {
    parts.push(String.fromCharCode(...bytes.subarray(start, start + 4096)));
  }
  return btoa(parts.join(''));
}

if (typeof module === 'object') module.exports = { directed, bytes };
