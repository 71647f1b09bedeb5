package lookup

import (
	"errors"
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/pyre"
)

// MWAAPattern is the connections_lookup_pattern that Amazon MWAA sets by default, until a user's
// own backend_kwargs replace it.
const MWAAPattern = `^(?!aws_default$).*$`

// A Pattern is a compiled lookup pattern, such as Airflow's connections_lookup_pattern. Ids that it
// does not match are not looked up. The nil Pattern matches every id, as in Airflow without a
// pattern.
//
// A Pattern is safe for concurrent use.
type Pattern struct {
	expr    string
	program *pyre.Program
	bound   *bound // nil: each match has a budget of its own
	hunt    *hunt
}

// Compile compiles a pattern as Python's re.compile(expr, re.IGNORECASE) does. The empty pattern
// matches every id. The error is a *PatternError.
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

// MustCompile is like Compile but panics if the pattern does not compile. It is for patterns in
// source code.
func MustCompile(expr string) *Pattern {
	p, err := Compile(expr)
	if err != nil {
		panic(err)
	}
	return p
}

// Match reports whether the pattern matches at the beginning of id, as re.match(expr, id,
// re.IGNORECASE) does. The match need not reach the end of id. The error is a *BudgetError.
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

// String returns the pattern as it was written.
func (p *Pattern) String() string {
	if p == nil {
		return ""
	}
	return p.expr
}

// A PatternError says why Python does not compile a pattern. Airflow raises it, as re.error, at
// each lookup. Python accepts patterns of more than 64 KiB and \N{NAME}, which this package
// refuses.
type PatternError struct {
	Expr   string
	Offset int    // the position in characters, as in re.error.pos; known even where Python reports none
	What   string // what is wrong there, usually in the words of re.error.msg
}

// Error says what is wrong with the pattern, and where.
func (e *PatternError) Error() string {
	return fmt.Sprintf("lookup pattern %q: %s at position %d", brief(e.Expr), e.What, e.Offset)
}

// A BudgetError says that a match was given up after 2^23 steps, which take a few tenths of a
// second. Python would continue for minutes or years. Patterns with back-references or
// conditionals can exceed the limit, and so can a pattern of thousands of parts on an id of
// thousands of characters.
//
// A pattern of Pattern.Within may give up earlier. The error wraps the context's error if the match
// did not begin because the context had ended. It does not hold the id.
type BudgetError struct {
	Expr string

	// Spent says that earlier matches used up the limit of Pattern.Within, so that this one did
	// not begin or did not finish.
	Spent bool

	ended error // of the context
}

// Unwrap returns the error of the context that had ended, or nil.
func (e *BudgetError) Unwrap() error { return e.ended }

// Error names the pattern and not the id.
func (e *BudgetError) Error() string {
	switch {
	case e.ended != nil:
		return fmt.Sprintf("lookup pattern %q was not matched against an id: the context has ended",
			brief(e.Expr))
	case e.Spent:
		return fmt.Sprintf("lookup pattern %q was not matched to the end against an id: "+
			"earlier matches used all steps", brief(e.Expr))
	}
	return fmt.Sprintf("lookup pattern %q takes too many steps on an id", brief(e.Expr))
}

// brief shortens a long pattern, so that a message with it stays readable.
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
