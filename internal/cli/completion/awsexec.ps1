# PowerShell completion for awsexec. Load it with:
# awsexec completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName awsexec -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $words += '' }
    $split = [Array]::IndexOf($words, '--')
    if ($split -ge 0 -and $split -lt $words.Count - 1) {
        $line = $words[($split + 1)..($words.Count - 1)] -join ' '
        (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches
        return
    }
    # An empty argument needs quotes of its own before PowerShell 7.3.
    $arguments = @($words | ForEach-Object { if ($_ -eq '' -and $PSVersionTable.PSVersion -lt [Version]'7.3') { '""' } else { $_ } })
    & $commandAst.CommandElements[0].Value complete '--' @arguments 2>$null | ForEach-Object {
        $value, $description = $_ -split "`t", 2
        if ($value -eq ':files') {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
        } else {
            if (-not $description) { $description = $value }
            $text = if ($value -match '[\s"''`$&|;<>(){}]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
            [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $description)
        }
    }
}
