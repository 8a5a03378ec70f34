// Notes the stack that opens each file and each connection to another server, by the descriptor's number. The numbers of
// stacks are kept in memory of one size, so that no heap grows with what is open. Evaluated over the inspector.
(() => {
  const name = Symbol.for('watertight.openers');
  const process = globalThis.process;
  const builtin = (module) => process?.getBuiltinModule?.(module) ?? process?.mainModule?.require(module);
  const fs = builtin('fs');
  const net = builtin('net');
  if (!fs || !net || globalThis[name]) return fs && net ? 1 : 0;

  const stacks = [];
  const numbers = new Map();
  // For each descriptor the number of its stack plus one, negative where it is a socket.
  const openers = new Int32Array(65536);
  const most = 4096;

  const stackOf = (opened) => {
    const limit = Error.stackTraceLimit;
    const holder = {};
    Error.stackTraceLimit = 12;
    Error.captureStackTrace(holder, opened);
    Error.stackTraceLimit = limit;
    const text = String(holder.stack);
    let number = numbers.get(text);
    if (number === undefined && stacks.length < most) {
      number = stacks.push(text);
      numbers.set(text, number);
    }
    return number ?? 0;
  };
  const note = (descriptor, number) => {
    if (Number.isInteger(descriptor) && descriptor >= 0 && descriptor < openers.length) openers[descriptor] = number;
  };

  const openSync = fs.openSync;
  fs.openSync = function (...words) {
    const descriptor = openSync.apply(this, words);
    note(descriptor, stackOf(fs.openSync));
    return descriptor;
  };
  const open = fs.open;
  fs.open = function (...words) {
    const done = words.at(-1);
    if (typeof done === 'function') {
      const number = stackOf(fs.open);
      words[words.length - 1] = function (error, descriptor) {
        if (!error) note(descriptor, number);
        return done.apply(this, arguments);
      };
    }
    return open.apply(this, words);
  };
  const later = fs.promises.open;
  fs.promises.open = async function (...words) {
    const number = stackOf(fs.promises.open);
    const handle = await later.apply(this, words);
    note(handle.fd, number);
    return handle;
  };
  for (const maker of ['createReadStream', 'createWriteStream']) {
    const make = fs[maker];
    fs[maker] = function (...words) {
      const number = stackOf(fs[maker]);
      return make.apply(this, words).once('open', (descriptor) => note(descriptor, number));
    };
  }
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...words) {
    const number = stackOf(net.Socket.prototype.connect);
    this.once('connect', () => note(this._handle?.fd, -number));
    return connect.apply(this, words);
  };
  process.getBuiltinModule?.('module').syncBuiltinESMExports();

  globalThis[name] = () => {
    const found = [];
    openers.forEach((number, descriptor) => {
      if (number !== 0) found.push([descriptor, number < 0 ? 1 : 0, stacks[Math.abs(number) - 1]]);
    });
    return JSON.stringify(found);
  };
  Object.defineProperty(globalThis, name, { enumerable: false });
  return 1;
})();
