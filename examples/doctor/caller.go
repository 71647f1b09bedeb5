package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

// Caller is who asks Secrets Manager, and from where.
type Caller struct {
	Principal   string   `json:"principal"` // the ARN that STS reports, "" if it does not
	Account     string   `json:"account"`
	AssumedRole bool     `json:"assumed_role"`
	Region      string   `json:"region"`
	Endpoint    string   `json:"endpoint"`
	Addresses   []string `json:"addresses"` // of the endpoint, or of the proxy on the way to it
	Route       string   `json:"route"`     // a route, "" if no address is known
	MWAA        bool     `json:"mwaa"`      // this looks like an Amazon MWAA environment
}

// The routes.
const (
	private  = "private" // addresses of a VPC: an interface endpoint
	public   = "public"  // through NAT or an internet gateway
	mixed    = "mixed"
	viaProxy = "proxy"
	loopback = "loopback" // this machine
)

func (c *Caller) inMWAA(environ []string) {
	for _, pair := range environ {
		if strings.HasPrefix(pair, "AIRFLOW_ENV_NAME=") || strings.HasPrefix(pair, "MWAA__") {
			c.MWAA = true
		}
	}
}

var shared = netip.MustParsePrefix("100.64.0.0/10") // VPCs use it too

func (c *Caller) route(addresses []netip.Addr, proxied bool) {
	c.Addresses = words(addresses)
	inside, own := 0, 0
	for _, a := range addresses {
		a = a.Unmap()
		if a.IsLoopback() || a.IsUnspecified() {
			own++
		} else if a.IsPrivate() || a.IsLinkLocalUnicast() || shared.Contains(a) {
			inside++
		}
	}
	switch {
	case proxied:
		c.Route = viaProxy
	case own == len(addresses):
		c.Route = loopback
	case inside == len(addresses):
		c.Route = private
	case inside+own == 0:
		c.Route = public
	default:
		c.Route = mixed
	}
}

// identify asks STS who the caller is. It returns false if the credentials are missing or not
// valid. If STS cannot be reached, it returns true, since the credentials may be valid.
func (d *doctor) identify(ctx context.Context) bool {
	if d.failed(credential) {
		return false
	}
	role := d.settings.AWS.Role.ARN
	limited, cancel := context.WithTimeout(ctx, d.step())
	defer cancel()
	keys, err := d.client.Options().Credentials.Retrieve(limited)
	switch {
	case err != nil && role != "" && !answered(err):
		d.set(credential, Failed, "the role of role_arn cannot be assumed: "+apiProblem(err),
			"check that this process has keys or a role, and that it reaches STS: in a VPC, add an "+
				"interface endpoint for sts, or set AWS_ENDPOINT_URL_STS")
		return false
	case err != nil && role != "":
		d.set(credential, Failed, "the role of role_arn cannot be assumed: "+apiProblem(err),
			"name this principal in the role's trust policy, and allow it sts:AssumeRole")
		return false
	case err != nil && !answered(err) && !errors.Is(err, context.DeadlineExceeded):
		d.set(credential, Failed, "the SDK finds none", backend.BadCredentials.Hint())
		return false
	case err != nil:
		d.set(credential, Failed, "the SDK finds none: "+apiProblem(err), backend.BadCredentials.Hint())
		return false
	case keys.Expired():
		d.set(credential, Failed, "they have expired", backend.BadCredentials.Hint())
		return false
	}
	client, err := d.sts(ctx)
	if err != nil {
		d.set(credential, Warning, "there are some, but a client of STS to ask whose cannot be made",
			"check the AWS configuration files")
		return true
	}
	limited, cancel = context.WithTimeout(ctx, d.step())
	defer cancel()
	who, err := client.GetCallerIdentity(limited, &sts.GetCallerIdentityInput{})
	if err != nil {
		return d.unidentified(err)
	}
	c := &d.caller
	c.Principal, c.Account = aws.ToString(who.Arn), aws.ToString(who.Account)
	c.AssumedRole = strings.Contains(c.Principal, ":assumed-role/")
	seen := c.Principal + ", which is not an assumed role"
	if c.AssumedRole {
		seen = c.Principal + ", which is an assumed role"
	}
	if role != "" {
		seen += " (role_arn)"
	}
	byKwargs := role != "" || !d.settings.AWS.AccessKeyID.IsZero() // so whoever runs it is the same
	if m, ok := d.source.(mwaa); ok && !byKwargs && m.role() != "" && !c.is(m.role()) {
		d.set(credential, Warning, seen+"; the environment's execution role is another: "+m.role(),
			"run doctor under the execution role, from a BashOperator, to see what that role may read")
		return true
	}
	d.ok(credential, seen)
	return true
}

// unidentified makes the check of credentials when STS does not say whose they are. It
// returns false if STS refuses them.
func (d *doctor) unidentified(err error) bool {
	api, isAPI := apiError(err)
	response, isHTTP := errors.AsType[*smithyhttp.ResponseError](err)
	down := isHTTP && response.HTTPStatusCode() >= 500
	if isAPI && !down && !hasAnyPrefix(api.ErrorCode(), "AccessDenied", "Throttling") {
		d.set(credential, Failed, "STS refuses them: "+apiProblem(err), backend.BadCredentials.Hint())
		return false
	}
	d.set(credential, Warning,
		"there are some, but STS does not say whose: "+apiProblem(err)+"; Secrets Manager may still answer",
		"to see whose they are, add an interface endpoint for sts to the VPC, or check AWS_ENDPOINT_URL_STS")
	return true
}

func hasAnyPrefix(text string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}

// sts returns a client of STS with the credentials of the lookups.
func (d *doctor) sts(ctx context.Context) (*sts.Client, error) {
	a := d.settings.AWS
	load := d.options
	if a.Profile != "" {
		load = append([]func(*config.LoadOptions) error{config.WithSharedConfigProfile(a.Profile)}, load...)
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, err
	}
	return sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.Region = d.caller.Region
		o.Credentials = d.client.Options().Credentials
		if endpoint := a.ServiceEndpoints["sts"]; endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	}), nil
}

// isCode matches an error code of AWS.
var isCode = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.]{0,63}$`)
})

// apiProblem returns what may be shown of an error of the SDK: its code, but not its text,
// which may quote the output of a program or a file.
func apiProblem(err error) string {
	api, ok := apiError(err)
	switch {
	case ok && isCode().MatchString(api.ErrorCode()):
		return api.ErrorCode()
	case !ok && api != nil, isNotAWS(err):
		return "an answer that is not from AWS"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	}
	return "no answer"
}

// apiError returns an error that AWS answered with. The page of a proxy, in which the SDK finds
// no code, is not from AWS.
func apiError(err error) (smithy.APIError, bool) {
	api, ok := errors.AsType[smithy.APIError](err)
	return api, ok && api.ErrorCode() != "UnknownError"
}

// isNotAWS reports whether the SDK could not read the answer.
func isNotAWS(err error) bool {
	_, ok := errors.AsType[*smithy.DeserializationError](err)
	return ok
}

// is reports whether the caller has a role. It ignores the path, which sessions do not show.
func (c *Caller) is(role string) bool {
	return roleOf(c.Principal) == roleOf(role) && strings.Contains(role, ":"+c.Account+":")
}

// answered reports whether AWS answered.
func answered(err error) bool {
	_, ok := apiError(err)
	return ok
}

// roleOf returns the name of a role from its ARN or the ARN of one of its sessions.
func roleOf(arn string) string {
	_, rest, isSession := strings.Cut(arn, ":assumed-role/")
	if isSession {
		name, _, _ := strings.Cut(rest, "/")
		return name
	}
	return arn[strings.LastIndex(arn, "/")+1:]
}

// routes in words.
var routes = map[string]string{
	private:  "private: an interface endpoint, or an address inside this network",
	public:   "public: through NAT or an internet gateway",
	mixed:    "private and public addresses under one name",
	viaProxy: "a proxy, which connects to the endpoint from there",
	loopback: "this machine: a stand-in for AWS, or a tunnel that ends here",
}

// staticBuild makes a binary that needs no libraries where it runs.
const staticBuild = "CGO_ENABLED=0 go build ./examples/doctor, " +
	"with GOOS=linux GOARCH=amd64 before it on any other machine"

// write shows who asks and from where, and for whom the report holds.
func (c Caller) write(s *strings.Builder, p page) {
	line := func(name, text string) {
		head := p.Bold(fmt.Sprintf("%-9s", name)) + " "
		fmt.Fprintln(s, p.beside(head, 10, cmp.Or(text, "not known")))
	}
	line("principal", c.Principal)
	line("account", c.Account)
	line("region", c.Region)
	at := c.Endpoint
	if c.Route != "" {
		at += " at " + joined(c.Addresses, ", ", 4) + " (" + routes[c.Route] + ")"
	}
	line("endpoint", at)
	where := "For MWAA, build a static binary (" + staticBuild + ") and run it in the environment's " +
		"subnets under its execution role, from a BashOperator."
	if c.MWAA {
		where = "It looks like an MWAA environment: AIRFLOW_ENV_NAME or MWAA__... is set."
	}
	text := "This report shows what this principal sees from this network. " + where
	fmt.Fprintf(s, "%s\n\n", p.Dim(p.indented(0, text)))
}
