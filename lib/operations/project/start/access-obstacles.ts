import { isUnknown, knownValue } from '../../../base/known.ts';
import type { QemuUser } from '../../../facts/host-facts.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { type FileStatus, isFailure } from '../../../host/host-reader.ts';
import { readConfinement, readQemuSettings, readQemuUser } from '../../../sysfs/host-facts/libvirt-setup.ts';
import type { ProjectMachine } from '../project-machines.ts';
import { type NeededFile, neededFiles } from './file-obstacles.ts';
import type { Findings, Obstacle } from './obstacle.ts';

const ROOT = 0;
const READ = 4;
const WRITE = 2;
const SEARCH = 1;
/** The files of portal-gun itself; the profiles of VMs are known to permit them. */
const OWN_FOLDERS = '/var/lib/portal-gun/';
/** `setpriv` of util-linux runs a program as another user. */
const AS_USER = 'setpriv';

interface Needed {
  readonly file: NeededFile;
  /** The path that needs the permissions: that of the file, or a directory above it. */
  readonly path: string;
  readonly bits: number;
}

/**
 * Whether the user that runs QEMU can reach the files of machines: it needs to search each directory above them. libvirt gives
 * disks and kernels to the user when the VM starts, but not shares by 9p, and not the directories.
 *
 * The mode of a file decides if it permits the access. If it does not, an access control list or a group still can, so the
 * kernel is asked, as that user.
 */
export async function accessFindings(
  ports: HostPorts,
  machines: readonly ProjectMachine[],
): Promise<Findings> {
  const known = readQemuUser(ports.reader);
  const user = knownValue(known);
  // Without such a user, libvirt itself does not start.
  if (known === null || user?.userId === ROOT) return { obstacles: [], notes: [] };
  const obstacles: Obstacle[] = [];
  const notes: string[] = [];
  for (const { machine } of machines) {
    const subject = machine.definition.name;
    const virtiofs = machine.shares.filter(({ driver }) => driver === 'virtiofs').map(({ path }) => path);
    // virtiofsd runs as root.
    const files = neededFiles(machine).filter(({ path }) => !virtiofs.includes(path));
    for (const file of files) {
      if (user == null || isUnknown(known)) {
        notes.push(`${subject}: cannot tell whether QEMU can read ${file.path}: its user is not known`);
        continue;
      }
      const found = await firstDenied(ports, user, file);
      if (found === null) continue;
      const { path, bits, isSure } = found;
      if (isSure) obstacles.push(obstacleOf(subject, user, { file, path, bits }));
      else notes.push(`${subject}: cannot tell whether user ${user.name} (runs QEMU) can use ${path}`);
    }
    notes.push(...confinementNotes(ports, subject, files));
  }
  return { obstacles, notes };
}

async function firstDenied(
  ports: HostPorts,
  user: QemuUser,
  file: NeededFile,
): Promise<{ readonly path: string; readonly bits: number; readonly isSure: boolean } | null> {
  for (const { path, bits } of permissionsOf(file)) {
    const status = ports.reader.status(path);
    if (status === null) return null;
    if (!isFailure(status) && permits(user, status, bits)) continue;
    const answer = await askKernel(ports, user, path, bits);
    if (answer !== 'yes') return { path, bits, isSure: answer === 'no' };
  }
  return null;
}

/** The directories above a file, from the root on, and for a share the directory itself. */
function permissionsOf(file: NeededFile): readonly Needed[] {
  const parts = file.path.split('/').slice(1, -1);
  const above = parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`);
  const own = READ | SEARCH | (file.isWritten ? WRITE : 0);
  return [
    ...above.map((path) => ({ file, path, bits: SEARCH })),
    ...(file.kind === 'directory' ? [{ file, path: file.path, bits: own }] : []),
  ];
}

function permits({ userId, groupIds }: QemuUser, file: FileStatus, bits: number): boolean {
  const shift = userId === file.userId ? 6 : groupIds.includes(file.groupId) ? 3 : 0;
  return ((file.mode >> shift) & bits) === bits;
}

async function askKernel(
  { runner, user }: HostPorts,
  { userId, groupIds: [group = userId] }: QemuUser,
  path: string,
  bits: number,
): Promise<'yes' | 'no' | 'unknown'> {
  if (!user.isRoot) return 'unknown';
  const tests = [
    [READ, '-r'],
    [WRITE, '-w'],
    [SEARCH, '-x'],
  ] as const;
  for (const [bit, option] of tests) {
    if ((bits & bit) === 0) continue;
    const identity = [`--reuid=${userId}`, `--regid=${group}`, '--init-groups'];
    const run = await runner.run(AS_USER, [...identity, '--', 'test', option, path]);
    if (run.kind !== 'exited' || run.exitCode > 1 || run.stderr !== '') return 'unknown';
    if (run.exitCode === 1) return 'no';
  }
  return 'yes';
}

function obstacleOf(subject: string, { name }: QemuUser, { file, path, bits }: Needed): Obstacle {
  const verb = bits === SEARCH ? 'enter' : (bits & WRITE) === 0 ? 'read' : 'write';
  const letters = [
    [READ, 'r'],
    [WRITE, 'w'],
    [SEARCH, 'x'],
  ] as const;
  const permissions = letters.map(([bit, letter]) => ((bits & bit) === 0 ? '' : letter)).join('');
  return {
    subject,
    message: `user ${name} (runs QEMU) cannot ${verb} ${path}, and needs ${file.what}: ${file.path}`,
    hint: `permit it: setfacl -m u:${name}:${permissions} ${path}; or move the project to a directory such as /srv`,
  };
}

/** Security modules know the files of a VM by its definition, and have rules of their own that no file shows. */
function confinementNotes(
  { reader }: HostPorts,
  subject: string,
  files: readonly NeededFile[],
): readonly string[] {
  const modules = knownValue(readConfinement(reader)) ?? [];
  const [module] = modules;
  const settings = knownValue(readQemuSettings(reader));
  const outside = files.find(({ path }) => !path.startsWith(OWN_FOLDERS));
  if (module === undefined || settings?.securityDriver === 'none' || outside === undefined) return [];
  const name = module === 'apparmor' ? 'AppArmor' : 'SELinux';
  return [
    `${subject}: ${name} confines VMs; whether it permits ${outside.path} is not known before the start`,
  ];
}
