import { type Known, mapKnown } from '../../base/known.ts';
import type { Distribution } from '../../facts/host-facts.ts';
import { type HostReader, knownOf } from '../../host/host-reader.ts';
import { MACHINE_PATHS } from '../paths.ts';
import { firstReading } from './present-files.ts';

const PREFIXES = ['ID=', 'ID_LIKE=', 'PRETTY_NAME='];

/**
 * The installed system, by os-release(5): `ID=ubuntu`, `ID_LIKE="debian"`, `PRETTY_NAME="Ubuntu 24.04 LTS"`. `null`
 * if there is no such file.
 */
export function readDistribution(host: HostReader): Known<Distribution> {
  const reading = firstReading(MACHINE_PATHS.distribution, (path) => host.readLines(path, PREFIXES));
  return mapKnown(knownOf(reading), (lines) => {
    const values = new Map(lines.map(assignmentOf));
    const id = values.get('ID') ?? 'linux';
    return {
      id,
      like: (values.get('ID_LIKE') ?? '').split(/\s+/).filter((word) => word !== ''),
      title: values.get('PRETTY_NAME') ?? id,
    };
  });
}

/** `ID_LIKE="rhel fedora"`: a name and its value, parsed as a shell does. */
function assignmentOf(line: string): readonly [name: string, value: string] {
  const at = line.indexOf('=');
  const raw = line.slice(at + 1).trim();
  const quoted = /^(["'])(.*)\1$/.exec(raw)?.[2];
  return [line.slice(0, at), (quoted ?? raw).replace(/\\(.)/g, '$1')];
}
