import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { fixture, PCI, ROOT } from '../support/pci-program.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SIGN = 'Reading the host …';
const hasScript = existsSync('/usr/bin/script');
const folder = temporaryFolder();
const file = join(folder, 'stdout');

/** Keeps the program busy for a second when it opens a host, as the reads of a large one do. */
const SLOW = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { openSync } = fs;
fs.openSync = (path, ...rest) => {
  const end = String(path).endsWith('.snapshot') ? Date.now() + 1000 : 0;
  while (Date.now() < end);
  return openSync(path, ...rest);
};
syncBuiltinESMExports();`;
const slow = join(folder, 'slow.mjs');
writeFileSync(slow, SLOW);
const LONG = `${process.execPath} --import ${slow} ${PCI} list --host ${fixture('gpu-desktop')} --pci-ids bundled`;

/** Runs a line of a shell on a terminal, and gives what is shown there. */
async function onTerminal(line: string): Promise<string> {
  const { stdout, exitCode } = await execa('script', ['-qec', line, '/dev/null'], {
    cwd: ROOT,
    env: { TERM: 'xterm' },
    stdin: 'ignore',
  });
  expect(exitCode, stdout).toBe(0);
  return stdout;
}

test.runIf(hasScript)(
  `a long command shows on a terminal that it works, until its output comes${whySkipped(hasScript, 'no script(1)')}`,
  async () => {
    const shown = await onTerminal(LONG);
    expect(shown.startsWith(`${SIGN}\r\x1b[K`), shown).toBe(true);
    expect(shown.split(SIGN)).toHaveLength(2);
    // What reads a file has nothing of it; what reads a pipe may show pages on the same terminal.
    expect(await onTerminal(`${LONG} > ${file}`)).toBe(`${SIGN}\r\x1b[K`);
    expect(readFileSync(file, 'utf8')).toMatch(/^ADDRESS/);
    expect(await onTerminal(`${LONG} | cat > ${file}`)).toBe('');
  },
);

test('it shows nothing in a file or a pipe', async () => {
  const { stdout, stderr } = await execa('sh', ['-c', LONG], { cwd: ROOT, stdin: 'ignore' });
  expect([stdout.slice(0, 7), stderr]).toEqual(['ADDRESS', '']);
  await execa('sh', ['-c', `${LONG} > ${file} 2>&1`], { cwd: ROOT, stdin: 'ignore' });
  expect(readFileSync(file, 'utf8')).toMatch(/^ADDRESS/);
});
