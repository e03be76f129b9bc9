import type { AskOptions, ProgramAnswer, Runner } from '../../lib/host/runner.ts';

/** One request of a program that is kept open, and what passes it on. */
export interface Asked {
  readonly request: string;
  readonly options: AskOptions;
  pass(options?: AskOptions): Promise<ProgramAnswer>;
}

/** A runner, for what is asked of programs that it keeps open: they answer as is told. */
export function askedRunner(runner: Runner, answer: (asked: Asked) => Promise<ProgramAnswer>): Runner {
  return {
    run: (...call) => runner.run(...call),
    async open(...call) {
      if (runner.open === undefined) throw new Error('it keeps no program open');
      const opening = await runner.open(...call);
      if (opening.kind !== 'open') return opening;
      const { program } = opening;
      const asked = {
        get isOpen() {
          return program.isOpen;
        },
        ask: (request: string, until: string, options: AskOptions = {}) =>
          answer({ request, options, pass: (other = options) => program.ask(request, until, other) }),
        close: () => program.close(),
      };
      return { kind: 'open', program: asked };
    },
  };
}

/** Whether `virsh` is asked to define a machine. */
export function definesMachine({ request }: Asked): boolean {
  return request.includes('\ndefine /dev/fd/3\n');
}
