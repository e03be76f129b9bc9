/** The errors of VMs that start or run, of their consoles and their agents: a part of the table `ERRORS`. */
export const MACHINE_ERRORS = {
  NOT_RUNNING: {
    exit: 'refused',
    summary: 'A VM is not running, or is paused, but the command needs it to run.',
    remedy: 'start it first; to change only its definition, omit --live',
  },
  CANNOT_START: {
    exit: 'refused',
    summary: 'A machine cannot start: something that it needs is missing on the host. Nothing was changed.',
    remedy: 'check its definition: portal check NAME; show it: portal show NAME',
  },
  START_REFUSED: {
    exit: 'refused',
    summary: 'A VM must not start: a device assigned to it is in use, or is not the recorded device.',
    remedy: 'list the assignments: pci assignments; update moved devices: pci assignments --repair',
  },
  CANNOT_GUARD: {
    exit: 'refused',
    summary: 'The libvirt hook, which checks devices before a VM starts, cannot be installed.',
    remedy: 'run pci from its installed location',
  },
  UNTRUSTED_SCRIPT: {
    exit: 'refused',
    summary:
      'Root would run a script of a machine that a user can change who is neither root nor the user who calls sudo.',
    remedy: 'let no other user write it, or a directory above it: chmod go-w; chown',
  },
  EVENT_FAILED: {
    exit: 'refused',
    summary: 'A script of a machine failed on the event prepare, so the VM does not start.',
    remedy: 'show its output: portal log NAME --events',
  },
  BAD_SCRIPT: {
    exit: 'usage',
    summary: 'A console script is not valid YAML, or has a step that is not allowed.',
    remedy: 'see the format in docs/reference/console-script.md',
  },
  NO_CONSOLE: {
    exit: 'unsupported',
    summary: 'A VM has no serial console on a socket that QEMU serves, or no log of one.',
    remedy:
      'add to its definition: <serial type="unix"><source mode="bind" path="…"/><log file="…"/></serial>',
  },
  CONSOLE_BUSY: {
    exit: 'refused',
    summary: 'Another process has the console of a VM open. A console has one owner at a time.',
    remedy: 'read what the VM prints: portal console NAME --log --follow',
  },
  CONSOLE_FAILED: {
    exit: 'toolFailed',
    summary: 'The console of a VM cannot be opened, or the VM closed it before a script ended.',
    remedy: 'show the state of the VM: virsh domstate NAME; read its log: portal console NAME --log',
  },
  CONSOLE_TIMEOUT: {
    exit: 'toolFailed',
    summary: 'A console script did not find an expected text in time.',
    remedy: 'compare the expected text with the transcript; give the step more time: timeout: 2min',
  },
  CANNOT_PROVISION: {
    exit: 'refused',
    summary:
      'A guest cannot be provisioned as its folder says: something of it has another form, or is unknown. Nothing was changed.',
    remedy: 'show what differs: portal diff NAME',
  },
  NO_AGENT: {
    exit: 'unsupported',
    summary: 'A VM has no channel to an agent.',
    remedy: 'use a machine with a folder; if its definition has "agent: none", remove that: portal up NAME',
  },
  AGENT_BUSY: {
    exit: 'refused',
    summary: 'Another process uses the agent of a VM. An agent has one user at a time.',
    remedy: 'wait until that process ends',
  },
  AGENT_SILENT: {
    exit: 'toolFailed',
    summary: 'The agent of a guest did not answer in time: it is not installed, or the guest did not start.',
    remedy: 'read what the guest prints: portal console NAME --log',
  },
  AGENT_FAILED: {
    exit: 'toolFailed',
    summary:
      'A session with the agent of a guest ended early: the VM stopped, or the guest broke the protocol.',
    remedy: 'show the state of the VM: portal status NAME; read its log: portal console NAME --log',
  },
  GUEST_TIMEOUT: {
    exit: 'toolFailed',
    summary: 'A command in a guest did not end in time, and was ended.',
    remedy: 'give it more time: --timeout SECONDS',
  },
  GUEST_FILE_MISSING: {
    exit: 'notFound',
    summary: 'The guest has no such file.',
    remedy: 'list the directory: portal exec NAME -- ls -la DIRECTORY',
  },
  GUEST_FILE_FAILED: {
    exit: 'toolFailed',
    summary: 'A file in a guest cannot be read or written.',
    remedy: 'check the directory and its free space: portal exec NAME -- df DIRECTORY',
  },
} as const;
