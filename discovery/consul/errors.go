package consul

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/consul/api"
)

// maxReason is how many bytes of what a server says about an error are passed on.
const maxReason = 200

// plain leaves out of an error of the client library what operators need not see: the URL with all its
// parameters, and whole pages of HTML.
func plain(err error) error {
	if status, ok := errors.AsType[api.StatusError](err); ok {
		reason, _, _ := strings.Cut(strings.TrimSpace(status.Body), "\n")
		return statusError{status.Code, reason[:min(len(reason), maxReason)]}
	}
	if transport, ok := errors.AsType[*url.Error](err); ok {
		return transport.Err
	}
	return err
}

// statusError is an answer that is a refusal.
type statusError struct {
	code   int
	reason string // the first line, cut
}

func (e statusError) Error() string { return fmt.Sprintf("answer has status %d: %s", e.code, e.reason) }
