/**
 * A change of a host by which a rule comes to hold, as a value: the words of a remedy are made of it, and it is told as
 * data.
 */
export type Fix =
  /** A word of the kernel's command line, at the next boot. */
  | { readonly kind: 'kernel-argument'; readonly argument: string }
  /** A module is loaded, now and at each boot. */
  | { readonly kind: 'load-module'; readonly module: string }
  /** What a module is loaded with, from the next time on. */
  | { readonly kind: 'module-option'; readonly module: string; readonly option: string };
