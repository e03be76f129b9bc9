/** The shells with completion. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The word that makes a program print completions, for the scripts of the shells. */
export const COMPLETE_WORD = '__complete';

/**
 * A script by which a shell asks a program for the completion of its command line.
 *
 * The program first prints `file`, `folder` or an empty line, which shows whether paths complete the word as well,
 * then one line for each candidate: the whole word, and after a tab one line of text. A candidate that ends in `=` or
 * a comma is incomplete.
 */
export function completionScript(shell: Shell, program: string): string {
  return SCRIPTS[shell].replaceAll('PROGRAM', program).replaceAll('COMPLETE', COMPLETE_WORD);
}

/*
 * Bash splits words at the characters of COMP_WORDBREAKS, so that 0000:01:00.0 and --format=csv are several words.
 * The script joins them, and removes from candidates the part up to the last such character, because readline keeps
 * it.
 */
const BASH = `# bash completion for PROGRAM
_PROGRAM_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} piece count=0 index
  local -a given=()
  for (( index = 0; index <= COMP_CWORD; index++ )); do
    if (( index > 0 )) && [[ $line != [[:space:]]* ]]; then (( count-- )); fi
    line=\${line#"\${line%%[![:space:]]*}"}
    piece=\${COMP_WORDS[index]}
    if (( index == COMP_CWORD )); then piece=$line; fi
    line=\${line#"$piece"}
    given[count]=\${given[count]-}$piece
    (( ++count ))
  done
  local word=\${given[count-1]} kept= quote= breaks=\${COMP_WORDBREAKS//[^:=]/} paths
  case $word in
    \\"* | \\'*) quote=\${word:0:1} word=\${word:1} ;;
    *)
      # As long as the word, with nothing in it that a backslash protects.
      piece=\${word//\\\\?/__}
      if [[ -n $breaks ]]; then
        piece=\${piece%"\${piece##*[$breaks]}"}
        kept=\${word:0:\${#piece}} kept=\${kept//\\\\/}
      fi
      word=\${word//\\\\/}
      ;;
  esac
  local -a earlier=()
  for (( index = 1; index < count - 1; index++ )); do
    piece=\${given[index]}
    case $piece in
      \\"*\\" | \\'*\\') piece=\${piece:1:-1} ;;
      *) piece=\${piece//\\\\/} ;;
    esac
    earlier+=("$piece")
  done
  COMPREPLY=()
  {
    IFS= read -r paths
    while IFS=$'\\t' read -r piece _; do
      if [[ $piece == *[=,] ]]; then compopt -o nospace; fi
      piece=\${piece#"$kept"}
      if [[ -z $quote ]]; then printf -v piece %q "$piece"; fi
      COMPREPLY+=("$piece")
    done
  } < <("$1" COMPLETE "\${earlier[@]}" "$word" 2>/dev/null)
  case $paths in
    file) compopt -o default ;;
    folder) compopt -o dirnames ;;
  esac
}
complete -F _PROGRAM_complete PROGRAM
`;

const ZSH = `#compdef PROGRAM
# zsh completion for PROGRAM
_PROGRAM() {
  local -a lines closed open closed_text open_text
  local line word text tab=$'\\t'
  lines=("\${(@f)$("\${(Q)words[1]}" COMPLETE "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  for line in "\${(@)lines[2,-1]}"; do
    word=\${line%%$tab*}
    [[ -n $word ]] || continue
    text=$word
    [[ $line == *$tab* ]] && text="$word  -- \${line#*$tab}"
    if [[ $word == *[=,] ]]; then
      open+=("$word") open_text+=("$text")
    else
      closed+=("$word") closed_text+=("$text")
    fi
  done
  local found=1
  if (( $#closed )); then compadd -l -d closed_text -a closed && found=0; fi
  if (( $#open )); then compadd -S '' -l -d open_text -a open && found=0; fi
  case \${lines[1]} in
    file) _PROGRAM_paths _files && found=0 ;;
    folder) _PROGRAM_paths _files -/ && found=0 ;;
  esac
  return found
}
# A path may stand behind --option=.
_PROGRAM_paths() {
  [[ $PREFIX == --*=* ]] && compset -P '*='
  "$@"
}
if [[ \${funcstack[1]} == _PROGRAM ]]; then
  _PROGRAM "$@"
else
  compdef _PROGRAM PROGRAM
fi
`;

const FISH = `# fish completion for PROGRAM
function __PROGRAM_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l plain (string unescape -- "$current")
    or set plain (string trim -l -c '"\\'' -- "$current")
    set -l lines ($words[1] COMPLETE $words[2..] "$plain" 2>/dev/null)
    printf '%s\\n' $lines[2..]
    # A path may stand behind --option=.
    set -l option (string match -r -- '^--[^=]+=' $current)
    or set option ''
    set -l path (string replace -r -- '^--[^=]+=' '' $current)
    switch "$lines[1]"
        case file
            printf '%s\\n' $option(__fish_complete_path $path)
        case folder
            printf '%s\\n' $option(__fish_complete_directories $path '')
    end
end
complete -c PROGRAM -f -k -a '(__PROGRAM_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
