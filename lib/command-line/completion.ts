import { exitCodes, UsageError, type Call, type Command, type CommandOption } from './command.js';

const shells = ['bash', 'zsh'] as const;

function optionsOf(command: Command): string[] {
  return Object.entries(command.options).map(([name]) => `--${name}`);
}

/** How the options that take a value are written: 'capture:-w', 'capture:--write'. */
function valued(commands: readonly Command[], offer: CommandOption['completes']): string {
  return commands
    .flatMap(({ name, options }) =>
      Object.entries(options)
        .filter(([, { type, completes }]) => type === 'string' && completes === offer)
        .flatMap(([long, { short }]) => [...(short === undefined ? [] : [`${name}:-${short}`]), `${name}:--${long}`]),
    )
    .join('|');
}

/** Words for the first argument, by what a command takes. */
const offers: Readonly<Record<NonNullable<Command['completes']>, string>> = {
  namespaces: 'ls /run/netns 2>/dev/null',
  processes: "ls /proc | grep '^[0-9]'",
  shells: `printf '%s\\n' ${shells.join(' ')}`,
};

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const words = command.completes === undefined ? '' : ` $(${offers[command.completes]})`;
    return `    ${command.name}) words="${optionsOf(command).join(' ')}${words.replaceAll('"', '\\"')}" ;;`;
  });
  return `# netlane completion bash: source this, or put it into a directory of bash-completion
_netlane() {
  local words current=\${COMP_WORDS[COMP_CWORD]} at
  for ((at = 1; at < COMP_CWORD; at++)); do
    if [ "\${COMP_WORDS[at]}" = -- ]; then
      if declare -F _command_offset > /dev/null; then _command_offset $((at + 1)); fi
      return
    fi
  done
  case \${COMP_WORDS[1]}:\${COMP_WORDS[COMP_CWORD - 1]} in
    ${valued(commands, 'files')})
      compopt -o filenames 2> /dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
    ${valued(commands, 'processes')})
      mapfile -t COMPREPLY < <(compgen -W "$(${offers.processes})" -- "$current")
      return ;;
    ${valued(commands, undefined)})
      COMPREPLY=()
      return ;;
  esac
  case \${COMP_CWORD}:\${COMP_WORDS[1]} in
    1:*) words="${commands.map(({ name }) => name).join(' ')} --help --version" ;;
    *) case \${COMP_WORDS[1]} in
${cases.join('\n')}
    esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words --help" -- "$current")
}
complete -F _netlane netlane
`;
}

function zsh(commands: readonly Command[]): string {
  const quote = (text: string): string => text.replaceAll("'", "'\\''");
  const described = commands.map(({ name, summary }) => `    '${name}:${quote(summary)}'`);
  const cases = commands.map((command) => {
    const words = command.completes === undefined ? '' : ` \${(f)"$(${offers[command.completes]})"}`;
    return `    ${command.name}) compadd -- ${optionsOf(command).join(' ')} --help${words} ;;`;
  });
  return `#compdef netlane
# netlane completion zsh: put it as _netlane into a directory of fpath
local -a commands
commands=(
${described.join('\n')}
)
local dashes=\${words[(i)--]}
if (( CURRENT == 2 )); then
  _describe command commands
elif (( dashes < CURRENT )); then
  shift dashes words
  (( CURRENT -= dashes ))
  _normal
else
  case \${words[2]}:\${words[CURRENT - 1]} in
    ${valued(commands, 'files')})
      _files
      return ;;
    ${valued(commands, 'processes')})
      compadd -- \${(f)"$(${offers.processes})"}
      return ;;
    ${valued(commands, undefined)})
      _message value
      return ;;
  esac
  case \${words[2]} in
${cases.join('\n')}
  esac
fi
`;
}

/** The command that knows the others. */
export function completionOf(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'Print the completion script of a shell',
    usage: `completion ${shells.join('|')}`,
    options: {},
    positionals: [1, 1],
    completes: 'shells',
    details: 'bash: source <(netlane completion bash)\nzsh:  netlane completion zsh > "${fpath[1]}/_netlane"',
    run({ positionals, terminal }: Call): Promise<number> {
      const [shell] = positionals;
      if (shell !== 'bash' && shell !== 'zsh')
        throw new UsageError(`there is no completion for ${JSON.stringify(shell)} (known are ${shells.join(', ')})`);
      terminal.line((shell === 'bash' ? bash : zsh)(commands()).trimEnd());
      return Promise.resolve(exitCodes.ok);
    },
  };
}
