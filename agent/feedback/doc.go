// Package feedback takes the outcomes that applications report, with leases or without, and has those
// of all applications of the host judge the backends together.
//
// [Feedback.Record] admits an outcome, counts it, and hands it to the service's outlier detector
// (package balancer/outlier) where there is one. [Feedback.Run] sweeps the detectors once an interval.
// What a detector changes goes to the [Ejector], which is the balancer's passive verdict.
//
// Fairness among uids has two parts. An outlier is ejected only if it would stand without any single
// uid's reports; package outlier has that rule. And a uid can report only so many outcomes a second
// ([Limits]); what is more is counted and dropped.
//
// Verdicts are delivered by level, not by edge: whoever sees a change calls the ejector with what the
// detector says at that moment, looks again afterwards, and calls again if that was overtaken. So no
// lock is held during the call, and whichever call comes last, it is followed by the truth. In
// particular a verdict that was on its way when a backend left and came back does not stay with the
// new one.
package feedback
