package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// trailDelay is how long CloudTrail may take to show a call. Source: "Viewing recent
// management events with the AWS CLI" in the CloudTrail User Guide says about 15
// minutes, on average 5.
const trailDelay = 15 * time.Minute

// hintOfCloudTrail returns the command that shows what was done with the key that
// entries are about.
func hintOfCloudTrail(entries []logbook.Entry, now time.Time) string {
	first := entries[0]
	end := now
	if first.Expires != nil && first.Expires.Before(now) {
		end = *first.Expires
	}
	format := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	command := fmt.Sprintf("%s aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId,AttributeValue=%s --start-time %s --end-time %s",
		(&advisor{}).line(nil, append(selecting(first.Profile), "--")), quoteWord(first.KeyID), format(first.Time.Add(-time.Minute)), format(end.Add(trailDelay)))
	return "see in each region what it did, in the last 90 days: " + command
}

// hintOfLog returns the hint about the log itself.
func hintOfLog(err error, _ *advisor, _ string) string {
	if errors.As(err, new(*unknownKeyError)) {
		return "see what it has: awsexec log"
	}
	return ""
}

// hintOfUnlogged returns the hint for a log that cannot be written.
func hintOfUnlogged(e *logbook.WriteError) string {
	other := "keep it elsewhere: export XDG_STATE_HOME=DIRECTORY\nor do without it: export AWSEXEC_LOG=0"
	if refused, ok := errors.AsType[*ownfile.RefusedError](e); ok {
		if fix := fixOfDirectory(refused); fix != "" {
			return "fix it: " + fix + "\nor " + other
		}
	}
	return other
}
