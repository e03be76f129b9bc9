import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Channel } from '../../lib/host/channel.ts';
import { ReadableBytes } from '../../lib/host/live/readable-bytes.ts';
import { AGENT_SCRIPT } from '../../lib/machines/boot/agent-script.ts';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path)) ?? null;

/** A shell that runs the agent, with the programs that it then finds. */
export interface AgentShell {
  readonly name: string;
  /** Whether the shell is installed. */
  readonly isThere: boolean;
  readonly words: readonly string[];
  readonly usesBusybox: boolean;
}

export const AGENT_SHELLS: readonly AgentShell[] = [
  { name: 'dash', isThere: existsSync('/bin/dash'), words: ['/bin/dash'], usesBusybox: false },
  {
    name: 'busybox ash',
    isThere: BUSYBOX !== null,
    words: [BUSYBOX ?? 'busybox', 'ash'],
    usesBusybox: true,
  },
];

/** An agent that is a process of this machine, with a connection by pipes: one process for each connection. */
export interface AgentProcess {
  readonly channel: Channel;
  readonly process: ChildProcess;
}

/** Starts an agent. What it keeps is in `folder`. */
export function startAgent({ words, usesBusybox }: AgentShell, folder: string): AgentProcess {
  const script = join(folder, 'agent');
  writeFileSync(script, AGENT_SCRIPT);
  const programs = join(folder, 'programs');
  if (usesBusybox && !existsSync(programs)) {
    mkdirSync(programs);
    spawnSync(BUSYBOX ?? 'busybox', ['--install', '-s', programs]);
  }
  const [program = '', ...args] = words;
  const child = spawn(program, [...args, script, '-'], {
    env: {
      PATH: usesBusybox ? programs : '/usr/bin:/bin',
      PORTAL_AGENT_RUN: join(folder, 'run'),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const bytes = new ReadableBytes(child.stdout);
  child.stdin.on('error', () => {});
  return {
    process: child,
    channel: {
      read: () => bytes.read(),
      write: (piece) =>
        new Promise((resolve) => {
          if (!child.stdin.writable) resolve(false);
          else child.stdin.write(piece, (error) => resolve(error === undefined || error === null));
        }),
      close() {
        child.stdin.end();
        child.stdout.destroy();
      },
    },
  };
}
