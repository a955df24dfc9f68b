package main

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
)

var (
	errOtherSystem = errors.New("not a program for Linux")
	errMovable     = errors.New("it is position-independent")
)

// program is a linked Go program. It need not have symbols.
type program struct {
	path         string
	architecture string
	data         []byte
	elf          *elf.File
	functions    *gosym.Table
}

func open(path string) (*program, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(data, []byte(elf.ELFMAG)) {
		return nil, errOtherSystem
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	p := &program{path: path, data: data, elf: f, architecture: architectures[f.Machine]}
	if f.Type == elf.ET_DYN {
		return nil, errMovable
	}
	if p.architecture == "" || f.ByteOrder != binary.LittleEndian || f.Type != elf.ET_EXEC {
		return nil, fmt.Errorf("%v, %v: not a kind of program that this command knows", f.Machine, f.Type)
	}
	text, table := f.Section(".text"), f.Section(".gopclntab")
	if text == nil || table == nil {
		return nil, errors.New("not a Go program")
	}
	lines, err := table.Data()
	if err != nil {
		return nil, err
	}
	p.functions, err = gosym.NewTable(nil, gosym.NewLineTable(lines, text.Addr))
	return p, err
}

// at returns the n bytes that the program has in memory at an address when it starts, nil if it has none in its file.
func (p *program) at(address, n uint64) []byte {
	for _, s := range p.elf.Progs {
		if s.Type == elf.PT_LOAD && address >= s.Vaddr && n <= s.Filesz && address-s.Vaddr <= s.Filesz-n {
			offset := s.Off + address - s.Vaddr
			return p.data[offset : offset+n]
		}
	}
	return nil
}

// initList is the list of what the runtime initialises, in order.
type initList struct {
	address  uint64
	tasks    []uint64          // addresses of runtime.initTask values
	packages map[uint64]string // the package of each
}

func (l *initList) has(name string) bool {
	for _, p := range l.packages {
		if p == name {
			return true
		}
	}
	return false
}

// initList finds the list: a slice in the program's runtime.moduledata, which is all of section .go.module, and the only one
// there whose elements are what packageOf takes. Source: type moduledata in runtime/symtab.go of Go 1.26.
func (p *program) initList() (*initList, error) {
	section := p.elf.Section(".go.module")
	if section == nil {
		return nil, errors.New("no section .go.module: it was linked by a version of Go that this command does not know")
	}
	module, err := section.Data()
	if err != nil {
		return nil, err
	}
	var found *initList
	for ; len(module) >= 24; module = module[8:] {
		address, length, capacity := word(module), word(module[8:]), word(module[16:])
		if length == 0 || length != capacity || length > 1<<16 {
			continue
		}
		data := p.at(address, 8*length)
		if data == nil {
			continue
		}
		list := &initList{address: address, packages: map[uint64]string{}}
		for ; len(data) > 0; data = data[8:] {
			task := word(data)
			name, ok := p.packageOf(task)
			if !ok || list.packages[task] != "" {
				break
			}
			list.tasks = append(list.tasks, task)
			list.packages[task] = name
		}
		if len(data) > 0 {
			continue
		}
		if found != nil {
			return nil, errors.New("two lists look like that of its packages")
		}
		found = list
	}
	if found == nil {
		return nil, errors.New("the list of its packages is not found")
	}
	return found, nil
}

// packageOf returns the package that the runtime.initTask at an address initialises: two numbers of 32 bits, the state, which is 0 before the
// program runs, and the number of functions, then their addresses. Source: runtime/proc.go of Go 1.26.
func (p *program) packageOf(task uint64) (name string, ok bool) {
	header := p.at(task, 16)
	if header == nil || binary.LittleEndian.Uint32(header) != 0 {
		return "", false
	}
	functions := p.at(task+8, 8*uint64(binary.LittleEndian.Uint32(header[4:])))
	if len(functions) == 0 {
		return "", false
	}
	for ; len(functions) > 0; functions = functions[8:] {
		f := p.functions.PCToFunc(word(functions))
		if f == nil || f.Entry != word(functions) {
			return "", false
		}
		// import/path.init, import/path.init.0 or import/path.map.init.0, with dots in the last element of the path escaped
		slash := strings.LastIndexByte(f.Name, '/') + 1
		last, function, found := strings.Cut(f.Name[slash:], ".")
		if !found || !strings.HasPrefix(function, "init") && !strings.HasPrefix(function, "map.init") {
			return "", false
		}
		path, err := url.PathUnescape(f.Name[:slash] + last)
		if err != nil || name != "" && name != path {
			return "", false
		}
		name = path
	}
	return name, true
}

// write writes the program again if order is another than that of list.
func (p *program) write(list *initList, order []uint64) error {
	if slices.Equal(order, list.tasks) {
		return nil
	}
	place := p.at(list.address, 8*uint64(len(order)))
	for i, task := range order {
		binary.LittleEndian.PutUint64(place[8*i:], task)
	}
	info, err := os.Stat(p.path)
	if err != nil {
		return err
	}
	temp := p.path + ".initorder"
	defer os.Remove(temp)
	if err := os.WriteFile(temp, p.data, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(temp, p.path)
}

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
