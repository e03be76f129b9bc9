import type * as z from 'zod';

/** The type of a document or of a part of one, by its schema; all parts are read-only. */
export type DocumentOf<Schema extends z.ZodType> = Immutable<z.infer<Schema>>;

type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;
