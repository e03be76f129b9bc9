import { PortalGunError } from '../../base/errors.ts';
import { suggest } from '../../base/text.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import type { UserFiles } from '../../host/user-files.ts';
import { MACHINE_NAME, MACHINE_NAME_WORDS } from '../../machines/definition/definition-form.ts';
import { type ParsedDefinition, parseDefinition } from '../../machines/definition/definition-parser.ts';
import { definitionSeed, seedOfPlace } from '../../machines/project/locked-values.ts';
import {
  EMPTY_LOCK,
  formatLock,
  LOCK_FILE,
  type PortalLock,
  parseLock,
} from '../../machines/project/portal-lock.ts';
import type { HostSession } from '../session/host-session.ts';

/** The directory of a project that holds the folders of its machines. */
export const MACHINES_FOLDER = 'machines';
/** The files that can define a machine, in the order in which they are looked for. */
const DEFINITION_FILES = ['machine.yaml', 'machine.yml', 'machine.json', 'machine.ts'] as const;
const CONFIG_FILES = ['portal.config.yaml', 'portal.config.json', 'portal.config.ts'] as const;
const MACHINE_ID = '/etc/machine-id';
const MAX_BYTES = 1024 * 1024;

/** The folder of a machine. */
export interface MachineFolder {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Its definition, as errors name it: from the root of the project. */
  readonly file: string;
}

/** Whether the definition of a machine is a program. */
export function isTypeScript({ file }: MachineFolder): boolean {
  return file.endsWith('.ts');
}

/** A directory with the folders of machines, and their lock file. */
export class Project {
  /** Absolute. */
  readonly root: string;
  readonly files: UserFiles;
  readonly #ports: HostPorts;
  readonly #evaluated = new Map<string, Promise<ParsedDefinition>>();

  constructor(files: UserFiles, root: string, ports: HostPorts) {
    this.files = files;
    this.root = root;
    this.#ports = ports;
  }

  /** The folders of its machines, sorted by name. Other files are not listed. */
  machines(): readonly MachineFolder[] {
    const names = this.files.list(`${this.root}/${MACHINES_FOLDER}`) ?? [];
    return names.flatMap((name) => this.#folderNamed(name) ?? []);
  }

  /** The directories beside them that are no folder of a machine; one whose name starts with a dot is a draft. */
  strays(): readonly string[] {
    const names = this.files.list(`${this.root}/${MACHINES_FOLDER}`) ?? [];
    return names.filter(
      (name) =>
        !name.startsWith('.') &&
        this.#folderNamed(name) === null &&
        !this.files.isFile(`${this.root}/${MACHINES_FOLDER}/${name}`),
    );
  }

  /**
   * The folder of a machine.
   *
   * @throws PortalGunError NO_FOLDER, BAD_ARGUMENT
   */
  machine(name: string): MachineFolder {
    demandMachineName(name);
    const folder = this.#folderNamed(name);
    if (folder !== null) return folder;
    const known = this.machines().map((each) => each.name);
    const meant = suggest(name, known);
    throw new PortalGunError('NO_FOLDER', `${this.root}/${MACHINES_FOLDER} has no machine of this name`, {
      subject: name,
      hint:
        meant === undefined
          ? `create it: portal new ${name}`
          : `did you mean ${meant}? To create it: portal new ${name}`,
    });
  }

  /** The files that could each define a machine; only the first is read. */
  definitionsIn({ path }: MachineFolder): readonly string[] {
    return DEFINITION_FILES.filter((name) => this.files.isFile(`${path}/${name}`));
  }

  /**
   * Reads the definition of a machine. One in TypeScript is evaluated once.
   *
   * @throws PortalGunError BAD_DEFINITION if it is not YAML or JSON, or gives no value; NOT_FOUND, PERMISSION_DENIED
   */
  async read(folder: MachineFolder): Promise<ParsedDefinition> {
    const { name, file } = folder;
    if (isTypeScript(folder)) {
      const known = this.#evaluated.get(file) ?? this.#evaluate(folder);
      this.#evaluated.set(file, known);
      return known;
    }
    return parseDefinition(Buffer.from(this.#bytesOf(file)).toString('utf8'), name, file);
  }

  /**
   * The text of a definition, for a change of it.
   *
   * @throws PortalGunError BAD_DEFINITION if its bytes are not UTF-8; NOT_FOUND, PERMISSION_DENIED
   */
  readText({ file }: MachineFolder): string {
    const bytes = Buffer.from(this.#bytesOf(file));
    const text = bytes.toString('utf8');
    if (bytes.equals(Buffer.from(text))) return text;
    throw new PortalGunError('BAD_DEFINITION', 'is not UTF-8', { subject: file });
  }

  /** The seed of a lock; of a lock without one, it is derived from the place of the project on this host. */
  seedOf({ seed }: PortalLock): string {
    const id = this.#ports.reader.readText(MACHINE_ID);
    return seed ?? seedOfPlace(typeof id === 'string' ? id.trim() : '', this.root);
  }

  /** @throws PortalGunError BAD_DEFINITION, PERMISSION_DENIED */
  readLock(): PortalLock {
    const path = `${this.root}/${LOCK_FILE}`;
    if (!this.files.isFile(path)) return EMPTY_LOCK;
    return parseLock(
      Buffer.from(this.files.read(path, MAX_BYTES, 'BAD_DEFINITION')).toString('utf8'),
      LOCK_FILE,
    );
  }

  /** @throws PortalGunError OUTPUT_FAILED, PERMISSION_DENIED */
  writeLock(lock: PortalLock): void {
    this.files.put(`${this.root}/${LOCK_FILE}`, formatLock(lock), {
      overwrites: true,
      // `portal up` runs as root in the directory of a user.
      keepsOwner: true,
    });
  }

  async #evaluate({ name, file }: MachineFolder): Promise<ParsedDefinition> {
    const seed = definitionSeed(this.seedOf(this.readLock()), name);
    const { evaluateDefinition } = await import('./evaluate-definition.ts');
    return evaluateDefinition(this.#ports, this, file, { machine: { name }, seed });
  }

  #bytesOf(file: string): Uint8Array {
    return this.files.read(`${this.root}/${file}`, MAX_BYTES, 'BAD_DEFINITION');
  }

  #folderNamed(name: string): MachineFolder | null {
    if (!MACHINE_NAME.test(name)) return null;
    const path = `${this.root}/${MACHINES_FOLDER}/${name}`;
    const file = DEFINITION_FILES.find((each) => this.files.isFile(`${path}/${each}`));
    return file === undefined ? null : { name, path, file: `${MACHINES_FOLDER}/${name}/${file}` };
  }
}

/**
 * Opens the project of a session: the directory that its options name, or the nearest one upwards of the current
 * directory that has folders of machines; the current directory if there is none.
 *
 * @throws PortalGunError NOT_FOUND if the named directory is missing
 */
export async function openProject({ ports, options }: HostSession): Promise<Project> {
  const files = await ports.openUserFiles();
  if (options.project !== undefined) {
    const root = files.absolute(options.project);
    if (files.list(root) === null) {
      throw new PortalGunError('NOT_FOUND', 'no such directory', { subject: options.project });
    }
    return new Project(files, root, ports);
  }
  const here = files.absolute('.');
  return new Project(files, projectAbove(files, here) ?? here, ports);
}

function projectAbove(files: UserFiles, path: string): string | null {
  const isProject =
    files.list(`${path}/${MACHINES_FOLDER}`) !== null ||
    CONFIG_FILES.some((name) => files.isFile(`${path}/${name}`));
  if (isProject) return path;
  const above = path.slice(0, path.lastIndexOf('/'));
  return path === '' || path === '/' ? null : projectAbove(files, above);
}

/** @throws PortalGunError BAD_ARGUMENT if a word cannot be the name of a machine */
export function demandMachineName(name: string): void {
  if (MACHINE_NAME.test(name)) return;
  throw new PortalGunError('BAD_ARGUMENT', 'cannot be the name of a machine', {
    subject: name,
    hint: `use ${MACHINE_NAME_WORDS}`,
  });
}
