package outlier

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Change is what became of one backend. Its zero value but for the address is the state of a backend
// that was never ejected.
type Change struct {
	Address string
	Ejected bool
	Since   time.Time // the moment of an ejection
	Until   time.Time // its end: the first sweep from then on lets the backend return
	Cause   Cause
	Reason  string // in words, such as "5 consecutive failures"
}

// Cause is the kind of reason for a change, for counting and for branching.
type Cause string

// Why a backend is ejected.
const (
	ConsecutiveFailures Cause = "consecutive_failures"
	LowSuccessRate      Cause = "success_rate"
	ManyFailures        Cause = "failure_percentage"
)

// Why a backend returns.
const (
	TimeUp       Cause = "time_up"
	ActiveCheck  Cause = "active_check"
	Contradicted Cause = "contradicted" // only one uid spoke against it, and another one speaks for it
)

func runReason(failures int) string {
	if failures == 1 {
		return "1 failure"
	}
	return fmt.Sprintf("%d consecutive failures", failures)
}

func rateReason(rate, threshold float64) string {
	a, b := percents(rate, threshold)
	return fmt.Sprintf("success rate %s%% is below %s%%", a, b)
}

func failuresReason(t tally) string {
	return fmt.Sprintf("failures %d of %d", t.failed, t.total())
}

func contradictedReason(uid, accuser uint32) string {
	return fmt.Sprintf("uid %d reports a success, and only uid %d reported failures", uid, accuser)
}

// percents writes two percentages with one decimal, or with as many as it takes to tell them apart.
func percents(a, b float64) (string, string) {
	for digits := 1; ; digits++ {
		x, y := decimal(a, digits), decimal(b, digits)
		if x != y || digits == 9 {
			return x, y
		}
	}
}

// decimal leaves out zeros at the end.
func decimal(x float64, digits int) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(x, 'f', digits, 64), "0"), ".")
}
