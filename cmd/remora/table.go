package main

import (
	"io"
	"strings"
	"unicode/utf8"
)

// tint is a colour by what it means.
type tint string

const (
	plain tint = ""
	good  tint = "\x1b[32m"
	fair  tint = "\x1b[33m"
	bad   tint = "\x1b[31m"
	faint tint = "\x1b[2m"
	reset      = "\x1b[0m"
)

// cell is one text of a table. An empty one shows as "-".
type cell struct {
	text string
	tint tint
}

// table aligns columns by what is seen: package text/tabwriter would count the bytes of colours.
type table struct {
	rows [][]cell
}

// header adds the row of titles.
func (t *table) header(titles ...string) {
	row := make([]cell, len(titles))
	for i, title := range titles {
		row[i] = cell{title, faint}
	}
	t.rows = append(t.rows, row)
}

func (t *table) row(cells ...cell) { t.rows = append(t.rows, cells) }

// text makes a plain cell.
func text(s string) cell { return cell{s, plain} }

func (t *table) write(w io.Writer, colour bool) error {
	widths := t.widths()
	var b strings.Builder
	for _, row := range t.rows {
		for i, c := range row {
			c.write(&b, colour)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-c.width()+2))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *table) widths() []int {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], c.width())
		}
	}
	return widths
}

func (c cell) shown() string {
	if c.text == "" {
		return "-"
	}
	return printable(c.text)
}

func (c cell) width() int { return utf8.RuneCountInString(c.shown()) }

func (c cell) write(b *strings.Builder, colour bool) {
	if !colour || c.tint == plain {
		b.WriteString(c.shown())
		return
	}
	b.WriteString(string(c.tint) + c.shown() + reset)
}

// printTable prints t as the terminal can show it.
func (inv *invocation) printTable(t *table) error { return t.write(inv.stdout, inv.colour()) }
