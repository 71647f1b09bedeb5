package main

import (
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

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// read counts what is in all inputs. After one that fails it reads the others.
func (t *tuner) read(
	ctx context.Context, o options, stdin io.Reader, stderr io.Writer,
) (failed []error) {
	inputs := o.inputs
	switch {
	case len(inputs) > 0:
	case o.demo, o.ids == "" && isTerminal(stdin):
		fmt.Fprintln(stderr, "Made-up events of one day; tune -h shows how to read your own.")
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

// readAll reads files in parallel, one for each core. The errors are in the order of the files.
func (t *tuner) readAll(
	ctx context.Context, files []file, stdin io.Reader, bar *progress,
) (failed []error) {
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
		isPage := errors.Is(f.err, tune.ErrIncomplete) // another file may have the next page
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

// maxReaders bounds the memory on many cores: each reader takes half a megabyte.
const maxReaders = 8

// lacking says what is wrong with the files together: half of a result, or folders without events.
// One line names other files in folders.
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
		err := fmt.Errorf("%s: no event of CloudTrail in the folder", several(others))
		failed = append(failed, err)
	case len(likely) > 0:
		note := "skipped, without an event of CloudTrail: " + several(likely)
		fmt.Fprintln(stderr, cli.Wrap("tune: "+note, columns, "  "))
	}
	return failed
}

// several names up to three files.
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
	inFolder bool // the command line names the folder only
	err      error
}

// isOther reports whether a file in a folder holds no events. One that is cut short may have held
// some.
func (f file) isOther() bool {
	isCut := errors.Is(f.err, io.ErrUnexpectedEOF)
	return f.inFolder && errors.Is(f.err, tune.ErrNoEvents) && !isCut
}

// find gives the files that the inputs name, also in folders, and their size in bytes.
func find(inputs []string, passed *passedOver) (files []file, size int64, err error) {
	w := walk{passed: passed}
	for _, input := range inputs {
		w.input(input)
	}
	return w.files, w.size, errors.Join(w.failed...)
}

// A walk collects the files of folders. What it cannot open costs no other file.
type walk struct {
	files  []file
	size   int64
	passed *passedOver
	failed []error
}

// input collects the files that an argument names.
func (w *walk) input(input string) {
	if input == "-" {
		w.files = append(w.files, file{name: input})
		return
	}
	info, err := os.Stat(input)
	switch {
	case err != nil:
		w.failed = append(w.failed, err)
		return
	case !info.IsDir():
		w.add(file{name: input}, info)
		return
	}
	files, failed := len(w.files), len(w.failed)
	root := input + string(filepath.Separator) // so that a link to a folder is read too
	_ = filepath.WalkDir(root, w.entry)        // which keeps its errors
	if len(w.files) == files && len(w.failed) == failed {
		w.failed = append(w.failed, fmt.Errorf("%s: no file in it has the name of a log; name a "+
			".json, .jsonl, .csv, .tsv or .gz file", term.Printable(input)))
	}
}

// entry collects a file of a folder, if it is a regular one, or a link to one, that may hold events.
func (w *walk) entry(name string, entry fs.DirEntry, err error) error {
	switch {
	case err != nil:
		w.failed = append(w.failed, err)
		if entry != nil && entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	case entry.IsDir():
		return nil
	case !mayBeTrail(name) && entry.Type()&fs.ModeSymlink == 0:
		w.passed.add(name)
		return nil
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		w.passed.addKind(name, "links to folders")
	case !mayBeTrail(name):
		w.passed.add(name)
	case err != nil:
		w.failed = append(w.failed, err)
	case !info.Mode().IsRegular():
		w.passed.addKind(name, "pipes, sockets and devices")
	case info.Size() > 0:
		w.add(file{name: name, inFolder: true}, info)
	}
	return nil
}

func (w *walk) add(f file, info fs.FileInfo) {
	w.size += info.Size()
	w.files = append(w.files, f)
}

// mayBeTrail reports whether a file in a folder may hold events, by its name. CloudWatch and
// Firehose write names without a dot.
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

// isCompanion reports whether a file is one that services and systems put next to events: a
// signature, a digest, the description of a result, or a hidden file.
func isCompanion(name string) bool {
	base := filepath.Base(name)
	return strings.HasPrefix(base, ".") || base == "result_sign.json" ||
		strings.Contains(base, "_CloudTrail-Digest_") || strings.HasSuffix(base, ".csv.metadata")
}

// isTrail reports whether a file is likely to hold events, by its name.
func isTrail(name string) bool {
	switch filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")) {
	case ".json", ".jsonl", ".ndjson", ".csv", ".tsv":
		return true
	}
	return false
}

// readFile reads a file, or standard input. It returns when ctx ends, although a read from a
// terminal or a pipe, which a file's name may stand for, does not.
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
