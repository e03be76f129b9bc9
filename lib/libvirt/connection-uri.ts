/** Whether the libvirt of a URI is that of whoever asks, and not the system's: `qemu:///session`. */
export function isSessionUri(uri: string): boolean {
  return isLocalUri(uri) && /^[^?#]*\/session\/?($|[?#])/.test(uri);
}

/** Whether the libvirt of a URI is on this machine: `qemu:///system`, with nothing of a host in it. */
export function isLocalUri(uri: string): boolean {
  return /^[a-z]+(\+unix)?:\/\/\//i.test(uri);
}
