import type { GuestAgent } from '../guest/agent/guest-agent.ts';
import type { FileStore } from '../host/file-store.ts';
import type { HostReader } from '../host/host-reader.ts';
import type { HostWriter } from '../host/host-writer.ts';
import type { Runner } from '../host/runner.ts';

/** The guests of the machines of a host. */
export interface Guests {
  /**
   * Opens a session with the agent of a machine that runs. Close it.
   *
   * @throws PortalGunError NO_AGENT, AGENT_BUSY, AGENT_SILENT, AGENT_FAILED, NOT_RUNNING, PERMISSION_DENIED
   */
  open(machine: string): Promise<GuestAgent>;
  /** Reports that a session with a machine failed, so that it is not used again. */
  forget(machine: string): void;
}

/** The ports through which a plan is applied. */
export interface ChangeableHost {
  readonly reader: HostReader;
  readonly writer: HostWriter;
  readonly runner: Runner;
  readonly files: FileStore;
  readonly guests: Guests;
  /** If it is aborted, a wait ends: for a guest that shuts down, for example. */
  readonly interruption?: { readonly aborted: boolean };
}
