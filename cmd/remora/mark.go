package main

import (
	"context"
	"flag"
)

var markCommand = command{
	name: "mark", operands: "SERVICE ADDR healthy|unhealthy", min: 3, max: 3, format: formatTable,
	brief:   "set the health of a backend, as a check would",
	about:   "The next health check may say otherwise; drain is what lasts.",
	example: "remora mark web 10.0.0.3:80 unhealthy",
	setup:   func(*flag.FlagSet) action { return mark },
}

func mark(ctx context.Context, inv *invocation) error {
	service, address, word := inv.operands[0], inv.operands[1], inv.operands[2]
	healthy, err := oneOf(word, "healthy", "unhealthy")
	if err != nil {
		return err
	}
	c := inv.client()
	defer c.Close()
	if err := c.MarkHealth(ctx, service, address, healthy); err != nil {
		return err
	}
	return inv.done(change{service, address, word}, "%s: marked %s %s", service, address, word)
}

// oneOf reads a word that means yes or no.
func oneOf(word, yes, no string) (bool, error) {
	switch word {
	case yes:
		return true, nil
	case no:
		return false, nil
	}
	return false, usagef("unknown word %q: want %s or %s%s", word, yes, no, didYouMean(word, []string{yes, no}))
}
