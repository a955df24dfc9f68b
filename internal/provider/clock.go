package provider

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
)

// reportedSkew is how far this machine's clock may be from AWS's without a
// warning. AWS refuses signatures that are 15 minutes off, and the SDK
// signs again by AWS's clock when it sees that.
const reportedSkew = 5 * time.Minute

// toleratedSkew is how far the clocks may disagree for an expiry by AWS's clock to be
// one by this machine's.
const toleratedSkew = time.Minute

// SkewError reports that this machine's clock disagrees with AWS's.
type SkewError struct{ Ahead time.Duration } // of AWS's; negative for behind

func (e *SkewError) Error() string {
	way, by := "ahead of", e.Ahead.Abs()
	if e.Ahead < 0 {
		way = "behind"
	}
	if by >= reportedSkew {
		by = by.Round(time.Minute)
	}
	return fmt.Sprintf("this machine's clock is %s %s AWS's", short(by), way)
}

// byLocalClock returns credentials with an expiry by this machine's
// clock, which is what every program compares it with. They live from began, when
// they were requested, for as long as AWS granted, but no longer than asked. 0
// leaves that to AWS.
func (m *maker) byLocalClock(made awsapi.Issued, began time.Time, asked time.Duration) (aws.Credentials, error) {
	c := made.Credentials
	issued := began.Truncate(time.Second) // as AWS counts
	life := c.Expires.Sub(issued)
	if !made.Date.IsZero() {
		life = c.Expires.Sub(made.Date)
		m.reportSkew(began, made.Date)
	}
	switch {
	case life <= 0 && !made.Date.IsZero():
		return aws.Credentials{}, errors.New("aws answered with credentials that have expired")
	case life <= 0 && asked == 0: // by our clock alone, which may be wrong
		return c, nil
	case life <= 0:
		life = asked
	case asked > 0:
		life = min(life, asked)
	}
	c.Expires = issued.Add(life)
	return c, nil
}

// reportSkew warns, once a run, that this machine's clock disagrees with AWS's.
func (m *maker) reportSkew(began, date time.Time) {
	now := m.Now()
	skew := began.Add(now.Sub(began) / 2).Sub(date)
	if skew.Abs() < reportedSkew {
		return
	}
	m.skew.Do(func() { m.Events.Warn(&SkewError{skew}) })
}
