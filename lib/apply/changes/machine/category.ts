import { Problem } from '../../../base/problem.ts';
import {
  categoryAsWritten,
  formatWithCategory,
  MACHINE_NAMESPACE,
  MACHINE_PREFIX,
} from '../../../libvirt/machine/machine-metadata.ts';
import { isGone } from '../../../libvirt/machine/read-machines.ts';
import type { VirshAnswer } from '../../../libvirt/virsh.ts';
import { parseXml, type XmlDocument } from '../../../libvirt/xml/xml-document.ts';
import type { CategoryChange } from '../../../plan/changes/machine/category.ts';
import type { AskedChangeMaker, Observation } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { askLibvirt, runAndLook } from './ask-libvirt.ts';

/** Sets the category of a VM by `virsh metadata`, which changes only the element of portal-gun. */
export const categoryMaker: AskedChangeMaker<CategoryChange> = {
  look: async (host, change) => lookOf(host, change, await readNow(host, change)),
};

/** The document of a place; `off` if it was that of a running VM, which has stopped. */
type Now = { readonly document: XmlDocument | 'off' } | Problem;

function lookOf(host: ChangeableHost, change: CategoryChange, now: Now): Observation<CategoryChange> {
  return {
    problem: now instanceof Problem ? now : null,
    isAt(goal) {
      if (now instanceof Problem) return false;
      // The category of a stopped VM is lost with it, so nothing needs to be undone.
      if (now.document === 'off') return goal === change.from;
      return categoryAsWritten(now.document) === goal;
    },
    async reach(goal) {
      const from = now instanceof Problem ? await readNow(host, change) : now;
      if (from instanceof Problem) return from;
      const { document } = from;
      if (document === 'off')
        return goal === change.from
          ? lookOf(host, change, from)
          : new Problem('NOT_RUNNING', 'it is no longer running');
      const then = await askLibvirt<Now>(host, change.uri, async (virsh) => {
        const command = commandFor(change, formatWithCategory(document, goal));
        const { error, found } = await runAndLook(virsh, command, dumpOf(change));
        return error === null
          ? nowIn(change, found)
          : new Problem('CATEGORY_REFUSED', `libvirt refused its category: ${error}`);
      });
      return then instanceof Problem ? then : lookOf(host, change, then);
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
    return place === 'live' && isGone(error)
      ? { document: 'off' }
      : new Problem('DOCUMENT_UNREADABLE', `cannot read its XML: ${error}`);
  }
  const document = parseXml(output, 'its document');
  return { document: place === 'live' && !document.root.attributes.has('id') ? 'off' : document };
}

function commandFor({ machine, place }: CategoryChange, element: string | null): readonly string[] {
  const change = element === null ? ['--remove'] : ['--key', MACHINE_PREFIX, '--set', element];
  const where = place === 'live' ? '--live' : '--config';
  return ['metadata', machine, '--uri', MACHINE_NAMESPACE, ...change, where];
}
