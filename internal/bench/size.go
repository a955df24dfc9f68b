package main

import (
	"context"
	"os"
)

// size measures the memory and disk space that awsexec needs.
func size(ctx context.Context, w *world, r *report) error {
	s, what := ownWork(w), "peak memory of own work"
	if w.bus != nil {
		s, what = warmPrint(w), "peak memory of a warm print"
	}
	list, err := w.memory(ctx, s)
	if err != nil {
		return err
	}
	if peak := median(list); peak > 0 {
		r.row(what, mib(peak), mib(list[0])+" … "+mib(list[len(list)-1]), "", "", "≤ 20 MiB", peak <= 20<<20)
	}
	fi, err := os.Stat(w.program("awsexec"))
	if err != nil {
		return err
	}
	r.row("stripped binary", mib(fi.Size()), "", "", "", "≤ 20 MiB", fi.Size() <= 20<<20)
	return nil
}
