// Package socket opens the UNIX socket that applications ask over.
//
// [Listen] takes care of what goes wrong with such sockets on real hosts. In its order:
//
//  1. The parent folder is made when it is missing: one level, mode 0755 whatever the umask, so that
//     /run/remora appears on a fresh boot but a typo does not grow a tree.
//  2. The file PATH.lock is locked with flock(2) for as long as the listener lives; a second agent
//     finds it locked and gives up. The file stays behind at the end, empty: if it were removed, one
//     agent could lock the removed file while another locks its successor. The kernel drops the
//     lock when the agent dies, however it dies. The file is private to the agent's user, because
//     whoever can open a file can lock it.
//  3. What stands at PATH is looked at. A socket of the agent's user on which nobody answers is stale
//     and gets replaced; anything else is refused and left untouched.
//  4. The socket is bound in a fresh folder of mode 0700 beside PATH, gets its group and mode there,
//     and is renamed to PATH. So it is never open wider than configured, whatever the umask, and a
//     stale socket is replaced without a moment in which there is none.
//
// Closing removes the socket, but only if PATH still names the one that was bound.
//
// Where somebody else opened the socket and handed it over (systemd's socket activation), none of this is
// ours to do: [Inherit] checks that it is what the configuration means, and uses it.
package socket
