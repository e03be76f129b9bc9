import * as z from 'zod/mini';
import { yamlText } from '../../base/yaml-form.ts';
import { text } from '../definition/form-parts.ts';
import { GUEST_PATH_WORDS, isGuestPath } from './guest-path.ts';
import type { Owner } from './guest-state.ts';

/* Forms of files in a guest, in manifests and in options of modules. */

/** User and group, each by its name or number. */
const OWNER = /^([a-z_][a-z0-9_-]{0,31}|\d{1,9})(:([a-z_][a-z0-9_-]{0,31}|\d{1,9}))?$/;

export const guestPath = yamlText.check(z.refine(isGuestPath, { error: GUEST_PATH_WORDS }));
export const modeText = text(/^0?[0-7]{3}$/, 'must be permissions in octal, such as 0640');
export const ownerText = text(OWNER, 'must be USER or USER:GROUP, by name or number');
/** User and group of a text in the form of an owner; without a group, that with the name of the user. */
export function parseOwner(owner: string): { readonly user: Owner; readonly group: Owner } {
  const [user = 'root', group = user] = owner.split(':');
  return { user: asOwner(user), group: asOwner(group) };
}

export function parseMode(mode: string): number {
  return Number.parseInt(mode, 8);
}

function asOwner(word: string): Owner {
  return /^\d+$/.test(word) ? Number(word) : word;
}
