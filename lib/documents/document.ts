import type * as z from 'zod';

/** What a schema describes, as who makes it may have it: nothing in it is written to. */
export type DocumentOf<Schema extends z.ZodType> = Immutable<z.infer<Schema>>;

type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;
