/** The processor time that something synchronous takes here, in ms: unlike time, it does not depend on what else runs. */
export function cpuTimeMs(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
