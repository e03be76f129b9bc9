import type { GuestCopyDocument } from '../../documents/machines/guest-copy.ts';
import type { CopiedFile } from '../../operations/guest/copy-files.ts';

/** The places of a file that is copied between this host and a guest. */
export interface CopyPlaces {
  readonly machine: string;
  readonly direction: 'to-guest' | 'from-guest';
  readonly guestPath: string;
  readonly hostPath: string;
}

/** A file that was copied, as JSON. */
export function guestCopyDocument(places: CopyPlaces, copied: CopiedFile): GuestCopyDocument {
  const { machine, direction, guestPath, hostPath } = places;
  const { sizeBytes, sha256, mode } = copied;
  return {
    schema: 'portal-gun/guest-copy/v1',
    ...{ machine, direction, guestPath, hostPath, sizeBytes, sha256 },
    mode: mode.toString(8).padStart(3, '0'),
  };
}
