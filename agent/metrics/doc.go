// Package metrics shows the agent to Prometheus. What the rooms count by themselves is collected when
// somebody scrapes; only what passes by (selections, requests) is counted here.
//
// Labels are bounded: routes and codes come from tables, and only the first services, in the order in
// which they are met, get a label of their own. The rest share "_other".
package metrics
