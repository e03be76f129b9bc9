/** The default libvirt, if none is named: that of the system, which has the machines that get devices. */
export const DEFAULT_URI = 'qemu:///system';

/** URIs that people write often. */
export const COMMON_URIS: readonly string[] = [DEFAULT_URI, 'qemu:///session'];

/** Whether the libvirt of a URI is that of whoever asks, and not the system's: `qemu:///session`. */
export function isSessionUri(uri: string): boolean {
  return isLocalUri(uri) && /^[^?#]*\/session\/?($|[?#])/.test(uri);
}

/** Whether the libvirt of a URI is on this machine: `qemu:///system`, with nothing of a host in it. */
export function isLocalUri(uri: string): boolean {
  return /^[a-z]+(\+unix)?:\/\/\//i.test(uri);
}
