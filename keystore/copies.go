package keystore

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// Copy is a name under which a key is stored.
type Copy struct {
	Name string // of the key
	Kind Kind   // the kind of store that has it
}

// Copies returns where the key with the id keyID is kept: in this store, which
// it reads, and in stores of other kinds in the same directory, according to
// their indexes.
func (s *Store) Copies(ctx context.Context, keyID string) ([]Copy, error) {
	v, end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	f, err := s.agreed(ctx, v, "")
	if err != nil {
		return nil, err
	}
	var copies []Copy
	for _, name := range slices.Sorted(maps.Keys(f.Keys)) {
		c, err := v.read(ctx, name)
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) { // they are not copies
			return nil, v.explain(name, err)
		}
		if c.AccessKeyID == keyID {
			copies = append(copies, Copy{name, v.kind})
		}
	}
	all, err := kinds(s.dir)
	if err != nil {
		return nil, err
	}
	for _, kind := range all {
		if kind == v.kind {
			continue
		}
		f, _, err := indexAt(s.dir, kind).Load()
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(f.Keys)) {
			if f.Keys[name].AccessKeyID == keyID {
				copies = append(copies, Copy{name, kind})
			}
		}
	}
	return copies, nil
}

// Retiring returns the name of the key whose unfinished rotation is going to
// delete the key with the id keyID at AWS; "" if there is none.
func (s *Store) Retiring(ctx context.Context, keyID string) (string, error) {
	v, end, err := s.begin(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	f, err := s.agreed(ctx, v, "")
	if err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(f.Keys)) {
		if !f.Keys[name].Rotating {
			continue
		}
		r, err := s.Rotation(ctx, name)
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrCorrupt) {
			continue
		}
		if err != nil {
			return "", err
		}
		if r.Old.AccessKeyID != keyID {
			continue
		}
		current, err := v.read(ctx, name)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", v.explain(name, err)
		}
		if err == nil && (current.AccessKeyID == r.Old.AccessKeyID || current.AccessKeyID == r.New.AccessKeyID) {
			return name, nil
		}
	}
	return "", nil
}
