/**
 * The local address of an SSH login session: the third word of `SSH_CONNECTION` (`192.0.2.7 50122 10.0.0.5 22`) in
 * the environment of a process, `/proc/PID/environ`.
 */
export function sessionAddressIn(environment: string): string | undefined {
  const found = environment.split('\0').find((each) => each.startsWith('SSH_CONNECTION='));
  const address = found?.slice('SSH_CONNECTION='.length).split(' ')[2];
  return address === undefined ? undefined : plainAddress(address);
}

/** Without the zone of a link-local address, and IPv4 in its own form if a socket for both families has it. */
function plainAddress(rawAddress: string): string {
  return rawAddress
    .replace(/%.*$/s, '')
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .toLowerCase();
}
