package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// report is the table with its heading and notes.
type report struct {
	head  []string
	rows  [][]string
	notes []string
}

// row adds a line to the table: what is measured, its median and range, what it
// is compared to, the figure of the goal, the goal, and whether it is met.
func (r *report) row(what, figure, spread, against, result, goal string, met bool) {
	verdict := "NOT MET"
	if met {
		verdict = "met"
	}
	r.rows = append(r.rows, []string{what, figure, spread, against, result, goal, verdict})
}

// info adds a line without a goal.
func (r *report) info(what, figure, spread, against, result string) {
	r.rows = append(r.rows, []string{what, figure, spread, against, result, "", ""})
}

// ratio adds a line with a goal: the median is at most most times the median of
// base.
func (r *report) ratio(what string, s series, against string, base series, most float64) {
	x := float64(s.median(wall)) / float64(base.median(wall))
	r.row(what, ms(s.median(wall)), spread(s), against+" "+ms(base.median(wall)),
		fmt.Sprintf("%.2f ×", x), fmt.Sprintf("≤ %g ×", most), x <= most)
}

// more adds a line with a goal: the median is at most most above the median of
// base.
func (r *report) more(what string, s series, against string, base series, most time.Duration) {
	d := s.median(wall) - base.median(wall)
	r.row(what, ms(s.median(wall)), spread(s), against+" "+ms(base.median(wall)), "+"+ms(d), "≤ +"+ms(most),
		d <= most)
}

// beside adds a line without a goal: how far the median is above that of base.
func (r *report) beside(what string, s series, against string, base series) {
	r.info(what, ms(s.median(wall)), spread(s), against+" "+ms(base.median(wall)),
		"+"+ms(s.median(wall)-base.median(wall)))
}

func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

func (r *report) machine(runs int) {
	r.head = append(r.head, fmt.Sprintf("%s/%s, %d processors%s, %s; medians of %d runs each, in turn",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load(), runtime.Version(), runs))
}

// load returns the load of the machine before the run, if the system reports
// it. Source: proc(5).
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	one, _, _ := strings.Cut(string(b), " ")
	return " with a load of " + one
}

func (r *report) print(to io.Writer) error {
	out := bufio.NewWriter(to)
	for _, line := range r.head {
		fmt.Fprintf(out, "%s\n\n", line)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{{"WHAT", "MEDIAN", "MIN … MAX", "AGAINST", "RESULT", "GOAL", ""}},
		r.rows...) {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, line := range r.notes {
		fmt.Fprintln(out, line)
	}
	return out.Flush()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

func spread(s series) string {
	sorted := s.sorted(wall)
	return fmt.Sprintf("%.1f … %.1f", float64(sorted[0])/float64(time.Millisecond),
		float64(sorted[len(sorted)-1])/float64(time.Millisecond))
}
