package balancer

// randomPicker is random: a draw by weight.
type randomPicker struct {
	randomRank
	aliasTable
}

func newRandom(members []member, eligible []uint32) picker {
	return &randomPicker{aliasTable: newAliasTable(members, eligible)}
}

func (r *randomPicker) pick(random uint64) uint32 { return r.draw(random) }
