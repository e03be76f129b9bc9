import * as z from 'zod/mini';
import { withHint, yamlText } from '../../base/yaml-form.ts';
import { isInside } from './form-parts.ts';

/* Paths in definitions: files of the folder of a machine, and of the store. */

/** A file of the folder, or a stored one by its name. */
const isStoredOrInside = (scheme: string, form: RegExp) =>
  z.refine<string>(
    (word) => (word.startsWith(`${scheme}:`) ? form.test(word.slice(scheme.length + 1)) : isInside(word)),
    { error: `must be ${scheme}:NAME, or a relative path inside the folder of the machine` },
  );

/** The name of an image, or of boot assets. */
export const IMAGE_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
/** A kernel or an initramfs. */
export const bootFile = yamlText.check(
  z.refine((path) => !path.startsWith('/boot/'), {
    error: withHint(
      'is a file of the /boot of the host, which belongs to the host and changes with its updates',
      'copy it into the store: portal boot import FILE; then name it as the command prints',
    ),
    abort: true,
  }),
  isStoredOrInside('store', /^[0-9a-f]{64}$/),
);
/** A disk image. */
export const imageFile = yamlText.check(isStoredOrInside('image', IMAGE_NAME));
