import { describe, expect, it } from 'vitest';
import type { HostReader } from '../../lib/host/host-reader.ts';
import { openSession } from '../../lib/operations/open-session.ts';
import { idleHost } from '../support/idle-host.ts';
import { machineProject } from '../support/machine-project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ABOVE = temporaryFolder();
const MACHINES = 100;

/** A project on a host with /dev/kvm, whose processes of programs are counted. */
function counted() {
  const project = machineProject(ABOVE, idleHost([]));
  const { ports } = project;
  const started: string[] = [];
  const reader = new Proxy(ports.reader, {
    get(target, key: keyof HostReader) {
      if (key === 'exists') return (path: string) => path === '/dev/kvm' || target.exists(path);
      return target[key];
    },
  });
  const runner: typeof ports.runner = {
    run(program, ...rest) {
      started.push(program);
      return ports.runner.run(program, ...rest);
    },
  };
  const session = () =>
    openSession({ pciIds: 'bundled', project: project.root }, { ...ports, reader, runner });
  return { ...project, started, session };
}

describe('the status of a project', () => {
  it(`of ${MACHINES} machines starts one virsh, also if it is not known whether KVM works`, async () => {
    const { write, session, started } = counted();
    for (let at = 0; at < MACHINES; at += 1) write(`m${at}/machine.yaml`, 'category: service\n');
    const { machines } = await (await session()).machines.status();
    expect(machines).toHaveLength(MACHINES);
    expect(started).toEqual(['virsh']);
  });

  it('expects emulation if libvirt has no KVM', async () => {
    const { write, session, machine } = counted();
    write('r0/machine.yaml', 'category: service\n');
    const host = await session();
    const definitionOf = async () => (await host.machines.status()).machines[0]?.definition;
    await host.apply(await host.machines.up());
    expect(machine.libvirt.domain('r0').definition).toContain("<domain type='kvm'");
    expect(await definitionOf()).toBe('current');
    machine.libvirt.hasKvm = false;
    expect(await definitionOf()).toBe('changed');
  });
});
