package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

const (
	atOnce = 200 // processes, as a parallel build may start
	crowds = 5   // how often they are started
)

// parallel measures many warm and cold calls at once.
func parallel(ctx context.Context, w *world, r *report) error {
	if w.bus == nil {
		return nil
	}
	const most = 1.2
	processors := time.Duration(runtime.NumCPU())
	s, err := w.compare(ctx, empty(w), held(w, warmPrint(w)), warmPrint(w))
	if err != nil {
		return err
	}
	var need time.Duration // of the last subject
	for i, mode := range []struct {
		what string
		run  subject
	}{
		{"empty Go programs at once", empty(w)},
		{"warm prints at once, the kernel holds the key", held(w, warmPrint(w))},
		{"warm prints at once, the keyring is asked", warmPrint(w)},
	} {
		// The least time that all of them need on all processors together.
		need = atOnce * s[i].median(cpu) / processors
		var total series
		before := w.daemonTime()
		for range crowds {
			t, err := w.together(ctx, mode.run, atOnce)
			if err != nil {
				return err
			}
			total = append(total, t)
		}
		x := float64(total.median(wall)) / float64(need)
		what := fmt.Sprintf("%d %s", atOnce, mode.what)
		against := fmt.Sprintf("their processor time ÷ %d %s", processors, ms(need))
		if i == 0 { // the machine's limit, without a goal
			r.info(what, ms(total.median(wall)), spread(total), against, fmt.Sprintf("%.2f ×", x))
		} else {
			r.row(what, ms(total.median(wall)), spread(total), against, fmt.Sprintf("%.2f ×", x),
				fmt.Sprintf("≤ %.1f ×", most), x <= most)
		}
		used := (w.daemonTime() - before) / crowds
		r.note("%s: they use %s of processor time, and bus and keyring, which serve one call at a time, %s; that is %.2f of the processor time available.", what,
			ms(total.median(cpu)), ms(used), float64(total.median(cpu)+used)/float64(processors*total.median(wall)))
	}

	const latency = 100 * time.Millisecond
	w.sts.SetDelay("GetSessionToken", latency)
	defer w.sts.SetDelay("GetSessionToken", 0)
	var total series
	calls := 0
	for range crowds {
		before := len(w.sts.Requests())
		t, err := w.together(ctx, coldPrint(w), atOnce)
		if err != nil {
			return err
		}
		total = append(total, t)
		calls = max(calls, len(w.sts.Requests())-before)
	}
	limit := latency + time.Duration(most*float64(need))
	r.row(fmt.Sprintf("%d cold prints at once", atOnce), ms(total.median(wall)), spread(total),
		"STS, the same "+ms(latency+need), fmt.Sprintf("%.2f ×",
			float64(total.median(wall))/float64(latency+need)), "≤ "+ms(limit), total.median(wall) <= limit)
	r.row(fmt.Sprintf("%d cold prints: calls of STS", atOnce), fmt.Sprint(calls), "", "", "", "1", calls == 1)
	return nil
}
