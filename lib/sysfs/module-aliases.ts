import { BROKEN, DENIED, isUnknown, type Known, UNREAD } from '../base/known.ts';
import { isFailure, type ReadFailure } from '../host/host-reader.ts';
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
  const vendor = /^pci:v[0-9A-F]{8}/.exec(modalias)?.[0];
  if (vendor === undefined) return source.broken('modalias', modalias);
  const lines = context.aliasLines(path, vendor);
  if (lines === null) return null;
  if (isFailure(lines)) return unknownFor(lines);
  return [...new Set(lines.flatMap((line) => matchAlias(line, modalias)))].sort();
}

function unknownFor({ unknown }: ReadFailure): Known<never> {
  return unknown === 'denied' ? DENIED : unknown === 'unread' ? UNREAD : BROKEN;
}

/** The module of an alias line where its pattern fits; variant drivers for VFIO have a prefix of their own. */
function matchAlias(line: string, modalias: string): readonly string[] {
  const [, pattern, module] = /^alias (?:vfio_)?(\S{1,200}) (\S{1,200})$/.exec(line) ?? [];
  return pattern !== undefined && module !== undefined && matchesPattern(pattern, modalias) ? [module] : [];
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
