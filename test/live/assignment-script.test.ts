import { execa } from 'execa';
import { expect, test } from 'vitest';
import { plainHostDevice } from '../../lib/libvirt/hostdev/host-device.ts';
import { type PciAddress, parsePciAddress } from '../../lib/pci/address.ts';
import type { AssignmentChange } from '../../lib/plan/changes/machine/assignment.ts';
import { formatScript } from '../../lib/plan/script/script.ts';
import { uuidOf } from '../support/made-up-libvirt.ts';

const MACHINE = uuidOf(1);
const alias = 'ua-portal-gun-0000-01-00-0';
const rom = { isEnabled: null, hasBar: null, file: `/roms/a 'b' $(reboot) \`x\`.rom` };
const device = { ...plainHostDevice(parsePciAddress('01:00.0') as PciAddress), alias, rom };

test.each(['qemu:///system', `qemu+ssh://h/?a='b'&c=$(reboot)`])(
  'a script hands virsh what was meant, and the shell nothing: %s',
  async (uri) => {
    const metadata = `<machine note="it's $(reboot) \`x\`"/>`;
    const change: AssignmentChange = {
      kind: 'assignment',
      uri,
      machine: MACHINE,
      from: { devices: [], rootPorts: [] },
      to: { devices: [{ alias, assignment: null, device }], rootPorts: [5] },
      metadata,
    };
    // In place of virsh: what it is called with, an argument a line.
    const stub = `virsh() { [ -t 0 ] || case $* in *attach*) cat;; esac; printf '[%s]\\n' "$@"; }`;
    const plan = { title: 't', guards: [], steps: [{ words: 'w', change }] };
    const script = `${stub}\n${formatScript(plan, '0.1.0')}`;
    const { stdout, stderr } = await execa('sh', ['-c', script], { stdin: 'ignore' });
    expect(stderr).toBe('');
    expect(stdout).toContain(`[${uri}]`);
    expect(stdout).toContain(`[${metadata}]`);
    expect(stdout).toContain(`file="${rom.file}"`);
    expect(stdout.indexOf('pcie-root-port')).toBeLessThan(stdout.indexOf('<hostdev'));
  },
);
