import { PortalGunError } from '../../base/errors.ts';
import { quote } from '../../base/shell-command.ts';
import { escapeControls } from '../../base/text.ts';
import type { GuestAgent } from '../../guest/agent/guest-agent.ts';
import {
  FACTS_SCRIPT,
  type GuestFacts,
  type GuestPathReading,
  parseFacts,
  parseSettings,
  parseStates,
  settingsScript,
  statesScript,
} from '../../machines/provision/guest-scripts.ts';
import type { GuestCheck, GuestInit } from '../../machines/provision/guest-state.ts';
import { type AskedOfGuest, type GuestReading, settingKey } from '../../plan/guest/asked-of-guest.ts';

const TIMEOUT_MS = 60_000;
const CHECK_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;
/** A file that is changed in parts is not larger. */
const MAX_EDITED_BYTES = 512 * 1024;
/** A script has a limit of a megabyte, and a path at most 500 characters. */
const PATHS_AT_ONCE = 500;

/** A guest whose agent answers, and the name of its machine. */
export interface ReadGuest {
  readonly machine: string;
  readonly agent: GuestAgent;
}

/** @throws PortalGunError AGENT_FAILED */
export async function readFacts(guest: ReadGuest): Promise<GuestFacts> {
  return parseFacts(await run(guest, FACTS_SCRIPT)) ?? invalid(guest, 'facts');
}

/** @throws PortalGunError AGENT_FAILED */
export async function readGuest(
  guest: ReadGuest,
  init: GuestInit,
  { paths, contents, settings }: AskedOfGuest,
): Promise<GuestReading> {
  const states: [string, GuestPathReading][] = [];
  for (let at = 0; at < paths.length; at += PATHS_AT_ONCE) {
    const some = paths.slice(at, at + PATHS_AT_ONCE);
    const output = await run(guest, statesScript(some));
    const found = parseStates(output, some.length) ?? invalid(guest, 'states of files');
    states.push(...found.map((state, index): [string, typeof state] => [some[index] ?? '', state]));
  }
  const byPath = new Map(states);
  const values =
    settings.length === 0
      ? []
      : (parseSettings(await run(guest, settingsScript(settings, init)), settings) ??
        invalid(guest, 'states of settings'));
  const read = new Map<string, Uint8Array>();
  for (const path of contents) {
    const reading = byPath.get(path);
    if (reading === undefined || !('state' in reading) || reading.state?.kind !== 'file') continue;
    const bytes = await contentOf(guest, path);
    if (bytes !== null) read.set(path, bytes);
  }
  return {
    paths: byPath,
    contents: read,
    settings: new Map(settings.map((each, index) => [settingKey(each), values[index] ?? null])),
  };
}

/** `null` for one that is too large, or cannot be read. */
async function contentOf({ agent }: ReadGuest, path: string): Promise<Uint8Array | null> {
  const { ended, out } = await agent.exec(`cat ${quote(path)}`, {
    ...{ timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_EDITED_BYTES },
  });
  return ended.kind === 'exit' && ended.status === 0 ? out : null;
}

/** A check of a module, and its answer. */
export interface CheckedGuest {
  readonly machine: string;
  readonly words: string;
  readonly origin: string;
  readonly isMet: boolean;
}

/** Runs the checks of modules, which change nothing. */
export async function runChecks(
  { machine, agent }: ReadGuest,
  checks: readonly GuestCheck[],
): Promise<readonly CheckedGuest[]> {
  const results: CheckedGuest[] = [];
  for (const { words, origin, script } of checks) {
    const { ended } = await agent.exec(script, { timeoutMs: CHECK_TIMEOUT_MS });
    results.push({ machine, words, origin, isMet: ended.kind === 'exit' && ended.status === 0 });
  }
  return results;
}

async function run({ machine, agent }: ReadGuest, script: string): Promise<string> {
  const { ended, out, err } = await agent.exec(script, {
    ...{ timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES },
  });
  if (ended.kind === 'exit' && ended.status === 0) return Buffer.from(out).toString('utf8');
  const last = Buffer.from(err).toString('utf8').trimEnd().split('\n').at(-1) ?? '';
  throw new PortalGunError(
    'AGENT_FAILED',
    `a command that reads the guest failed: ${escapeControls(last.slice(0, 300))}`,
    {
      subject: machine,
    },
  );
}

function invalid({ machine }: ReadGuest, what: string): never {
  throw new PortalGunError('AGENT_FAILED', `the guest printed no valid ${what}`, { subject: machine });
}
