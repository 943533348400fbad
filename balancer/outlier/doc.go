// Package outlier finds backends that do worse than they should by what applications report of them,
// and says for how long each is to be left out. It is passive health checking after Envoy's
// outlier_detection and gRPC's (gRFC A50).
//
// A [Detector] watches one group. [Detector.Record] takes one outcome and ejects at once after so many
// failures in a row; [Detector.Sweep], to be called once an interval, lets backends return whose time
// is up and ejects those whose success rate is an outlier or whose failures are too many. Each tells
// what it changed as a [Change]; what that means for selections is the caller's business. The package
// starts no goroutine, reads no clock (times are handed in) and does no I/O.
//
// # One uid alone
//
// Outcomes come from applications of different users, and one of them may lie, or fail by its own
// fault. So every outcome is counted for the uid that reported it, and an outlier is ejected only if
// it would stand without any single one of them: for each uid, its reports are left out, and what the
// others said in this interval and the one before must
//
//   - hold no success at all (they are silent, or see failures only), or
//   - amount to an ejection by themselves: as long a run of failures; failures at or above the
//     percentage; a rate below the threshold that results for the group with that uid left out. For
//     this no request volume is asked of them.
//
// An ejection for which only one uid has spoken is allowed, since nobody contradicts it, and ends with
// the first success that another uid reports. The interval before counts too, or a liar who speaks
// first in each interval would always find the others silent.
//
// [MaxUIDs] uids are told apart in a group. A uid that comes when all places are taken by uids that
// spoke in this interval or the one before can only speak for a backend: its successes contradict
// ejections and end runs of failures, its failures count nowhere. Too many uids make the detector
// blind, never wrong. A uid that gives its place to another is forgotten, its failures in runs too.
//
// Against lies that praise there is no such rule: one uid's successes can keep a bad backend in
// service, which is what it would be without outlier detection.
//
// # Where Envoy and gRPC differ
//
//	                           Envoy                     gRPC                  here
//	consecutive failures       5, at once                none                  Envoy's
//	  after a refused ejection counts from 0 again       -                     goes on counting, so that
//	                                                                           the next failure tries again
//	success rate outlier       < mean - 1.9 sd           the same              the same
//	failure percentage         >= 85                     > 85                  Envoy's
//	minimum of hosts           those not ejected with    those with the volume Envoy's
//	                           the volume
//	ejected backends in mean   left out                  counted               Envoy's
//	already ejected            never again               again                 Envoy's
//	max_ejection_percent       refused if it would be    refused if it is      gRPC's: one may always go
//	                           exceeded afterwards       reached already
//	who goes under the cap     order of a hash table     order of a map        the worst first
//	ejection ends              at a sweep, from its very at a sweep after it   Envoy's
//	                           moment on
//	returns and ejections      returns first             ejections first       Envoy's: a return makes room
//	multiplier stops growing   one past the cap          never                 at the cap
//	multiplier decays          each interval since       each sweep while in   Envoy's, counted in whole
//	                           the return                service               intervals, not by the clock
//	max below base ejection    refused                   base counts           refused
//	successful active check    un-ejects (default)       -                     a setting, off: our default
//	                                                                           probe only connects
//	outcomes while ejected     counted                   counted               not counted
//	backend leaves, returns    starts anew               starts anew           starts anew
//	enforcing percentages      yes                       yes                   none: a rule is on or off
//	jitter of the ejection     a setting, 0              none                  none
//	gateway, local failures    told apart                -                     a failure is a failure
package outlier
