package api

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/remora-agent/remora/client/wire"
)

// authorize says whether a caller may change things: root, the agent's own user and the admins may,
// where there is an admin socket only over that. The refusal names both sides, so that an operator
// knows what to change.
func (h *handler) authorize(c Caller) error {
	if socket := h.options.AdminSocket; socket != "" && !c.Admin {
		return wire.NewProblem(wire.CodeForbidden, "changes are accepted only over the admin socket %s", socket)
	}
	if h.privileged(c.UID) {
		return nil
	}
	return wire.NewProblem(wire.CodeForbidden, "%s may not change things; root (uid 0), the agent's user (uid %d)%s may",
		describe(c), os.Geteuid(), list(h.options.Admins()))
}

// privileged says whether a user is one of those who may change things.
func (h *handler) privileged(uid uint32) bool {
	return uid != Nobody && (uid == 0 || int(uid) == os.Geteuid() || slices.Contains(h.options.Admins(), uid))
}

func describe(c Caller) string {
	if c.UID == Nobody {
		return "a caller whose uid is not known"
	}
	return "uid " + strconv.FormatUint(uint64(c.UID), 10)
}

func list(admins []uint32) string {
	if len(admins) == 0 {
		return " and admin_uids (none are set)"
	}
	names := make([]string, 0, len(admins))
	for _, uid := range admins {
		names = append(names, strconv.FormatUint(uint64(uid), 10))
	}
	return fmt.Sprintf(" and admin_uids (%s)", strings.Join(names, ", "))
}
