import { type Known, mapKnown, UNREAD } from '../../base/known.ts';
import type { PresentFile } from '../../facts/host-facts.ts';
import { type HostReader, isFailure, knownOf, type Reading } from '../../host/host-reader.ts';

/** The type and permissions of a path; `null` if it does not exist. */
export function readPresent(host: HostReader, path: string): Known<PresentFile> {
  return mapKnown(knownOf(host.status(path)), ({ kind, mode, userId, groupId }) => ({
    path,
    isDevice: kind === 'character',
    mode,
    userId,
    groupId,
  }));
}

/** The paths that exist, in their order; unknown if any of them is unknown. */
export function readPresentAmong(host: HostReader, paths: readonly string[]): Known<readonly string[]> {
  const readings = paths.map((path) => [path, host.status(path)] as const);
  const there = readings.flatMap(([path, reading]) => (reading === null || isFailure(reading) ? [] : [path]));
  const failure = readings.map(([, reading]) => reading).find(isFailure);
  return there.length === 0 && failure !== undefined ? knownOf<never>(failure) : there;
}

/** The first of some paths that can be read. */
export function firstReading<T>(paths: readonly string[], read: (path: string) => Reading<T>): Reading<T> {
  let result: Reading<T> = null;
  for (const path of paths) {
    const reading = read(path);
    if (reading !== null && !isFailure(reading)) return reading;
    // If one is absent and another could not be read, the result is unknown.
    result ??= reading;
  }
  return result;
}

/** A file that every kernel has: if it is missing, it was not captured. */
export function alwaysThere<T>(reading: Reading<T>): Known<T> {
  return reading === null ? UNREAD : knownOf(reading);
}
