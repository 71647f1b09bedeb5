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
	all      bool          // read every secret that the lists show
	timeout  time.Duration // of the whole
	upgrade  *upgrade      // tell what it does, instead of examining; nil for none
	file     []entry       // compare these connections; nil asks Secrets Manager

	// For the demo and the tests, which have a network and an SDK of their own.
	options []func(*config.LoadOptions) error
	resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	closers []func() // of the demo

	checks
	caller      Caller
	settings    setup.Settings
	forcedClass string // the option whose class is wrong, and was taken for the right one
	client      *secretsmanager.Client
	tap         *tap
	backend     *backend.Backend
	answers     []answer                   // of the ids given, in order
	listed      map[lookup.Kind]*inventory // :: kind → what is there; a kind that could not be listed is not in it
}

// id is what is looked up: a conn_id, a variable key or a config key.
type id struct {
	kind lookup.Kind
	text string
}

// examine makes every check that can be made. It ends with ctx, or when the
// timeout is over.
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
		d.blind("the endpoint is not reached")
	case !known:
		d.blind("there are no valid credentials")
	default:
		d.list(ctx)
		d.read(ctx)
	}
	d.checkAWSDefault(ctx)
	d.checkIDs()
	d.checkHidden(ctx)
	d.checkSecrets(ctx)
}

// prepare sets what neither the demo nor a test has set.
func (d *doctor) prepare() {
	if d.resolve == nil {
		d.resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	d.options = append([]func(*config.LoadOptions) error{
		config.WithRetryer(onceMore),
		config.WithLogger(logging.Nop{}), // the checks tell
	}, d.options...)
}

// blind is for when Secrets Manager is not asked at all.
func (d *doctor) blind(why string) {
	d.why = why
	d.backend = nil
}

// onceMore tries twice: what is wrong shall show, and soon.
func onceMore() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = 2, 200*time.Millisecond
	})
}

// step is how long one thing on the network may take.
func (d *doctor) step() time.Duration { return min(d.timeout/6, 5*time.Second) }

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
