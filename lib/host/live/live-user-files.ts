import { absolutePath, isFile } from '../file/files.ts';
import { inputName, readInputFile } from '../file/input-file.ts';
import { demandPlace, PRIVATE_MODE, PUBLIC_MODE, putFile, writeFolder } from '../file/output-folder.ts';
import { createTree, entryKind, listFolder, realPathOf } from '../file/user-folders.ts';
import { putWhole, readWhole } from '../file/whole-file.ts';
import { programTrust } from '../program-trust.ts';
import type { UserFiles } from '../user-files.ts';

/** The files of the user of this process. */
export const LIVE_USER_FILES: UserFiles = {
  isFile,
  nameOf: inputName,
  read: readInputFile,
  demandPlace,
  put: (path, content, { isPrivate = false, overwrites, keepsOwner = false }) =>
    putFile(path, content, isPrivate ? PRIVATE_MODE : PUBLIC_MODE, overwrites, keepsOwner),
  readWhole,
  putWhole,
  putFolder: writeFolder,
  absolute: absolutePath,
  realPath: realPathOf,
  list: listFolder,
  entry: entryKind,
  distrustOf: (path, owner) =>
    programTrust.problemOfScript(path, [process.geteuid?.() ?? 0, ...(owner === null ? [] : [owner])]),
  createTree,
};
