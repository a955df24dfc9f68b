# bash completion for awsexec. Load it with: source <(awsexec completion bash)

_awsexec() {
	local word value description before rest=$COMP_LINE typed=${COMP_LINE:0:COMP_POINT} quote= split= i
	local -a words=()
	COMPREPLY=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == -- && $i -lt $COMP_CWORD ]]; then
			_awsexec_program $((i + 1))
			return
		fi
		# Bash splits words at = and :, too.
		before=${rest%%"$word"*}
		[[ -z $word && $typed == *[[:space:]] ]] && before=' '
		rest=${rest#*"$word"}
		if [[ $i -gt 1 && -z $before ]]; then
			split=${words[-1]}
			words[-1]+=$word
			[[ $word != [=:]* ]] || split=${words[-1]}
		else
			words+=("$word")
			split=
		fi
	done
	word=${words[-1]#"$split"}
	if [[ $word == [\"\']* ]]; then
		quote=${word:0:1}
		word=$split${word:1}
	else
		word=$split$word
		word=${word//\\/}
	fi
	while IFS=$'\t' read -r value description; do
		if [[ $value == :files ]]; then
			compopt -o default
			continue
		fi
		value=${value#"${split//\\/}"}
		case $quote in
		'') printf -v value %q "$value" ;;
		\") value=$(sed 's/[\\"$`]/\\&/g' <<<"$value") ;;
		esac
		COMPREPLY+=("$value")
	done < <("${words[0]/#\~\//~/}" complete -- "${words[@]:1:${#words[@]}-2}" "$word" 2>/dev/null)
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
