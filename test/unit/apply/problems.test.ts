import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { observe } from '../../../lib/apply/change-makers.ts';
import type { ChangeableHost } from '../../../lib/apply/changeable-host.ts';
import { checkGuard } from '../../../lib/apply/check-guard.ts';
import { safetyProblem } from '../../../lib/apply/step-safety.ts';
import { PROBLEMS, type Problem, type ProblemCode } from '../../../lib/base/problem.ts';
import type { HostReader, ReadFailure } from '../../../lib/host/host-reader.ts';
import type { Writing } from '../../../lib/host/host-writer.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import type { Run } from '../../../lib/host/runner.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { Change, ChangeOf } from '../../../lib/plan/change.ts';
import type { Direction } from '../../../lib/plan/change-kind.ts';
import type { VfsState } from '../../../lib/plan/change-states.ts';
import type { AssignmentChange } from '../../../lib/plan/changes/machine/assignment.ts';
import type { AttachmentChange } from '../../../lib/plan/changes/machine/attachment.ts';
import { guardOf } from '../../../lib/plan/guard.ts';
import { readFunction } from '../../../lib/sysfs/device/read-inventory.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { CARD, livePlan } from '../../support/live-plans.ts';
import { DISK, IMAGE, upPlan } from '../../support/machine-plans.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { type SimulatedMachine, simulateMachine } from '../../support/simulated-changes.ts';
import { NETWORK_PF, NVME_PF, proposeVfs } from '../../support/vf-plans.ts';

const captured = openHost('fixtures/lab-intel.snapshot');
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };
const DENIED: ReadFailure = { unknown: 'denied', detail: 'EACCES' };
/** The host runs from it. */
const ROOT_DISK = '0000:00:02.0' as PciAddress;
const NIC = '0000:03:00.0' as PciAddress;
const VFIO = { driver: 'vfio-pci', override: 'vfio-pci' };
const HOST = { driver: 'virtio-pci', override: null };

type Met = Problem | null | undefined;
type Case = (machine: SimulatedMachine) => Met | Promise<Met>;

/** On a driver of the host. */
const ofHost: Change = { kind: 'driver', address: NIC, from: HOST, to: VFIO };
const toVfio: Change = { kind: 'driver', address: CARD, from: HOST, to: VFIO };
const file: Change = { kind: 'file', path: '/run/portal-gun/a', from: 'before', to: 'after' };
const motd: ChangeOf<'guest-file'> = {
  ...{ kind: 'guest-file', machine: 'r0', path: '/etc/motd', content: null, from: null },
  to: { kind: 'directory', mode: 0o755, uid: 0, gid: 0 },
};
const initramfs: Change = { kind: 'initramfs', from: 'stale', to: 'token' };
const loading: Change = { kind: 'module', module: 'x', driver: 'x', from: false, to: true };

async function reach(host: ChangeableHost, change: Change, direction: Direction = 'to'): Promise<Met> {
  return (await observe(host, change)).reach(direction);
}

/** A change of the VFs of a function, to a state that has more of it than that it has none. */
function vfs(more: Partial<VfsState>, address = NETWORK_PF): Change {
  const from = { count: 0, autoprobe: null, vfs: [] };
  return { kind: 'vfs', address, from, to: { ...from, ...more } };
}

/** The host with a path for which a read fails, or gives something else. */
function reading(machine: SimulatedMachine, path: RegExp, answer: unknown): ChangeableHost {
  const reader = new Proxy<HostReader>(machine.reader, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return (at: string, ...rest: readonly unknown[]) =>
        path.test(at) && key !== 'exists' ? answer : Reflect.apply(member, target, [at, ...rest]);
    },
  });
  return { ...machine, reader };
}

/** The host with writes to some paths answered so, and never made. */
function writing(machine: SimulatedMachine, path: RegExp, answer: Writing): ChangeableHost {
  const write: ChangeableHost['writer']['write'] = async (at, text) =>
    path.test(at) ? answer : machine.writer.write(at, text);
  return { ...machine, writer: { write } };
}

/** The host with every program answering so. */
function running(machine: SimulatedMachine, run: Run): ChangeableHost {
  return { ...machine, runner: { run: async () => run } };
}

const exited = (exitCode: number, stderr = ''): Run => ({ kind: 'exited', exitCode, stdout: '', stderr });

/** What is planned for a machine that runs. */
function changesOf(machine: SimulatedMachine, what: 'plug' | 'unplug'): [AssignmentChange, AttachmentChange] {
  const [assignment, attachment] = livePlan(machine, what).steps.map(({ change }) => change);
  return [assignment as AssignmentChange, attachment as AttachmentChange];
}

/** A libvirt whose command of a name fails, asked for one of the two changes. */
function refusedBy(verb: string, at: 0 | 1, what: 'plug' | 'unplug' = 'plug'): Case {
  return async (machine) => {
    machine.libvirt.start();
    if (what === 'unplug') await applyPlan(livePlan(machine, 'plug'), machine, OCCASION);
    const change = changesOf(machine, what)[at];
    machine.libvirt.failure = ([command]) => (command === verb ? 'no' : null);
    return reach(machine, change);
  };
}

const guard = () => {
  const device = readFunction(captured, CARD, ['vendor', 'device', 'subsystem', 'iommuGroup']);
  if (device === null) throw new Error('it is on the bus');
  return guardOf(device);
};

/** What an applied plan of one step failed with. */
async function failedWith(host: ChangeableHost, change: Change): Promise<Met> {
  const plan = { title: 't', guards: [], steps: [{ words: 'w', change }] };
  const { steps } = await applyPlan(plan, host, OCCASION);
  const [step] = steps;
  return step?.problemCode == null
    ? null
    : ({ code: step.problemCode, message: step.problem ?? '' } as Problem);
}

const CASES: { readonly [C in ProblemCode]: Case } = {
  CHANGED_MEANWHILE: (machine) => failedWith(machine, file),
  NO_EFFECT: async (machine) => {
    const files = new MemoryFiles();
    files.replace = async () => 'written';
    return reach({ ...machine, files }, file);
  },
  JOURNAL_UNWRITTEN: (machine) => {
    const files = new MemoryFiles();
    files.append = async () => ({ failed: 'ENOSPC' });
    return failedWith({ ...machine, files }, { ...file, from: null });
  },
  DEVICE_GONE: ({ reader }) => checkGuard(reader, { ...guard(), address: '0000:77:00.0' as PciAddress }),
  DEVICE_REPLACED: ({ reader }) => checkGuard(reader, { ...guard(), id: '8086:1533' }),
  DEVICE_UNIDENTIFIED: ({ reader }) => checkGuard(reader, { ...guard(), id: null }),
  GROUP_CHANGED: ({ reader }) => checkGuard(reader, { ...guard(), iommuGroup: 999 }),
  GROUP_UNREADABLE: (machine) =>
    checkGuard(reading(machine, /07:00\.0\/iommu_group$/, DENIED).reader, guard()),
  GROUP_SHARED: async (machine) => {
    await applyPlan((await proposeVfs(machine, NETWORK_PF, { count: 1 })).plan, machine, OCCASION);
    machine.libvirt.start();
    const [, attachment] = changesOf(machine, 'plug');
    const place = { address: '0000:01:10.0' as PciAddress, pf: NETWORK_PF, index: 0 };
    const crowded = reading(machine, /iommu_groups\/\d+\/devices$/, [NETWORK_PF]);
    return reach(crowded, { ...attachment, vfs: [place] });
  },
  IN_USE: ({ reader }) =>
    safetyProblem(reader, { kind: 'driver', address: ROOT_DISK, from: HOST, to: VFIO }, 'to', new Set()),
  USE_UNKNOWN: ({ reader }) => safetyProblem(reader, ofHost, 'to', new Set()),
  HELD_BY_KERNEL: (machine) => reach(writing(machine, /\/unbind$/, 'blocked'), ofHost),
  DRIVER_UNREADABLE: (machine) => reach(reading(machine, /07:00\.0\/driver$/, DENIED), toVfio),
  UNBIND_FAILED: (machine) => reach(writing(machine, /\/unbind$/, { failed: 'EBUSY' }), ofHost),
  DRIVER_DECLINED: (machine) => {
    machine.kernel.loadDriver('vfio-pci');
    return reach(writing(machine, /drivers_probe$/, 'written'), toVfio);
  },
  PROBE_FAILED: (machine) => reach(writing(machine, /drivers_probe$/, { failed: 'EINVAL' }), toVfio),
  OVERRIDE_FAILED: (machine) => reach(writing(machine, /driver_override$/, { failed: 'EPERM' }), toVfio),
  MODULE_IN_USE: (machine) =>
    reach(machine, { kind: 'module', module: 'nvme', driver: 'nvme', from: false, to: true }, 'from'),
  MODULE_FAILED: (machine) => reach(running(machine, exited(1, 'no')), loading),
  PROGRAM_MISSING: (machine) => reach(running(machine, { kind: 'missing' }), loading),
  PROGRAM_FAILED: (machine) => reach(running(machine, exited(1, 'no space left')), initramfs),
  FILE_FAILED: async (machine) => {
    const files = new MemoryFiles();
    files.replace = async () => ({ failed: 'EROFS' });
    return reach({ ...machine, files }, file);
  },
  INITRAMFS_UNCHANGED: (machine) => reach(running(machine, exited(0)), initramfs),
  ARGUMENTS_MISSING: (machine) =>
    reach(machine, { kind: 'boot-loader', from: 'stale', to: 'intel_iommu=on' }),
  INTERFACE_MISSING: (machine) => reach(machine, { kind: 'link', address: NVME_PF, from: false, to: true }),
  LINK_FAILED: (machine) =>
    reach(running(machine, exited(1, 'Cannot find device')), {
      ...{ kind: 'link', address: NETWORK_PF, from: false, to: true },
    }),
  VFS_UNREADABLE: (machine) => reach(reading(machine, /sriov_numvfs$/, DENIED), vfs({ count: 2 })),
  NO_VFS: (machine) => reach(machine, vfs({ count: 2 }, CARD)),
  VF_COUNT_FAILED: (machine) =>
    reach(writing(machine, /sriov_numvfs$/, { failed: 'ENOMEM' }), vfs({ count: 2 })),
  AUTOPROBE_FAILED: (machine) =>
    reach(writing(machine, /sriov_drivers_autoprobe$/, { failed: 'EPERM' }), vfs({ autoprobe: false })),
  VF_MISSING: (machine) => reach(machine, vfs({ vfs: [{ index: 5, settings: {}, driver: VFIO }] })),
  VF_MOVED: (machine) => {
    machine.libvirt.start();
    const [, attachment] = changesOf(machine, 'plug');
    return reach(machine, { ...attachment, vfs: [{ address: CARD, pf: NETWORK_PF, index: 0 }] });
  },
  VF_SETTING_REFUSED: (machine) =>
    reach(machine, vfs({ count: 1, vfs: [{ index: 0, settings: { linkState: 'disable' }, driver: VFIO }] })),
  LIBVIRT_FAILED: (machine) => {
    const [assignment] = changesOf(machine, 'plug');
    return reach(running(machine, { kind: 'missing' }), assignment);
  },
  DOCUMENT_UNREADABLE: refusedBy('dumpxml', 0),
  DEFINITION_REFUSED: refusedBy('define', 0),
  CATEGORY_REFUSED: (machine) => {
    const { uri, machine: uuid } = changesOf(machine, 'plug')[0];
    machine.libvirt.failure = ([command]) => (command === 'metadata' ? 'no' : null);
    return reach(machine, {
      ...{ kind: 'category', uri, machine: uuid, place: 'definition', from: null, to: 'router' },
      metadata: '<machine category="router"/>',
    });
  },
  NOT_RUNNING: (machine) => {
    machine.libvirt.start();
    const [, attachment] = changesOf(machine, 'plug');
    machine.libvirt.live = null;
    return reach(machine, attachment);
  },
  ALIAS_TAKEN: async (machine) => {
    machine.libvirt.start();
    const [, attachment] = changesOf(machine, 'plug');
    await reach(machine, attachment);
    machine.libvirt.live = machine.libvirt.live?.replace(/(bus=.0x0)7/, '$16') ?? null;
    return reach(machine, attachment);
  },
  PLUG_REFUSED: refusedBy('attach-device', 1),
  UNPLUG_REFUSED: refusedBy('detach-device-alias', 1, 'unplug'),
  GUEST_KEEPS_DEVICE: async (machine) => {
    machine.libvirt.start();
    await applyPlan(livePlan(machine, 'plug'), machine, OCCASION);
    machine.libvirt.letsGo = false;
    const [, attachment] = changesOf(machine, 'unplug');
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const reaching = reach(machine, attachment);
    await vi.runAllTimersAsync();
    return reaching;
  },
  IMAGE_UNREADABLE: async (machine) => {
    await machine.files.replace(DISK, 'no image');
    return reach(machine, changeOf('image'));
  },
  IMAGE_FAILED: (machine) => reach(running(machine, exited(1, 'no space left')), changeOf('image')),
  IMAGE_TAKEN: async (machine) => {
    await machine.runner.run('qemu-img', ['create', '-f', 'raw', DISK, '1024']);
    return reach(machine, changeOf('image'));
  },
  DATA_GONE: (machine) => reach(machine, { kind: 'image', path: DISK, from: IMAGE, to: null }, 'from'),
  NETWORK_REFUSED: (machine) => {
    machine.libvirt.failure = ([command]) => (command === 'net-start' ? 'no' : null);
    return reach(machine, changeOf('network'));
  },
  GUEST_UNREADABLE: async (machine) => {
    const guest = await machine.guests.open('r0');
    symlinkSync('a strange place', join(guest.root, 'etc/motd'));
    return reach(machine, motd);
  },
  GUEST_FAILED: async (machine) => {
    const guest = await machine.guests.open('r0');
    guest.exec = async () => ({ ended: { kind: 'timeout' }, out: new Uint8Array(), err: new Uint8Array() });
    return reach(machine, motd);
  },
  STATE_UNREADABLE: async (machine) => {
    await applyPlan(upPlan(), machine, OCCASION);
    machine.libvirt.failure = ([command]) => (command === 'domstate' ? 'no' : null);
    return reach(machine, changeOf('power'));
  },
  HOOKS_NOT_CALLED: (machine) => {
    machine.libvirt.failure = ([verb]) => (verb === 'create' ? 'no such domain type' : null);
    const withoutLibvirt = { ...machine, reader: machine.kernel };
    return reach(withoutLibvirt, { kind: 'hooks', uri: 'qemu:///system', from: false, to: true });
  },
  START_FAILED: (machine) => startRefused(machine, 'start', 'to'),
  STOP_FAILED: (machine) => startRefused(machine, 'destroy', 'from'),
  STOP_INTERRUPTED: async (machine) => {
    const change = changeOf('power');
    await reach(machine, changeOf('definition'));
    await reach(machine, change);
    machine.libvirt.failure = ([command]) => (command === 'shutdown' ? '' : null);
    const stop: Change = { ...change, kind: 'power', from: 'running', to: 'off', graceSeconds: 60 } as Change;
    return reach({ ...machine, interruption: { aborted: true } }, stop);
  },
};

/** The change of a kind of a machine that is created. */
function changeOf(kind: Change['kind']): Change {
  const step = upPlan().steps.find(({ change }) => change.kind === kind);
  if (step === undefined) throw new Error(`the plan has no ${kind}`);
  return step.change;
}

/** A machine that is started, or stopped, by a libvirt that refuses a command. */
async function startRefused(machine: SimulatedMachine, verb: string, direction: Direction): Promise<Met> {
  await reach(machine, changeOf('definition'));
  if (direction === 'from') await reach(machine, changeOf('power'));
  machine.libvirt.failure = ([command]) => (command === verb ? 'no' : null);
  return reach(machine, changeOf('power'), direction);
}

describe('a problem of a step', () => {
  afterEach(() => vi.useRealTimers());

  it.each(Object.entries(CASES))('has the code %s', async (code, meet) => {
    expect(Object.keys(CASES)).toEqual(Object.keys(PROBLEMS));
    const met = await meet(simulateMachine(captured));
    expect(met).toMatchObject({ code, message: expect.stringMatching(/^\S.*[^.]$/) });
  });
});
