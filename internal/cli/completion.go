package cli

import "embed"

// completionCmd prints the script that completes command lines in a shell.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell" help:"bash, zsh, fish or powershell." complete:"shell"`
}

// The scripts ask awsexec for what may stand in a place, by the command complete.
//
//go:embed completion
var scripts embed.FS

// shells are the ends of the script's names.
var shells = map[string]string{"bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "ps1"}

func (c *completionCmd) Run(out *ui) error {
	script, err := scripts.ReadFile("completion/awsexec." + shells[c.Shell])
	if err != nil {
		return err
	}
	_, err = out.out.Write(script)
	return err
}
