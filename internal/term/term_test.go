package term

import (
	"errors"
	"strings"
	"testing"
)

func TestAnswer(t *testing.T) {
	long := strings.Repeat("x", maxAnswer)
	tests := []struct {
		in, want string
		err      error
	}{
		{"123456\n", "123456", nil},
		{"123456\r\n", "123456", nil},
		{"123456", "123456", nil},
		{" a b \n", " a b ", nil},
		{"\n", "", nil},
		{"12\x03\n", "", ErrCancelled},
		{long + "\n", long, nil},
		{long + "x\n", "", errTooLong},
	}
	for _, tt := range tests {
		line := []byte(tt.in)
		got, err := answer(line)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("answer(%.20q) = %.20q, %v", tt.in, got, err)
		}
		if strings.Trim(string(line), "\x00") != "" {
			t.Errorf("answer(%.20q) leaves %.20q behind", tt.in, line)
		}
	}
}
