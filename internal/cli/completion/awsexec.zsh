#compdef awsexec
# zsh completion for awsexec. Load it with: source <(awsexec completion zsh)

_awsexec() {
	local -i i=${words[(i)--]}
	if (( i < CURRENT )); then
		words=("${(@)words[i+1,-1]}")
		(( CURRENT -= i ))
		_normal
		return
	fi
	local line value description files=
	local -a values descriptions
	while IFS=$'\t' read -r value description; do
		if [[ $value == :files ]]; then
			files=1
			continue
		fi
		values+=("$value")
		descriptions+=("$value${description:+  -- $description}")
	done < <(${~${(Q)words[1]}} complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
	if [[ -n $files ]]; then
		compset -P '--*='
		_files
	fi
	(( ${#values} )) || return
	if [[ ${#values} -eq 1 && ${values[1]} == *= ]]; then
		compadd -S '' -- "${values[@]}"
	else
		compadd -l -d descriptions -- "${values[@]}"
	fi
}

if [[ $funcstack[1] == _awsexec ]]; then
	_awsexec "$@"
elif (( $+functions[compdef] )); then
	compdef _awsexec awsexec
fi
