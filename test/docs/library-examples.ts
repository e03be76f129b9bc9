import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { format } from 'node:util';
import { transform } from 'esbuild';
import * as library from '../../lib/index.ts';
import { functionHere } from '../support/host-use.ts';
import { idleHost } from '../support/idle-host.ts';
import { ROOT } from '../support/pci-program.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { type SimulatedPorts, simulatedPorts } from '../support/simulated-ports.ts';

/** The machine that examples change: a serial card that nothing uses, and a VM of two types each. */
function exampleMachine(): SimulatedPorts {
  const card = { address: '0000:03:00.0', driver: 'serial', classCode: '070002', group: 3 };
  const machine = simulateMachine(idleHost([functionHere(card)]));
  machine.libvirt.add('router0', { category: 'router', ports: 1 });
  machine.libvirt.add('desk', { category: 'controller', ports: 1 });
  return simulatedPorts(machine);
}

/**
 * What the compiler says of examples, by the types of the built package: nothing if all is well.
 *
 * @param folder an empty one
 * @param examples texts by file name
 */
export function typeErrors(folder: string, examples: ReadonlyMap<string, string>): string {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/portal-gun'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'es2022', strict: true, noEmit: true },
    ...{ types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: [...examples.keys()] }),
  );
  for (const [name, text] of examples) writeFileSync(join(folder, name), text);
  const compiler = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace(/package\.json$/, 'bin/tsc');
  try {
    execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    return String((error as { readonly stdout?: unknown }).stdout ?? error);
  }
}

/** What an example prints, a line each: on the example's machine, unless it opens a captured host. */
export async function outputOf(example: string): Promise<readonly string[]> {
  const ports = exampleMachine();
  const portalGun = {
    ...library,
    openSession: (options: library.SessionOptions = {}) =>
      library.openSession({ pciIds: 'bundled', ...options }, ports),
  };
  const { code } = await transform(example, { loader: 'ts', format: 'esm' });
  const body = code.replace(
    /^import \{([^}]*)\} from "portal-gun";$/m,
    (_, names: string) => `const {${names.replaceAll(' as ', ': ')}} = portalGun;`,
  );
  const lines: string[] = [];
  const log = (...values: readonly unknown[]): void => {
    lines.push(...format(...values).split('\n'));
  };
  const run = new AsyncFunction('portalGun', 'console', body);
  await run(portalGun, { log });
  return lines;
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...parts: readonly string[]
) => (...values: readonly unknown[]) => Promise<void>;
