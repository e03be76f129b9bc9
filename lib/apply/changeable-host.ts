import type { FileStore } from '../host/file-store.ts';
import type { HostReader } from '../host/host-reader.ts';
import type { HostWriter } from '../host/host-writer.ts';
import type { Runner } from '../host/runner.ts';

/** The ports through which a plan is applied. */
export interface ChangeableHost {
  readonly reader: HostReader;
  readonly writer: HostWriter;
  readonly runner: Runner;
  readonly files: FileStore;
  /** If it is aborted, a wait ends: for a guest that shuts down, for example. */
  readonly interruption?: { readonly aborted: boolean };
}
