import { SHELLS } from '../completion/completion-scripts.ts';
import { type Command, defineCommand } from '../grammar/command.ts';

/** The command of a program that prints its completion script. */
export function completionCommand(program: string): Command {
  return defineCommand({
    name: 'completion',
    summary: 'Print a completion script for bash, zsh or fish',
    description: `Print a script that makes a shell complete commands, options and their values: devices, drivers, VMs and files. If no shell is given, use the shell in $SHELL.`,
    positionals: { shell: { describe: SHELLS.join(', '), optional: true, suggestions: SHELLS } },
    options: {},
    examples: [
      [`source <(${program} completion bash)`, 'this bash; for every bash, add it to ~/.bashrc'],
      [`source <(${program} completion zsh)`, 'this zsh; for every zsh, add it to ~/.zshrc after compinit'],
      [`${program} completion fish | source`, 'this fish; for every fish, add it to config.fish'],
    ],
    load: async () => {
      const { runCompletion } = await import('../commands/completion.ts');
      return (args, _terminal, _dialogue, ports) => runCompletion(program, args, ports);
    },
  });
}
