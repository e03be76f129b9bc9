import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { valueText } from '../../lib/cli/grammar/command.ts';
import { PCI_PROGRAM } from '../../lib/cli/tables/pci-program.ts';
import { PORTAL_PROGRAM } from '../../lib/cli/tables/portal-program.ts';
import {
  fixture,
  PCI,
  PORTAL,
  pci,
  pciInside,
  portal,
  portalInside,
  ROOT,
  words,
} from '../support/pci-program.ts';
import { whySkipped } from '../support/skipping.ts';

const NOBODY = 65534;
const isRoot = process.geteuid?.() === 0;
const hasPci = existsSync('/sys/bus/pci/devices');
const { exitCode: setpriv } = await execa('setpriv', ['--version'], { reject: false });
const canBeNobody = !isRoot || setpriv === 0;
const NO_SETPRIV = 'no setpriv to be an ordinary user by';
const NO_PCI = 'this machine has no PCI bus';

describe.each([
  [PCI_PROGRAM, PCI, pci, pciInside],
  [PORTAL_PROGRAM, PORTAL, portal, portalInside],
] as const)('$name', ({ commands }, file, run, runInside) => {
  it('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await run(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
    expect((await run(['list', '--version'])).stdout).toBe(`${version}\n`);
  });

  it('-V is --version', async () => {
    expect((await runInside(['-V'])).stdout).toBe((await runInside(['--version'])).stdout);
    expect((await runInside(['list', '-V'])).stdout).toBe((await runInside(['--version'])).stdout);
  });

  it('help is --help, of all and of each command', async () => {
    for (const name of ['', ...commands.map((command) => command.name)]) {
      const help = await runInside(['help', ...words(name)]);
      expect(help).toEqual(await runInside([...words(name), '--help']));
      expect(help.exitCode).toBe(0);
    }
    expect((await runInside(['--help'])).stdout).toMatch(/^ {2}help +Show help/m);
  });

  it.each(['nonsense', 'list nonsense'])('help knows no %s', async (line) => {
    const { exitCode, stderr } = await runInside(['help', ...words(line)]);
    expect({ exitCode, named: stderr.includes('nonsense') }).toEqual({ exitCode: 2, named: true });
  });

  it('can be run by its name', async () => {
    const { stdout } = await execa(file, ['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  it.each(commands.map((command) => [command.name, command] as const))(
    '%s --help says what it takes, with examples',
    async (name, { description, options, examples }) => {
      // The built program for one: what prints help is the same for all.
      const help = name === commands[0]?.name ? run : runInside;
      const { exitCode, stdout, stderr } = await help([...words(name), '--help']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      const unwrapped = stdout.replace(/\s+/g, ' ');
      expect(unwrapped).toContain(description);
      for (const [option, definition] of Object.entries(options)) {
        expect(unwrapped).toContain(`--${option}${valueText(option, definition)} `);
      }
      for (const [line] of examples) expect(stdout).toContain(line.slice(0, 40));
      expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
      expect((await runInside([...words(name), '-h'])).stdout).toBe(stdout);
    },
  );
});

describe('pci in a pipe', () => {
  it.each([
    [`list --host ${fixture('sixty-four-vfs')}`, 1],
    [`list --json --host ${fixture('sixty-four-vfs')}`, 1],
    [`snapshot --raw --host ${fixture('sixty-four-vfs')}`, 1],
    [`list --host ${fixture('sixty-four-vfs')}`, 0],
  ])('%s | head -%i ends quietly', async (line, lines) => {
    const command = `'${process.execPath}' '${PCI}' ${line} | head -n ${lines}; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await execa('bash', ['-c', command], { cwd: ROOT });
    expect(stderr).toBe('');
    const printed = stdout.split('\n');
    expect(printed.at(-1)).toBe('0');
    expect(printed).toHaveLength(lines + 1);
  });

  it('loses nothing of a long output in a pipe', async () => {
    const host = fixture('sixty-four-vfs');
    const command = `'${process.execPath}' '${PCI}' snapshot --raw --host ${host} | (sleep 0.3; cat)`;
    const { stdout } = await execa('bash', ['-c', command], { cwd: ROOT, stripFinalNewline: false });
    expect(stdout.length).toBeGreaterThan(100_000);
    expect(stdout).toBe((await pci(['snapshot', '--raw', '--host', host])).stdout);
  });
});

describe('this machine', () => {
  it.skipIf(hasPci)(
    `has no PCI bus, and that is said${whySkipped(!hasPci, 'this machine has a PCI bus')}`,
    async () => {
      const { exitCode, stderr } = await pci(['list']);
      expect(exitCode).toBe(6);
      expect(stderr).toContain('[NO_PCI]');
    },
  );

  it.runIf(hasPci)(`is listed${whySkipped(hasPci, NO_PCI)}`, async () => {
    const { exitCode, stdout } = await pci(['list', '--json']);
    expect(exitCode).toBe(0);
    const { devices } = JSON.parse(stdout) as { devices: unknown[] };
    expect(devices.length).toBeGreaterThan(0);
    for (const command of ['list', 'groups', 'tree', 'snapshot']) {
      expect({ command, exitCode: (await pci([command])).exitCode }).toEqual({ command, exitCode: 0 });
    }
  });

  it.runIf(hasPci && canBeNobody)(
    `is listed to an ordinary user${whySkipped(hasPci && canBeNobody, hasPci ? NO_SETPRIV : NO_PCI)}`,
    async () => {
      const program = [process.execPath, PCI, 'list', '--json', '--host', '/'];
      const asNobody = ['setpriv', `--reuid=${NOBODY}`, '--clear-groups', ...program];
      const [file = '', ...args] = isRoot ? asNobody : program;
      const { stdout, exitCode } = await execa(file, args, { cwd: '/', reject: false });
      expect(exitCode).toBe(0);
      const theirs = JSON.parse(stdout) as { devices: { address: string }[] };
      const ours = JSON.parse((await pci(['list', '--json'])).stdout) as { devices: { address: string }[] };
      // An ordinary user sees less of a device, and no fewer devices.
      expect(theirs.devices.map(({ address }) => address)).toEqual(
        ours.devices.map(({ address }) => address),
      );
    },
  );

  it.runIf(canBeNobody)(
    `tells an ordinary user what recover and confirm need, and no more${whySkipped(canBeNobody, NO_SETPRIV)}`,
    async () => {
      for (const command of ['recover', 'confirm']) {
        const program = [process.execPath, PCI, command];
        const asNobody = ['setpriv', `--reuid=${NOBODY}`, '--clear-groups', ...program];
        const [file = '', ...args] = isRoot ? asNobody : program;
        const { stderr, exitCode } = await execa(file, args, { cwd: '/', reject: false });
        expect({ stderr, exitCode }).toEqual({
          exitCode: 5,
          stderr: 'pci: changing the host requires root [PERMISSION_DENIED]\nhint: run it with sudo',
        });
      }
    },
  );
});
