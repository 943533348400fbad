package wire

import "fmt"

// Code names a fault so that programs can branch on it.
type Code string

// The codes and the HTTP status that each comes with.
const (
	CodeBadRequest       Code = "bad_request"        // 400
	CodeKeyRequired      Code = "key_required"       // 400
	CodeForbidden        Code = "forbidden"          // 403
	CodeUnknownService   Code = "unknown_service"    // 404
	CodeUnknownBackend   Code = "unknown_backend"    // 404
	CodeUnknownLease     Code = "unknown_lease"      // 404
	CodeUnknownRoute     Code = "unknown_route"      // 404
	CodeMethodNotAllowed Code = "method_not_allowed" // 405, with Allow
	CodeOwnedBySource    Code = "owned_by_source"    // 409
	CodeTooLarge         Code = "too_large"          // 413
	CodeInternal         Code = "internal"           // 500
	CodeNotReady         Code = "not_ready"          // 503, with Retry-After
	CodeNoBackends       Code = "no_backends"        // 503
	CodeNoHealthyBackend Code = "no_healthy_backend" // 503
	CodeOverLimit        Code = "over_limit"         // 503
)

var statuses = map[Code]int{
	CodeBadRequest: 400, CodeKeyRequired: 400, CodeForbidden: 403,
	CodeUnknownService: 404, CodeUnknownBackend: 404, CodeUnknownLease: 404, CodeUnknownRoute: 404,
	CodeMethodNotAllowed: 405, CodeOwnedBySource: 409, CodeTooLarge: 413, CodeInternal: 500,
	CodeNotReady: 503, CodeNoBackends: 503, CodeNoHealthyBackend: 503, CodeOverLimit: 503,
}

// Status is the HTTP status of the code; 500 for a code that this version does not know.
func (c Code) Status() int {
	if status, ok := statuses[c]; ok {
		return status
	}
	return 500
}

// Problem is the body of every error: application/problem+json (RFC 9457). It is an error itself.
type Problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail,omitempty"`
	Code   Code    `json:"code"`
	Faults []Fault `json:"faults,omitempty"` // of a configuration that was refused

	Explain *Explanation `json:"explain,omitempty"` // of a select with explain=1 that found nothing
}

// Fault is one fault of a configuration.
type Fault struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Summary string `json:"summary"`
	Detail  string `json:"detail,omitempty"`
	Snippet string `json:"snippet,omitempty"`
}

var titles = map[Code]string{
	CodeBadRequest:       "The request is not understood",
	CodeKeyRequired:      "The service's strategy needs a key",
	CodeForbidden:        "Not allowed",
	CodeUnknownService:   "The service is not known",
	CodeUnknownBackend:   "The service has no such backend",
	CodeUnknownLease:     "The lease is gone",
	CodeUnknownRoute:     "There is no such route",
	CodeMethodNotAllowed: "The route has no such method",
	CodeOwnedBySource:    "The service belongs to another source",
	CodeTooLarge:         "The body is too large",
	CodeInternal:         "The agent failed",
	CodeNotReady:         "The first answer of the source is on its way",
	CodeNoBackends:       "The service has no backends",
	CodeNoHealthyBackend: "No backend of the service is healthy",
	CodeOverLimit:        "A limit of the agent is reached",
}

// NewProblem builds a problem; the detail says what was wrong with this request and what is allowed.
func NewProblem(code Code, format string, args ...any) *Problem {
	return &Problem{
		Type:   "about:blank",
		Title:  titles[code],
		Status: code.Status(),
		Detail: fmt.Sprintf(format, args...),
		Code:   code,
	}
}

// Error gives the detail, or the title where there is none.
func (p *Problem) Error() string {
	if p.Detail != "" {
		return p.Detail
	}
	return p.Title
}
