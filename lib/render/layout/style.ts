import { styleText } from 'node:util';

/** The meaning of text, which decides its style. */
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

/** Gives text the style of a role. */
export type Style = (role: Role, text: string) => string;

/** Text without styles: for output that is not a terminal. */
export const plainStyle: Style = (_, text) => text;

/** Text with colors; the caller decides whether to use them, without another check of stdout. */
export const colourStyle: Style = (role, text) => styleText(FORMATS[role], text, { validateStream: false });
