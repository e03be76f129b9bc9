import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostReader } from '../../lib/host/host-reader.ts';
import { openHost } from '../../lib/host/open-host.ts';
import { machineProject } from '../support/machine-project.ts';
import { fixture, ROOT } from '../support/pci-program.ts';
import { renderDomain } from '../support/render-domain.ts';
import { MARKS, sampleMachine } from '../support/sample-machines.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { factDifferences, factsOf } from '../support/virt-install/facts.ts';
import {
  COMMON_DIFFERENCES,
  VIRT_INSTALL_LINES,
  type VirtInstallLine,
} from '../support/virt-install/lines.ts';

const FOLDER = join(ROOT, 'fixtures/virt-install');
const LINES = Object.entries(VIRT_INSTALL_LINES);
const ABOVE = temporaryFolder();
/** What no snapshot tells of a running host. */
const UNSEEN = ['session', 'node-open', 'net-stack', 'net-elsewhere'];

if (process.env['CAPTURE_VIRT_INSTALL'] === '1') for (const [name, line] of LINES) capture(name, line);

/** Records what a line prints: the command in the first line, its XML below. */
function capture(name: string, { options, step }: VirtInstallLine): void {
  const command = `virt-install --connect qemu:///system --name ${name} ${options} --dry-run --print-xml${step === undefined ? '' : ` ${step}`}`;
  const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  writeFileSync(join(FOLDER, `${name}.txt`), `$ ${command}\n${stdout.trim()}\n`);
}

const captured = (name: string): string => {
  const text = readFileSync(join(FOLDER, `${name}.txt`), 'utf8');
  return text.slice(text.indexOf('\n') + 1);
};

/** A captured host, as if it had KVM, and a guest had been tried on it. */
function withKvm(host: HostReader): HostReader {
  const node = { mode: 0o666, userId: 0, groupId: 0, kind: 'character' } as const;
  return new Proxy(host, {
    get(target, key: keyof HostReader) {
      if (key === 'exists') return (path: string) => path === '/dev/kvm' || target.exists(path);
      if (key === 'status') {
        return (path: string) => (path === '/dev/kvm' ? node : target.status(path));
      }
      if (key === 'readText') {
        return (path: string) => (path === '/run/portal-gun/kvm-result' ? 'kvm' : target.readText(path));
      }
      const value: unknown = target[key];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Devices of the host are assigned to a VM, and not rendered: its definition is that which libvirt has then. */
async function defined(name: string, { definition }: VirtInstallLine): Promise<string> {
  const { machine, write, session } = machineProject(
    ABOVE,
    withKvm(openHost(join(ROOT, fixture('lab-intel')))),
  );
  write(`${name}/machine.yaml`, definition);
  write(`${name}/debian.qcow2`, '');
  const host = await session();
  const proposal = await host.machines.up({ allow: UNSEEN });
  expect(await host.apply(proposal)).toMatchObject({ outcome: 'done' });
  return machine.libvirt.domain(name).definition;
}

function rendered(name: string, { definition, fragment }: VirtInstallLine): string {
  const fragments = fragment === undefined ? [] : [{ ...fragment, file: `xml/${fragment.file}` }];
  return renderDomain(sampleMachine(definition, name, { hypervisor: 'kvm', fragments }), MARKS);
}

const differencesOf = async (name: string, line: VirtInstallLine): Promise<readonly string[]> => {
  const hasDevices = line.definition.includes('\npci:');
  const ours = hasDevices ? await defined(name, line) : rendered(name, line);
  return factDifferences(factsOf(ours), factsOf(captured(name)));
};

describe('an ordinary line of virt-install', () => {
  it('is one of fifteen', () => {
    expect(LINES).toHaveLength(15);
    expect(readdirSync(FOLDER).sort()).toEqual(LINES.map(([name]) => `${name}.txt`).sort());
  });

  it.each(LINES)(
    '%s has a machine with the same devices, or the difference has a reason',
    async (name, line) => {
      const differences = await differencesOf(name, line);
      const own = differences.filter((each) => COMMON_DIFFERENCES[each] === undefined);
      expect([...new Set(own)].sort()).toEqual(Object.keys(line.differences ?? {}).sort());
    },
  );

  it('needs each reason that any line can have', async () => {
    const all = await Promise.all(LINES.map(([name, line]) => differencesOf(name, line)));
    const found = new Set(all.flat());
    expect(Object.keys(COMMON_DIFFERENCES).filter((each) => !found.has(each))).toEqual([]);
  });
});
