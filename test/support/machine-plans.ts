import { createHash } from 'node:crypto';
import type { PciAddress } from '../../lib/pci/address.ts';
import { type GuestFileChange, guestFileKind } from '../../lib/plan/changes/guest/guest-file.ts';
import { type GuestSettingChange, guestSettingKind } from '../../lib/plan/changes/guest/guest-setting.ts';
import { scriptSteps } from '../../lib/plan/machines/event-steps.ts';
import {
  definitionStep,
  directoryStep,
  imageStep,
  networkStep,
  powerStep,
} from '../../lib/plan/machines/machine-steps.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { uuidOf } from './made-up-libvirt.ts';

const URI = 'qemu:///system';
const NEW_MACHINE = { name: 'r0', uuid: uuidOf(40) };
const NEW_DOMAIN = `<domain type='qemu'>
  <name>r0</name>
  <uuid>${NEW_MACHINE.uuid}</uuid>
  <memory unit='KiB'>262144</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices/>
</domain>`;
const STATE = '/var/lib/portal-gun/machines/r0';
export const DISK = `${STATE}/www.qcow2`;
export const IMAGE = { format: 'qcow2', sizeBytes: 2 ** 31, backing: null } as const;
const NETWORK = {
  xml: "<network ipv6='yes'><name>isolated-lan</name><bridge name='pg-lan'/></network>",
  active: true,
  autostart: false,
} as const;

/** A script, and the hook that runs it. */
const HOOK_STEPS = [
  ...scriptSteps(
    {
      ...NEW_MACHINE,
      wanted: [
        {
          ...{ event: 'prepare', order: 10, timeoutMs: 1000, onError: 'halt', text: '#!/bin/sh\n' },
          ...{ file: 'scripts/prepare.d/10-x', path: 'prepare.d/10-x' },
        },
      ],
      installed: new Map(),
    },
    () => false,
  ),
  {
    words: 'tell libvirt',
    change: { kind: 'hooks', uri: URI, from: false, to: true },
  },
] as const;

/** A machine that is created with all that one can have, and started. */
export function upPlan(functions: readonly PciAddress[] = []): Plan {
  return {
    title: 'Bring r0 up',
    guards: [],
    steps: [
      networkStep(URI, 'isolated-lan', null, NETWORK),
      ...HOOK_STEPS,
      directoryStep('/run/portal-gun/machines/r0', true),
      directoryStep(STATE, true),
      imageStep(DISK, null, IMAGE),
      definitionStep(URI, NEW_MACHINE, null, NEW_DOMAIN),
      powerStep(URI, NEW_MACHINE, 'off', 'running', { functions }),
    ],
  };
}

/** A file of a guest is changed, and its host name. */
export function guestPlan(): Plan {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const owned = { mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const file: GuestFileChange = {
    ...{ kind: 'guest-file', machine: 'r0', path: '/etc/motd' },
    from: { kind: 'file', sha256: sha256('before\n'), ...owned },
    to: { kind: 'file', sha256: sha256('after\n'), ...owned },
    content: Buffer.from('after\n').toString('base64'),
  };
  const name: GuestSettingChange = {
    ...{ kind: 'guest-setting', machine: 'r0', init: 'none', setting: 'hostname', of: 'kernel' },
    ...{ from: 'old', to: 'r0' },
  };
  return {
    title: 'Provision r0',
    guards: [],
    steps: [
      { words: guestFileKind.words(file), change: file },
      { words: guestSettingKind.words(name), change: name },
    ],
  };
}

/** The same machine stopped and removed, but for its disk. */
export function destroyPlan(): Plan {
  return {
    title: 'Remove r0',
    guards: [],
    steps: [
      powerStep(URI, NEW_MACHINE, 'running', 'off', { graceSeconds: 60 }),
      definitionStep(URI, NEW_MACHINE, NEW_DOMAIN, null),
      networkStep(URI, 'isolated-lan', NETWORK, null),
      directoryStep('/run/portal-gun/machines/r0', false),
    ],
  };
}
