// Run inside the lab's large machine: what `pci list` costs on a real sysfs, beside lspci and virsh.
import { spawnSync } from 'node:child_process';
import { pair, report, run } from './pairs.mjs';

const RUNS = 5;

/** What virsh prints for its commands, of which one process takes any number. */
function virsh(commands) {
  const words = ['--quiet', '--connect', 'qemu:///system'];
  return { words: ['virsh', ...words], input: `${commands.join('\n')}\n` };
}

const listed = spawnSync('virsh', ['--quiet', '--connect', 'qemu:///system', 'nodedev-list', '--cap', 'pci']);
const nodes = listed.stdout.toString().split('\n').filter(Boolean);
if (nodes.length === 0) throw new Error(`virsh lists no device: ${listed.stderr}`);
const everything = virsh(['nodedev-list --cap pci', ...nodes.map((node) => `nodedev-dumpxml ${node}`)]);

const pci = ['node', '/portal-gun/dist/bin/pci.js', 'list'];
const lspci = () => run(['lspci', '-nnk']);
const nodedev = () => run(everything.words, { input: everything.input });

process.stdout.write(
  `The lab, ${nodes.length} functions of a real sysfs, emulated; medians of ${RUNS} pairs\n`,
);
report(
  'node -e 0 / lspci -nnk',
  pair(() => run(['node', '-e', '0']), lspci, RUNS),
);
report(
  'pci list / lspci -nnk',
  pair(() => run(pci), lspci, RUNS),
);
report(
  'pci list --json / lspci -nnk',
  pair(() => run([...pci, '--json']), lspci, RUNS),
);
report(
  'pci list --json / virsh nodedev-list and nodedev-dumpxml',
  pair(() => run([...pci, '--json']), nodedev, RUNS),
);
