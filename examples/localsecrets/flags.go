package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// options are the command line.
type options struct {
	addr            string
	public          bool // the host may have other names than those of loopback
	region, account string
	state           string
	log             bool
	files           []string
	kind            export.Kind
	to              prefixes
}

// parse reads the command line. If done is true, the program exits with code.
func parse(args []string, stdout, stderr io.Writer) (o options, code int, done bool) {
	p := cli.New("localsecrets")
	p.Purpose = "Localsecrets serves AWS Secrets Manager in memory, " +
		"to develop against with AWS SDKs and Airflow without an account."
	p.Usage = "[flags]"
	p.Examples = []string{
		"localsecrets -addr 127.0.0.1:4566 -seed connections.json",
		"localsecrets -seed vars.json -as variables -state dev-secrets.json",
	}
	p.ExitCodes = []string{
		"0: stopped by SIGTERM, or because its standard input closed",
		"1: it cannot start",
		"2: the command line is wrong",
		"130: interrupted",
	}
	var as string
	p.Flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "`HOST:PORT` to listen on; port 0 is any free port")
	p.Flags.BoolVar(&o.public, "unsafe-public", false,
		"allow an -addr that other machines can reach: they can read and change every secret")
	p.Flags.StringVar(&o.region, "region", "us-east-1", "`REGION` of every ARN")
	p.Flags.StringVar(&o.account, "account", "123456789012", "`ACCOUNT` of every ARN, 12 digits")
	p.Flags.StringVar(&o.state, "state", "",
		"`FILE` that keeps the secrets between runs, in plain text; without it, they are lost at the end")
	p.Flags.BoolVar(&o.log, "log", false,
		"write each request to standard error; GET /log returns the latest 1,000")
	p.Flags.Func("seed", "`FILE` with secrets to start with; can be repeated", func(file string) error {
		if isURL(file) {
			return errURL
		}
		o.files = append(o.files, file)
		return nil
	})
	p.Flags.StringVar(&as, "as", "",
		"`KIND` of the seeds: secrets, connections or variables (default: connections in a file of "+
			"ID=VALUE lines or of objects with a conn_type, secrets in one of strings, otherwise "+
			"variables; .env and Compose files name connections and variables)")
	p.Flags.StringVar(&o.to.connections, "connections-prefix", "airflow/connections",
		"`PREFIX` of connections' secrets; with \"\", their names are the ids alone")
	p.Flags.StringVar(&o.to.variables, "variables-prefix", "airflow/variables",
		"`PREFIX` of variables' secrets; with \"\", their names are the keys alone")
	if code, done = p.Parse(args, stdout, stderr); done {
		return o, code, true
	}
	if n := p.Flags.NArg(); n > 0 {
		return o, p.Wrong(stderr, cli.Count(n, "argument")+" too many; a file of secrets is given with -seed"), true
	}
	var err error
	if o.kind, err = kindNamed(as); err == nil {
		err = o.check()
	}
	if err != nil {
		return o, p.Wrong(stderr, err.Error()), true
	}
	return o, 0, false
}

// errURL is about a flag that takes a file, but has what may be a misplaced connection string.
var errURL = errors.New("want the name of a file, not a URL")

func isURL(file string) bool { return strings.Contains(file, "://") }

var regionPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d{1,2}$`)
})

var accountPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d{12}$`) })

// check returns an error that names the flag that is wrong.
func (o options) check() error {
	switch {
	case !regionPattern().MatchString(o.region):
		return errors.New("-region: want a region of AWS, such as eu-west-1")
	case !accountPattern().MatchString(o.account):
		return errors.New("-account: want 12 digits, such as 123456789012")
	case isURL(o.state):
		return fmt.Errorf("-state: %w", errURL)
	}
	host, port, err := net.SplitHostPort(o.addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	switch {
	case err != nil:
		return errors.New("-addr: want HOST:PORT, such as 127.0.0.1:4566")
	case !isLoopback(host) && !o.public:
		return errors.New("-addr: want a loopback address, such as 127.0.0.1:4566; " +
			"with -unsafe-public any address, so that other machines can read and change every secret")
	}
	return nil
}

// isLoopback reports whether only this machine reaches a host. An empty host is every address of
// the machine, and other names may be any address.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}
