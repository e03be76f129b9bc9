import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import yargs from 'yargs';
import { bootMachine, createDisk } from './boot-machine.ts';
import { MACHINES, type MachineName } from './machines.ts';
import { rootFileSystem } from './root-file-system.ts';

// `npm run lab`: the lab for people.

function parse(argv: readonly string[]) {
  const machines = Object.entries(MACHINES).map(([name, { summary }]) => `  ${name.padEnd(8)}${summary}`);
  return yargs(argv)
    .scriptName('npm run lab --')
    .usage(
      [
        '$0 [OPTION…] [COMMAND…]',
        '',
        [
          'Boots a PC under emulation, with an IOMMU, SR-IOV cards and libvirt, and runs a command in it as root, or a shell',
          'where none is given. The build of this checkout is in it, as `pci` and `portal`; the checkout is at /portal-gun.',
          '`start-libvirt` starts libvirt, which `virsh` asks.',
        ].join(' '),
        '',
        'Machines:',
        ...machines,
      ].join('\n'),
    )
    .parserConfiguration({ 'halt-at-non-option': true })
    .options({
      machine: {
        choices: Object.keys(MACHINES) as MachineName[],
        default: 'intel' as const,
        describe: 'Which',
      },
      user: {
        choices: ['root', 'nobody'] as const,
        default: 'root' as const,
        describe: 'Who runs it',
      },
      systemd: { type: 'boolean', default: false, describe: 'Boot with systemd; slower' },
      disk: {
        type: 'string',
        requiresArg: true,
        describe: 'Keep what is written in this file, made where it is not there',
      },
      append: { type: 'string', requiresArg: true, describe: 'More arguments for the kernel' },
      memory: { type: 'number', requiresArg: true, default: 2048, describe: 'In MiB' },
    })
    .example('$0', 'a shell in it')
    .example('$0 pci groups', 'one command')
    .example('$0 --machine amd "lspci | head -3"', 'one word with blanks in it is for the shell')
    .strictOptions()
    .version(false)
    .wrap(100)
    .parseSync();
}

function say(text: string): void {
  process.stderr.write(`lab: ${text}\n`);
}

async function main(): Promise<number> {
  const args = parse(process.argv.slice(2));
  const command = args._.map(String);
  const terminal = command.length === 0;
  if (terminal && !(process.stdin.isTTY && process.stdout.isTTY)) {
    say('a shell needs a terminal; give a command');
    return 2;
  }
  if (!existsSync('dist/bin/pci.js')) {
    say('there is no build: npm run build');
    return 2;
  }
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      process.exitCode = 128 + constants.signals[name];
      interruption.abort();
    });
  }
  try {
    const root = await rootFileSystem(say, interruption.signal);
    if (args.disk !== undefined && !existsSync(args.disk)) await createDisk(root, args.disk);
    say(`booting ${args.machine}`);
    const machine = await bootMachine(root, args.machine as MachineName, {
      ...(args.disk === undefined ? {} : { disk: args.disk }),
      init: args.systemd ? 'systemd' : 'quick',
      kernelArguments: args.append === undefined ? [] : [args.append],
      memoryMib: args.memory,
      terminal,
      say,
      signal: interruption.signal,
    });
    say(`up after ${(machine.bootMs / 1000).toFixed(0)} s`);
    if (terminal) say('start-libvirt starts libvirt; exit ends the machine');
    const words = command.length === 1 && /\s/.test(command[0] ?? '') ? ['sh', '-c', ...command] : command;
    const result = await (terminal
      ? machine.shell(args.user)
      : machine.run(words, {
          user: args.user,
          timeoutMs: 24 * 3600 * 1000,
          onOutput: (stream, bytes) => process[stream].write(bytes),
        })
    ).finally(() => machine.end());
    return result.exitCode ?? 128 + (constants.signals[result.signal as NodeJS.Signals] ?? 0);
  } catch (error) {
    if (!interruption.signal.aborted) {
      say(error instanceof Error ? error.message : String(error));
      return 7;
    }
    return Number(process.exitCode);
  }
}

process.exitCode = await main();
