import { expect, it } from 'vitest';
import { isLocalUri, isSessionUri } from '../../../lib/libvirt/connection-uri.ts';

it.each([
  ['qemu:///system', true, false],
  ['qemu:///session', true, true],
  ['qemu+unix:///session?socket=/run/user/1000/libvirt/libvirt-sock', true, true],
  ['qemu:///system?command=/session', true, false],
  ['qemu+ssh://root@host/session', false, false],
  ['', false, false],
])('%s: whether it is on this machine, and whose', (uri, isLocal, isSession) => {
  expect([isLocalUri(uri), isSessionUri(uri)]).toEqual([isLocal, isSession]);
});
