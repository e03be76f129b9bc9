import type { PresentFile, QemuUser } from '../../facts/host-facts.ts';

const ROOT = 0;
/** Read and write, for one of the three parts of a mode. */
const READ_WRITE = 0o6;

/** Whether a user may read and write a file, by its mode: the kernel uses only the first part that applies. */
export function canReadWrite({ userId, groupIds }: QemuUser, file: PresentFile): boolean {
  if (userId === ROOT) return true;
  const shift = userId === file.userId ? 6 : groupIds.includes(file.groupId) ? 3 : 0;
  return ((file.mode >> shift) & READ_WRITE) === READ_WRITE;
}
