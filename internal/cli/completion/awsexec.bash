# bash completion for awsexec. Load it with: source <(awsexec completion bash)

_awsexec() {
	local word value description i
	local -a words=()
	COMPREPLY=()
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == -- && $i -lt $COMP_CWORD ]]; then
			_awsexec_program $((i + 1))
			return
		fi
		# Bash splits --flag=value at the equals sign.
		if [[ $word == = && ${#words[@]} -gt 0 ]]; then
			words[-1]+==
		elif [[ ${#words[@]} -gt 0 && ${words[-1]} == --*= ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
	done
	while IFS=$'\t' read -r value description; do
		if [[ $value == :files ]]; then
			compopt -o default
			continue
		fi
		[[ ${words[-1]} == --*=* ]] && value=${value#*=}
		printf -v value %q "$value"
		COMPREPLY+=("$value")
	done < <("${COMP_WORDS[0]}" complete -- "${words[@]}" 2>/dev/null)
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}

# _awsexec_program completes the program that begins at a word: as its own
# completion does if bash-completion is loaded.
_awsexec_program() {
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif [[ $1 -eq $COMP_CWORD ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}" | sort -u)
	else
		compopt -o default
	fi
}

complete -F _awsexec awsexec
