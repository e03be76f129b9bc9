import { describe, expect, it } from 'vitest';
import { freeAfterOneFailure, stoppedBy } from '../../support/failed-reads.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { functionHere, HERE } from '../../support/host-use.ts';
import { memory } from '../../support/hosts/functions.ts';
import { idleHost, putProcess } from '../../support/idle-host.ts';
import { display, soundCard } from '../../support/things.ts';

const AT = `/sys/devices/pci0000:00/${HERE}`;

/** A function that a host uses in one way, and the rule that finds it. */
interface Use {
  readonly rule: string;
  readonly way?: string;
  readonly spec: Partial<FunctionSpec>;
  readonly put?: (tree: HostTree) => void;
}

const KEYBOARD = { ev: '120013', key: '1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe' };

const USES: readonly Use[] = [
  {
    rule: 'drm-in-use',
    spec: {
      classCode: '030000',
      driver: 'amdgpu',
      bootVga: false,
      bars: { 0: memory(0xe0000000, 1024) },
      below: display(0, 'HDMI-A-1'),
    },
    put: (tree) => putProcess(tree, 7, 'Xorg', '/dev/dri/card0'),
  },
  {
    rule: 'node-open',
    spec: { classCode: '070002', driver: 'serial', below: { 'tty/ttyS4/dev': '4:68' } },
    put: (tree) => {
      tree.linkTo('/sys/class/tty/ttyS4', `${AT}/tty/ttyS4`);
      putProcess(tree, 7, 'agetty', '/dev/ttyS4');
    },
  },
  {
    rule: 'machine-has-it',
    spec: { driver: 'vfio-pci' },
    put: (tree) => putProcess(tree, 7, 'qemu-system-x86', '/dev/vfio/3'),
  },
  {
    rule: 'sound-in-use',
    spec: { classCode: '040300', driver: 'snd_hda_intel', below: soundCard(0) },
    put: (tree) => {
      tree.linkTo('/sys/class/sound/card0', `${AT}/sound/card0`);
      tree.text('/proc/asound/card0/pcm0p/sub0/status', 'state: RUNNING\nowner_pid   : 99\n');
    },
  },
  {
    rule: 'console',
    spec: { classCode: '070002', driver: 'serial', below: { 'tty/ttyS4/type': '4' } },
    put: (tree) => {
      tree.linkTo('/sys/class/tty/ttyS4', `${AT}/tty/ttyS4`);
      tree.attribute('/sys/devices/virtual/tty/console/active', 'tty0 ttyS4');
    },
  },
  {
    rule: 'last-input-usb',
    spec: { classCode: '0c0330', driver: 'xhci_hcd' },
    put: (tree) => {
      const at = `${AT}/usb1/1-2/1-2:1.0/0003:046D:C31C.0001/input/input3`;
      tree.linkTo('/sys/class/input/input3', at);
      tree.attribute(`${at}/name`, 'A keyboard');
      for (const [name, text] of Object.entries(KEYBOARD)) tree.attribute(`${at}/capabilities/${name}`, text);
    },
  },
  {
    rule: 'tpm',
    spec: { classCode: '088000', driver: 'tpm_tis', below: { 'tpm/tpm0/dev': '10:224' } },
    put: (tree) => tree.linkTo('/sys/class/tpm/tpm0', `${AT}/tpm/tpm0`),
  },
  {
    rule: 'boot-display',
    spec: { classCode: '030000', driver: 'amdgpu', bootVga: true, bars: { 0: memory(0xe0000000, 1024) } },
  },
  {
    rule: 'vfs-in-use',
    spec: {
      classCode: '0b4000',
      sriov: {
        total: 7,
        active: 1,
        offset: 0x80,
        stride: 1,
        vfDevice: '10ca',
        vf: () => ({ driver: 'qat_vf', group: 9 }),
      },
    },
  },
];

describe('a host that uses nothing', () => {
  it('can spare a function', () => {
    expect(stoppedBy(idleHost([functionHere({ driver: 'serial', classCode: '070002' })]), HERE)).toEqual([]);
  });
});

describe('a function that the host uses', () => {
  it.each(USES)('does not become free by one read that fails: $rule $way', ({ rule, spec, put }) => {
    const host = idleHost([functionHere(spec)], put);
    const names = stoppedBy(host, HERE).map(({ name }) => name);
    expect([...new Set(names)]).toEqual([rule]);
    expect(freeAfterOneFailure(host, HERE)).toEqual([]);
  });
});
