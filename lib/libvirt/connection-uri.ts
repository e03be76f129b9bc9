/** The default libvirt: that of the system, which has the VMs that get devices. */
export const DEFAULT_URI = 'qemu:///system';

/** Frequent URIs. */
export const COMMON_URIS: readonly string[] = [DEFAULT_URI, 'qemu:///session'];

/** Whether the libvirt of a URI is that of the user, and not that of the system: `qemu:///session`. */
export function isSessionUri(uri: string): boolean {
  return isLocalUri(uri) && /^[^?#]*\/session\/?($|[?#])/.test(uri);
}

/** Whether the libvirt of a URI is on this machine: `qemu:///system`, without a host. */
export function isLocalUri(uri: string): boolean {
  return /^[a-z]+(\+unix)?:\/\/\//i.test(uri);
}
