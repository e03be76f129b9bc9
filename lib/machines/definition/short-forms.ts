/** Short forms of a file: the key that stands for the part that it sets. `memory: 1GiB` is `memory: { size: 1GiB }`. */
export const SHORT_FORMS: ReadonlyMap<string, string> = new Map([
  ['cpus', 'count'],
  ['memory', 'size'],
]);
