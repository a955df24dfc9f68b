package awsfiles

import (
	"strings"
	"testing"
)

func TestAddSettings(t *testing.T) {
	settings := []Setting{{"region", "eu-west-1"}, {"mfa_serial", "arn:aws:iam::123456789012:mfa/me"}}
	for _, c := range []struct{ name, data, want string }{
		{"new section", "", "[profile dev]\nregion = eu-west-1\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n"},
		{"one is there", "[profile dev]\nregion=us-east-1\n", "[profile dev]\nregion=us-east-1\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n"},
		{"both are there", "[profile dev]\nmfa_serial = x\nregion = y\n", ""},
		{"CRLF", "[profile dev]\r\ncredential_process = x\r\n[default]\r\n", "[profile dev]\r\ncredential_process = x\r\nregion = eu-west-1\r\nmfa_serial = arn:aws:iam::123456789012:mfa/me\r\n[default]\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, changed, err := AddSettings([]byte(c.data), "/p", "dev", settings)
			want := c.want
			if want == "" {
				want = c.data
			}
			if err != nil || changed != (c.want != "") || string(out) != want {
				t.Errorf("changed %t, %v\n got %q\nwant %q", changed, err, out, want)
			}
		})
	}
	for _, value := range []string{"", " x", "a\nb"} {
		if _, _, err := AddSettings(nil, "/p", "dev", []Setting{{"region", value}}); err == nil {
			t.Errorf("value %q was written", value)
		}
	}
}

func TestRemoveCredentialProcess(t *testing.T) {
	const line = "credential_process = awsexec -p dev\n"
	ours := func(command string) bool { return command == "awsexec -p dev" }
	for _, c := range []struct{ name, data, want string }{
		{"one of several lines", "[profile dev]\nregion = x\n" + line + "# c\n[b]\n", "[profile dev]\nregion = x\n# c\n[b]\n"},
		{"the whole section", "[a]\nregion = x\n\n[profile dev]\n" + line, "[a]\nregion = x\n"},
		{"the first section", "[profile dev]\n" + line + "\n[b]\n", "[b]\n"},
		{"the only section", "[profile dev]\n" + line, ""},
		{"in the middle", "[a]\n\n[profile dev]\n" + line + "\n[b]\n", "[a]\n\n[b]\n"},
		{"no empty line", "[a]\n[profile dev]\n" + line + "[b]\n", "[a]\n[b]\n"},
		{"a comment in the section", "[profile dev]\n# mine\n" + line, "[profile dev]\n# mine\n"},
		{"a comment at the end", "[profile dev]\n" + line + "# about b\n[b]\n", "[profile dev]\n# about b\n[b]\n"},
		{"a comment behind the header", "[profile dev] ; mine\n" + line, "[profile dev] ; mine\n"},
		{"a byte order mark", "\ufeff[profile dev]\n" + line, "\ufeff[profile dev]\n"},
		{"nested settings stay", "[profile dev]\ns3 =\n  a = b\n" + line, "[profile dev]\ns3 =\n  a = b\n"},
		{"CRLF", "[profile dev]\r\n" + strings.TrimSpace(line) + "\r\nregion = x\r\n", "[profile dev]\r\nregion = x\r\n"},
		{"another program", "[profile dev]\ncredential_process = other\n", ""},
		{"no such line", "[profile dev]\nregion = x\n", ""},
		{"no such profile", "[profile b]\n" + line, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, changed, err := RemoveCredentialProcess([]byte(c.data), "/p", "dev", ours)
			want := c.want
			unchanged := want == "" && c.name != "the only section"
			if unchanged {
				want = c.data
			}
			if err != nil || changed == unchanged || string(out) != want {
				t.Errorf("changed %t, %v\n got %q\nwant %q", changed, err, out, want)
			}
		})
	}
	for _, c := range []struct{ name, data, want string }{
		{"inherited", "[DEFAULT]\n" + line + "[profile dev]\n", "/p:2: [DEFAULT] gives it"},
		{"malformed", "x\n", "/p:1: "},
	} {
		if _, _, err := RemoveCredentialProcess([]byte(c.data), "/p", "dev", ours); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// What was added can be removed, and leaves the file as it was.
func TestAddAndRemoveCredentialProcess(t *testing.T) {
	for _, data := range []string{"", "[a]\nregion = x\n", "[a]\r\nregion = x\r\n", "# c\n", "[profile dev]\nregion = x\n\n# c\n[b]\n"} {
		added, _, err := AddCredentialProcess([]byte(data), "/p", "dev", "awsexec -p dev")
		if err != nil {
			t.Fatal(err)
		}
		out, changed, err := RemoveCredentialProcess(added, "/p", "dev", func(string) bool { return true })
		if err != nil || !changed || string(out) != data {
			t.Errorf("%q became %q, %v", data, out, err)
		}
	}
}
