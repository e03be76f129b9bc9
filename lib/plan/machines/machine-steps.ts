import type { ResolvedDisk, ResolvedMachine } from '../../machines/resolved-machine.ts';
import type { PciAddress } from '../../pci/address.ts';
import { type DirectoryChange, directoryKind } from '../changes/host/directory.ts';
import { type DefinitionChange, definitionKind } from '../changes/machine/definition.ts';
import { type ImageChange, type ImageState, imageKind } from '../changes/machine/image.ts';
import { type NetworkChange, type NetworkState, networkKind } from '../changes/machine/network.ts';
import { type PowerChange, type PowerState, powerKind } from '../changes/machine/power.ts';
import type { Step } from '../plan.ts';

/** The state of a disk that is created; `null` for one that is used as it is. */
export function imageOf({ format, content }: ResolvedDisk): ImageState | null {
  switch (content.kind) {
    case 'new':
      return { format, sizeBytes: content.sizeBytes, backing: null };
    case 'overlay':
      return {
        format: 'qcow2',
        sizeBytes: content.sizeBytes,
        backing: { path: content.base, format: content.baseFormat },
      };
    case 'file':
      return null;
  }
}

/** The directories that a machine has on the host: for sockets, the log of its console, and disks if it has any. */
export function directoriesOf({ disks, paths, definition }: ResolvedMachine): readonly string[] {
  const hasState = definition.firmware === 'uefi' || disks.some((disk) => imageOf(disk) !== null);
  return [
    paths.run,
    paths.consoleLog.slice(0, paths.consoleLog.lastIndexOf('/')),
    ...(hasState ? [paths.state] : []),
  ];
}

export function directoryStep(path: string, to: boolean, withContent = false): Step {
  const change: DirectoryChange = {
    ...{ kind: 'directory', path, from: !to, to },
    ...(withContent ? { withContent } : {}),
  };
  return { words: directoryKind.words(change), change };
}

export function imageStep(path: string, from: ImageState | null, to: ImageState | null): Step {
  const change: ImageChange = { kind: 'image', path, from, to };
  return { words: imageKind.words(change), change };
}

export function networkStep(
  uri: string,
  name: string,
  from: NetworkState | null,
  to: NetworkState | null,
): Step {
  const change: NetworkChange = { kind: 'network', uri, name, from, to };
  return { words: networkKind.words(change), change };
}

/** @param differences in words, if a definition is changed */
export function definitionStep(
  uri: string,
  { name, uuid: machine }: { readonly name: string; readonly uuid: string },
  from: string | null,
  to: string | null,
  differences: readonly string[] = [],
): Step {
  const change: DefinitionChange = { kind: 'definition', uri, machine, from, to };
  const more = differences.length === 0 ? '' : ` (${differences.join('; ')})`;
  return { words: definitionKind.words(change, name) + more, change };
}

/**
 * @param options.functions the functions of the host that the machine has while it runs
 * @param options.scriptSeconds how long its scripts on events may take
 */
export function powerStep(
  uri: string,
  { name, uuid: machine }: { readonly name: string; readonly uuid: string },
  from: PowerState,
  to: PowerState,
  {
    graceSeconds = 0,
    functions = [],
    scriptSeconds = 0,
  }: {
    readonly graceSeconds?: number;
    readonly functions?: readonly PciAddress[];
    readonly scriptSeconds?: number;
  } = {},
): Step {
  const change: PowerChange = {
    ...{ kind: 'power', uri, machine, from, to, graceSeconds, functions },
    ...(scriptSeconds === 0 ? {} : { scriptSeconds }),
  };
  return { words: powerKind.words(change, name), change };
}
