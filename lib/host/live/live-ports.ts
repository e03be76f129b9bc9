import type { HostPorts } from '../host-ports.ts';
import { programTrust } from '../program-trust.ts';
import {
  isRoot,
  monotonicMs,
  pause,
  processId,
  programWords,
  timeNow,
  userName,
  variableOf,
} from '../this-process.ts';
import { openLiveHost } from './live-host.ts';

/**
 * The machine that this program runs on. The parts that run programs and change the host are loaded on demand,
 * because most commands only read.
 */
export function livePorts(): HostPorts {
  return {
    get reader() {
      return openLiveHost();
    },
    runner: {
      async run(program, args, options) {
        const { LiveRunner } = await import('./program/live-runner.ts');
        return new LiveRunner().run(program, args, options);
      },
      async open(program, args, options) {
        const { LiveRunner } = await import('./program/live-runner.ts');
        return new LiveRunner().open(program, args, options);
      },
    },
    background: {
      async start(program, args) {
        const { LiveBackground } = await import('./live-background.ts');
        return new LiveBackground().start(program, args);
      },
    },
    user: {
      get isRoot() {
        return isRoot();
      },
      get name() {
        return userName();
      },
      processId: processId(),
      variable: variableOf,
      programWords,
      distrustOf: (words) => programTrust.problemOf(words),
    },
    now: timeNow,
    monotonicMs,
    pause,
    async openFiles() {
      const { LiveFiles } = await import('./live-files.ts');
      return new LiveFiles('');
    },
    async openLargeFiles() {
      const { LiveLargeFiles } = await import('./live-large-files.ts');
      return new LiveLargeFiles('');
    },
    async openUserFiles() {
      const { LIVE_USER_FILES } = await import('./live-user-files.ts');
      return LIVE_USER_FILES;
    },
    async openEvaluator() {
      const { LiveEvaluator } = await import('./evaluation/live-evaluator.ts');
      return new LiveEvaluator();
    },
    async openWriter() {
      const { LiveWriter } = await import('./live-writer.ts');
      return new LiveWriter('');
    },
    async openRoms(maxBytes) {
      const { LiveRomReader } = await import('./live-rom-reader.ts');
      return new LiveRomReader('', maxBytes);
    },
    async lock() {
      const { lockHost } = await import('../host-lock.ts');
      return lockHost();
    },
    async lockFile(path, note) {
      const { takeFileLock } = await import('../file-lock.ts');
      return takeFileLock(path, note);
    },
    async openChannel(path, timeoutMs) {
      const { openLiveChannel } = await import('./live-channel.ts');
      return openLiveChannel(path, timeoutMs);
    },
    async openGrowing(path) {
      const { openGrowingFile } = await import('./live-growing-file.ts');
      return openGrowingFile(path);
    },
  };
}
