import type { Guests } from '../../apply/changeable-host.ts';
import { PortalGunError } from '../../base/errors.ts';
import type { HostPorts } from '../../host/host-ports.ts';

/** The guests of the machines of a host, by their agents. */
export function guestsOf(_ports: HostPorts): Guests {
  return {
    async open(machine) {
      throw new PortalGunError('NO_AGENT', 'has no channel to an agent', { subject: machine });
    },
    forget() {},
  };
}
