import {
  categoryAsWritten,
  formatWithCategory,
  MACHINE_NAMESPACE,
  MACHINE_PREFIX,
} from '../../libvirt/machine/machine-metadata.ts';
import { isGone } from '../../libvirt/machine/read-machines.ts';
import type { VirshAnswer } from '../../libvirt/virsh.ts';
import { parseXml, type XmlDocument } from '../../libvirt/xml/xml-document.ts';
import type { CategoryChange } from '../../plan/changes/category.ts';
import type { AskedChangeMaker, Observation, Problem } from '../change-maker.ts';
import type { ChangeableHost } from '../changeable-host.ts';
import { askLibvirt, runAndLook } from './ask-libvirt.ts';

/** Gives a machine a category by `virsh metadata`, which changes our element of a document and nothing else of it. */
export const categoryMaker: AskedChangeMaker<CategoryChange> = {
  look: async (host, change) => lookOf(host, change, await readNow(host, change)),
};

/** The document of a place; `off` where it was that of what runs, and that ended. */
type Now = { readonly document: XmlDocument | 'off' } | Problem;

function lookOf(host: ChangeableHost, change: CategoryChange, now: Now): Observation<CategoryChange> {
  return {
    problem: typeof now === 'string' ? now : null,
    isAt(goal) {
      if (typeof now === 'string') return false;
      // What ended took its category along, and has nothing to be put back.
      if (now.document === 'off') return goal === change.from;
      return categoryAsWritten(now.document) === goal;
    },
    async reach(goal) {
      const from = typeof now === 'string' ? await readNow(host, change) : now;
      if (typeof from === 'string') return from;
      const { document } = from;
      if (document === 'off')
        return goal === change.from ? lookOf(host, change, from) : 'it does not run any more';
      const then = await askLibvirt<Now>(host, change.uri, async (virsh) => {
        const command = commandFor(change, formatWithCategory(document, goal));
        const { error, found } = await runAndLook(virsh, command, dumpOf(change));
        return error === null ? nowIn(change, found) : `libvirt does not take its category: ${error}`;
      });
      return typeof then === 'string' ? then : lookOf(host, change, then);
    },
  };
}

function readNow(host: ChangeableHost, change: CategoryChange): Promise<Now> {
  return askLibvirt<Now>(host, change.uri, async (virsh) => {
    const { found } = await runAndLook(virsh, null, dumpOf(change));
    return nowIn(change, found);
  });
}

function dumpOf({ machine, place }: CategoryChange): readonly string[] {
  return ['dumpxml', ...(place === 'live' ? [] : ['--inactive']), machine];
}

function nowIn({ place }: CategoryChange, { output, error }: VirshAnswer): Now {
  if (error !== null) {
    return place === 'live' && isGone(error) ? { document: 'off' } : `its document can't be read: ${error}`;
  }
  const document = parseXml(output, 'its document');
  return { document: place === 'live' && !document.root.attributes.has('id') ? 'off' : document };
}

function commandFor({ machine, place }: CategoryChange, element: string | null): readonly string[] {
  const change = element === null ? ['--remove'] : ['--key', MACHINE_PREFIX, '--set', element];
  const where = place === 'live' ? '--live' : '--config';
  return ['metadata', machine, '--uri', MACHINE_NAMESPACE, ...change, where];
}
