import type { Virsh } from '../../libvirt/virsh.ts';
import type { HostSession } from '../session/host-session.ts';

const NODE = '/dev/kvm';
const PROBE_PATH = '/run/portal-gun/kvm-probe';
const RESULT_PATH = '/run/portal-gun/kvm-result';
const PROBE_TIMEOUT_MS = 5000;
/** QEMU ends with it when the probe writes to its port. */
const PROBE_EXIT = 1;
const EMULATOR = 'qemu-system-x86_64';

/**
 * What runs VMs here: `kvm` if it runs anything, and `qemu`, which emulates, otherwise. A host can have a /dev/kvm that creates VMs and
 * runs nothing, in which a guest would print nothing for ever; so a firmware of four instructions is run, once for each boot.
 */
export async function hypervisorHere({ ports }: HostSession, virsh: Virsh): Promise<'kvm' | 'qemu'> {
  const { reader, user } = ports;
  if (!reader.exists(NODE)) return 'qemu';
  const { error } = await virsh.run(['domcapabilities', '--virttype', 'kvm'], { readOnly: true });
  if (error !== null) return 'qemu';
  const known = reader.readText(RESULT_PATH);
  if (known === 'kvm' || known === 'qemu') return known;
  // Only root may open the node everywhere, and write down what came of it.
  return user.isRoot ? probe(ports) : 'kvm';
}

async function probe({ runner, openFiles }: HostSession['ports']): Promise<'kvm' | 'qemu'> {
  const files = await openFiles();
  if ((await files.replace(PROBE_PATH, PROBE)) !== 'written') return 'kvm';
  const run = await runner.run(
    EMULATOR,
    [
      ...['-machine', 'pc', '-accel', 'kvm', '-nodefaults', '-display', 'none', '-m', '16', '-no-reboot'],
      ...['-device', 'isa-debug-exit,iobase=0x78', '-bios', PROBE_PATH],
    ],
    { timeoutMs: PROBE_TIMEOUT_MS },
  );
  await files.remove(PROBE_PATH);
  if (run.kind === 'missing') return 'kvm';
  const result = run.kind === 'exited' && run.exitCode === PROBE_EXIT ? 'kvm' : 'qemu';
  await files.replace(RESULT_PATH, result);
  return result;
}

/**
 * 64 KiB of firmware. A processor starts 16 bytes before its end: `push 0x78; pop dx; outsb; hlt` writes to the port at which
 * QEMU ends. The codes of these instructions but the last are letters.
 */
const PROBE = `${' '.repeat(65_520)}jxZn${' '.repeat(12)}`;
