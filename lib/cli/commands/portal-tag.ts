import { EXIT, PortalGunError } from '../../base/errors.ts';
import { nearCategory, parseCategory } from '../../libvirt/category.ts';
import { findMachine } from '../../libvirt/find-machine.ts';
import { type KnownMachine, mainDocument, readMachines } from '../../libvirt/read-machines.ts';
import { planTagging, tagMachines } from '../../libvirt/tag-machines.ts';
import { formatDocument } from '../../render/documents.ts';
import { renderTagging, taggingDocument } from '../../render/tagging-text.ts';
import { machineRemarks, virshOf } from '../asked-libvirt.ts';
import { type Arguments, type CommandResult, stringOf, stringsOf, switchOf } from '../command.ts';
import type { Terminal } from '../terminal.ts';

/** `portal tag`: machines get a category, or lose it. */
export async function runPortalTag(args: Arguments, { width }: Terminal): Promise<CommandResult> {
  const category = categoryOf(args);
  const isDryRun = switchOf(args, 'dry-run') === true;
  const virsh = virshOf(args);
  const { machines, diagnostics } = await readMachines(virsh, 'look');
  const meant = new Set(stringsOf(args, 'machines').map((word) => findMachine(machines, word)));
  const taggings = [...meant].map((machine) => planTagging(machine, category));
  if (!isDryRun) await tagMachines(virsh, taggings);
  return {
    exitCode: EXIT.ok,
    stdout:
      switchOf(args, 'json') === true
        ? formatDocument(taggingDocument(virsh.uri, taggings, category, isDryRun))
        : renderTagging(taggings, category, isDryRun, width),
    stderr: machineRemarks(args, diagnostics, 'portal') + spellingNote(category, machines),
  };
}

function categoryOf(args: Arguments): string | null {
  const type = stringOf(args, 'type');
  if (switchOf(args, 'remove') === true) {
    if (type === undefined) return null;
    throw new PortalGunError('BAD_ARGUMENT', 'does not go with --type', { subject: '--remove' });
  }
  if (type !== undefined) return parseCategory(type, '--type');
  throw new PortalGunError('BAD_ARGUMENT', 'says nothing of which category', {
    hint: 'give --type router, or --remove to take the category away',
  });
}

/** A name of one's own may be a slip: said where it is near a known one, and no machine has it yet. */
function spellingNote(category: string | null, machines: readonly KnownMachine[]): string {
  const meant = category === null ? undefined : nearCategory(category);
  const isUsed = machines.some((machine) => mainDocument(machine).machine.category === category);
  if (meant === undefined || isUsed) return '';
  return `portal: note: ${category} is a category of your own; did you mean ${meant}?\n`;
}
