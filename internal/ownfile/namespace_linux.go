package ownfile

import (
	"os"
	"slices"
	"strings"
)

// overflowUID stands for all users that a user namespace does not know. Source: user_namespaces(7), "Unmapped user and group IDs".
const overflowUID = 65534

// unmapped reports whether uid is that of files whose owner cannot be told: in a sandbox or a rootless container the directories of the
// machine's root seem to belong to it.
func unmapped(uid int) bool {
	if uid != overflowUID {
		return false
	}
	text, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && !slices.Equal(strings.Fields(string(text)), []string{"0", "0", "4294967295"})
}
