/** The facts that a definition in TypeScript is given: nothing of the host, so that it gives the same on every host. */
export interface DefinitionFacts {
  readonly machine: {
    /** The name of the folder. */
    readonly name: string;
  };
  /** The seed of its random values, from the seed of `portal.lock`. */
  readonly seed: string;
}

/**
 * JavaScript of the helpers that a definition has in scope without an import: an expression of a function that gets the
 * facts, and `fail(message, hint)`, which throws. Each helper makes a part of a definition, and asks nothing:
 * devices are searched when the machine is brought up, and then recorded in `portal.lock`.
 */
export const DEFINITION_HELPERS = `(facts, fail) => {
'use strict';
const { freeze } = Object;
const wholeFrom = (value, least, most, what) => {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return fail(what + ' must be a whole number from ' + least + ' to ' + most, null);
};
const nameFrom = (value, call) => {
  if (typeof value === 'string' && value !== '') return value;
  return fail(call + ' needs a name: the same name gives the same value each time', call + "('NAME')");
};
const amount = (unit) => (value) => wholeFrom(value, 1, 999999999, 'size.' + unit + '()') + unit;

// Four numbers of 32 bits that a text gives: no secret can be made from them.
const mixed = (text) => {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  const all = a ^ b ^ c ^ d;
  return [all >>> 0, (b ^ all) >>> 0, (c ^ all) >>> 0, (d ^ all) >>> 0];
};
const wordsFor = (kind, name) => mixed(facts.seed + '\\0' + kind + '\\0' + name);
const hexOf = (words) => words.map((word) => word.toString(16).padStart(8, '0')).join('');
const macOf = (hex) => hex.match(/../g).slice(0, 6).join(':');
const below = (kind, name, limit) => {
  const [high, low] = wordsFor(kind, name);
  return (high * 2 ** 21 + (low >>> 11)) % limit;
};

return freeze({
  machine: freeze({ name: facts.machine.name }),
  pci: freeze({
    search: (select, more = {}) => ({ select, ...more }),
  }),
  net: freeze({
    isolated: (name, more = {}) => ({ network: 'isolated/' + name, ...more }),
    network: (name, more = {}) => ({ network: name, ...more }),
    bridge: (name, more = {}) => ({ bridge: name, ...more }),
  }),
  mac: freeze({
    random: (name) => {
      const hex = hexOf(wordsFor('mac', nameFrom(name, 'mac.random')));
      const first = (Number.parseInt(hex.slice(0, 2), 16) & 0xfc) | 0x02;
      // libvirt uses fe for its side of a card.
      return macOf((first === 0xfe ? 0xde : first).toString(16).padStart(2, '0') + hex.slice(2));
    },
    ofAddress: (address, { plane = 0 } = {}) => {
      const octets = String(address).split('.');
      const isAddress = octets.length === 4 && octets.every((each) => /^(0|[1-9]\\d{0,2})$/.test(each) && Number(each) < 256);
      if (!isAddress) fail('mac.ofAddress() needs an IPv4 address', "mac.ofAddress('10.11.0.1')");
      const bytes = [2, wholeFrom(plane, 0, 255, 'plane'), ...octets.map(Number)];
      return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
    },
  }),
  size: freeze({ KiB: amount('KiB'), MiB: amount('MiB'), GiB: amount('GiB'), TiB: amount('TiB') }),
  os: freeze({
    image: (name, more = {}) => ({ root: 'image:' + name, ...more }),
  }),
  random: freeze({
    integer: (name, least, most) => {
      wholeFrom(least, -1e9, 1e9, 'the least value of random.integer()');
      wholeFrom(most, least, 1e9, 'the greatest value of random.integer()');
      return least + below('integer', nameFrom(name, 'random.integer'), most - least + 1);
    },
    hex: (name, bytes) => hexOf(wordsFor('hex', nameFrom(name, 'random.hex'))).slice(0, 2 * wholeFrom(bytes, 1, 16, 'the bytes of random.hex()')),
    pick: (name, list) => {
      if (!Array.isArray(list) || list.length === 0) fail('random.pick() needs a list with an entry', "random.pick('NAME', ['a', 'b'])");
      return list[below('pick', nameFrom(name, 'random.pick'), list.length)];
    },
  }),
});
}`;
