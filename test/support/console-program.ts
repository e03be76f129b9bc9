import { runProgram } from '../../lib/cli/main.ts';
import { PORTAL_PROGRAM } from '../../lib/cli/tables/portal-program.ts';
import { THIS_PROCESS } from '../../lib/cli/terminal/this-process.ts';
import { livePorts } from '../../lib/host/live/live-ports.ts';
import { consoleLibvirt } from './console-libvirt.ts';

// `portal` on this machine, with its streams, its sockets and its signals, but with a libvirt of the test:
// SOCKET LOG STATE ARGUMENT…
const [, , socket = '', log = '', state = '', ...args] = process.argv;
const libvirt = consoleLibvirt(socket, log, state === 'paused' ? 'paused' : 'running');
const ports = livePorts();
process.argv = ['node', 'portal', ...args];
Object.defineProperty(ports, 'runner', { value: libvirt });
await runProgram(PORTAL_PROGRAM, THIS_PROCESS, ports);
