package ci

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// licences are those that a program may be made of without terms for its users
// beyond a notice, each by words that only its text has.
var licences = map[string]string{
	"Apache-2.0": "Apache License",
	"BSD":        "Redistribution and use in source and binary forms",
	"MIT":        "Permission is hereby granted, free of charge",
	"ISC":        "Permission to use, copy, modify, and/or distribute",
}

// licenceOf returns the licence of the module in dir, "" if it is none of the
// known ones.
func licenceOf(dir string) string {
	paths, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, path := range paths {
		name := strings.ToUpper(filepath.Base(path))
		if !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for licence, words := range licences {
			if strings.Contains(strings.Join(strings.Fields(string(text)), " "), words) {
				return licence
			}
		}
	}
	return ""
}

// CONTRIBUTING.md has each direct dependency with its licence and its reason,
// and all modules that are compiled have a licence that is compatible with any of
// ours. Nothing is replaced.
func TestDependencies(t *testing.T) {
	contributing, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{} // licence by module
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z][^` ]*\\.[^` ]*/[^` ]*)` \\| ([^|]*) \\| [^|]{5,} \\|$").FindAllStringSubmatch(string(contributing), -1) {
		rows[row[1]] = row[2]
	}
	direct := map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		format := "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Indirect}}\t{{.Dir}}\t{{if .Replace}}replaced{{end}}{{end}}{{end}}"
		seen := map[string]bool{}
		for line := range goList(t, system, format, "-deps", "-test", "./...") {
			if line == "" || seen[line] {
				continue
			}
			seen[line] = true
			m := strings.Split(line, "\t")
			licence := licenceOf(m[2])
			if licence == "" {
				t.Errorf("%s: no known licence in %s", m[0], m[2])
			}
			if m[3] != "" {
				t.Errorf("%s is replaced", m[0])
			}
			if m[1] == "true" {
				continue
			}
			direct[m[0]] = true
			if rows[m[0]] != licence {
				t.Errorf("%s: licence %q in CONTRIBUTING.md, %s in the module", m[0], rows[m[0]], licence)
			}
		}
	}
	if len(direct) < 10 {
		t.Fatal("go list shows few modules:", direct)
	}
	for module := range rows {
		if !direct[module] {
			t.Errorf("%s is in CONTRIBUTING.md, but is no direct dependency", module)
		}
	}
}
