// Package credential holds what a provider shows to its catalog: a token or a password, and the files of a
// TLS client. Files are read again when they change.
//
// [Files] names them, a [Material] is what they held at one moment, and a [Follower] puts what is new
// into force once it makes sense and the catalog has taken it. What does not is left alone, and the
// old stays in force, for as long as it takes:
//
//	files ── Read ──► Material ── Check ──► try the catalog ──► in force
//	                     └── broken, expired, refused: the old one stays, and an operator hears why
//
// No error of this package holds anything of what is secret.
package credential
