/** Whether the libvirt of a URI is on this machine: `qemu:///system`, with nothing of a host in it. */
export function isLocalUri(uri: string): boolean {
  return /^[a-z]+(\+unix)?:\/\/\//i.test(uri);
}
