import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { buildBoot } from '../../../operations/boot/build-boot.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { bootBuildDocument, renderBuiltBoot } from '../../../render/boot/boot-text.ts';
import { formatDocument } from '../../../render/documents.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { StoreValues } from '../../tables/boot/store-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { guardWork } from './guard-work.ts';

interface BootBuildValues extends StoreValues {
  readonly profile: string;
  readonly suite: string | undefined;
  readonly kernelPackage: string | undefined;
  readonly module: readonly string[];
}

/** `portal boot build`: a kernel and an initramfs from packages of the distribution. */
export async function runBootBuild(
  { profile, suite, kernelPackage, module: modules, dryRun, json }: BootBuildValues,
  _terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = new HostSession(ports);
  return guardWork(
    dialogue,
    (work) => buildBoot(session, { profile, suite, kernelPackage, modules, dryRun, ...work }),
    (built) => ({
      exitCode: EXIT.ok,
      stdout: json ? formatDocument(bootBuildDocument(built)) : renderBuiltBoot(built),
      stderr: '',
    }),
  );
}
