/** Completion for bash. */

import { WHERE_FLAGS } from "../dispatch.ts";
import { HELP } from "../options.ts";
import type { Completes } from "../verb.ts";
import { valueWords, verbWords } from "./words.ts";

/** A script for bash 4 or later. */
export function bashCompletion(): string {
  const verbs = verbWords();
  const valued = valueWords();
  return `# bash completion of coppice: source <(coppice completion bash)
_coppice() {
  COMPREPLY=()
  local line=\${COMP_LINE:0:COMP_POINT} cur="" before="" head verb="" prev="" i
  local -a words=() where=()
  # Not COMP_WORDS, which are cut at colons too.
  read -ra words <<< "$line"
  if [[ $line != *[[:space:]] ]]; then
    cur=\${words[-1]}
    unset 'words[-1]'
  fi
  for ((i = 1; i < \${#words[@]}; i++)); do
    prev=\${words[i]}
    case $prev in
      --) [[ -n $verb ]] && { __coppice_files -f; return; } ;;
      ${WHERE_FLAGS.join(" | ")})
        where+=("$prev" "\${words[i + 1]:-}")
        ((++i)) ;;
      ${WHERE_FLAGS.map((flag) => `${flag}=*`).join(" | ")} | --no-tls) where+=("$prev") ;;
      ${otherValued(valued)}) ((++i)) ;;
      -*) ;;
      *) [[ -z $verb ]] && verb=$prev ;;
    esac
  done
  prev=\${words[-1]:-}
  if [[ $cur == --*=* ]]; then
    prev=\${cur%%=*}
    before=$prev=
    cur=\${cur#*=}
  fi
  # Bash puts a reply in place of what follows the last colon or equals sign.
  head=$before$cur
  case \${COMP_WORDS[COMP_CWORD]:-} in
    [:=]) ;;
    *) head=\${head%"\${COMP_WORDS[COMP_CWORD]:-}"} ;;
  esac
  case $prev in
${valued.map(({ flags, completes }) => `    ${flags.join(" | ")}) ${offer(completes)}; return ;;`).join("\n")}
  esac
  case $verb in
    "")
      case $cur in
        -*) __coppice_words ${runFlags().join(" ")} ;;
        *)
          __coppice_words ${verbs.map(({ verb }) => verb.name).join(" ")}
          __coppice_files -f ;;
      esac ;;
${verbs
  .map(
    ({ verb, options }) => `    ${verb.name})
      case $cur in
        -*) __coppice_words ${options.flatMap(({ flags }) => flags).join(" ")} ;;
        *) ${offer(verb.completes)} ;;
      esac ;;`,
  )
  .join("\n")}
    *) __coppice_files -f ;;
  esac
}

# These see the variables of _coppice. A name is data: it is never given to the shell to expand.
__coppice_reply() {
  local reply=$before$1
  COMPREPLY+=("\${reply#"$head"}")
}
__coppice_words() {
  local word
  for word; do
    if [[ $word == "$cur"* ]]; then __coppice_reply "$word"; fi
  done
}
__coppice_names() {
  local name
  while IFS= read -r name; do
    if [[ $name == "$cur"* ]]; then __coppice_reply "$(printf %q "$name")"; fi
  done < <("\${words[0]/#\\~\\//$HOME/}" __names "\${where[@]}" "$@" 2> /dev/null)
}
__coppice_files() {
  local file
  compopt -o filenames 2> /dev/null
  while IFS= read -r file; do __coppice_reply "$file"; done < <(compgen "$1" -- "$cur")
}
complete -F _coppice coppice
`;
}

function offer(completes: Completes | undefined): string {
  switch (completes) {
    case undefined:
      return ":";
    case "nodes":
      return "__coppice_names";
    case "groups":
      return "__coppice_names --groups";
    case "files":
      return "__coppice_files -f";
    case "directories":
      return "__coppice_files -d";
    case "verbs":
      return offer(verbWords().map(({ verb }) => verb.name));
    default:
      return "words" in completes
        ? `${offer(completes.words)}; ${offer(completes.or)}`
        : `__coppice_words ${completes.join(" ")}`;
  }
}

function otherValued(valued: ReturnType<typeof valueWords>): string {
  const flags = valued.flatMap((one) => one.flags);
  return flags.filter((flag) => !WHERE_FLAGS.includes(flag)).join(" | ");
}

/** The options of running scripts, as their help has them. */
function runFlags(): string[] {
  const lines = HELP.split("\n").filter((line) => /^ {2,}-/.test(line));
  return lines.flatMap((line) => line.match(/--[a-z-]+/g) ?? []);
}
