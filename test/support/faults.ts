import type { ChangeableHost } from '../../lib/apply/changeable-host.ts';

/**
 * What happens to one call of a port.
 *
 * - `fails`: it is refused, and nothing was done.
 * - `kills`: the program is killed before anything was done.
 * - `kills-after`: it is done, and the program is killed before it hears of it.
 * - `blocks`: it does not come back in time, and nothing was done so far.
 * - `blocks-late`: it does not come back in time, and was done.
 */
export const FAULTS = ['fails', 'kills', 'kills-after', 'blocks', 'blocks-late'] as const;
export type Fault = (typeof FAULTS)[number];

/** Thrown in place of `kill -9`: nothing of ours may catch it. */
export class Killed extends Error {}

/** A host whose n-th change, counted from 0 over all its ports, meets with a fault. */
export class FaultyHost {
  readonly host: ChangeableHost;
  readonly #faults: ReadonlyMap<number, Fault>;
  #calls = 0;

  constructor({ reader, writer, runner, files }: ChangeableHost, faults: ReadonlyMap<number, Fault>) {
    this.#faults = faults;
    const failed = { failed: 'EIO' } as const;
    const meet = <T>(make: () => Promise<T>, refused: T, blocked: T): Promise<T> =>
      this.#meet(make, refused, blocked);
    this.host = {
      reader,
      writer: {
        write: (path, text) => meet(() => writer.write(path, text), failed, 'blocked' as const),
      },
      runner: {
        run: (program, args, options) =>
          meet(
            () => runner.run(program, args, options),
            { kind: 'exited' as const, exitCode: 1, stdout: '', stderr: 'made to fail' },
            { kind: 'failed' as const, detail: 'did not end in time' },
          ),
      },
      files: {
        read: (path) => files.read(path),
        list: (path) => files.list(path),
        isFile: (path) => files.isFile(path),
        isFolder: (path) => files.isFolder(path),
        makeFolder: (path) => meet(() => files.makeFolder(path), failed, failed),
        removeFolder: (path, withContent) =>
          meet(() => files.removeFolder(path, withContent), failed, failed),
        move: (from, to) => meet(() => files.move(from, to), failed, failed),
        replace: (path, text, executable) =>
          meet(() => files.replace(path, text, executable), failed, failed),
        append: (path, text) => meet(() => files.append(path, text), failed, failed),
        remove: (path) => meet(() => files.remove(path), failed, failed),
      },
    };
  }

  /** How many changes were asked for. */
  get calls(): number {
    return this.#calls;
  }

  async #meet<T>(make: () => Promise<T>, refused: T, blocked: T): Promise<T> {
    const fault = this.#faults.get(this.#calls);
    this.#calls += 1;
    switch (fault) {
      case undefined:
        return make();
      case 'fails':
        return refused;
      case 'blocks':
        return blocked;
      case 'kills':
        throw new Killed();
      case 'blocks-late':
        await make();
        return blocked;
      case 'kills-after':
        await make();
        throw new Killed();
    }
  }
}
