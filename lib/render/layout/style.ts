import { styleText } from 'node:util';

/** What text means; how that looks is decided here. */
export type Role = 'heading' | 'faint' | 'good' | 'warning' | 'bad' | 'strong';

type Format = Parameters<typeof styleText>[0];

const FORMATS: Record<Role, Format> = {
  heading: 'bold',
  strong: 'bold',
  faint: 'dim',
  good: 'green',
  warning: 'yellow',
  bad: 'red',
};

/** Gives text the look of a role. */
export type Style = (role: Role, text: string) => string;

/** Text as it is: for what is no terminal. */
export const plainStyle: Style = (_, text) => text;

/** Text with colours; whether there are to be any is decided before, and not again by what standard output is. */
export const colourStyle: Style = (role, text) => styleText(FORMATS[role], text, { validateStream: false });
