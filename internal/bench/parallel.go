package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

const (
	atOnce = 200 // processes, as a build may well start together
	crowds = 5   // how often so many are started
)

// parallel measures many calls at once, warm and cold.
func parallel(ctx context.Context, w *world, r *report) error {
	if w.bus == nil {
		return nil
	}
	const most = 1.2
	s, err := w.compare(ctx, held(w, warmPrint(w)), warmPrint(w))
	if err != nil {
		return err
	}
	var need time.Duration // of the last of the two
	for i, mode := range []struct {
		what string
		warm subject
	}{
		{"the kernel holds the key", held(w, warmPrint(w))},
		{"the keyring is asked", warmPrint(w)},
	} {
		// What all of them need of all processors together, if nothing is lost.
		need = time.Duration(atOnce) * s[i].median(cpu) / time.Duration(runtime.NumCPU())
		var total series
		before := w.daemonTime()
		for range crowds {
			t, err := w.together(ctx, mode.warm, atOnce)
			if err != nil {
				return err
			}
			total = append(total, sample{wall: t})
		}
		x := float64(total.median(wall)) / float64(need)
		r.row(fmt.Sprintf("%d warm prints at once, %s", atOnce, mode.what), ms(total.median(wall)), spread(total),
			fmt.Sprintf("their processor time ÷ %d %s", runtime.NumCPU(), ms(need)), fmt.Sprintf("%.2f ×", x), fmt.Sprintf("≤ %.1f ×", most), x <= most)
		if used := (w.daemonTime() - before) / crowds; used > need/100 {
			r.note("%d warm prints at once: bus and keyring, which serve one after the other, use %s of processor time for them.", atOnce, ms(used))
		}
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
		total = append(total, sample{wall: t})
		calls = max(calls, len(w.sts.Requests())-before)
	}
	limit := latency + time.Duration(most*float64(need))
	r.row(fmt.Sprintf("%d cold prints at once", atOnce), ms(total.median(wall)), spread(total),
		"STS, the same "+ms(latency+need), fmt.Sprintf("%.2f ×", float64(total.median(wall))/float64(latency+need)), "≤ "+ms(limit), total.median(wall) <= limit)
	r.row(fmt.Sprintf("%d cold prints: calls of STS", atOnce), fmt.Sprint(calls), "", "", "", "1", calls == 1)
	return nil
}
