package agekeys

import (
	"context"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"filippo.io/age/tag"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/tpmkey"
)

// An identity whose key is in this machine's TPM needs no plugin. Its recipient is a
// tagged one (age1tag1…), to which age itself can encrypt. Its text names the key in
// the form of a plugin's identity, and is not secret.
const (
	tpmName    = "awsexectpm"
	tpmVersion = 1
)

// NewTPM makes an identity in the TPM, with a PIN unless pin is empty, and returns
// its text.
func NewTPM(ctx context.Context, h Host, pin []byte) (text string, r Recipient, err error) {
	key, err := tpmkey.Create(ctx, h.TPM, pin)
	if err != nil {
		return "", r, err
	}
	data := []byte{tpmVersion, 0}
	if key.PIN {
		data[1] = 1
	}
	data = binary.BigEndian.AppendUint16(data, uint16(len(key.Public)))
	text = plugin.EncodeIdentity(tpmName, slices.Concat(data, key.Public, key.Private))
	i, err := parseIdentity(text)
	return text, i.Recipient, err
}

func identityOfTPM(data []byte) (Identity, error) {
	bad := errors.New("invalid identity of a TPM, or one of a newer awsexec")
	if len(data) < 4 || data[0] != tpmVersion || data[1] > 1 {
		return Identity{}, bad
	}
	size := int(binary.BigEndian.Uint16(data[2:4]))
	if len(data) < 4+size {
		return Identity{}, bad
	}
	key := &tpmIdentity{key: tpmkey.Key{Public: slices.Clone(data[4 : 4+size]), Private: slices.Clone(data[4+size:]), PIN: data[1] == 1}}
	public, err := key.key.PublicKey()
	if err != nil {
		return Identity{}, bad
	}
	key.public = public
	key.recipient, err = tag.NewClassicRecipient(compressed(public))
	if err != nil {
		return Identity{}, bad
	}
	r, err := ParseRecipient(key.recipient.String())
	return Identity{Kind: TPM, Recipient: r, needsPerson: key.needsPIN, with: func(ctx context.Context, h Host) age.Identity {
		return unwrapper(func(stanzas []*age.Stanza) ([]byte, error) { return key.unwrap(ctx, h, stanzas) })
	}}, err
}

// compressed returns the short form of a point.
func compressed(p *ecdh.PublicKey) []byte {
	raw := p.Bytes() // 4, x, y
	return append([]byte{2 | raw[64]&1}, raw[1:33]...)
}

// tpmIdentity is a key in a TPM.
type tpmIdentity struct {
	key       tpmkey.Key
	public    *ecdh.PublicKey
	recipient *tag.Recipient

	mu  sync.Mutex
	pin []byte // that was right
}

func (i *tpmIdentity) needsPIN() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.key.PIN && i.pin == nil
}

// The stanza of a tagged recipient. Source: the package tag of age.
const (
	tagStanza = "p256tag"
	tagInfo   = "age-encryption.org/p256tag"
)

func (i *tpmIdentity) unwrap(ctx context.Context, h Host, stanzas []*age.Stanza) ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, s := range stanzas {
		if s.Type != tagStanza || len(s.Args) != 2 {
			continue
		}
		enc, err := base64.RawStdEncoding.Strict().DecodeString(s.Args[1])
		if err != nil {
			continue
		}
		want, err := i.recipient.Tag(enc)
		if err != nil || base64.RawStdEncoding.EncodeToString(want) != s.Args[0] {
			continue
		}
		return i.open(ctx, h, enc, s.Body)
	}
	return nil, age.ErrIncorrectIdentity
}

// pinTries is how often a person may mistype a PIN. The TPM counts each.
const pinTries = 2

// open decrypts a file key. It asks for the PIN if there is one.
func (i *tpmIdentity) open(ctx context.Context, h Host, enc, sealed []byte) ([]byte, error) {
	question := "PIN of the TPM key: "
	for try := 1; ; try++ {
		pin := i.pin
		if i.key.PIN && pin == nil {
			if h.Ask == nil {
				return nil, fmt.Errorf("%w: the TPM key has a PIN", backend.ErrLocked)
			}
			answer, err := h.Ask(ctx, question, true)
			if err != nil {
				return nil, fmt.Errorf("%w: PIN of the TPM key: %w", backend.ErrLocked, err)
			}
			pin = []byte(answer)
		}
		held := &heldKey{i, ctx, h, pin, nil}
		fileKey, err := held.decrypt(enc, sealed)
		switch {
		case err == nil:
			i.pin = pin
			return fileKey, nil
		case held.failed == nil:
			return nil, fmt.Errorf("%w: %w", backend.ErrCorrupt, err)
		case !errors.Is(held.failed, tpmkey.ErrWrongPIN) || !i.key.PIN || try == pinTries:
			return nil, held.failed
		}
		i.pin = nil
		question = "wrong PIN; PIN of the TPM key: "
	}
}

// heldKey is the private half of the key for one operation. It implements
// ecdh.KeyExchanger.
type heldKey struct {
	*tpmIdentity
	ctx    context.Context
	host   Host
	pin    []byte
	failed error // of the TPM
}

func (k *heldKey) PublicKey() *ecdh.PublicKey { return k.public }

func (*heldKey) Curve() ecdh.Curve { return ecdh.P256() }

func (k *heldKey) ECDH(peer *ecdh.PublicKey) (secret []byte, err error) {
	secret, k.failed = k.key.ECDH(k.ctx, k.host.TPM, k.pin, peer)
	return secret, k.failed
}

func (k *heldKey) decrypt(enc, sealed []byte) ([]byte, error) {
	private, err := hpke.NewDHKEMPrivateKey(k)
	if err != nil {
		return nil, err
	}
	r, err := hpke.NewRecipient(enc, private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), []byte(tagInfo))
	if err != nil {
		return nil, err
	}
	return r.Open(nil, sealed)
}
