package term

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf16"
)

// dialogCancelled is the exit status that we ask dialog programs to use when
// the user cancels.
const dialogCancelled = 77

// askZenity asks with zenity. It changes zenity's exit status for cancelled,
// which by default is the same as for a dialog that could not be shown.
func askZenity(ctx context.Context, path string, env []string, p DialogPrompt) (string, error) {
	status := fmt.Sprint("=", dialogCancelled)
	env = append(slices.Clone(env), "ZENITY_OK=0", "ZENITY_CANCEL"+status, "ZENITY_ESC"+status, "ZENITY_ERROR=1")
	// zenity interprets backslash escapes in the text, and an underscore marks
	// an access key.
	text := strings.NewReplacer(`\`, `\\`, "_", "__").Replace(p.Text)
	out, err := runDialog(ctx, path, env, "", "--entry", "--hide-text", "--title="+p.Title, "--text="+text)
	return lineOf(out, err, dialogCancelled)
}

// askKDialog asks with kdialog. Without a display, Qt aborts, so that exit
// status 1 always means that the user cancelled.
func askKDialog(ctx context.Context, path string, env []string, p DialogPrompt) (string, error) {
	// kdialog interprets backslash escapes in the text, and HTML if the text
	// looks like HTML. The text is always sent as HTML.
	text := strings.NewReplacer(`\`, `\\`).Replace(html.EscapeString(p.Text))
	out, err := runDialog(ctx, path, env, "", "--title="+p.Title, "--password=<qt>"+text+"</qt>")
	return lineOf(out, err, 1)
}

// askOsascript asks with osascript. The script is on stdin ("-") and the texts
// are arguments, so that no text is part of the script.
func askOsascript(ctx context.Context, path string, env []string, p DialogPrompt) (string, error) {
	const script = `on run argv
	try
		set reply to display dialog (item 2 of argv) with title (item 1 of argv) default answer "" with hidden answer
		return "ok:" & (text returned of reply)
	on error number -128
		return "cancelled"
	end try
end run
`
	out, err := runDialog(ctx, path, env, script, "-", p.Title, p.Text)
	defer clear(out)
	if err != nil {
		return "", err
	}
	if line, ok := bytes.CutPrefix(out, []byte("ok:")); ok {
		return answer(line)
	}
	if string(bytes.TrimSpace(out)) == "cancelled" {
		return "", ErrCancelled
	}
	return "", errNoAnswer
}

// askPowerShell asks with PowerShell. The texts are in the environment, where
// nothing parses them.
func askPowerShell(ctx context.Context, path string, env []string, p DialogPrompt) (string, error) {
	const script = `$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Windows.Forms
$form = New-Object System.Windows.Forms.Form -Property @{ Text = $env:AWSEXEC_DIALOG_TITLE; StartPosition = 'CenterScreen';
	TopMost = $true; FormBorderStyle = 'FixedDialog'; MaximizeBox = $false; MinimizeBox = $false;
	AutoSize = $true; AutoSizeMode = 'GrowAndShrink'; Padding = 12 }
$panel = New-Object System.Windows.Forms.FlowLayoutPanel -Property @{ FlowDirection = 'TopDown'; AutoSize = $true; Dock = 'Fill' }
$label = New-Object System.Windows.Forms.Label -Property @{ Text = $env:AWSEXEC_DIALOG_TEXT; UseMnemonic = $false; AutoSize = $true }
$box = New-Object System.Windows.Forms.TextBox -Property @{ UseSystemPasswordChar = $true; Width = 320 }
$ok = New-Object System.Windows.Forms.Button -Property @{ Text = 'OK'; DialogResult = 'OK' }
$no = New-Object System.Windows.Forms.Button -Property @{ Text = 'Cancel'; DialogResult = 'Cancel' }
$panel.Controls.AddRange(@($label, $box, $ok, $no))
$form.Controls.Add($panel)
$form.AcceptButton = $ok
$form.CancelButton = $no
$form.Add_Shown({ $form.Activate(); [void]$box.Focus() })
if ($form.ShowDialog() -ne 'OK') { exit 77 }
$bytes = (New-Object System.Text.UTF8Encoding $false).GetBytes($box.Text)
[Console]::OpenStandardOutput().Write($bytes, 0, $bytes.Length)
`
	env = append(slices.Clone(env), "AWSEXEC_DIALOG_TITLE="+p.Title, "AWSEXEC_DIALOG_TEXT="+p.Text)
	out, err := runDialog(ctx, path, env, "", "-NoProfile", "-NonInteractive", "-STA", "-EncodedCommand",
		encodeCommand(script))
	return lineOf(out, err, dialogCancelled)
}

// encodeCommand returns script in the form that -EncodedCommand requires:
// base64 of UTF-16, little endian.
func encodeCommand(script string) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(script)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return base64.StdEncoding.EncodeToString(b)
}
