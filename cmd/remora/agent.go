package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"syscall"

	"github.com/remora-agent/remora/agent"
	"github.com/remora-agent/remora/agent/supervisor"
)

var agentCommand = command{
	name: "agent", format: formatTable,
	brief: "run the agent of this host",
	about: `Needs a configuration, or -dev: three small backends inside the process as service demo,
and a socket at ./remora.sock. SIGHUP reloads the configuration. SIGINT and SIGTERM
end the agent once what is in flight is done; a second one ends it at once. The
socket is that of -socket, REMORA_SOCKET or the configuration.`,
	example: "remora agent -dev\nremora agent -config /etc/remora",
	setup:   setupAgent,
}

func setupAgent(fs *flag.FlagSet) action {
	var paths stringList
	fs.Var(&paths, "config", "`PATH` of a file or folder; repeatable")
	dev := fs.Bool("dev", false, "development mode: needs nothing else on the machine")
	return func(ctx context.Context, inv *invocation) error {
		if len(paths) == 0 && !*dev {
			return usagef("no configuration: want -config PATH, or -dev to try it out")
		}
		environment, err := supervisor.FromEnvironment()
		if err != nil {
			return err
		}
		opts := agent.Options{
			ConfigPaths: paths,
			Dev:         *dev,
			Socket:      inv.socket,
			Version:     currentBuild().Version,
			Stdout:      inv.stdout,
			Stderr:      inv.stderr,
			Supervisor:  environment,
		}
		return inv.supervise(ctx, func(ctx context.Context, reload <-chan struct{}) error {
			opts.Reload = reload
			return agent.Run(ctx, opts)
		})
	}
}

// errForced is the end of an agent that was not given the time to end well.
var errForced = errors.New("ended at once by a second signal")

// supervise runs what is long-lived and turns signals into what they mean for it: SIGHUP reloads, the
// first SIGINT or SIGTERM ends its context, and after the second it is left behind, as the process
// ends now.
func (s *system) supervise(ctx context.Context, run func(context.Context, <-chan struct{}) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	signals, stop := s.signals(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	reload := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, reload) }()
	for {
		select {
		case err := <-ended:
			if ctx.Err() != nil && errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		case sig := <-signals:
			switch {
			case sig == syscall.SIGHUP:
				request(reload)
			case ctx.Err() != nil:
				return errForced
			default:
				cancel()
			}
		}
	}
}

// request asks for a reload, unless one is due already: that one will read what is there then.
func request(reload chan<- struct{}) {
	select {
	case reload <- struct{}{}:
	default:
	}
}
