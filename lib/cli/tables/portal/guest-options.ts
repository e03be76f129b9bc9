import type { OptionDefinition, ValuesOf } from '../../grammar/command.ts';
import { INPUT_FILE } from '../input-file.ts';
import { LIBVIRT_OPTIONS } from '../libvirt-options.ts';

/** The options of each command that runs a command in a guest. */
export const GUEST_OPTIONS = {
  timeout: {
    describe: 'Time for the command, before it is ended; default: no limit',
    type: 'string',
    valueName: 'SECONDS',
    completes: 'nothing',
  },
  wait: {
    describe: 'Time for the agent of the guest to answer; default: 30, and 120 for run',
    type: 'string',
    valueName: 'SECONDS',
    completes: 'nothing',
  },
  input: { ...INPUT_FILE, describe: 'File for the stdin of the command, at most 1 MiB; - reads stdin' },
  raw: {
    describe: 'Print all bytes of the command on a terminal; the guest can then control the terminal',
    type: 'boolean',
  },
  connect: LIBVIRT_OPTIONS.connect,
  json: LIBVIRT_OPTIONS.json,
  color: LIBVIRT_OPTIONS.color,
} as const satisfies Record<string, OptionDefinition>;

/** The options of `portal cp`. */
export const COPY_OPTIONS = {
  mode: {
    describe: 'Permissions of the copy, three octal digits such as 644; default: those of the file',
    type: 'string',
    valueName: 'MODE',
    completes: 'nothing',
  },
  overwrite: { describe: 'Replace an existing file of this host', type: 'boolean' },
  wait: { ...GUEST_OPTIONS.wait, describe: 'Time for the agent of the guest to answer; default: 30' },
  connect: LIBVIRT_OPTIONS.connect,
  json: LIBVIRT_OPTIONS.json,
  color: LIBVIRT_OPTIONS.color,
} as const satisfies Record<string, OptionDefinition>;

export type CopyOptionValues = ValuesOf<typeof COPY_OPTIONS>;

export type GuestOptionValues = ValuesOf<typeof GUEST_OPTIONS>;
