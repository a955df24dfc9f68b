# fish completion for awsexec. Load it with: awsexec completion fish | source

function __awsexec_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l split (contains -i -- -- $words[2..-2])
    if test -n "$split"
        # The program that awsexec runs, as its own completion does.
        complete -C (string join ' ' -- (string escape -- $words[(math $split + 2)..-2]) $words[-1])
        return
    end
    set -l current (string replace -r -- '^(--[^=]*=)?["\']' '$1' $words[-1] | string replace -ra -- '\\\\(.)' '$1')
    set -l program (string replace -r -- '^~/' "$HOME/" $words[1])
    set -l answers ($program complete -- $words[2..-2] "$current" 2>/dev/null)
    for answer in $answers
        if test "$answer" = ":files"
            set -l flag (string match -r -- '^--[^=]*=' $words[-1])
            __fish_complete_path (string replace -r -- '^--[^=]*=' '' $words[-1]) | string replace -r -- '^' "$flag"
        else
            echo $answer
        end
    end
end

complete -c awsexec -f -a '(__awsexec_complete)'
