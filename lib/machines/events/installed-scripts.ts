/** The folder in which scripts of machines are installed: `UUID/EVENT.d/NAME`. Only root can write it. */
export const EVENTS_FOLDER = '/etc/portal-gun/events';

/** @param uuid of the machine */
export function installedFolder(uuid: string): string {
  return `${EVENTS_FOLDER}/${uuid}`;
}
