package main

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/logging"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// doctor examines one configuration, once.
type doctor struct {
	source   source
	environ  []string
	ids      []id
	provider version
	all      bool            // read every secret that is listed
	timeout  time.Duration   // of the whole run
	upgrade  *upgrade        // to report on; nil examines the configuration
	file     *connectionFile // to compare; nil reads connections from Secrets Manager

	// The demo and the tests replace parts of the SDK and the network.
	options []func(*config.LoadOptions) error
	resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	closers []func() // of the demo

	checks
	caller      Caller
	settings    setup.Settings
	forcedClass string // the option whose class is wrong and was replaced by the right one
	client      *secretsmanager.Client
	tap         *tap
	backend     *backend.Backend
	answers     []answer                   // for the ids given, in order
	listed      map[lookup.Kind]*inventory // :: kind → its secrets, for kinds that could be listed
}

// examine makes every check that can be made. It ends when ctx does, or at the timeout.
func (d *doctor) examine(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	d.prepare()
	d.caller.inMWAA(d.environ)
	if !d.configure() {
		return
	}
	d.checkPatterns()
	d.checkProvider()
	if !d.open(ctx) {
		return
	}
	reached := d.reach(ctx)
	known := d.identify(ctx)
	switch {
	case !reached:
		d.withoutBackend("the endpoint cannot be reached")
	case !known:
		d.withoutBackend("the credentials are missing or not valid")
	default:
		d.list(ctx)
		d.read(ctx)
	}
	d.checkAWSDefault(ctx)
	d.checkIDs()
	d.checkHidden(ctx)
	d.checkSecrets(ctx)
}

// prepare sets the resolver and the SDK options, unless the demo or a test has set them.
func (d *doctor) prepare() {
	if d.resolve == nil {
		d.resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	d.options = append([]func(*config.LoadOptions) error{
		config.WithRetryer(onceMore),
		config.WithLogger(logging.Nop{}), // the checks report errors
	}, d.options...)
}

// withoutBackend skips the checks that need answers of Secrets Manager.
func (d *doctor) withoutBackend(why string) {
	d.why = why
	d.backend = nil
}

// onceMore retries a call once, so that a failure shows soon.
func onceMore() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = 2, 200*time.Millisecond
	})
}

// step is the time limit of one step on the network.
func (d *doctor) step() time.Duration { return min(d.timeout/6, 5*time.Second) }

// count returns a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
