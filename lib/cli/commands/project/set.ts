import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { setValues } from '../../../operations/project/set-values.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import { machineSetDocument, renderSet } from '../../../render/project/set-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { ProjectValues } from '../../tables/project/project-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { demandChoice } from './demand-choice.ts';

interface SetValues extends ProjectValues {
  readonly words: readonly string[];
  readonly unset: readonly string[];
  readonly type: readonly string[];
  readonly all: boolean;
  readonly dryRun: boolean;
}

/** `portal set`: values in the definitions of machines are changed. */
export async function runPortalSet(
  { words, unset, type, all, dryRun, project, json }: SetValues,
  { width }: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const machines = words.filter((word) => !word.includes('='));
  demandChoice({ machines, type, all });
  const set = await setValues(new HostSession(ports, { project }), {
    machines,
    types: type,
    values: [
      ...words.filter((word) => word.includes('=')).map(assignmentIn),
      ...unset.map((key) => ({ key, value: null })),
    ],
    dryRun,
  });
  return {
    exitCode: EXIT.ok,
    stdout: json ? formatDocument(machineSetDocument(set)) : renderSet(set, width),
    stderr: '',
  };
}

function assignmentIn(word: string): { readonly key: string; readonly value: string } {
  const at = word.indexOf('=');
  return { key: word.slice(0, at), value: word.slice(at + 1) };
}
