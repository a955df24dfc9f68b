package bustest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// Prompter stands for the desktop that shows gnome-keyring's dialogs. It speaks
// the messages of gcr's system prompter one by one, since the order of replies
// and calls matters to the other end.
type Prompter struct {
	conn   *dbus.Conn
	Shown  chan struct{} // a dialog is up
	Answer chan string   // what its person types; "" dismisses it
}

// StartPrompter takes the name of the desktop's prompter.
func (b *Bus) StartPrompter(t *testing.T) *Prompter {
	t.Helper()
	p := &Prompter{conn: b.Own(t, "org.gnome.keyring.SystemPrompter"), Shown: make(chan struct{}, 8), Answer: make(chan string, 8)}
	calls := Overhear(t, p.conn)
	go func() {
		for m := range calls {
			if m.Type == dbus.TypeMethodCall {
				p.serve(m)
			}
		}
	}()
	return p
}

func (p *Prompter) serve(m *dbus.Message) {
	sender := m.Headers[dbus.FieldSender]
	p.conn.Send(&dbus.Message{Type: dbus.TypeMethodReply, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldDestination: sender,
		dbus.FieldReplySerial: dbus.MakeVariant(m.Serial()),
	}}, nil)
	ready := func(reply, exchange string) {
		p.conn.Object(sender.Value().(string), m.Body[0].(dbus.ObjectPath)).
			Go("org.gnome.keyring.internal.Prompter.Callback.PromptReady", dbus.FlagNoReplyExpected, nil, reply, map[string]dbus.Variant{}, exchange)
	}
	switch m.Headers[dbus.FieldMember].Value() {
	case "BeginPrompting": // asks to be invited
		ready("", "[sx-aes-1]\npublic="+dhPublic+"\n")
	case "PerformPrompt": // shows the dialog
		p.Shown <- struct{}{}
		reply := "no"
		typed := <-p.Answer
		if typed != "" {
			reply = "yes"
		}
		ready(reply, seal(m.Body[3].(string), typed))
	}
}

// The prompter passes on what was typed as gcr does: Diffie-Hellman over the
// 1536-bit group of RFC 3526, HKDF, AES-CBC.
var (
	dhPrime, _ = new(big.Int).SetString("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"+
		"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"+
		"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"+
		"83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF", 16)
	dhSecret = new(big.Int).SetBytes(bytes.Repeat([]byte{7}, 32))
	dhPublic = base64.StdEncoding.EncodeToString(new(big.Int).Exp(big.NewInt(2), dhSecret, dhPrime).Bytes())
)

// seal encrypts what was typed for the other end of exchange.
func seal(exchange, typed string) string {
	_, public, _ := strings.Cut(exchange, "public=")
	public, _, _ = strings.Cut(public, "\n")
	theirs, err := base64.StdEncoding.DecodeString(public)
	if err != nil {
		panic(err)
	}
	shared := new(big.Int).Exp(new(big.Int).SetBytes(theirs), dhSecret, dhPrime)
	key, err := hkdf.Key(sha256.New, shared.FillBytes(make([]byte, 192)), nil, "", aes.BlockSize)
	if err != nil {
		panic(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	pad := aes.BlockSize - len(typed)%aes.BlockSize
	text := append([]byte(typed), bytes.Repeat([]byte{byte(pad)}, pad)...)
	iv := make([]byte, aes.BlockSize)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("[sx-aes-1]\npublic=%s\nsecret=%s\niv=%s\n", dhPublic, encode(text), encode(iv))
}
