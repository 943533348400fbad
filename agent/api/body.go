package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"unicode/utf8"
)

// maxDiscardBytes is how much of a body that is too large is still taken off the socket, so that a
// client that writes all of it before it reads gets the answer and not a broken pipe.
const maxDiscardBytes = 16 << 20

// readBody reads the whole body, so that a handler never waits for the network.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > limit && r.Header.Get("Expect") != "" {
		return nil, tooLarge(limit) // it asked before sending
	}
	body, err := readAll(io.LimitReader(r.Body, limit+1), min(r.ContentLength, limit+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, tooSlow()
	case err != nil:
		return nil, badRequest("read the body: %v", err)
	case int64(len(body)) > limit:
		// What does not come, or is too much, closes the connection; that is net/http's to find out.
		_, _ = io.CopyN(io.Discard, r.Body, maxDiscardBytes)
		return nil, tooLarge(limit)
	}
	return body, nil
}

// readAll is io.ReadAll for a body of which the length is known, or is -1. Memory for all of it is taken
// once a good part has come, and not on the word of the client.
func readAll(r io.Reader, length int64) ([]byte, error) {
	if length <= lightBodyBytes {
		return io.ReadAll(r)
	}
	part := make([]byte, lightBodyBytes)
	n, err := io.ReadFull(r, part)
	if err != nil {
		return part[:n], err
	}
	body := bytes.NewBuffer(append(make([]byte, 0, int(length)+bytes.MinRead), part...))
	_, err = body.ReadFrom(r)
	return body.Bytes(), err
}

// decode reads exactly one JSON value into v. Fields that v does not have are ignored, so that a newer
// client can talk to an older agent. The Content-Type is not looked at: curl -d says that it sends a
// form, and what it sends is JSON all the same.
func decode(body []byte, v any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return badRequest("the body is empty, JSON is needed")
	}
	if !utf8.Valid(body) {
		return badRequest("the body is not UTF-8")
	}
	err := json.Unmarshal(body, v)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return badRequest("the body is not one JSON value: %v, at byte %d", syntax, syntax.Offset)
	case errors.As(err, &kind):
		return badRequest("the body has a %s %s, %s is allowed", kind.Value, place(kind.Field), allowed(kind.Type))
	default:
		return badRequest("the body: %v", err)
	}
}

// decodeOptional is decode, and leaves v alone when there is no body.
func decodeOptional(body []byte, v any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	return decode(body, v)
}

func place(field string) string {
	if field == "" {
		return "where it stands"
	}
	return "in " + field
}

// allowed names the JSON type that a Go type takes.
func allowed(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float64:
		return "a number"
	default:
		return fmt.Sprintf("a whole number (%s)", t)
	}
}
