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

/** Where libvirt keeps a machine's metadata: in its definition, and in what runs. */
type Place = 'definition' | 'live';

/** The new tag of a machine, and the places that need a change. */
export interface Tagging {
  readonly machine: KnownMachine;
  /** `null` for untagged. */
  readonly category: string | null;
  /** None where there is nothing to do. */
  readonly places: readonly Place[];
}

/** The changes that set the category of a machine, `null` for none, in its definition and in the running machine. */
export function planTagging(machine: KnownMachine, category: string | null): Tagging {
  const places = (['definition', 'live'] as const).filter((place) => {
    const document = machine[place]?.document;
    return document !== undefined && readCategory(document) !== category;
  });
  return { machine, category, places };
}

/** One call of `virsh metadata`, and what takes it back. */
interface Step {
  readonly machine: KnownMachine;
  readonly place: Place;
  readonly command: readonly string[];
  readonly undo: readonly string[];
}

/**
 * Tags machines by `virsh metadata`, which changes only portal-gun's element of a document; then checks the result.
 * Where one fails, those before it are put back.
 *
 * @throws PortalGunError TOOL_FAILED, with which machine it was and what came of the others; BAD_XML where what stands in
 *   our namespace is not ours; what {@link Virsh} throws
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
  if (wrong !== null) await fail(virsh, wrong, 'libvirt says that it is done, and it is not so', done);
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

/** The first machine that is not as it was to be. */
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
      ? 'all machines are tagged as before'
      : `could not be put back: ${[...new Set(left)].join(', ')}`;
  throw new PortalGunError('TOOL_FAILED', `could not be tagged: ${why}`, {
    subject: machine.name,
    hint: `${others}; see what libvirt says of it: virsh dumpxml ${machine.uuid}`,
  });
}
