package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WeakPassphraseError is the error for a new passphrase that is guessed too soon.
// Whoever gets a copy of the file can try as many as they like.
type WeakPassphraseError struct{ Reason string }

func (e *WeakPassphraseError) Error() string { return "this passphrase " + e.Reason }

// shortestPassphrase is the least number of characters of a new passphrase.
const shortestPassphrase = 10

// commonPassphrases are words that guessing begins with, without what people add to
// them: digits, signs and capitals.
var commonPassphrases = []string{
	"admin", "administrator", "amazon", "aws", "awsexec", "changeit", "changeme", "computer", "default", "dragon", "football", "foobar", "guest",
	"hello", "helloworld", "hunter", "iloveyou", "keyring", "keystore", "letmein", "login", "master", "monkey", "mypassphrase", "mypassword", "nopassword", "passphrase", "passw0rd", "password",
	"princess", "root", "secret", "secrets", "security", "sesame", "shadow", "starwars", "summer", "sunshine", "superman", "supersecret", "superuser", "temporary", "test", "testing",
	"topsecret", "trustno", "user", "welcome", "whatever", "winter",
}

// rows are what fingers run along.
var rows = []string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujm"}

// CheckPassphrase returns a [*WeakPassphraseError] if a new passphrase is short or
// common, else nil.
func CheckPassphrase(passphrase []byte) error {
	text := strings.ToLower(string(passphrase))
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return &WeakPassphraseError{"is empty"}
	case n < shortestPassphrase:
		return &WeakPassphraseError{fmt.Sprintf("is too short: it has %d of at least %d characters", n, shortestPassphrase)}
	case kinds(text) < 5:
		return &WeakPassphraseError{"repeats the same few characters"}
	case n < 20 && strings.Trim(text, "0123456789 -./") == "":
		return &WeakPassphraseError{"is a number, which is guessed soon"}
	case isCommon(text):
		return &WeakPassphraseError{"is a common one, which is tried first"}
	case isRow(text):
		return &WeakPassphraseError{"follows the alphabet or the keyboard"}
	}
	return nil
}

// kinds returns how many different characters text has.
func kinds(text string) int {
	letters := []rune(text)
	slices.Sort(letters)
	return len(slices.Compact(letters))
}

// isCommon reports whether text is made of common words, and of what people add to
// them.
func isCommon(text string) bool {
	plain := strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s").Replace(strings.TrimRight(text, "0123456789!?.*#-_ "))
	for _, text := range []string{text, plain} {
		words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
		unknown := func(w string) bool { return len(w) > 2 && !madeOfWords(w) }
		if slices.ContainsFunc(words, madeOfWords) && !slices.ContainsFunc(words, unknown) {
			return true
		}
	}
	return false
}

// madeOfWords reports whether word is made of at most two common words.
func madeOfWords(word string) bool {
	for _, first := range commonPassphrases {
		if rest, ok := strings.CutPrefix(word, first); ok && (rest == "" || slices.Contains(commonPassphrases, rest)) {
			return true
		}
	}
	return false
}

// isRow reports whether text is made of pieces of rows, forwards or backwards, of at
// least four characters each.
func isRow(text string) bool {
	for text != "" {
		n := 0
		for _, row := range rows {
			n = max(n, along(text, row), along(text, reversed(row)))
		}
		if n < 4 {
			return false
		}
		text = text[n:]
	}
	return true
}

// along returns how many characters at the start of text follow each other in row.
func along(text, row string) int {
	at := strings.IndexByte(row, text[0])
	if at < 0 {
		return 0
	}
	n := 0
	for n < len(text) && at+n < len(row) && text[n] == row[at+n] {
		n++
	}
	return n
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// NewPassphrase asks for a new passphrase, twice. A weak one is asked for again, and
// so is one that was not the same twice.
func (p *Person) NewPassphrase(ctx context.Context) ([]byte, error) {
	const question = "new keystore passphrase (it cannot be recovered): "
	again := ""
	for try := 1; ; try++ {
		first, err := p.Ask(ctx, again+question, true)
		if err != nil {
			return nil, err
		}
		if err = CheckPassphrase([]byte(first)); err == nil {
			second, askErr := p.Ask(ctx, "the same passphrase again: ", true)
			switch {
			case askErr != nil:
				return nil, askErr
			case first == second:
				return []byte(first), nil
			}
			err = errors.New("the two passphrases differ")
		}
		if try == newPassphraseTries {
			return nil, err
		}
		again = err.Error() + "; "
	}
}

const newPassphraseTries = 3
