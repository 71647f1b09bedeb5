package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// read counts what is in all inputs. One that fails keeps none of the others from
// being read.
func (t *tuner) read(ctx context.Context, o options, stdin io.Reader, stderr io.Writer) (failed []error) {
	inputs := o.inputs
	switch {
	case len(inputs) > 0:
	case o.demo, o.ids == "" && isTerminal(stdin):
		fmt.Fprintln(stderr, "This is a day that is made up. To read your own: tune -h")
		in := demo()
		defer func() { _ = in.Close() }() // only read
		if err := t.log.Read(ctx, in); err != nil {
			failed = append(failed, err)
		}
	case o.ids == "":
		inputs = []string{"-"}
	}

	bar := newProgress(stderr)
	var passed passedOver
	files, size, err := find(inputs, &passed)
	if err != nil {
		failed = append(failed, err)
	}
	passed.print(stderr)
	bar.total(size)
	failed = append(failed, t.readAll(ctx, files, stdin, bar)...)
	bar.clear()
	return append(failed, t.lacking(files, stderr)...)
}

// readAll reads files at the same time, one for each core. The errors are in the
// order of the files.
func (t *tuner) readAll(ctx context.Context, files []file, stdin io.Reader, bar *progress) (failed []error) {
	next := make(chan int)
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files), maxReaders) {
		all.Go(func() {
			for n := range next {
				files[n].err = t.readFile(ctx, files[n].name, stdin, bar)
			}
		})
	}
	for n := range files {
		select {
		case next <- n:
		case <-ctx.Done():
			files[n].err = ctx.Err()
		}
		if ctx.Err() != nil {
			break
		}
	}
	close(next)
	all.Wait()
	for _, f := range files {
		isPage := errors.Is(f.err, tune.ErrIncomplete) // whether a page is missing is known in the end
		isOther := f.isOther()
		switch {
		case f.err == nil && !f.inFolder:
			t.inputs = append(t.inputs, f.name)
		case errors.Is(f.err, tune.ErrNoEvents) && !isOther:
			f.err = fmt.Errorf("%w; it seems to be %s", tune.ErrNoEvents, t.seems(f.name))
		}
		if f.err != nil && !isPage && !isOther {
			failed = append(failed, fmt.Errorf("%s: %w", inputName(f.name), f.err))
		}
	}
	return failed
}

// maxReaders bounds the memory of many cores: each reader has half a megabyte.
const maxReaders = 8

// lacking says what is wrong with the files together: half of a result, and folders
// without events. Other files in folders are named in a line.
func (t *tuner) lacking(files []file, stderr io.Writer) (failed []error) {
	var halves, others, likely []string
	read := false
	for _, f := range files {
		name := term.Printable(f.name)
		switch {
		case errors.Is(f.err, tune.ErrIncomplete):
			halves = append(halves, name)
		case f.isOther() && isTrail(f.name):
			likely = append(likely, name)
			fallthrough
		case f.isOther():
			others = append(others, name)
			continue
		}
		read = true
	}
	if why := t.log.Report().Incomplete; why != "" {
		failed = append(failed, fmt.Errorf("%s: %w: %s", several(halves), tune.ErrIncomplete, why))
	}
	switch {
	case len(others) > 0 && !read:
		failed = append(failed, fmt.Errorf("no file in it is one of CloudTrail's events: %s", several(others)))
	case len(likely) > 0:
		fmt.Fprintf(stderr, "tune: passed over what holds no event of CloudTrail: %s\n", several(likely))
	}
	return failed
}

// several names a few files.
func several(names []string) string {
	if more := len(names) - 3; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), more)
	}
	return strings.Join(names, ", ")
}

func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(f)
}

// A file is an input to be read.
type file struct {
	name     string
	inFolder bool // nobody has named it
	err      error
}

// isOther reports whether a file that nobody has named holds no events. One that is cut
// short may have held some.
func (f file) isOther() bool {
	return f.inFolder && errors.Is(f.err, tune.ErrNoEvents) && !errors.Is(f.err, io.ErrUnexpectedEOF)
}

// find gives the files that the inputs name, those in folders too, and how many
// bytes they have.
func find(inputs []string, passed *passedOver) (files []file, size int64, err error) {
	var failed []error
	for _, input := range inputs {
		if input == "-" {
			files = append(files, file{name: input})
			continue
		}
		root, found := input, 0
		if info, err := os.Stat(input); err == nil && info.IsDir() {
			root += string(filepath.Separator) // a link to a folder is one too
		}
		err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				return nil
			}
			if name != input && !mayBeTrail(name) {
				passed.add(name)
				return nil
			}
			if info, err := os.Stat(name); err == nil {
				if size += info.Size(); name != input && info.Mode().IsRegular() && info.Size() == 0 {
					return nil
				}
			}
			found++
			files = append(files, file{name: name, inFolder: name != input})
			return nil
		})
		if err == nil && found == 0 {
			err = fmt.Errorf("%s: no file in it may be one of CloudTrail's events, such as .json, .jsonl, .csv, .tsv or .gz", term.Printable(input))
		}
		failed = append(failed, err)
	}
	return files, size, errors.Join(failed...)
}

// mayBeTrail tells by its name whether a file in a folder may hold events. CloudWatch
// and Firehose write files whose names have no dot.
func mayBeTrail(name string) bool {
	base := strings.ToLower(filepath.Base(name))
	switch {
	case isCompanion(name):
		return false
	case strings.HasSuffix(base, ".gz"), !strings.Contains(base, "."):
		return true
	}
	return isTrail(name) || strings.HasSuffix(base, ".txt") || strings.HasSuffix(base, ".log")
}

// isCompanion reports whether a file is one that services and systems put next to
// events: a signature, a digest, the description of a result, or a hidden file.
func isCompanion(name string) bool {
	base := filepath.Base(name)
	return strings.HasPrefix(base, ".") || base == "result_sign.json" ||
		strings.Contains(base, "_CloudTrail-Digest_") || strings.HasSuffix(base, ".csv.metadata")
}

// isTrail tells by its name whether a file is likely one of events.
func isTrail(name string) bool {
	switch filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")) {
	case ".json", ".jsonl", ".ndjson", ".csv", ".tsv":
		return true
	}
	return false
}

// readFile reads a file, or standard input. Nothing else would end a read from a
// terminal or a pipe, which a file's name may stand for too.
func (t *tuner) readFile(ctx context.Context, name string, stdin io.Reader, bar *progress) error {
	done := make(chan error, 1)
	go func() {
		if name == "-" {
			done <- t.log.Read(ctx, bar.of(io.TeeReader(stdin, &t.stdin)))
			return
		}
		f, err := os.Open(name)
		if err != nil {
			done <- err
			return
		}
		defer func() { _ = f.Close() }() // only read
		done <- t.log.Read(ctx, bar.of(f))
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readLists reads the names of secrets that are there, or their ids, and the ids that
// were asked for.
func (t *tuner) readLists(exists, ids string) error {
	err := eachLine(exists, func(line string) error {
		if strings.ContainsAny(line, `"{}|`) {
			return errors.New("no name of a secret; want one on each line, as --output text prints them")
		}
		t.exists = append(t.exists, line)
		return nil
	})
	if err != nil {
		return fmt.Errorf("-exists: %w", err)
	}
	err = eachLine(ids, func(id string) error {
		t.ids = append(t.ids, id)
		return nil
	})
	if err != nil {
		return fmt.Errorf("-ids: %w", err)
	}
	return nil
}

// countLists counts the ids that were asked for as calls, once the prefixes are known.
// Whether these are there is known only with a list of those that are.
func (t *tuner) countLists() {
	known := map[string]bool{} // :: id of t.kind → it is there
	ofKind := tune.New(tune.Config{Rules: t.rules[t.kind : t.kind+1]})
	for _, line := range t.exists {
		kind, id, ok := t.log.Resolve(line)
		if !ok {
			kind, id = t.kind, line
		}
		if kind == t.kind {
			known[id] = true
		}
		t.log.Exists(kind, id)
		if _, id, ok := ofKind.Resolve(line); ok { // kinds may share a prefix
			known[id] = true
			t.log.Exists(t.kind, id)
		}
	}
	for _, id := range t.ids {
		call := tune.Event{Kind: t.kind, ID: id}
		switch {
		case known[id]:
			call.Outcome = tune.Found
		case len(t.exists) > 0:
			call.Outcome = tune.NotFound
		}
		t.log.Add(call)
	}
}

// eachLine reads a file, if one is named. What it does not understand it refuses: an
// id that is passed over might be hidden.
func eachLine(file string, do func(line string) error) error {
	if file == "" {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimPrefix(lines.Text(), "\ufeff") // the mark of UTF-8
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return fmt.Errorf("line %d is not UTF-8", n)
		}
		for line := range strings.SplitSeq(text, "\t") { // as the AWS CLI prints a list
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			if err := do(line); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
	}
	return lines.Err()
}
