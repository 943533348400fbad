package etcd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unique"

	"github.com/remora-agent/remora/discovery"
)

// maxValueBytes bounds what is kept and parsed of one key.
const maxValueBytes = 64 << 10

// splitKey reads a key below the prefix: everything up to the last slash is the service, the rest
// the id. A false ok says that no application could ask for such a service.
func splitKey(rest []byte) (service string, id []byte, ok bool) {
	slash := bytes.LastIndexByte(rest, '/')
	if slash < 0 {
		return "", nil, false
	}
	service = string(rest[:slash])
	return service, rest[slash+1:], discovery.CheckServiceName(service) == nil
}

// opDelete is the Op of an update that says that the endpoint is gone; 0 says that it is there.
const opDelete = 1

// update is endpoints.Update of the official package, as far as a value carries it.
type update struct {
	Op       int64
	Addr     string
	Metadata json.RawMessage
}

// parseValue reads what a key says about its endpoint. Neither an endpoint nor an error means that
// the value calls the endpoint absent. Errors say what is wrong and what is allowed.
func parseValue(id, value string) (endpoint discovery.Endpoint, present bool, err error) {
	if len(value) > maxValueBytes {
		return endpoint, false, fmt.Errorf("the value is too big, at most %d bytes are allowed", maxValueBytes)
	}
	text := strings.TrimSpace(value)
	if endpoint, ok := quick(id, text); ok {
		return endpoint, true, nil
	}
	return parse(id, text)
}

// parse is parseValue in general, for a value of a size that is allowed, without space around it.
func parse(id, text string) (endpoint discovery.Endpoint, present bool, err error) {
	u := update{Addr: text}
	if strings.HasPrefix(text, "{") {
		u = update{}
		if err := json.Unmarshal([]byte(text), &u); err != nil {
			return endpoint, false, fmt.Errorf("the value is neither an address nor an update in JSON: %w", err)
		}
	}
	switch u.Op {
	case 0:
	case opDelete:
		return endpoint, false, nil
	default:
		return endpoint, false, fmt.Errorf("op is %d, want 0 (add) or 1 (delete)", u.Op)
	}
	endpoint = discovery.Endpoint{ID: id, Weight: discovery.DefaultWeight}
	if endpoint.Address, err = discovery.ParseAddress(u.Addr); err != nil {
		return discovery.Endpoint{}, false, err
	}
	if err := readMetadata(&endpoint, u.Metadata); err != nil {
		return discovery.Endpoint{}, false, err
	}
	return endpoint, true, nil
}

// readMetadata takes weight, zone and tags from an object and keeps its other members as strings.
// Metadata is free form in etcd, so what is no object is ignored.
func readMetadata(e *discovery.Endpoint, raw json.RawMessage) (err error) {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return fmt.Errorf("read Metadata: %w", err)
	}
	for name, value := range members {
		if string(value) == "null" {
			continue
		}
		switch name {
		case "weight":
			e.Weight, err = readWeight(value)
		case "zone":
			e.Zone, err = readZone(value)
		case "tags":
			e.Tags, err = readTags(value)
		default:
			if e.Meta == nil {
				e.Meta = make(map[string]string)
			}
			e.Meta[name] = plainText(value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readWeight accepts a number, or a string that holds one, since metadata is often a map of strings.
func readWeight(raw json.RawMessage) (int, error) {
	weight, err := strconv.ParseFloat(plainText(raw), 64)
	if err != nil || weight != math.Trunc(weight) || weight < 0 || weight > discovery.MaxWeight {
		return 0, fmt.Errorf("weight %s is not an integer from 0 to %d", excerpt(raw), discovery.MaxWeight)
	}
	return int(weight), nil
}

func readZone(raw json.RawMessage) (string, error) {
	if raw[0] == '{' || raw[0] == '[' {
		return "", fmt.Errorf("zone %s is not a string", excerpt(raw))
	}
	return shared(plainText(raw)), nil
}

func readTags(raw json.RawMessage) ([]string, error) {
	var tags []string
	if err := json.Unmarshal(raw, &tags); err != nil {
		return nil, fmt.Errorf("tags %s are not a list of strings", excerpt(raw))
	}
	for i, tag := range tags {
		tags[i] = shared(tag)
	}
	return tags, nil
}

// plainText is the string that a JSON string holds, and the text of any other value.
func plainText(raw json.RawMessage) string {
	var text string
	if raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// shared returns one copy of the strings that thousands of endpoints have in common.
func shared(s string) string { return unique.Make(s).Value() }

// excerpt keeps an error message short.
func excerpt(raw []byte) string {
	const most = 40
	if len(raw) > most {
		return string(raw[:most]) + "…"
	}
	return string(raw)
}
