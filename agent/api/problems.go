package api

import "github.com/remora-agent/remora/client/wire"

func badRequest(format string, args ...any) *wire.Problem {
	return wire.NewProblem(wire.CodeBadRequest, format, args...)
}

func tooLarge(limit int64) *wire.Problem {
	return wire.NewProblem(wire.CodeTooLarge, "the body is larger than the limit of %d bytes", limit)
}

func tooSlow() *wire.Problem {
	return wire.NewProblem(wire.CodeOverLimit, "the request did not arrive in time, see the limits")
}
