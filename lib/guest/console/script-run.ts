import type { ConsoleScript, ScriptStep } from './console-script.ts';
import { ConsoleText } from './console-text.ts';
import { PatternSearch } from './pattern-search.ts';

/** Text that no step has searched yet is kept up to this length, the last of it. */
const MAX_UNSEARCHED = 64 * 1024;
/** The same for the transcript. */
export const MAX_TRANSCRIPT = 1024 * 1024;

/** The result of a step, and the time of its end, in ms from the start of the script. */
export interface ScriptStepOutcome {
  readonly step: ScriptStep;
  readonly outcome: 'done' | 'timeout' | 'pending';
  /** `null` for a step that did not end. */
  readonly endedMs: number | null;
}

/**
 * A run of a script: a state machine. Bytes of the guest and the time come in by `feed` and `tick`, and `takeOutput`
 * returns the bytes to send. It does no input or output and has no clock.
 */
export class ScriptRun {
  readonly #steps: readonly ScriptStep[];
  readonly #startMs: number;
  readonly #text: ConsoleText;
  readonly #decoder: InstanceType<typeof TextDecoder> | null;
  readonly #ends: number[] = [];
  #stepStartMs: number;
  #search: PatternSearch | null = null;
  #unsearched = '';
  #output = '';
  #transcript = '';
  #isCut = false;
  #state: 'running' | 'done' | 'timeout' = 'running';

  /** @param nowMs of any clock that does not go back */
  constructor({ steps, strip }: ConsoleScript, nowMs: number) {
    this.#steps = steps;
    this.#startMs = nowMs;
    this.#stepStartMs = nowMs;
    this.#text = new ConsoleText();
    this.#decoder = strip ? null : new TextDecoder('utf-8', { ignoreBOM: true });
    this.#advance(nowMs);
  }

  get state(): 'running' | 'done' | 'timeout' {
    return this.#state;
  }

  /** When `tick` is to be called if nothing comes before; `null` if the run has ended. */
  get deadlineMs(): number | null {
    const step = this.#current;
    if (this.#state !== 'running' || step === undefined) return null;
    if (step.kind === 'send') return this.#stepStartMs;
    return this.#stepStartMs + (step.kind === 'expect' ? step.timeoutMs : step.ms);
  }

  /** Takes bytes that the guest printed. */
  feed(bytes: Uint8Array, nowMs: number): void {
    const plain = this.#text.push(bytes);
    this.#record(plain);
    this.#unsearched += this.#decoder === null ? plain : this.#decoder.decode(bytes, { stream: true });
    this.#advance(nowMs);
  }

  /** Takes the time. */
  tick(nowMs: number): void {
    this.#advance(nowMs);
  }

  /** The text to send to the guest now; each text is given once. */
  takeOutput(): string {
    const output = this.#output;
    this.#output = '';
    return output;
  }

  get outcomes(): readonly ScriptStepOutcome[] {
    const failed = this.#state === 'timeout' ? this.#ends.length - 1 : -1;
    return this.#steps.map((step, index) => {
      const end = this.#ends[index];
      const outcome = end === undefined ? 'pending' : index === failed ? 'timeout' : 'done';
      return { step, outcome, endedMs: end === undefined ? null : end - this.#startMs };
    });
  }

  /** The output of the guest, without commands for a terminal; if it was more than is kept, the end of it. */
  get transcript(): { readonly text: string; readonly isCut: boolean } {
    return { text: this.#transcript.slice(-MAX_TRANSCRIPT), isCut: this.#isCut };
  }

  get #current(): ScriptStep | undefined {
    return this.#steps[this.#ends.length];
  }

  #record(text: string): void {
    this.#transcript += text;
    if (this.#transcript.length > MAX_TRANSCRIPT) this.#isCut = true;
    // Cut rarely, since each cut copies it.
    if (this.#transcript.length > 2 * MAX_TRANSCRIPT)
      this.#transcript = this.#transcript.slice(-MAX_TRANSCRIPT);
  }

  #advance(nowMs: number): void {
    while (this.#state === 'running') {
      const step = this.#current;
      if (step === undefined) this.#state = 'done';
      else if (!this.#tryStep(step, nowMs)) break;
    }
    if (this.#state !== 'running') this.#unsearched = '';
    else this.#unsearched = this.#unsearched.slice(-MAX_UNSEARCHED);
  }

  /** `true` if the step ended. */
  #tryStep(step: ScriptStep, nowMs: number): boolean {
    if (step.kind === 'send') {
      this.#output += step.text;
      return this.#end(nowMs);
    }
    if (step.kind === 'expect' && this.#finds(step)) return this.#end(nowMs);
    const lengthMs = step.kind === 'expect' ? step.timeoutMs : step.ms;
    if (nowMs < this.#stepStartMs + lengthMs) return false;
    if (step.kind === 'expect') this.#state = 'timeout';
    return this.#end(nowMs);
  }

  #finds({ pattern }: Extract<ScriptStep, { kind: 'expect' }>): boolean {
    this.#search ??= new PatternSearch(pattern);
    const end = this.#search.find(this.#unsearched);
    this.#unsearched = end < 0 ? '' : this.#unsearched.slice(end);
    return end >= 0;
  }

  #end(nowMs: number): true {
    this.#ends.push(nowMs);
    this.#stepStartMs = nowMs;
    this.#search = null;
    return true;
  }
}
