import type { ChangeableHost, Guests } from '../../lib/apply/changeable-host.ts';
import type { GuestExit } from '../../lib/guest/agent/guest-agent.ts';
import type { Opening, OpenProgram, ProgramAnswer, Runner } from '../../lib/host/runner.ts';

/**
 * The fault of one call of a port.
 *
 * - `fails`: it is refused, and nothing was done.
 * - `kills`: the program is killed before anything was done.
 * - `kills-after`: it is done, and the program is killed before it gets the result.
 * - `blocks`: it does not return in time, and nothing was done so far.
 * - `blocks-late`: it does not return in time, and was done.
 */
export const FAULTS = ['fails', 'kills', 'kills-after', 'blocks', 'blocks-late'] as const;
export type Fault = (typeof FAULTS)[number];

/** Thrown instead of `kill -9`: no code of portal-gun may catch it. */
export class Killed extends Error {}

type Meet = <T>(make: () => Promise<T>, refused: T, blocked: T) => Promise<T>;

/** What a program is asked that is kept open meets with faults too; it does not survive one. */
function openWith(runner: Runner, meet: Meet): NonNullable<Runner['open']> {
  const late = { kind: 'failed', detail: 'did not answer in time' } as const;
  return async (program, args, options) => {
    const opening = await meet<Opening>(
      async () => (await runner.open?.(program, args, options)) ?? { kind: 'missing' },
      { kind: 'failed', detail: 'made to fail' },
      late,
    );
    if (opening.kind !== 'open') return opening;
    const real = opening.program;
    const faulty: OpenProgram = {
      get isOpen() {
        return real.isOpen;
      },
      ask: (request, until, asked) =>
        meet<ProgramAnswer>(
          () => real.ask(request, until, asked),
          { kind: 'exited', exitCode: 1, stdout: '', stderr: 'made to fail' },
          late,
        ),
      close: () => real.close(),
    };
    return { kind: 'open', program: faulty };
  };
}

/** The scripts of guests meet with faults: those that read, too. */
function guestsWith(guests: Guests, meet: Meet): Guests {
  const failed = (words: string): GuestExit => ({
    ended: { kind: 'exit', status: 1 },
    ...{ out: new Uint8Array(), err: new TextEncoder().encode(words) },
  });
  return {
    async open(machine) {
      const agent = await guests.open(machine);
      return {
        hello: agent.hello,
        exec: (script, options) =>
          meet(() => agent.exec(script, options), failed('made to fail'), {
            ...failed(''),
            ended: { kind: 'timeout' },
          }),
        put: (path, content, mode) => agent.put(path, content, mode),
        get: (path, options) => agent.get(path, options),
        onEvent: (listener) => agent.onEvent(listener),
        close: () => agent.close(),
      };
    },
    forget: (machine) => guests.forget(machine),
  };
}

/** A host whose n-th change, counted from 0 over all its ports, has a fault. */
export class FaultyHost {
  readonly host: ChangeableHost;
  readonly #faults: ReadonlyMap<number, Fault>;
  #calls = 0;

  constructor({ reader, writer, runner, files, guests }: ChangeableHost, faults: ReadonlyMap<number, Fault>) {
    this.#faults = faults;
    const failed = { failed: 'EIO' } as const;
    const meet = <T>(make: () => Promise<T>, refused: T, blocked: T): Promise<T> =>
      this.#meet(make, refused, blocked);
    this.host = {
      reader,
      guests: guestsWith(guests, meet),
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
        ...(runner.open === undefined ? {} : { open: openWith(runner, meet) }),
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

  /** The number of requested changes. */
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
