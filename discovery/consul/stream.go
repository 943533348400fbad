package consul

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/hashicorp/consul/api"
)

// The client library holds an answer as a whole before it decodes it, so that a server gone mad costs
// several times the limit of a body in memory. Answers are read here instead, element by element, as
// part of the round trip; the library sees the headers.

// readerKey is the key of a bodyReader in the context of a request.
type readerKey struct{}

// bodyReader reads the body of an answer with status 200.
type bodyReader func(io.Reader) error

// reading has the body of the answer to q go to read.
func reading(q *api.QueryOptions, read bodyReader) *api.QueryOptions {
	return q.WithContext(context.WithValue(q.Context(), readerKey{}, read))
}

// divert gives the body to the reader that the request carries, and leaves null in its place.
func divert(response *http.Response) error {
	read, ok := response.Request.Context().Value(readerKey{}).(bodyReader)
	if !ok || response.StatusCode != http.StatusOK {
		return nil
	}
	body := response.Body
	defer func() { _ = body.Close() }() // all that is of interest was read
	if err := read(body); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if _, err := io.Copy(io.Discard, body); err != nil { // else the connection could not be used again
		return fmt.Errorf("read answer: %w", err)
	}
	response.Body = io.NopCloser(strings.NewReader("null"))
	return nil
}

// What an answer may hold besides what MaxBodyBytes says.
const (
	maxElementBytes = 1 << 20
	maxElements     = 100_000
)

// eachElement reads a JSON array or object, as open says, and calls each before every element of it,
// which each must decode whole.
func eachElement(body io.Reader, open json.Delim, each func(*json.Decoder) error) error {
	bounded := &boundedReader{Reader: body, until: maxElementBytes}
	decoder := json.NewDecoder(bounded)
	switch first, err := decoder.Token(); {
	case err != nil:
		return unexpectedEnd(err)
	case first != open:
		return fmt.Errorf("it begins with %v, want %v", first, open)
	}
	for n := 0; decoder.More(); n++ {
		if n == maxElements {
			return fmt.Errorf("%w: more than %d elements", errBodyTooLarge, maxElements)
		}
		bounded.until = decoder.InputOffset() + maxElementBytes
		if err := each(decoder); err != nil {
			return unexpectedEnd(err)
		}
	}
	_, err := decoder.Token()
	return unexpectedEnd(err)
}

// unexpectedEnd says of an end that comes too early that it does.
func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// boundedReader fails when more than until bytes are read.
type boundedReader struct {
	io.Reader
	read, until int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	left := b.until - b.read
	if left <= 0 {
		return 0, fmt.Errorf("%w: an element of more than %d bytes", errBodyTooLarge, maxElementBytes)
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), left)])
	b.read += int64(n)
	return n, err
}
