import { PortalGunError } from '../../base/errors.ts';
import type { Runner } from '../../host/runner.ts';
import { Virsh } from '../../libvirt/virsh.ts';
import type { Problem } from '../change-kind.ts';
import type { ChangeableHost } from '../changeable-host.ts';

/** For a libvirt that is asked several times for each machine: its version is looked at once. */
const GATEWAYS = new WeakMap<Runner, Map<string, Virsh>>();

/** Does what may fail in whatever way without ending a plan in the middle: a step that fails is undone. */
export async function askLibvirt<T>(
  { runner }: ChangeableHost,
  uri: string,
  work: (virsh: Virsh) => Promise<T | Problem>,
): Promise<T | Problem> {
  const known = GATEWAYS.get(runner) ?? new Map<string, Virsh>();
  const gateway = known.get(uri) ?? new Virsh(runner, uri);
  GATEWAYS.set(runner, known.set(uri, gateway));
  try {
    return await work(gateway);
  } catch (thrown) {
    // One that did not answer may do so when it is asked for the undoing.
    known.delete(uri);
    if (!(thrown instanceof PortalGunError)) throw thrown;
    return [thrown.subject ?? [], thrown.message].flat().join(': ');
  }
}
