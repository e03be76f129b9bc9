import { lockHost } from '../../lib/host/host-lock.ts';

// Takes the lock at the given path, prints that it has it, and keeps it until it is killed.
await lockHost(process.argv[2]);
process.stdout.write('held\n');
setInterval(() => {}, 1000);
