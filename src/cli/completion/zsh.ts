/** Completion for zsh. */

import { WHERE_FLAGS } from "../dispatch.ts";
import type { Completes, Option } from "../verb.ts";
import { valueWords, verbWords } from "./words.ts";

/** A script to be sourced after compinit, or to be put on the function path as `_coppice`. */
export function zshCompletion(): string {
  const verbs = verbWords();
  const valued = valueWords();
  const withValue = valued.flatMap(({ flags }) => flags);
  const others = withValue.filter((flag) => !WHERE_FLAGS.includes(flag));
  return `#compdef coppice
# zsh completion of coppice: source <(coppice completion zsh)
_coppice() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} verb='' word i
  local -a where verbs
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    case $word in
      (--) [[ -n $verb ]] && { _files; return; } ;;
      (${WHERE_FLAGS.join("|")}) where+=("$word" "\${(Q)words[i+1]}"); ((i++)) ;;
      (${WHERE_FLAGS.map((flag) => `${flag}=*`).join("|")}|--no-tls) where+=("\${(Q)word}") ;;
      (${others.join("|")}) ((i++)) ;;
      (-*) ;;
      (*) [[ -z $verb ]] && verb=$word ;;
    esac
  done
  case $prev in
${valued.map(({ flags, completes }) => `    (${flags.join("|")}) ${offer(completes)}; return ;;`).join("\n")}
  esac
  case $verb in
    ('')
      verbs=(
${verbs.map(({ verb }) => `        ${quoted(`${verb.name}:${verb.summary}`)}`).join("\n")}
      )
      _describe verb verbs
      _files ;;
${verbs
  .map(
    ({ verb, options }) => `    (${verb.name})
      if [[ $cur == -* ]]; then
        verbs=(
${options.flatMap(({ flags, option }) => flags.map((flag) => `          ${described(flag, option)}`)).join("\n")}
        )
        _describe -o option verbs
      else
        ${offer(verb.completes)}
      fi ;;`,
  )
  .join("\n")}
    (*) _files ;;
  esac
}

__coppice_names() {
  local -a names
  names=(\${(f)"$(\${(Q)words[1]} __names $where $@ 2> /dev/null)"})
  (( $#names )) && compadd -- $names
}

if [[ \${funcstack[1]} == _coppice ]]; then
  _coppice "$@"
else
  compdef _coppice coppice
fi
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
      return "_files";
    case "directories":
      return "_files -/";
    case "verbs":
      return offer(verbWords().map(({ verb }) => verb.name));
    default:
      return "words" in completes
        ? `${offer(completes.words)}; ${offer(completes.or)}`
        : `compadd -- ${completes.join(" ")}`;
  }
}

function described(flag: string, { text }: Option): string {
  return quoted(`${flag}:${text.replaceAll("\\", "\\\\").replaceAll(":", "\\:")}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
