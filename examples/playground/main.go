/*
Playground shows in a browser what a lookup pattern does to your ids: type a pattern,
paste ids or whole backend_kwargs, and see as you type which ids Airflow looks up in AWS
Secrets Manager and under which names, which ids it skips and why, what is probably a
mistake, and what the calls cost.

	go run ./examples/playground

Install it with

	go install github.com/airflowsecrets/airflowsecrets/examples/playground@latest

It listens on loopback and prints its URL, http://127.0.0.1:8765, or one with another
port if that one is taken. The answers come from packages lookup and backend/setup, the
code that the library itself runs. Nothing is asked of AWS, nothing leaves the machine,
and nothing that is typed is written anywhere.

The page keeps its state in the fragment of its address, so that it can be shared. Of
backend_kwargs the address holds the prefixes, the patterns and sep only: no keys, no
tokens, no roles.

The exit code is 0 after SIGTERM and 130 after Ctrl-C, 1 if it cannot listen, and 2 for a
wrong command line.
*/
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

func main() {
	cli.ExitOnInterrupt()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// usual is the address unless -addr is given. It is fixed, so that a shared link works for
// everybody who runs the playground.
const usual = "127.0.0.1:8765"

// run serves until ctx ends and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	program := cli.New("playground")
	program.Purpose = "Playground serves a page on loopback that shows, as you type, which ids Airflow " +
		"looks up in AWS Secrets Manager under a lookup pattern, and what that costs."
	program.Usage = "[-addr HOST:PORT]"
	program.Examples = []string{"playground", "playground -addr 127.0.0.1:0"}
	program.ExitCodes = []string{
		"0: stopped by SIGTERM",
		"1: it cannot listen on the address",
		"2: the command line is wrong",
		"130: interrupted, as by Ctrl-C",
	}
	addr := program.Flags.String("addr", "", "listen on `HOST:PORT`, a loopback address; "+
		"port 0 takes any free port (default "+usual+", or any free port if that one is taken)")
	if code, done := program.Parse(args, stdout, stderr); done {
		return code
	}
	if program.Flags.NArg() > 0 {
		return program.Wrong(stderr, "it takes no arguments: type the pattern and the ids into the page")
	}
	listener, err := listen(*addr)
	if errors.Is(err, errNotLoopback) || errors.Is(err, errNoAddress) {
		return program.Wrong(stderr, err.Error())
	}
	if err != nil {
		return failed(stderr, err)
	}
	if _, err := fmt.Fprintf(stdout, "http://%s\n", listener.Addr()); err != nil {
		_ = listener.Close()
		return failed(stderr, err) // without its URL nobody finds it
	}
	fmt.Fprintln(stderr, "Open it in a browser. Ctrl-C stops it.")
	if err := serve(ctx, listener); err != nil {
		return failed(stderr, err)
	}
	return 0
}

func failed(stderr io.Writer, err error) int {
	fmt.Fprintln(stderr, cli.Fit("playground: "+err.Error(), cli.Width(stderr), "  "))
	return cli.Failed
}

// What is wrong with -addr.
var (
	errNotLoopback = errors.New("-addr must be a loopback address, such as " + usual +
		", so that nobody else can read what is typed")
	errNoAddress = errors.New("-addr: want HOST:PORT, such as " + usual)
)

// listen opens addr. If addr is empty, it opens the usual address or any free port.
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
		return nil, errNoAddress
	}
	if !tcp.IP.IsLoopback() { // without a host it would be every address of the machine
		return nil, errNotLoopback
	}
	return net.ListenTCP("tcp", tcp)
}
