import type { ApplyReport } from '../apply/apply-report.ts';
import type { HostPorts } from '../host/host-ports.ts';
import { livePorts } from '../host/live/live-ports.ts';
import type { BindingSubject, BindOptions, UnbindOptions } from './binding/propose-binding.ts';
import type { ApplyProposalOptions } from './change/apply-proposal.ts';
import type { HostProposal } from './change/host-proposal.ts';
import { HostSession, type SessionOptions } from './session/host-session.ts';

/**
 * Opens a host to ask about it and to change it: this machine, or a captured host, which is read and never changed.
 *
 * @param ports the machine that everything is read, run and written on; this one by default
 * @throws PortalGunError NOT_FOUND, BAD_HOST, BAD_SNAPSHOT, PERMISSION_DENIED
 */
export async function openSession(
  options: SessionOptions = {},
  ports: HostPorts = livePorts(),
): Promise<Session> {
  const session = new HostSession(ports, options);
  // A host that cannot be opened is said here, not with the first question.
  void session.host;
  return new Session(session);
}

/**
 * What can be asked of a host: a method for each command of `pci`. One that changes something gives a proposal, which changes nothing
 * until it is applied.
 */
export class Session {
  readonly #session: HostSession;

  constructor(session: HostSession) {
    this.#session = session;
  }

  /** Proposes to give devices, and what their IOMMU groups demand, to a driver that gives them to VMs. */
  async bind(options: BindOptions): Promise<HostProposal<BindingSubject>> {
    const { proposeBind } = await import('./binding/propose-binding.ts');
    return proposeBind(this.#session, options);
  }

  /** Proposes to give devices back to the drivers that they had. */
  async unbind(options: UnbindOptions): Promise<HostProposal<BindingSubject>> {
    const { proposeUnbind } = await import('./binding/propose-binding.ts');
    return proposeUnbind(this.#session, options);
  }

  /** Applies a proposal of this session: as root, holding the lock of the machine, with a journal. */
  async apply(proposal: HostProposal, options: ApplyProposalOptions = {}): Promise<ApplyReport> {
    const { applyProposal } = await import('./change/apply-proposal.ts');
    return applyProposal(this.#session, proposal, options);
  }
}
