/** The directories of machines on a host: what journals name elsewhere is not made. */
const FOLDERS = [
  '/var/lib/portal-gun/machines',
  '/var/log/portal-gun/machines',
  '/run/portal-gun/machines',
  '/etc/portal-gun/events',
] as const;

/** Whether a value is the path of a file or directory of a machine, below the directories that hold them. */
export function isStatePath(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    FOLDERS.some((folder) => value.startsWith(`${folder}/`)) &&
    /^(\/[A-Za-z0-9][A-Za-z0-9._-]{0,100}){1,12}$/.test(value) &&
    !value.includes('..')
  );
}
