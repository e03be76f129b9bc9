import { isUnknown, type Known, UNREAD } from '../../../base/known.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import type { PciAddress } from '../../../pci/address.ts';
import { lastName, SYS_PATHS } from '../../paths.ts';
import { functionIn, readAttribute, readClass } from '../known-reading.ts';

const DEVICES = SYS_PATHS.cxlDevices;

/**
 * The functions of CXL memory, by the directory of an object in its region. `target0` of a region names a decoder
 * below an endpoint, whose `uport` leads to the memory device of a function. UNREAD if the object is in no region.
 */
export function regionFunctions(host: HostReader, directory: string): Known<readonly PciAddress[]> {
  const region = /^(.*\/decoder[^/]*\/region\d+)(\/|$)/.exec(directory)?.[1];
  if (region === undefined) return UNREAD;
  const decoders = readClass(host, DEVICES);
  if (decoders === null) return UNREAD;
  if (isUnknown(decoders)) return decoders;
  const functions = new Set<PciAddress>();
  for (let index = 0; ; index += 1) {
    const decoder = readAttribute(host, `${region}/target${index}`);
    if (isUnknown(decoder)) return decoder;
    if (decoder === null || decoder === '') return functions.size === 0 ? UNREAD : [...functions];
    const at = decoders.find(({ name }) => name === decoder)?.directory;
    if (at === undefined) return UNREAD;
    const endpoint = at.slice(0, -lastName(at).length - 1);
    const port = knownOf(host.readLink(`${endpoint}/uport`));
    if (isUnknown(port)) return port;
    const on = port === null ? null : functionIn(port);
    if (on === null) return UNREAD;
    functions.add(on);
  }
}
