import type { DefinitionFault } from '../definition/definition-parser.ts';
import type { MachineDefinition } from '../definition/machine-definition.ts';
import type { DesiredPart, GuestCheck } from './guest-state.ts';
import { renderModule } from './module-table.ts';
import type { ModuleContext } from './provision-module.ts';

/** What a guest is to have inside, in the order in which it is made. */
export interface DesiredGuest {
  /**
   * Without the packages, what follows cannot be read: they bring files and services of their own. So they are installed
   * first, with what they need.
   */
  readonly beforePackages: readonly DesiredPart[];
  readonly packages: readonly DesiredPart[];
  readonly afterPackages: readonly DesiredPart[];
  readonly checks: readonly GuestCheck[];
}

/** Modules that come first: shares and disks, then the network from which packages come. */
const FIRST = ['storage/shares', 'storage/fstab', 'network/interfaces'];
/** The module that comes after the files of the folder. */
const LAST = 'services';

/**
 * Joins the modules of a definition and its config folder.
 *
 * @param contextOf the context of a module at an index of `provision`
 * @throws PortalGunError CANNOT_PROVISION if this guest cannot be provided with a module
 */
export function desiredGuest(
  { provision }: Pick<MachineDefinition, 'provision'>,
  contextOf: (index: number) => ModuleContext,
  config: readonly DesiredPart[],
): DesiredGuest {
  const rendered = provision.map((entry, index) => ({
    ...{ module: entry.module, ...renderModule(entry, contextOf(index)) },
  }));
  const of = (isMeant: (module: string) => boolean): readonly DesiredPart[] =>
    rendered.filter(({ module }) => isMeant(module)).flatMap(({ parts }) => parts);
  const isPackage = (part: DesiredPart): boolean => part.kind === 'setting' && part.setting === 'package';
  const first = FIRST.flatMap((name) => of((module) => module === name));
  const others = [...of((module) => !FIRST.includes(module) && module !== LAST), ...config];
  const last = of((module) => module === LAST);
  const installed = new Set<string>();
  return {
    beforePackages: first,
    packages: others.filter((part) => {
      const isNew = isPackage(part) && part.kind === 'setting' && !installed.has(part.of);
      if (isNew) installed.add(part.of);
      return isNew;
    }),
    afterPackages: [...others.filter((part) => !isPackage(part)), ...last],
    checks: rendered.flatMap(({ checks }) => checks),
  };
}

/** The faults of parts that exclude each other: two whole files at a path, or a file and its removal. */
export function conflictsAmong(parts: readonly DesiredPart[]): readonly DefinitionFault[] {
  const first = new Map<string, DesiredPart>();
  const edited = new Set(parts.flatMap((part) => (part.kind === 'edit' ? [part.path] : [])));
  return parts.flatMap((part) => {
    const name = keyOf(part);
    if (name === null) return [];
    if ((part.kind === 'file' || part.kind === 'absent') && edited.has(part.path)) {
      const message = `${part.path} is written as a whole, and changed in parts`;
      return [{ at: part.origin, message, hint: 'remove one of both' }];
    }
    const other = first.get(name);
    first.set(name, other ?? part);
    if (other === undefined || isSame(other, part)) return [];
    const what = 'path' in part ? part.path : part.kind === 'setting' ? `${part.setting} ${part.of}` : '';
    const message = `${what} is set by ${other.origin}, too`;
    return [{ at: part.origin, message, hint: 'remove one of them' }];
  });
}

/** Parts with the same key exclude each other. */
function keyOf(part: DesiredPart): string | null {
  switch (part.kind) {
    case 'file':
    case 'absent':
      return `path ${part.path}`;
    case 'directory':
      return part.mode === null && part.user === null ? null : `path ${part.path}`;
    case 'edit':
      return part.edit.kind === 'block' ? `block ${part.path} ${part.edit.name}` : null;
    case 'setting':
      return `setting ${part.setting} ${part.of}`;
    case 'restart':
      return null;
  }
}

function isSame(one: DesiredPart, other: DesiredPart): boolean {
  const plain = ({ origin: _, ...rest }: DesiredPart): string =>
    JSON.stringify(rest, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    );
  return plain(one) === plain(other);
}
