import { PortalGunError } from '../../base/errors.ts';
import type { Virsh } from '../virsh.ts';
import { parseXml } from '../xml/xml-document.ts';
import {
  categoryAsWritten,
  formatWithCategory,
  MACHINE_NAMESPACE,
  MACHINE_PREFIX,
  readCategory,
} from './machine-metadata.ts';
import type { KnownMachine } from './read-machines.ts';

/** The places of a VM's metadata in libvirt: its definition, and the running VM. */
type Place = 'definition' | 'live';

/** The new tag of a VM, and the places that need a change. */
export interface Tagging {
  readonly machine: KnownMachine;
  /** `null` for untagged. */
  readonly category: string | null;
  /** Empty if no change is needed. */
  readonly places: readonly Place[];
}

/** The changes that set the category of a VM, `null` for none, in its definition and in the running VM. */
export function planTagging(machine: KnownMachine, category: string | null): Tagging {
  const places = (['definition', 'live'] as const).filter((place) => {
    const document = machine[place]?.document;
    return document !== undefined && readCategory(document) !== category;
  });
  return { machine, category, places };
}

/** One call of `virsh metadata`, and its undo. */
interface Step {
  readonly machine: KnownMachine;
  readonly place: Place;
  readonly command: readonly string[];
  readonly undo: readonly string[];
}

/**
 * Tags VMs by `virsh metadata`, which changes only portal-gun's element of a document; then checks the result. If one
 * fails, the earlier ones are undone.
 *
 * @throws PortalGunError TOOL_FAILED, with the VM and the state of the others; BAD_XML if the contents of
 * portal-gun's
 *   namespace have another form; the errors of {@link Virsh}
 */
export async function tagMachines(
  virsh: Pick<Virsh, 'run' | 'runAll'>,
  taggings: readonly Tagging[],
): Promise<void> {
  const steps = taggings.flatMap(stepsOf);
  const done: Step[] = [];
  for (const step of steps) {
    const { error } = await virsh.run(step.command);
    if (error !== null) await fail(virsh, step.machine, error, done);
    done.push(step);
  }
  const wrong = await firstWrong(virsh, taggings);
  if (wrong !== null)
    await fail(virsh, wrong, 'libvirt reported success, but the category did not change', done);
}

function stepsOf({ machine, category, places }: Tagging): readonly Step[] {
  return places.flatMap((place): readonly Step[] => {
    const document = machine[place]?.document;
    if (document === undefined) return [];
    return [
      {
        machine,
        place,
        command: commandFor(machine, place, formatWithCategory(document, category)),
        undo: commandFor(machine, place, formatWithCategory(document, categoryAsWritten(document))),
      },
    ];
  });
}

function commandFor({ uuid }: KnownMachine, place: Place, element: string | null): readonly string[] {
  const change = element === null ? ['--remove'] : ['--key', MACHINE_PREFIX, '--set', element];
  const where = place === 'live' ? '--live' : '--config';
  return ['metadata', uuid, '--uri', MACHINE_NAMESPACE, ...change, where];
}

/** The first VM with another state than requested. */
async function firstWrong(
  virsh: Pick<Virsh, 'runAll'>,
  taggings: readonly Tagging[],
): Promise<KnownMachine | null> {
  const looks = taggings.flatMap(({ machine, category, places }) =>
    places.map((place) => ({
      machine,
      category,
      command: ['dumpxml', ...(place === 'live' ? [] : ['--inactive']), machine.uuid],
    })),
  );
  const answers = await virsh.runAll(
    looks.map(({ command }) => command),
    { readOnly: true },
  );
  const wrong = looks.find(({ machine, category }, index) => {
    const { output = '', error = null } = answers[index] ?? {};
    return error !== null || readCategory(parseXml(output, machine.uuid)) !== category;
  });
  return wrong?.machine ?? null;
}

async function fail(
  virsh: Pick<Virsh, 'run'>,
  machine: KnownMachine,
  why: string,
  done: readonly Step[],
): Promise<never> {
  const left: string[] = [];
  for (const step of [...done].reverse()) {
    const { error } = await virsh.run(step.undo);
    if (error !== null) left.push(step.machine.name);
  }
  const others =
    left.length === 0
      ? 'all VMs have their previous tags'
      : `could not be restored: ${[...new Set(left)].join(', ')}`;
  throw new PortalGunError('TOOL_FAILED', `could not be tagged: ${why}`, {
    subject: machine.name,
    hint: `${others}; to see its XML: virsh dumpxml ${machine.uuid}`,
  });
}
