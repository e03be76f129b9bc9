import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { MachineNames } from '../../../operations/project/choose-machines.ts';
import { missingProfiles } from '../../../operations/project/missing-profiles.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { runBootBuild } from '../boot/boot-build.ts';

/** Builds boot assets that machines need and the store lacks; the result if that failed. */
export async function buildMissing(
  session: HostSession,
  names: MachineNames,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult | null> {
  for (const profile of await missingProfiles(session, names)) {
    dialogue.say(`The store has no boot assets ${profile}: they are built once, from packages.\n`);
    const values = {
      profile,
      suite: undefined,
      kernelPackage: undefined,
      module: [],
      dryRun: false,
      json: false,
    };
    const built = await runBootBuild({ ...values, color: undefined }, terminal, dialogue, ports);
    if (built.exitCode !== EXIT.ok) return built;
    dialogue.say(built.stdout);
  }
  return null;
}
