import type { HostReader, ReadFailure } from '../../lib/host/host-reader.ts';

/** A host with one failing read. */
export interface FailingReader {
  readonly host: HostReader;
  /** The paths that were read so far, in order, including the one that failed. */
  readonly paths: readonly string[];
}

/** @param failing the number of the read that fails, counted from 0 over all methods; -1 for none */
export function failingReader(host: HostReader, failing: number, failure: ReadFailure): FailingReader {
  const paths: string[] = [];
  const failed = (method: string) => (method === 'exists' ? false : failure);
  const proxy = new Proxy(host, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return (path: string, ...rest: readonly unknown[]): unknown => {
        paths.push(path);
        return paths.length - 1 === failing
          ? failed(String(key))
          : Reflect.apply(member, target, [path, ...rest]);
      };
    },
  });
  return { host: proxy, paths };
}
