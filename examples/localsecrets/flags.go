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

// options are what the command line says.
type options struct {
	addr            string
	public          bool // reachable by other names than those of loopback
	region, account string
	state           string
	log             bool
	files           []string
	kind            export.Kind
	to              prefixes
}

// parse reads the command line. Unless done, the program goes on.
func parse(args []string, stdout, stderr io.Writer) (o options, code int, done bool) {
	p := cli.New("localsecrets")
	p.Purpose = "Localsecrets serves AWS Secrets Manager in memory, for AWS SDKs and Airflow to develop against without an account."
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
	p.Flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "listen on `HOST:PORT`; port 0 is any free one")
	p.Flags.BoolVar(&o.public, "unsafe-public", false, "let -addr be an address that other machines reach: they can read and change every secret")
	p.Flags.StringVar(&o.region, "region", "us-east-1", "`REGION` of every ARN")
	p.Flags.StringVar(&o.account, "account", "123456789012", "`ACCOUNT` of every ARN, 12 digits")
	p.Flags.StringVar(&o.state, "state", "", "`FILE` that keeps the secrets from one run to the next, in plain text; none by default")
	p.Flags.BoolVar(&o.log, "log", false, "write each request to standard error; GET /log has the latest 1,000")
	p.Flags.Func("seed", "`FILE` with secrets to begin with; may be given again", func(file string) error {
		o.files = append(o.files, file)
		return nil
	})
	p.Flags.StringVar(&as, "as", "", "`KIND` of the seeds: secrets, connections or variables; told by their shape if not given")
	p.Flags.StringVar(&o.to.connections, "connections-prefix", "airflow/connections", "`PREFIX` of the secrets that connections become; \"\" is none")
	p.Flags.StringVar(&o.to.variables, "variables-prefix", "airflow/variables", "`PREFIX` of the secrets that variables become; \"\" is none")
	if code, done = p.Parse(args, stdout, stderr); done {
		return o, code, true
	}
	if n := p.Flags.NArg(); n > 0 {
		return o, p.Wrong(stderr, fmt.Sprintf("%s too many; a file of secrets is given with -seed", arguments(n))), true
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

func arguments(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return fmt.Sprint(n, " arguments")
}

var (
	regionPattern  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d{1,2}$`) })
	accountPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d{12}$`) })
)

func (o options) check() error {
	switch {
	case !regionPattern().MatchString(o.region):
		return errors.New("-region: want a region of AWS, such as eu-west-1")
	case !accountPattern().MatchString(o.account):
		return errors.New("-account: want 12 digits, such as 123456789012")
	}
	host, port, err := net.SplitHostPort(o.addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	switch {
	case err != nil:
		return errors.New("-addr: want HOST:PORT, such as 127.0.0.1:4566")
	case !isLoopback(host) && !o.public:
		return errors.New("-addr is not a loopback address, such as 127.0.0.1:4566: whoever reaches it could read and change every secret; add -unsafe-public if that is what you want")
	}
	return nil
}

// isLoopback reports whether nobody but this machine reaches a host. No host at all
// is every address of the machine, and other names may be any.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}
