import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import type { Virsh } from '../../../lib/libvirt/virsh.ts';
import { askedHypervisor } from '../../../lib/operations/project/machine/hypervisor.ts';
import type { HostSession } from '../../../lib/operations/session/host-session.ts';

const reader = { exists: () => true, readText: () => ({ unknown: 'denied', detail: 'EACCES' }) };
const session = { ports: { reader } } as unknown as HostSession;

function virshThat(run: () => Promise<unknown>): Virsh {
  return { run } as unknown as Virsh;
}

describe('the hypervisor of machines that leave it open', () => {
  it('is KVM, unsure, for a user who may only read from libvirt', async () => {
    const virsh = virshThat(async () => {
      throw new PortalGunError('PERMISSION_DENIED', 'libvirt refused the connection');
    });
    expect(await askedHypervisor(session, virsh)).toEqual({ hypervisor: 'kvm', isSure: false });
  });

  it('is emulation if libvirt has no KVM, and unknown if libvirt does not answer', async () => {
    const without = virshThat(async () => ({ output: '', error: 'failed to get emulator capabilities' }));
    expect(await askedHypervisor(session, without)).toEqual({ hypervisor: 'qemu', isSure: true });
    const silent = virshThat(async () => {
      throw new PortalGunError('NO_LIBVIRT', 'libvirt does not answer');
    });
    await expect(askedHypervisor(session, silent)).rejects.toMatchObject({ code: 'NO_LIBVIRT' });
  });
});
