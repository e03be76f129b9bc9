import { PortalGunError } from '../../../base/errors.ts';
import type { DefinitionFault } from '../../../machines/definition/definition-parser.ts';
import { withFragments } from '../../../machines/domain/fragments.ts';
import { checkedNode } from '../../../machines/domain/xml-node.ts';
import type { XmlFragment } from '../../../machines/resolved-machine.ts';
import { faultOfError } from '../folder-faults.ts';
import type { MachineFolder, Project } from '../open-project.ts';

const MAX_FRAGMENTS = 100;
const MAX_FRAGMENT_BYTES = 256 * 1024;

/**
 * The files `xml/*.xml` of a folder, in the order of their names.
 *
 * @throws PortalGunError BAD_XML if there are too many, or one cannot be read; PERMISSION_DENIED
 */
export function fragmentsOf(project: Project, folder: MachineFolder): readonly XmlFragment[] {
  return fragmentFiles(project, folder).map((file) => readFragment(project, folder, file));
}

/** Everything that is wrong with the fragments of a folder. */
export function fragmentFaults(project: Project, folder: MachineFolder): readonly DefinitionFault[] {
  try {
    return fragmentFiles(project, folder).flatMap((file) =>
      faultsOf(`machines/${folder.name}/xml/${file}`, () => {
        const fragment = readFragment(project, folder, file);
        checkedNode(withFragments({ name: 'domain' }, [fragment]));
      }),
    );
  } catch (error) {
    if (error instanceof PortalGunError) return [faultOfError(error)];
    throw error;
  }
}

function fragmentFiles({ files }: Project, { name, path }: MachineFolder): readonly string[] {
  const found = (files.list(`${path}/xml`) ?? []).filter((file) => file.endsWith('.xml'));
  if (found.length <= MAX_FRAGMENTS) return found;
  throw new PortalGunError('BAD_XML', `has more than ${MAX_FRAGMENTS} files`, {
    subject: `machines/${name}/xml`,
  });
}

function readFragment({ files }: Project, { name, path }: MachineFolder, file: string): XmlFragment {
  const bytes = files.read(`${path}/xml/${file}`, MAX_FRAGMENT_BYTES, 'BAD_XML');
  return { file: `machines/${name}/xml/${file}`, text: Buffer.from(bytes).toString('utf8') };
}

function faultsOf(at: string, work: () => void): readonly DefinitionFault[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    const fault = faultOfError(error);
    return [{ ...fault, at: fault.at.startsWith(at) ? fault.at : at }];
  }
}
