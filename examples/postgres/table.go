package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// rotated is what happened during one rotation.
type rotated struct {
	number int
	order  string // which place was changed first
	cut    int    // sessions
	calls  int    // to AWS
	tally
}

// column is a column of the table. Its width is that of its widest value.
type column struct {
	name  string
	width int // negative: aligned to the left
	value func(rotated) any
}

// columns returns the columns that fit into width.
func columns(width int) []column {
	all := []column{
		{"", 2, func(r rotated) any { return r.number }},
		{"ROTATION", -14, func(r rotated) any { return r.order }},
		{"CUT", 3, func(r rotated) any { return r.cut }},
		{"LOGINS", 6, func(r rotated) any { return r.logins }},
		{"REFUSED", 7, func(r rotated) any { return r.refused }},
		{"CALLS", 5, func(r rotated) any { return r.calls }},
		{"QUERIES", 7, func(r rotated) any { return r.queries }},
		{"AGAIN", 5, func(r rotated) any { return r.repeated }},
		{"SLOWEST", 7, func(r rotated) any { return r.slowest.Round(10 * time.Millisecond) }},
		{"LOST", 4, func(r rotated) any { return r.lost }},
	}
	for _, least := range []string{"CALLS", "CUT", "SLOWEST", "LOGINS", "AGAIN", "REFUSED"} {
		if widthOf(all) > width {
			all = slices.DeleteFunc(all, func(c column) bool { return c.name == least })
		}
	}
	return all
}

func widthOf(columns []column) int {
	sum := -2
	for _, c := range columns {
		sum += max(c.width, -c.width) + 2
	}
	return sum
}

// printRow prints one line: the values of a rotation, or the names of the columns if r is nil.
func printRow(w io.Writer, r *rotated) {
	var cells []string
	for _, c := range columns(cli.Width(w)) {
		value := any(c.name)
		if r != nil {
			value = c.value(*r)
		}
		cells = append(cells, fmt.Sprintf("%*v", c.width, value))
	}
	fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "  "), " "))
}

// printf prints a line, or as many as the width of w needs.
func printf(w io.Writer, format string, values ...any) {
	fmt.Fprintln(w, cli.Fit(fmt.Sprintf(format, values...), cli.Width(w), "  "))
}

// queries returns "1 query" or "2 queries".
func queries(n int) string {
	if n == 1 {
		return "1 query"
	}
	return fmt.Sprint(n, " queries")
}
