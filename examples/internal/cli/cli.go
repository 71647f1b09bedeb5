// Package cli parses the command lines of the programs: -h prints five parts, -version
// prints the version, and an error names the flag that is wrong but never its value.
package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"
)

// Exit codes that all programs share.
const (
	Failed      = 1
	Usage       = 2   // the command line is wrong
	Interrupted = 130 // as a shell reports SIGINT
)

// A Program is a command line together with the text that -h prints.
type Program struct {
	Name    string
	Purpose string // one sentence
	Usage   string // what follows the name, such as "[flags] FILE..."
	// Examples are command lines, exit codes read "CODE: meaning".
	Examples, ExitCodes []string
	Flags               *flag.FlagSet

	// MaxWidth bounds the width of lines, 0 for no bound.
	MaxWidth int
}

// width is how wide lines are on w.
func (p *Program) width(w io.Writer) int {
	if width := Width(w); p.MaxWidth == 0 || width < p.MaxWidth {
		return width
	}
	return p.MaxWidth
}

// New returns a program without flags.
func New(name string) *Program {
	p := &Program{Name: name, Flags: flag.NewFlagSet(name, flag.ContinueOnError)}
	p.Flags.SetOutput(io.Discard) // Parse reports errors
	return p
}

// Parse reads a command line. If done is true, the program exits with code: Parse has
// printed the help, the version, or what is wrong with the command line.
func (p *Program) Parse(args []string, stdout, stderr io.Writer) (code int, done bool) {
	version := p.Flags.Bool("version", false, "print the version and exit")
	switch err := p.Flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		p.help(stdout)
		return 0, true
	case err != nil:
		return p.Wrong(stderr, p.flagError(err)), true
	case *version:
		fmt.Fprintln(stdout, p.Name, Version())
		return 0, true
	}
	return 0, false
}

// Wrong prints what is wrong with the command line and returns the exit code.
func (p *Program) Wrong(stderr io.Writer, problem string) int {
	text := fmt.Sprintf("%s: %s; %s -h shows the usage", p.Name, problem, p.Name)
	fmt.Fprintln(stderr, Wrap(text, p.width(stderr), "  "))
	return Usage
}

// flagError returns the text of an error of package flag without the value that it quotes.
func (p *Program) flagError(err error) string {
	text := err.Error()
	if name, found := strings.CutPrefix(text, "flag provided but not defined: "); found {
		return name + " is not a flag"
	}
	if name, found := strings.CutPrefix(text, "flag needs an argument: "); found {
		return name + " needs a value"
	}
	// invalid value "…" for flag -name: reason, or invalid boolean value "…" for -name: reason
	_, rest, found := cutLast(text, `" for `)
	if !found {
		return "the flags cannot be read"
	}
	rest = strings.TrimPrefix(rest, "flag ")
	name, reason, _ := strings.Cut(rest, ": ")
	if f := p.Flags.Lookup(strings.TrimPrefix(name, "-")); f != nil && reason == "parse error" {
		return name + ": want " + wanted(f.Value)
	}
	return rest
}

// wanted says what to write as the value of a flag.
func wanted(v flag.Value) string {
	getter, ok := v.(flag.Getter)
	if !ok {
		return "another value"
	}
	switch getter.Get().(type) {
	case time.Duration:
		return "a duration, such as 30s"
	case bool:
		return "true or false"
	case string:
		return "text"
	}
	return "a number"
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// help writes the five parts: purpose, usage, flags, examples, exit codes.
func (p *Program) help(w io.Writer) {
	width := p.width(w)
	fmt.Fprintf(w, "%s\n\nUsage:\n%s\n\nFlags:\n", Wrap(p.Purpose, width, ""), Wrap("  "+p.Name+" "+p.Usage, width, "      "))
	p.Flags.VisitAll(func(f *flag.Flag) {
		kind, usage := flag.UnquoteUsage(f)
		fmt.Fprintln(w, strings.TrimRight("  -"+f.Name+" "+kind, " "))
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintln(w, Wrap("      "+usage, width, "      "))
	})
	fmt.Fprint(w, "\nExamples:\n")
	for _, example := range p.Examples {
		fmt.Fprintln(w, "  "+example) // as they are pasted
	}
	fmt.Fprint(w, "\nExit codes:\n")
	for _, code := range p.ExitCodes {
		fmt.Fprintln(w, Wrap("  "+code, width, "      "))
	}
}

// Version returns the version of the module that the program was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}
