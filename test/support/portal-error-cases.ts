import { commonErrorCases, type ErrorCase } from './error-cases.ts';

/** Errors before a libvirt is asked; the lab tests those of a libvirt. */
export const PORTAL_ERROR_CASES: readonly ErrorCase[] = [
  ...commonErrorCases('portal'),
  ['list here', 'BAD_ARGUMENT', 'here', 'unexpected argument', 'see portal list --help'],
  ['list --typ router', 'BAD_ARGUMENT', '--typ', 'no such option', 'did you mean --type?'],
  ['list --type', 'BAD_ARGUMENT', '--type', 'needs a value', 'see portal list --help'],
  ['list --type Router', 'BAD_ARGUMENT', '--type', 'invalid value "Router"', 'did you mean router?'],
  ['list --type 2nd', 'BAD_ARGUMENT', '--type', 'invalid value "2nd"', 'use host, controller, application'],
  ["list --type ''", 'BAD_ARGUMENT', '--type', 'invalid value ""', 'or another name of at most'],
  ['tag', 'BAD_ARGUMENT', null, 'missing argument: portal tag <machines..>', 'see portal tag --help'],
  ['tag galaxy0', 'BAD_ARGUMENT', null, 'no category given', 'use --type router, or --remove'],
  [
    'tag galaxy0 --type host --remove',
    'BAD_ARGUMENT',
    '--remove',
    'cannot be used with --type',
    'run the command with --help',
  ],
  ["tag galaxy0 --type 'a b'", 'BAD_ARGUMENT', '--type', 'invalid value "a b"', 'use host,'],
  [
    'console',
    'BAD_ARGUMENT',
    null,
    'missing argument: portal console <machine>',
    'see portal console --help',
  ],
  ['console a b', 'BAD_ARGUMENT', 'b', 'unexpected argument', 'see portal console --help'],
  ['console a --follow', 'BAD_ARGUMENT', '--follow', 'applies only to --log', 'run the command with --help'],
  [
    'console a --log --script b',
    'BAD_ARGUMENT',
    '--log',
    'cannot be used with --script',
    'run the command with --help',
  ],
  ['console a --log -n some', 'BAD_ARGUMENT', '--lines', 'invalid value "some"', 'use a whole number'],
  ['console a --escape ctrl', 'BAD_ARGUMENT', '--escape', 'invalid value "ctrl"', 'use ^ and a letter'],
];
