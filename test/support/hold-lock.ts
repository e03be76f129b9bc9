import { lockHost } from '../../lib/host/host-lock.ts';

// Takes the lock that it is given, says so, and keeps it until it is killed.
await lockHost(process.argv[2]);
process.stdout.write('held\n');
setInterval(() => {}, 1000);
