package helper

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/awsexec/awsexec/internal/backend"
)

// urlOf returns the URL under which a helper stores an item. Its form suits all
// of them: the one for macOS takes only https, the one for Windows ignores
// letter case, and the one for pass makes a file name of it, which may have 255
// bytes in base64. The host can be nobody's: .invalid is reserved (RFC 2606).
func urlOf(it backend.Item) string {
	return "https://awsexec.invalid/" + it.Service + "/" + segment(it.Name)
}

// maxSegment is the length of the longest name that is written out.
const maxSegment = 100

// segment returns name in lower case, with an escape for all other bytes. A long
// name ends in a hash; no escaped name has a ~.
func segment(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-_.", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	if b.Len() <= maxSegment {
		return b.String()
	}
	sum := sha256.Sum256([]byte(name))
	return b.String()[:maxSegment-32] + "~" + hex.EncodeToString(sum[:16])
}
