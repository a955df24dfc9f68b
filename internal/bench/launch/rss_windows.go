package main

import "os"

// maxRSS is 0: what Windows tells about a process that has ended has no memory in it.
func maxRSS(*os.ProcessState) int64 { return 0 }
