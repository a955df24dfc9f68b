package server

import "math"

// openFiles returns how many sockets this process may have open: as many as
// there is memory for.
func openFiles() uint64 { return math.MaxUint64 }
