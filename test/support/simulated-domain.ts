import type { FakeAnswer } from './fake-virsh.ts';

/** A VM of a simulated libvirt, by its documents. */
export interface SimulatedDomain {
  readonly name: string;
  readonly uuid: string;
  definition: string;
  /** `null` while it is off. */
  live: string | null;
  /** Its state while it is on. */
  state: 'running' | 'paused';
}

/** `virsh metadata MACHINE --uri URI (--remove | --key KEY --set XML) (--config | --live)`, as libvirt writes the element. */
export function withMetadata(domain: SimulatedDomain, command: readonly string[]): FakeAnswer {
  const optionOf = (option: string): string => command[command.indexOf(option) + 1] ?? '';
  const uri = optionOf('--uri');
  const place = command.includes('--live') ? 'live' : 'definition';
  const text = domain[place];
  if (text === null) return { error: 'Requested operation is not valid: domain is not running' };
  const isRemoved = command.includes('--remove');
  const element = isRemoved ? null : prefixed(optionOf('--set'), optionOf('--key'), uri);
  const known = new RegExp(
    `\\n    <([\\w-]+):[\\w-]+ xmlns:\\1="${uri}"(?:[^>]*/>|[^]*?</\\1:[\\w-]+>(?=\\n    <|\\n  </metadata>))`,
  );
  if (isRemoved && !known.test(text)) {
    return { error: 'metadata not found: Requested metadata element is not present' };
  }
  const without = text.replace(known, '').replace(/\n {2}<metadata>\n {2}<\/metadata>/, '');
  domain[place] = element === null ? without : inserted(without, element);
  return { output: '' };
}

/** The prefix for the names of all elements without one. */
function prefixed(element: string, key: string, uri: string): string {
  const named = element.replaceAll(/<(\/?)(?=[\w-]+[\s/>])/g, `<$1${key}:`);
  return named.replace(/^<[\w:-]+/, (name) => `${name} xmlns:${key}="${uri}"`);
}

function inserted(text: string, element: string): string {
  if (text.includes('\n  </metadata>')) {
    return text.replace('\n  </metadata>', `\n    ${element}\n  </metadata>`);
  }
  return text.replace('</uuid>', `</uuid>\n  <metadata>\n    ${element}\n  </metadata>`);
}
