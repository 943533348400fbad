package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

// explain selects and prints how that came about. When nothing could be selected, the explanation is
// printed all the same, and the error says so.
func (inv *invocation) explain(ctx context.Context, c *client.Client, service string, opts []client.PickOption) error {
	answer, err := c.Explain(ctx, service, opts...)
	var printed any = answer
	explanation := answer.Explain
	if problem, ok := errors.AsType[*wire.Problem](err); ok && problem.Explain != nil {
		printed, explanation = problem, *problem.Explain
	} else if err != nil {
		return err
	}
	if printErr := inv.printExplanation(printed, explanation); printErr != nil {
		return printErr
	}
	return err
}

// printExplanation prints an explanation for a person, or the whole answer as JSON.
func (inv *invocation) printExplanation(answer any, e wire.Explanation) error {
	if inv.format == formatJSON {
		return inv.printJSON(answer)
	}
	if err := inv.printLines(explanationLines(e)...); err != nil || len(e.Backends) == 0 {
		return err
	}
	return inv.printTable(candidatesTable(e.Backends))
}

// explanationLines sums an explanation up: web: p2c, regime normal, index 12, and then why.
func explanationLines(e wire.Explanation) []string {
	headline := fmt.Sprintf("%s: %s, regime %s, index %d", e.Service, e.Strategy, e.Regime, e.Index)
	if e.Table != "" {
		headline += ", table " + e.Table
	}
	if e.Stale {
		headline += "; stale: its source does not answer"
	}
	return append([]string{headline, e.Why}, spreadLines(e.Tiers, e.Zones)...)
}

func candidatesTable(candidates []wire.Candidate) *table {
	var t table
	t.header("ADDRESS", "PICK", "STATE", "WEIGHT", "ACTIVE", "SCORE", "PRIORITY", "ZONE", "REASON")
	for _, c := range candidates {
		t.row(text(c.Address), pickMark(c), stateOf(c.Verdicts, usable(c.Verdicts)),
			text(weightText(c.Weight, c.EffectiveWeight)), text(strconv.FormatInt(c.Active, 10)),
			text(scoreText(c.Score)), text(strconv.Itoa(c.Priority)), text(c.Zone), text(c.Reason))
	}
	return &t
}

// pickMark says how far a candidate got.
func pickMark(c wire.Candidate) cell {
	switch {
	case c.Chosen:
		return cell{"chosen", good}
	case c.Drawn:
		return cell{"drawn", fair}
	case c.Eligible:
		return text("eligible")
	}
	return cell{"out", faint}
}

func scoreText(score *float64) string {
	if score == nil {
		return ""
	}
	return strconv.FormatFloat(*score, 'g', 4, 64)
}

// weightText is the weight, with what is left of it in slow start: 2.5 of 10.
func weightText(weight int, effective float64) string {
	if effective <= 0 || effective >= float64(weight) {
		return strconv.Itoa(weight)
	}
	return fmt.Sprintf("%s of %d", strconv.FormatFloat(effective, 'g', 3, 64), weight)
}

// spreadLines tell how picks are spread over tiers and zones, where there is more than one.
func spreadLines(tiers []wire.Tier, zones []wire.Zone) []string {
	var lines []string
	if len(tiers) > 1 {
		shares := make([]string, len(tiers))
		for i, tier := range tiers {
			shares[i] = tierText(tier)
		}
		lines = append(lines, "priorities: "+strings.Join(shares, "; "))
	}
	if len(zones) > 0 {
		shares := make([]string, len(zones))
		for i, zone := range zones {
			shares[i] = zoneText(zone, len(tiers) > 1)
		}
		lines = append(lines, "zones: "+strings.Join(shares, "; "))
	}
	return lines
}

// tierText is the share of a tier: 1 gets 40%, 2 of 3 healthy.
func tierText(t wire.Tier) string {
	s := fmt.Sprintf("%d gets %s, %d of %d healthy", t.Priority, percent(t.Percent), t.Healthy, t.Members)
	if t.Panic {
		s += ", in panic"
	}
	if t.Held {
		s = "held: " + s
	}
	return s
}

// zoneText is the share of a zone: a (own) gets 70%.
func zoneText(z wire.Zone, tiered bool) string {
	name := z.Zone
	if name == "" {
		name = "none"
	}
	if z.Local {
		name += " (own)"
	}
	if tiered {
		name += fmt.Sprintf(" of priority %d", z.Priority)
	}
	return name + " gets " + percent(z.Percent)
}

func percent(p float64) string { return strconv.FormatFloat(p, 'f', -1, 64) + "%" }
