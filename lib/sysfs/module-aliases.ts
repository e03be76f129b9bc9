import { BROKEN, DENIED, isUnknown, type Known, UNREAD } from '../base/known.ts';
import { type HostReader, isFailure, type ReadFailure, type Reading } from '../host/host-reader.ts';
import type { DeviceSource } from './device-source.ts';
import type { HostContext } from './host-context.ts';

/**
 * The modules whose aliases match a device, as `modprobe` would find them: the device's `modalias`
 * (`pci:v00008086d000010C9sv…bc02sc00i00`) against the lines of `modules.alias`
 * (`alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb`). Only lines of the device's vendor, or of any, are read.
 */
export function readModules(source: DeviceSource, context: HostContext): Known<readonly string[]> {
  const path = context.aliasesPath();
  const modalias = source.text('modalias');
  if (modalias === null || isUnknown(modalias)) return modalias;
  if (path === null) return null;
  if (isFailure(path)) return unknownFor(path);
  if (!PCI_MODALIAS.test(modalias)) return source.broken('modalias', modalias);
  const aliases = matchModules(context.host, path, modalias);
  if (aliases === null) return null;
  if (isFailure(aliases)) return unknownFor(aliases);
  return [...new Set(aliases.map(({ module }) => module))].sort();
}

const PCI_MODALIAS = /^pci:v[0-9A-F]{8}/;

/** A module whose alias matches a device. */
export interface ModuleMatch {
  readonly module: string;
  /** A variant driver for VFIO: it takes a device that `driver_override` gives it, and no other. */
  readonly isVfioVariant: boolean;
}

/** The modules of the table of aliases at `path` that match a PCI modalias, a line each. */
export function matchModules(
  host: HostReader,
  path: string,
  modalias: string,
): Reading<readonly ModuleMatch[]> {
  const vendor = PCI_MODALIAS.exec(modalias)?.[0];
  if (vendor === undefined) return [];
  const lines = host.readLines(path, [
    `alias ${vendor}`,
    'alias pci:v*',
    `alias vfio_${vendor}`,
    'alias vfio_pci:v*',
  ]);
  if (lines === null || isFailure(lines)) return lines;
  return lines.flatMap((line) => matchAlias(line, modalias));
}

function unknownFor({ unknown }: ReadFailure): Known<never> {
  return unknown === 'denied' ? DENIED : unknown === 'unread' ? UNREAD : BROKEN;
}

/** The module of an alias line where its pattern fits; variant drivers for VFIO have a prefix of their own. */
function matchAlias(line: string, modalias: string): readonly ModuleMatch[] {
  const [, vfio, pattern, module] = /^alias (vfio_)?(\S{1,200}) (\S{1,200})$/.exec(line) ?? [];
  return pattern !== undefined && module !== undefined && matchesPattern(pattern, modalias)
    ? [{ module, isVfioVariant: vfio !== undefined }]
    : [];
}

/** `*` stands for any text, as in the shell; linear in the length of both. */
function matchesPattern(pattern: string, text: string): boolean {
  const [head = '', ...pieces] = pattern.split('*');
  if (!text.startsWith(head)) return false;
  if (pieces.length === 0) return text === pattern;
  const tail = pieces.pop() ?? '';
  let at = head.length;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - at >= tail.length && text.endsWith(tail);
}
