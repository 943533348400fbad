// Package config reads the agent's configuration: HCL 2, in the native syntax (*.hcl) or in JSON
// (*.hcl.json), from files and folders that together make one [Config].
//
// What can be set stands in the tables of schema.go and schema_balance.go, one row a setting: its name, its field, its
// default, what is allowed and whether changing it needs a restart. Reading, dumping ([Config.Dump])
// and comparing ([Diff]) all work from these rows, so a new setting is a new row.
//
// A load has two phases. While any file has a syntax fault, only syntax faults are reported, since
// what follows one can't be trusted. Once the syntax is right, every fault is reported at once, as
// [Faults]. A Config that is returned is complete: defaults are filled in, services have inherited
// what they did not set, names and addresses have been checked, and references resolve.
//
// Secrets are of type [Secret], which prints as ***; the source lines quoted in faults hide them too.
package config
