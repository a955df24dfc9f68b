package keystore

import (
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/keyindex"
	"github.com/awsexec/awsexec/internal/keyitem"
	"github.com/awsexec/awsexec/internal/sealingkey"
)

// describe writes an index that matches the content of the encrypted file, if
// the content is known here. The caller must hold the lock of the store.
func (v *vault) describe() {
	if v.file == nil {
		return
	}
	old, damaged, err := v.index.Load()
	if err != nil {
		return
	}
	items, stamp, known := v.file.Known()
	if !known {
		return
	}
	fresh := indexOf(items, stamp, old)
	if !fresh.Equal(old) {
		if err := v.index.Save(fresh, damaged); err != nil {
			v.holder.Debug("index of %s: %v", v.file, err)
		}
	}
	if s, ok := sealingkey.Decode(items[keyitem.Sealing]); ok {
		v.holder.Replace(kernelkey.Sealing{Key: s.Key, Index: fresh.Digest()})
	}
}

// describeFile returns the index that the encrypted file should have. If its
// content is not known here, known is false. Only the times come from old.
func (v *vault) describeFile(old keyindex.Content) (fresh keyindex.Content, known bool) {
	items, stamp, known := v.file.Known()
	if !known {
		return fresh, false
	}
	return indexOf(items, stamp, old), true
}

// indexOf returns the index of an encrypted file with these items and this
// stamp. Only the times come from old.
func indexOf(items map[backend.Item][]byte, stamp string, old keyindex.Content) keyindex.Content {
	fresh := keyindex.New(stamp)
	for it, secret := range items {
		if it != keyitem.OfKey(it.Name) {
			continue
		}
		entry, listed := old.Keys[it.Name]
		if !listed {
			entry.Added = keyindex.Now()
		}
		c, _ := keyitem.DecodeKey(secret)
		entry.AccessKeyID = c.AccessKeyID // "" for a damaged key
		_, entry.Rotating = items[keyitem.OfJournal(it.Name)]
		fresh.Keys[it.Name] = entry
	}
	return fresh
}
