import { SHELLS } from '../completion/completion-scripts.ts';
import { type Command, defineCommand } from '../grammar/command.ts';

/** The command of a program that prints its completion script. */
export function completionCommand(program: string): Command {
  return defineCommand({
    name: 'completion',
    summary: 'Print a completion script for bash, zsh or fish',
    description: `Prints a script that makes a shell complete commands, options and their values: devices, drivers, VMs and files. Without a name it is for the shell that SHELL names.`,
    positionals: { shell: { describe: SHELLS.join(', '), optional: true, suggestions: SHELLS } },
    options: {},
    examples: [
      [`source <(${program} completion bash)`, 'for this bash; in ~/.bashrc for each'],
      [`source <(${program} completion zsh)`, 'for this zsh; in ~/.zshrc, after compinit'],
      [`${program} completion fish | source`, 'for this fish; in config.fish for each'],
    ],
    load: async () => {
      const { runCompletion } = await import('../commands/completion.ts');
      return (args) => runCompletion(program, args);
    },
  });
}
