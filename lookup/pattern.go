package lookup

import (
	"errors"
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/pyre"
)

// MWAAPattern is the connections_lookup_pattern that Amazon MWAA sets by default, until a user's own backend_kwargs replace it.
const MWAAPattern = `^(?!aws_default$).*$`

// A Pattern is a compiled lookup pattern, Airflow's connections_lookup_pattern and its sisters: ids that it does not match
// are not asked for. The nil Pattern matches everything, as a pattern that is not set does.
//
// A Pattern is safe for concurrent use.
type Pattern struct {
	expr    string
	program *pyre.Program
	bound   *bound // nil: each match has a budget of its own
	hunt    *hunt
}

// Compile reads a pattern as Python's re.compile(expr, re.IGNORECASE) does. The empty pattern matches everything. The
// error is a *PatternError.
func Compile(expr string) (*Pattern, error) {
	program, err := pyre.Compile(expr)
	if err != nil {
		e := &PatternError{Expr: expr, What: err.Error()}
		if syntax, ok := errors.AsType[*pyre.SyntaxError](err); ok {
			e.Offset, e.What = syntax.Offset, syntax.What
		}
		return nil, e
	}
	return &Pattern{expr: expr, program: program, hunt: &hunt{}}, nil
}

// MustCompile is Compile for patterns in source: it panics where Compile gives an error.
func MustCompile(expr string) *Pattern {
	p, err := Compile(expr)
	if err != nil {
		panic(err)
	}
	return p
}

// Match is re.match(expr, id, re.IGNORECASE): the pattern must match at the beginning of the id, and need
// not reach its end. The error is a *BudgetError.
func (p *Pattern) Match(id string) (bool, error) {
	if p == nil || p.expr == "" {
		return true, nil
	}
	if p.bound != nil {
		return p.matchWithin(id)
	}
	ok, err := p.program.Match(id)
	if err != nil {
		return false, &BudgetError{Expr: p.expr}
	}
	return ok, nil
}

// String gives the pattern as it was written, Python's Pattern.pattern.
func (p *Pattern) String() string {
	if p == nil {
		return ""
	}
	return p.expr
}

// A PatternError says why Python would not compile a pattern. Airflow raises it, a re.error, at each lookup. A pattern of more
// than 64 KiB and \N{NAME} are refused here alone.
type PatternError struct {
	Expr   string
	Offset int    // where, in characters as re.error.pos counts; also for what Python reports without a place
	What   string // what is wrong there, mostly in the words of re.error.msg
}

// Error says what is wrong with the pattern, and where.
func (e *PatternError) Error() string {
	return fmt.Sprintf("lookup pattern %q: %s at position %d", brief(e.Expr), e.What, e.Offset)
}

// A BudgetError says that a match was given up: after 2^23 steps, some tenths of a second, which Python would go on with for minutes
// or years. It happens to patterns that ask what a group matched, and where a pattern of thousands of parts meets an id of
// thousands of characters. Within a bound of Pattern.Within it may be given up earlier. The error does not hold the id. It
// wraps the context's error if the match did not begin because the context of Pattern.Within had ended.
type BudgetError struct {
	Expr  string
	Spent bool // the matches before had spent what Pattern.Within allows: this one was not tried, or not to its own end

	ended error // of the context
}

// Unwrap gives the error of the context that had ended, or nil.
func (e *BudgetError) Unwrap() error { return e.ended }

// Error names the pattern, not the id.
func (e *BudgetError) Error() string {
	switch {
	case e.ended != nil:
		return fmt.Sprintf("lookup pattern %q was not tried on an id: nobody waits any more", brief(e.Expr))
	case e.Spent:
		return fmt.Sprintf("lookup pattern %q was not tried to the end on an id: the matches before took all steps", brief(e.Expr))
	}
	return fmt.Sprintf("lookup pattern %q takes too many steps on an id", brief(e.Expr))
}

// brief keeps a message readable when the pattern is not.
func brief(expr string) string {
	const most = 200
	n := 0
	for i := range expr {
		if n++; n > most {
			return expr[:i] + "…"
		}
	}
	return expr
}
