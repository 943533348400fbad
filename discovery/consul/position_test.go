package consul

import (
	"errors"
	"testing"
)

func TestPosition(t *testing.T) {
	const publish, hold = true, false
	nothing := reply{index: 7, empty: true, loses: true}
	tests := []struct {
		name    string
		from    position
		reply   reply
		want    position
		publish bool
		err     error
	}{
		{"first answer", position{}, reply{index: 7}, position{index: 7}, publish, nil},
		{"change", position{index: 7}, reply{index: 9}, position{index: 9}, publish, nil},
		{"no change", position{index: 7}, reply{index: 7}, position{index: 7}, publish, nil},
		{"lower index", position{index: 7}, reply{index: 6}, position{}, publish, nil},
		{"low index to a query without one", position{}, reply{index: 1}, position{index: 1}, publish, nil},
		{"no change, and early", position{index: 7}, reply{index: 7, early: true}, position{}, publish, nil},
		{"no index", position{index: 7}, reply{}, position{}, publish, nil},
		{"nothing after something", position{index: 7}, nothing, position{confirm: true}, hold, nil},
		{"nothing at first", position{}, nothing, position{confirm: true}, hold, nil},
		{"nothing, said twice", position{confirm: true}, nothing, position{index: 7}, publish, nil},
		{"nothing, taken back", position{confirm: true}, reply{index: 7}, position{index: 7}, publish, nil},
		{"nothing, as is known", position{index: 7}, reply{index: 9, empty: true}, position{index: 9}, publish, nil},
		{"nothing without an index", position{confirm: true}, reply{empty: true, loses: true}, position{}, hold, errNoIndex},
		{"less after more", position{index: 7}, reply{index: 9, loses: true}, position{confirm: true}, hold, nil},
		{"nothing, filtered", position{index: 7}, reply{index: 9, empty: true, loses: true, filtered: true}, position{}, hold, errFiltered},
		{"nothing, filtered, said twice", position{confirm: true}, reply{index: 9, empty: true, loses: true, filtered: true}, position{}, hold, errFiltered},
		{"nothing, filtered, as is known", position{index: 7}, reply{index: 9, empty: true, filtered: true}, position{}, hold, errFiltered},
		{"something, filtered", position{index: 7}, reply{index: 9, filtered: true}, position{index: 9}, publish, nil},
		{"nothing, without a token", position{confirm: true}, reply{index: 9, empty: true, loses: true, anonymous: true}, position{}, hold, errAnonymous},
		{"something, without a token", position{index: 7}, reply{index: 9, anonymous: true}, position{index: 9}, publish, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, publish, err := test.from.next(test.reply)
			if got != test.want || publish != test.publish || !errors.Is(err, test.err) {
				t.Errorf("got %+v, publish %v, error %v; want %+v, %v, %v", got, publish, err, test.want, test.publish, test.err)
			}
		})
	}
}
