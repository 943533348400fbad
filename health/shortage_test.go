package health

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"
)

// A host that can't probe says so in its log, but not for every probe.
func TestAShortageIsLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		l := newLab(t, 64, func(context.Context, string) error {
			return fmt.Errorf("dial: %w", syscall.EMFILE)
		})
		l.log = hclog.New(&hclog.LoggerOptions{Output: &log})
		pass(sec)
		l.SetTargets("web", targets(everySecond, numbered("a", 100)...))
		pass(150 * sec)
		l.stop()
		lines := strings.Count(log.String(), "\n")
		if lines != 3 || !strings.Contains(log.String(), `error="tcp: not probed: too many open files"`) {
			t.Errorf("%d lines in 150 s, want 3:\n%s", lines, log.String())
		}
	})
}
