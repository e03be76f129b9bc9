import type { OpenProgram, Runner } from '../host/runner.ts';

/** The programs of a host while one plan is applied: those that it keeps open are closed with the plan. */
export class PlanPrograms implements Runner {
  readonly run: Runner['run'];
  readonly open: Runner['open'];
  readonly #opened: OpenProgram[] = [];

  constructor(runner: Runner) {
    this.run = (...call) => runner.run(...call);
    const { open } = runner;
    if (open === undefined) return;
    this.open = async (...call) => {
      const opening = await open.apply(runner, call);
      if (opening.kind === 'open') this.#opened.push(opening.program);
      return opening;
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((program) => program.close()));
  }
}
