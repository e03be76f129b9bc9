/** The line before the bytes. */
export interface RomReply {
  readonly at: string | null;
  readonly failed: string | null;
}

/**
 * The program of the process that reads a ROM, for `node --eval`: a text, for the same reasons as that of the writing
 * process. Its arguments are the directory of the function, and the maximum number of bytes. Only this process can
 * disable the ROM again, and it does so even if its parent is killed. It answers with a `RomReply` in one line and
 * the bytes.
 *
 * Every kernel treats `0` with a line end as off, and `1` with a line end as on (pci_write_rom); some treat a zero
 * without a line end as on. It reads one page at a time. An unused function on vfio-pci sleeps in D3hot, and its
 * memory does not answer.
 */
export const ROM_SERVER = `
const fs = require('node:fs');
const directory = process.argv[1];
const most = Number(process.argv[2]);
const FLAGS = fs.constants.O_NOFOLLOW | fs.constants.O_NOCTTY;
function open(path, flags, use) {
  const descriptor = fs.openSync(path, flags | FLAGS);
  try { return use(descriptor); } finally { fs.closeSync(descriptor); }
}
function write(path, text) {
  open(path, fs.constants.O_WRONLY, (descriptor) => fs.writeSync(descriptor, text));
}
function text(name) {
  try { return fs.readFileSync(directory + '/power/' + name, 'utf8').trim(); } catch { return ''; }
}
function readWhole(path) {
  return open(path, fs.constants.O_RDONLY, (descriptor) => {
    const pieces = [];
    for (let at = 0; at < most; ) {
      const piece = Buffer.allocUnsafe(4096);
      const length = fs.readSync(descriptor, piece, 0, Math.min(piece.length, most - at), at);
      if (length === 0) break;
      pieces.push(piece.subarray(0, length));
      at += length;
    }
    return Buffer.concat(pieces);
  });
}
let problem = null;
let bytes = Buffer.alloc(0);
function attempt(step, action) {
  try { action(); } catch (error) { problem ??= { at: step, failed: error.code ?? String(error) }; }
}
const rom = directory + '/rom';
const control = directory + '/power/control';
const sleeps = text('control') === 'auto' && text('runtime_status') === 'suspended';
// Ctrl-C must not leave the ROM enabled.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
if (sleeps) attempt('wake', () => write(control, 'on'));
if (problem === null) attempt('enable', () => write(rom, '1\\n'));
if (problem === null) {
  attempt('read', () => {
    bytes = readWhole(rom);
    if (!readWhole(rom).equals(bytes)) problem = { at: 'differs', failed: 'EAGAIN' };
  });
}
if (problem === null || problem.at === 'read' || problem.at === 'differs') attempt('disable', () => write(rom, '0\\n'));
if (sleeps) attempt('disable', () => write(control, 'auto'));
process.stdout.on('error', () => process.exit());
process.stdout.write(JSON.stringify(problem ?? { at: null, failed: null }) + '\\n');
if (problem === null) process.stdout.write(bytes);
`;
