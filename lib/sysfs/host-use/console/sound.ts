import { isUnknown, type Known, mapKnown } from '../../../base/known.ts';
import type { SoundStream } from '../../../facts/host-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { SYS_PATHS, USE_PATHS } from '../../paths.ts';
import { knownAlways, readAttribute, readClass } from '../known-reading.ts';

/**
 * The open streams of sound cards: `/proc/asound/card0/pcm0p/sub0/status` is `closed`, or begins with `state:
 * RUNNING` and has `owner_pid   : 1234`. `null` if the kernel has no sound.
 */
export function readSoundStreams(host: HostReader, isProcThere: boolean): Known<readonly SoundStream[]> {
  const listed = host.list(USE_PATHS.sound);
  const names = isProcThere ? knownOf(listed) : knownAlways(listed);
  if (names === null || isUnknown(names)) return names;
  const cards = readClass(host, SYS_PATHS.soundClass);
  const open: SoundStream[] = [];
  for (const card of names.filter((name) => /^card\d+$/.test(name))) {
    // Without the class, the function of a card is unknown.
    if (isUnknown(cards)) return cards;
    const on = cards?.find(({ name }) => name === card)?.function ?? null;
    const streams = namesLike(host, `${USE_PATHS.sound}/${card}`, /^pcm\d+[pc]$/);
    if (isUnknown(streams)) return streams;
    for (const stream of streams ?? []) {
      const state = readStream(host, `${USE_PATHS.sound}/${card}/${stream}`);
      if (isUnknown(state)) return state;
      if (state !== null) open.push({ card, stream, function: on, ownerPid: state.ownerPid });
    }
  }
  return open;
}

/** `null` if none of its parts is open. */
function readStream(host: HostReader, path: string): Known<{ readonly ownerPid: number | null }> {
  const parts = namesLike(host, path, /^sub\d+$/);
  if (isUnknown(parts)) return parts;
  for (const part of parts ?? []) {
    const owner = mapKnown(readAttribute(host, `${path}/${part}/status`), (text) => {
      if (text === 'closed') return null;
      const pid = /^owner_pid\s*:\s*(\d{1,10})$/m.exec(text)?.[1];
      return { ownerPid: pid === undefined ? null : Number(pid) };
    });
    if (owner !== null) return owner;
  }
  return null;
}

/** The names in a directory that match a pattern. */
function namesLike(host: HostReader, path: string, pattern: RegExp): Known<readonly string[]> {
  return mapKnown(knownOf(host.list(path)), (names) => names.filter((name) => pattern.test(name)));
}
