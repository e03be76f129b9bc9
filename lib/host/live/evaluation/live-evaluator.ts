import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  EVALUATION_LIMITS,
  type Evaluated,
  type EvaluationRequest,
  type Evaluator,
} from '../../evaluator.ts';
import { errorCode } from '../../host-reader.ts';
import { packageTypeRemover } from '../../package-files.ts';
import { CONTEXT_PROGRAM } from './context-program.ts';
import { EVALUATION_PROGRAM, type EvaluationInput, type EvaluationOutput } from './evaluation-program.ts';

/** How long after its own limit a process has to report that it is late, and to start. */
const GRACE_MS = 5000;
/** JSON in JSON: every character of the value could be escaped. */
const MAX_OUTPUT_BYTES = 4 * EVALUATION_LIMITS.maxJson;

/** Evaluates definitions, each in a process of its own. */
export class LiveEvaluator implements Evaluator {
  readonly #timeoutMs: number;

  constructor(timeoutMs: number = EVALUATION_LIMITS.timeoutMs) {
    this.#timeoutMs = timeoutMs;
  }

  evaluate(request: EvaluationRequest): Promise<Evaluated> {
    const input: EvaluationInput = {
      ...request,
      library: readFileSync(packageTypeRemover(), 'utf8'),
      context: CONTEXT_PROGRAM,
      timeoutMs: this.#timeoutMs,
      maxJson: EVALUATION_LIMITS.maxJson,
    };
    return evaluateIn(JSON.stringify(input), this.#timeoutMs + GRACE_MS);
  }
}

function evaluateIn(input: string, timeoutMs: number): Promise<Evaluated> {
  // It gets nothing of the environment: neither a secret nor an option of Node.
  const child = spawn(process.execPath, [...evaluationFlags(), '--eval', EVALUATION_PROGRAM], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const settle = (evaluated: Evaluated): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(evaluated);
    };
    const timer = setTimeout(
      () =>
        settle(
          failed(`does not end within ${(timeoutMs - GRACE_MS) / 1000} s`, 'look for a loop without end'),
        ),
      timeoutMs,
    );
    child.stdout.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length > MAX_OUTPUT_BYTES) settle(failed('gives more than a megabyte', null));
    });
    child.once('error', (error) => settle(failed(`cannot be evaluated: node: ${errorCode(error)}`, null)));
    child.once('close', (code, signal) => settle(answerOf(Buffer.concat(pieces), code, signal)));
    // It may end before it reads all of it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** The options of Node for the process. Until 22.13, the permissions are experimental in name. */
export function evaluationFlags(): readonly string[] {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  return [
    permission,
    '--no-warnings',
    '--no-addons',
    '--disallow-code-generation-from-strings',
    '--frozen-intrinsics',
    `--max-old-space-size=${EVALUATION_LIMITS.memoryMiB}`,
    '--input-type=commonjs',
  ];
}

function answerOf(output: Buffer, code: number | null, signal: NodeJS.Signals | null): Evaluated {
  const text = output.toString('utf8');
  if (code === 0 && text.startsWith('{')) return JSON.parse(text) as EvaluationOutput;
  // Node ends itself in this way if its heap is full.
  if (signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134) {
    return failed(
      `needs more than ${EVALUATION_LIMITS.memoryMiB} MiB of memory`,
      'look for a list that grows without end',
    );
  }
  return failed(`cannot be evaluated: node ended with ${signal ?? `code ${code}`}`, null);
}

function failed(message: string, hint: string | null): Evaluated {
  return { kind: 'failed', message, hint, at: null };
}
