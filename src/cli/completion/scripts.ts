/** Shells with a completion script. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Each script asks `meshctl complete -- WORDS…` (the last word is the one under the cursor). The answer is a
 * line `value<TAB>description` for each candidate, and at the end `:names`, `:files` or `:directories`.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = Object.freeze({
  bash: `# meshctl completion for bash. Use it now:    source <(meshctl completion bash)
# or always:  meshctl completion bash > ~/.local/share/bash-completion/completions/meshctl
_meshctl() {
  # By blanks, not by COMP_WORDBREAKS: v1=90 and svc/api are one word each.
  local typed="\${COMP_LINE:0:COMP_POINT}"
  local -a words
  read -ra words <<< "$typed"
  [[ "$typed" == *[[:space:]] ]] && words+=("")
  local current="\${words[\${#words[@]}-1]}"
  # readline replaces only what stands after the last = or :
  local kept="\${current%"\${current##*[=:]}"}"
  local line value kind=names
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :names|:files|:directories) kind="\${line:1}" ;;
      *) value="\${line%%$'\\t'*}"
         [[ "$value" == "$current"* ]] && COMPREPLY+=("\${value#"$kept"}") ;;
    esac
  done < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 0 ]]; then
    case "$kind" in
      files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
      directories) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    esac
  fi
  [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *[=/] ]] && compopt -o nospace 2>/dev/null
}
complete -F _meshctl meshctl`,
  zsh: `#compdef meshctl
# meshctl completion for zsh. Use it now:    source <(meshctl completion zsh)
# or always:  meshctl completion zsh > "\${fpath[1]}/_meshctl"
_meshctl() {
  local line value about kind=names
  local -a candidates open
  while IFS= read -r line; do
    case "$line" in
      :names|:files|:directories) kind="\${line[2,-1]}" ;;
      *) value="\${line%%$'\\t'*}" about="\${line#*$'\\t'}"
         candidates+=("\${value//:/\\\\:}:$about") ;;
    esac
  done < <("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then
    _describe -V meshctl candidates
  elif [[ "$kind" == files ]]; then
    _files
  elif [[ "$kind" == directories ]]; then
    _files -/
  fi
}
if [[ "\${funcstack[1]}" == _meshctl ]]; then
  _meshctl "$@"
else
  compdef _meshctl meshctl
fi`,
  fish: `# meshctl completion for fish. Use it now:    meshctl completion fish | source
# or always:  meshctl completion fish > ~/.config/fish/completions/meshctl.fish
function __meshctl_complete
  set -l words (commandline -opc)
  set -l program $words[1]
  set -e words[1]
  set -l current (commandline -ct)
  set -l answer ($program complete -- $words "$current" 2>/dev/null)
  set -l kind $answer[-1]
  set -e answer[-1]
  if test (count $answer) -gt 0
    printf '%s\\n' $answer
  else if test "$kind" = :files
    __fish_complete_path "$current"
  else if test "$kind" = :directories
    __fish_complete_directories "$current"
  end
end
complete -c meshctl -f -a '(__meshctl_complete)'`,
});
