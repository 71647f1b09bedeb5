package ptytest

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// asProgram is set in the environment of a test binary that runs as the program.
const asProgram = "AIRFLOWSECRETS_TEST_AS_PROGRAM"

// Main runs main and exits if Command started this process. Call it first in TestMain, so
// that the test binary can be the program that it tests.
func Main(main func()) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
}

// Command returns the program with arguments, not started. It needs Main.
func Command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// Output is what a program printed, and its exit code.
type Output struct {
	Stdout, Stderr string
	Code           int
}

// Piped runs the program to its end with its output in pipes and COLUMNS unset.
func Piped(t *testing.T, args ...string) Output {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := Command(t, args...)
	cmd.Env = without(cmd.Env, "COLUMNS")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return Output{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// Widths are the terminals that programs are tested at.
var Widths = []int{80, 160}

// Narrow runs the program to its end at terminals of 80 and 160 columns and in pipes, which
// have 100. The test fails if a line is wider, if a pipe gets escape codes, or if an exit code
// is another one than code. It returns the output of the pipes and what the terminals showed,
// in the order of Widths.
func Narrow(t *testing.T, code int, args ...string) (piped Output, shown []string) {
	t.Helper()
	piped = Piped(t, args...)
	checkLines(t, "a pipe", piped.Stdout+piped.Stderr, 100)
	checkCode(t, "a pipe", code, piped.Code, args)
	for _, columns := range Widths {
		terminal := Start(t, columns, Command(t, args...))
		ended := terminal.Ended(t)
		text := styles().ReplaceAllString(strings.Join(terminal.Lines(), "\n"), "")
		checkLines(t, "a terminal", text, columns)
		checkCode(t, "a terminal", code, ended, args)
		shown = append(shown, text)
	}
	return piped, shown
}

// Fits is Narrow for a program that prints the same words each time and everywhere: no word
// may be cut, unless "…" says so. Words with digits, such as ports, may differ.
func Fits(t *testing.T, code int, args ...string) Output {
	t.Helper()
	piped, shown := Narrow(t, code, args...)
	want := strings.Fields(piped.Stdout + piped.Stderr)
	for i, text := range shown {
		if got := strings.Fields(text); !slices.EqualFunc(want, got, sameWord) {
			t.Errorf("%q prints other words at %d columns than to a pipe:\n%s\n\n%s",
				args, Widths[i], text, piped.Stdout+piped.Stderr)
		}
	}
	return piped
}

// styles are the escape codes of bold and colored text.
var styles = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("\x1b\\[[0-9;]*m") })

func checkLines(t *testing.T, where, text string, columns int) {
	t.Helper()
	if strings.Contains(text, "\x1b") {
		t.Errorf("%s gets escape codes: %q", where, text)
	}
	for line := range strings.Lines(text) {
		if n := cli.Cells(strings.TrimRight(line, "\r\n")); n > columns {
			t.Errorf("%s of %d columns gets a line of %d: %s", where, columns, n, line)
		}
	}
}

func checkCode(t *testing.T, where string, want, got int, args []string) {
	t.Helper()
	if got != want {
		t.Errorf("%q exits with %d at %s, want %d", args, got, where, want)
	}
}

// sameWord reports whether two words are equal, as far as "…" and digits show.
func sameWord(a, b string) bool {
	return a == b || shortens(a, b) || shortens(b, a) || hasDigit(a) && hasDigit(b)
}

func shortens(short, long string) bool {
	head, tail, found := strings.Cut(short, "…")
	if whole, tailOfLong, both := strings.Cut(long, "…"); both {
		return found && strings.HasPrefix(whole, head) && strings.HasSuffix(tailOfLong, tail)
	}
	return found && strings.HasPrefix(long, head) && strings.HasSuffix(long, tail)
}

func hasDigit(word string) bool { return strings.ContainsFunc(word, unicode.IsDigit) }
