package ownfile

import (
	"os"
	"slices"
	"strings"
)

// overflowUID is the user ID that stands for every user unknown to a user
// namespace. Source: user_namespaces(7), "Unmapped user and group IDs".
const overflowUID = 65534

// unmapped reports whether uid stands for owners that are unknown here. In a
// sandbox or a rootless container, the directories of the machine's root seem
// to belong to this user.
func unmapped(uid int) bool {
	if uid != overflowUID {
		return false
	}
	text, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && !slices.Equal(strings.Fields(string(text)), []string{"0", "0", "4294967295"})
}
