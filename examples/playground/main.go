/*
Playground serves one page on loopback: type a lookup pattern, paste ids or whole
backend_kwargs, and see at each keystroke which ids reach AWS Secrets Manager under
which names, which are skipped and why, what a reader would miss, and what it costs.

	go run ./examples/playground

It prints its URL, http://127.0.0.1:8765 or another port where that one is taken,
and stops on Ctrl-C. The answers come from the packages lookup and backend/setup,
the same code that the library runs. Nothing is asked of AWS, nothing leaves the
machine and nothing that is typed is written anywhere.

The page keeps its state in the fragment of its address, so that it can be shared.
Keys, tokens and the like are not kept: of backend_kwargs only the prefixes, the
patterns and sep.
*/
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// usual is the address to remember: a shared link works for whoever runs the playground too.
const usual = "127.0.0.1:8765"

// run serves until ctx ends. The result is the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("playground", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "", "listen on `HOST:PORT`, a loopback address; port 0 is any free one (default "+usual+", or another port if that one is taken)")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintln(stderr, "playground: no arguments wanted; the page has a field for everything")
		return 2
	}
	listener, err := listen(*addr)
	if err != nil {
		fmt.Fprintln(stderr, "playground:", err)
		if errors.Is(err, errNotLoopback) {
			return 2
		}
		return 1
	}
	if _, err := fmt.Fprintf(stdout, "http://%s\n", listener.Addr()); err != nil {
		_ = listener.Close()
		fmt.Fprintln(stderr, "playground:", err) // nobody would find it
		return 1
	}
	fmt.Fprintln(stderr, "Open it in a browser. Ctrl-C stops it.")
	if err := serve(ctx, listener); err != nil {
		fmt.Fprintln(stderr, "playground:", err)
		return 1
	}
	return 0
}

var errNotLoopback = errors.New("-addr is no loopback address, such as 127.0.0.1:8765: whoever reaches the page could read along")

// listen opens addr, or where none is given, the usual address or any free port.
func listen(addr string) (net.Listener, error) {
	if addr == "" {
		listener, err := net.Listen("tcp", usual)
		if err == nil {
			return listener, nil
		}
		addr = "127.0.0.1:0"
	}
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("-addr: %w", err)
	}
	if !tcp.IP.IsLoopback() { // no host at all would be every address of the machine
		return nil, errNotLoopback
	}
	return net.ListenTCP("tcp", tcp)
}
