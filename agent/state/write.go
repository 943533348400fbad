package state

import (
	"bufio"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"io"
)

// Writer takes the records of a file, one by one. It is used by one goroutine, and may block as long as
// the disk does: no lock is to be held over a call. It does not keep what it is given. After a fault of
// the disk it does nothing; the fault is reported by whoever made the Writer.
type Writer struct {
	to     *bufio.Writer
	sum    hash.Hash32
	length uint64
	buffer output
	err    error
}

// NewWriter returns a Writer of records without a header.
func NewWriter(to io.Writer) *Writer {
	w := &Writer{sum: crc32.New(castagnoli)}
	w.to = bufio.NewWriterSize(io.MultiWriter(to, w.sum), 256<<10)
	return w
}

// Service writes a service.
func (w *Writer) Service(s *Service) {
	w.buffer.b = w.buffer.b[:0]
	w.buffer.service(s)
	w.record(kindService)
}

// Lease writes a lease.
func (w *Writer) Lease(l *Lease) {
	w.buffer.b = w.buffer.b[:0]
	w.buffer.lease(l)
	w.record(kindLease)
}

func (w *Writer) meta(m Meta) {
	w.buffer.b = w.buffer.b[:0]
	w.buffer.meta(m)
	w.record(kindMeta)
}

// record writes what is in the buffer.
func (w *Writer) record(kind byte) {
	if w.err != nil {
		return
	}
	head := binary.AppendUvarint([]byte{kind}, uint64(len(w.buffer.b)))
	if _, w.err = w.to.Write(head); w.err != nil {
		return
	}
	_, w.err = w.to.Write(w.buffer.b)
	w.length += uint64(len(head) + len(w.buffer.b))
}

// Err is the fault that ended the writing, so that whoever gathers a lot can stop; nil while all is well.
func (w *Writer) Err() error { return w.err }

func (w *Writer) finish() (header, error) {
	if w.err == nil {
		w.err = w.to.Flush()
	}
	return header{version: Version, length: w.length, sum: w.sum.Sum32()}, w.err
}

// encode writes a whole file into to and returns its size. The header comes last, over its place at the
// beginning.
func encode(to io.WriterAt, meta Meta, gather func(*Writer)) (size int64, err error) {
	w := NewWriter(io.NewOffsetWriter(to, headerBytes))
	w.meta(meta)
	gather(w)
	h, err := w.finish()
	if err != nil {
		return 0, err
	}
	_, err = to.WriteAt(h.encode(), 0)
	return headerBytes + int64(h.length), err
}
