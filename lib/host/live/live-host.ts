import { TreeHost } from '../file/tree-host.ts';
import { type AskedProgram, errorCode, type HostReader, type Reading } from '../host-reader.ts';
import { PROGRAM_PLACES } from '../programs.ts';

// The kernel answers immediately, even with the routes of a large router.
const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** The machine that this program runs on. In addition to its files, programs can ask the kernel. */
class LiveHost extends TreeHost {
  constructor(label: string) {
    super('', label);
  }

  ask(program: AskedProgram, args: readonly string[]): Reading<string> {
    // Loaded only if needed, because few commands need it.
    const { spawnSync } = process.getBuiltinModule('node:child_process');
    const { error, status, signal, stdout } = spawnSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_ANSWER_BYTES,
      cwd: '/',
      env: { LC_ALL: 'C', PATH: PROGRAM_PLACES },
    });
    if (error !== undefined) {
      const code = errorCode(error);
      return code === 'ENOENT' ? null : { unknown: 'broken', detail: code };
    }
    if (status !== 0) return { unknown: 'broken', detail: `exits with ${status ?? signal}` };
    return stdout;
  }
}

/** The live machine, with its own name. */
export function openLiveHost(): HostReader {
  const name = new TreeHost('', '').readText('/proc/sys/kernel/hostname');
  return new LiveHost(typeof name === 'string' && name.trim() !== '' ? name.trim() : 'localhost');
}
