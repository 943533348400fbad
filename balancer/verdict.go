package balancer

import "strconv"

// RegistryVerdict is what the registry says of a backend.
type RegistryVerdict uint8

// Passing and warning are usable, critical and maintenance are not.
const (
	RegistryNone RegistryVerdict = iota
	RegistryPassing
	RegistryWarning
	RegistryCritical
	RegistryMaintenance
)

// CheckVerdict is what probes (active) or outcomes (passive) say of a backend.
type CheckVerdict uint8

// A backend that nothing is known about counts as healthy.
const (
	CheckUnknown CheckVerdict = iota
	CheckOK
	CheckFailed
)

// AdminVerdict is what an operator says of a backend.
type AdminVerdict uint8

// A drained backend gets no new selection; connections it has are left alone.
const (
	AdminReady AdminVerdict = iota
	AdminDrain
)

// Verdicts are the four inputs to a backend's health.
type Verdicts struct {
	Registry RegistryVerdict
	Active   CheckVerdict
	Passive  CheckVerdict
	Admin    AdminVerdict
}

// Healthy is true unless a verdict is critical, maintenance, failed or drain.
func (v Verdicts) Healthy() bool {
	return v.Registry < RegistryCritical && v.Active != CheckFailed && v.Passive != CheckFailed && v.Admin != AdminDrain
}

// Up is true unless the registry or probes say otherwise; what applications report and what operators
// want is left out.
func (v Verdicts) Up() bool { return v.Registry < RegistryCritical && v.Active != CheckFailed }

var (
	registryNames = [...]string{"none", "passing", "warning", "critical", "maintenance"}
	checkNames    = [...]string{"unknown", "ok", "failed"}
	adminNames    = [...]string{"ready", "drain"}
)

// String returns the name used on the wire, such as "passing".
func (v RegistryVerdict) String() string { return name(registryNames[:], uint8(v)) }

// String returns the name used on the wire, such as "failed".
func (v CheckVerdict) String() string { return name(checkNames[:], uint8(v)) }

// String returns the name used on the wire, such as "drain".
func (v AdminVerdict) String() string { return name(adminNames[:], uint8(v)) }

func name(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return "verdict(" + strconv.Itoa(int(i)) + ")"
}
