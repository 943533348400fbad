package figures

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Machine is where it was measured.
type Machine struct {
	CPU    string `json:"cpu"` // the model's name, as far as the system tells
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	System string `json:"system"` // such as linux/amd64
	Go     string `json:"go"`
}

// ThisMachine describes the machine that it is called on. What is not known is empty.
func ThisMachine() *Machine {
	info, _ := os.ReadFile("/proc/cpuinfo") // Linux only
	return &Machine{
		CPU:    model(string(info)),
		Cores:  runtime.NumCPU(),
		Kernel: output("uname", "-sr"),
		System: runtime.GOOS + "/" + runtime.GOARCH,
		Go:     runtime.Version(),
	}
}

// model finds the name of the first CPU.
func model(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// commit names what is measured: the commit, and whether anything but the documents has been changed since.
func commit() string {
	name := output("git", "rev-parse", "--short=12", "HEAD")
	if name != "" && output("git", "status", "--porcelain", "--", ":/", ":!/docs") != "" {
		name += " with changes"
	}
	return name
}

// output runs a command; nothing is known when it fails.
func output(name string, args ...string) string {
	text, err := exec.Command(name, args...).Output()
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(text))
}
