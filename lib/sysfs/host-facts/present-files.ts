import { type Known, mapKnown, UNREAD } from '../../base/known.ts';
import type { PresentFile } from '../../facts/host-facts.ts';
import { type HostReader, isFailure, knownOf, type Reading } from '../../host/host-reader.ts';

/** What is at a path, who may do what with it; `null` where nothing is. */
export function readPresent(host: HostReader, path: string): Known<PresentFile> {
  return mapKnown(knownOf(host.status(path)), ({ kind, mode, userId, groupId }) => ({
    path,
    isDevice: kind === 'character',
    mode,
    userId,
    groupId,
  }));
}

/** Those of some paths at which something is, in their order; not known where that is not known of any. */
export function readPresentAmong(host: HostReader, paths: readonly string[]): Known<readonly string[]> {
  const readings = paths.map((path) => [path, host.status(path)] as const);
  const there = readings.flatMap(([path, reading]) => (reading === null || isFailure(reading) ? [] : [path]));
  const failure = readings.map(([, reading]) => reading).find(isFailure);
  return there.length === 0 && failure !== undefined ? knownOf<never>(failure) : there;
}

/** The first of some paths at which there is something to read. */
export function firstReading<T>(paths: readonly string[], read: (path: string) => Reading<T>): Reading<T> {
  let result: Reading<T> = null;
  for (const path of paths) {
    const reading = read(path);
    if (reading !== null && !isFailure(reading)) return reading;
    // Where one is not there and another could not be read, it is not known.
    result ??= reading;
  }
  return result;
}

/** What every kernel has: where it is not there, it was not captured. */
export function alwaysThere<T>(reading: Reading<T>): Known<T> {
  return reading === null ? UNREAD : knownOf(reading);
}
