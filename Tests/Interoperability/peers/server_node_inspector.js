// role: inspector
// name: node inspector
// node: ws
// The debugger's door of Node itself, which is not made with ws.
'use strict';
const inspector = require('inspector');

inspector.open(0, '127.0.0.1');
const { port, pathname } = new URL(inspector.url());
console.log(`listening ${port} ${process.versions.node} ${pathname}`);
setInterval(() => {}, 1 << 30);
