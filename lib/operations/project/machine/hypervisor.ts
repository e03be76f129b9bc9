import { PortalGunError } from '../../../base/errors.ts';
import type { Virsh } from '../../../libvirt/virsh.ts';
import type { HostSession } from '../../session/host-session.ts';
import { MachineStore } from './machine-store.ts';

const NODE = '/dev/kvm';
const RESULT_PATH = '/run/portal-gun/kvm-result';
const TRIAL_TIMEOUT_MS = 10_000;
const EMULATOR = 'qemu-system-x86_64';
/** The first words of a kernel. */
const FIRST_LINE = 'Linux version';

/**
 * The hypervisor for VMs here: `kvm` if it runs a kernel, and `qemu`, which emulates, otherwise. A host can have a
 * /dev/kvm that creates VMs but does not run them: a guest would never print. So a kernel of the store is tried, once
 * for each boot of the host, and only by root. Another user gets the known result, or `kvm`.
 */
export async function hypervisorHere(session: HostSession, virsh: Virsh): Promise<'kvm' | 'qemu'> {
  const { hypervisor, isSure } = await askedHypervisor(session, virsh);
  return isSure || !session.ports.user.isRoot ? hypervisor : tryKernel(session);
}

/** The same without a trial. libvirt is asked only if no earlier result is known. */
export async function askedHypervisor(session: HostSession, virsh: Virsh): Promise<KnownHypervisor> {
  const known = knownHypervisor(session);
  if (known.isSure) return known;
  try {
    const { error } = await virsh.run(['domcapabilities', '--virttype', 'kvm']);
    return error === null ? known : { hypervisor: 'qemu', isSure: true };
  } catch (error) {
    // libvirt does not answer it on the socket for reading, which is all that some users can open.
    if (error instanceof PortalGunError && error.code === 'PERMISSION_DENIED') return known;
    throw error;
  }
}

/** The hypervisor of a host, as far as it is known. */
export interface KnownHypervisor {
  readonly hypervisor: 'kvm' | 'qemu';
  /** Whether it was found by a trial, or there is no other. */
  readonly isSure: boolean;
}

/** The same without asking or trying anything: the earlier result, or the hypervisor that the host has a node for. */
export function knownHypervisor({ ports }: HostSession): KnownHypervisor {
  const { reader } = ports;
  if (!reader.exists(NODE)) return { hypervisor: 'qemu', isSure: true };
  const found = reader.readText(RESULT_PATH);
  if (found === 'kvm' || found === 'qemu') return { hypervisor: found, isSure: true };
  return { hypervisor: 'kvm', isSure: false };
}

async function tryKernel({ ports }: HostSession): Promise<'kvm' | 'qemu'> {
  const kernel = new MachineStore(ports.reader).anyKernel();
  if (kernel === null) return 'kvm';
  const run = await ports.runner.run(
    EMULATOR,
    [
      ...['-machine', 'q35', '-accel', 'kvm', '-cpu', 'host', '-m', '256', '-no-reboot'],
      ...['-nodefaults', '-display', 'none', '-serial', 'stdio', '-kernel', kernel],
      // It has no root file system, so it ends immediately after its start.
      ...['-append', 'console=ttyS0 panic=-1'],
    ],
    { timeoutMs: TRIAL_TIMEOUT_MS },
  );
  if (run.kind === 'missing') return 'kvm';
  const result = run.kind === 'exited' && run.stdout.includes(FIRST_LINE) ? 'kvm' : 'qemu';
  // If the result cannot be written, the next run tries again.
  await (await ports.openFiles()).replace(RESULT_PATH, result);
  return result;
}
