import { FIX_PATHS } from '../../sysfs/paths.ts';
import { EARLY_PROGRAM_PATH } from '../binding/early-bindings.ts';
import { PERSISTENCE_PATHS } from './persistence-files.ts';
import { EVENT_HOOK_PATH, START_HOOK_PATH } from './start-hook-paths.ts';

/** The folders that contain only files of portal-gun. */
const OWN_FOLDERS = ['/run/portal-gun/', '/var/lib/portal-gun/', '/etc/portal-gun/'] as const;

const OWN_FILES: ReadonlySet<string> = new Set([
  EARLY_PROGRAM_PATH,
  START_HOOK_PATH,
  EVENT_HOOK_PATH,
  ...PERSISTENCE_PATHS,
  ...Object.values(FIX_PATHS),
]);

/** The names of files in a folder, at any depth; none leads out of it. */
const BELOW = /^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/;

/** Whether a path is that of a file that plans write. */
export function isOwnPath(path: string): boolean {
  if (OWN_FILES.has(path)) return true;
  const folder = OWN_FOLDERS.find((each) => path.startsWith(each));
  return folder !== undefined && BELOW.test(path.slice(folder.length));
}
