package api

import "context"

// CallerOf gives who sent the request that a context belongs to; false for a context of anything else.
func CallerOf(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(connKey{}).(*conn)
	if !ok {
		return Caller{}, false
	}
	return c.caller, true
}
