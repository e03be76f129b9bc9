import { count } from '../../base/text.ts';
import type { OpenedMachines } from '../project/project-machines.ts';
import { countConfigFolder } from './config-folder.ts';

/** What follows when machines run, for users of a plan that brings them up: what differs in a guest is not known before. */
export function provisioningNotes({
  project,
  machines,
}: Pick<OpenedMachines, 'project' | 'machines'>): readonly string[] {
  return machines.flatMap(({ folder, machine }) => {
    const modules = machine.definition.provision.length;
    const { files, hasManifest } = countConfigFolder(project, folder);
    const parts = [
      ...(modules > 0 ? [count(modules, 'module')] : []),
      ...(files > 0 ? [`${count(files, 'file')} of config/`] : []),
      ...(hasManifest && files === 0 ? ['the manifest of config/'] : []),
    ];
    return parts.length === 0
      ? []
      : [`${folder.name} is then provisioned by a second plan: ${parts.join(', ')}`];
  });
}
