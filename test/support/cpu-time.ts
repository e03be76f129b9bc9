/** The processor time of a synchronous action, in ms: unlike time, it does not depend on other processes. */
export function cpuTimeMs(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
