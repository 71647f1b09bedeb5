package main

import (
	"context"
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

// Caller is who asks, and from where.
type Caller struct {
	Principal   string   `json:"principal"` // the ARN that STS tells, "" where it does not
	Account     string   `json:"account"`
	AssumedRole bool     `json:"assumed_role"`
	Region      string   `json:"region"`
	Endpoint    string   `json:"endpoint"`
	Addresses   []string `json:"addresses"` // of the endpoint, or of the proxy before it
	Route       string   `json:"route"`     // private, public, mixed, proxy, loopback, or "" where there is no address
	MWAA        bool     `json:"mwaa"`      // the environment looks like that of Amazon MWAA
}

// The routes.
const (
	private  = "private" // addresses of a VPC: an interface endpoint
	public   = "public"  // through NAT or an internet gateway
	mixed    = "mixed"
	viaProxy = "proxy"
	loopback = "loopback" // this machine itself
)

func (c *Caller) inMWAA(environ []string) {
	for _, pair := range environ {
		if strings.HasPrefix(pair, "AIRFLOW_ENV_NAME=") || strings.HasPrefix(pair, "MWAA__") {
			c.MWAA = true
		}
	}
}

var shared = netip.MustParsePrefix("100.64.0.0/10") // of VPCs too

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

// identify asks STS who this is. It is true unless there are no credentials, or
// none that are good: that STS cannot be reached proves nothing.
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
		d.set(credential, Failed, "the role of role_arn is not given: "+apiTrouble(err), "see whether this process has keys or a role of its own, and whether it reaches STS: an interface endpoint for sts, or AWS_ENDPOINT_URL_STS")
		return false
	case err != nil && role != "":
		d.set(credential, Failed, "the role of role_arn is not given: "+apiTrouble(err), "let the role's trust policy name this principal, and allow it sts:AssumeRole")
		return false
	case err != nil && !answered(err) && !errors.Is(err, context.DeadlineExceeded):
		d.set(credential, Failed, "the SDK finds none", backend.BadCredentials.Hint())
		return false
	case err != nil:
		d.set(credential, Failed, "the SDK finds none: "+apiTrouble(err), backend.BadCredentials.Hint())
		return false
	case keys.Expired():
		d.set(credential, Failed, "they are expired", backend.BadCredentials.Hint())
		return false
	}
	client, err := d.sts(ctx)
	if err != nil {
		d.set(credential, Warning, "there are some, and no client of STS can be made to ask whose", "look at the AWS configuration files")
		return true
	}
	limited, cancel = context.WithTimeout(ctx, d.step())
	defer cancel()
	who, err := client.GetCallerIdentity(limited, &sts.GetCallerIdentityInput{})
	if err != nil {
		return d.unknown(err)
	}
	c := &d.caller
	c.Principal, c.Account = aws.ToString(who.Arn), aws.ToString(who.Account)
	c.AssumedRole = strings.Contains(c.Principal, ":assumed-role/")
	seen := c.Principal + ", no role assumed"
	if c.AssumedRole {
		seen = c.Principal + ", a role assumed"
	}
	if role != "" {
		seen += " (by role_arn)"
	}
	own := role != "" || !d.settings.AWS.AccessKeyID.IsZero() // by the kwargs, to whoever runs it
	if m, ok := d.source.(mwaa); ok && !own && m.role() != "" && !c.is(m.role()) {
		d.set(credential, Warning, seen+"; the environment's execution role is another: "+m.role(), "run it under the execution role, from a BashOperator; what that one may read is not seen here")
		return true
	}
	d.ok(credential, seen)
	return true
}

// unknown is for when STS does not say who this is.
func (d *doctor) unknown(err error) bool {
	api, isAPI := apiError(err)
	response, isHTTP := errors.AsType[*smithyhttp.ResponseError](err)
	down := isHTTP && response.HTTPStatusCode() >= 500
	if isAPI && !down && !strings.HasPrefix(api.ErrorCode(), "AccessDenied") && !strings.HasPrefix(api.ErrorCode(), "Throttling") {
		d.set(credential, Failed, "STS refuses them: "+apiTrouble(err), backend.BadCredentials.Hint())
		return false
	}
	d.set(credential, Warning, "there are some; whose, STS does not say: "+apiTrouble(err)+". Secrets Manager may still answer", "for the name, give the VPC an interface endpoint for sts, or look at AWS_ENDPOINT_URL_STS")
	return true
}

// sts is a client of STS with the credentials that the lookups have.
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

// isCode is what an error code of AWS looks like.
var isCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.]{0,63}$`) })

// apiTrouble is what may be told of an error of the SDK: a code, never its text,
// which may quote what a program or a file gave.
func apiTrouble(err error) string {
	api, ok := apiError(err)
	switch {
	case ok && isCode().MatchString(api.ErrorCode()):
		return api.ErrorCode()
	case !ok && api != nil, isNotAWS(err):
		return "an answer that is not of AWS"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	}
	return "no answer"
}

// apiError is what AWS said. A page of a proxy, in which the SDK finds no code, is
// not of AWS.
func apiError(err error) (smithy.APIError, bool) {
	api, ok := errors.AsType[smithy.APIError](err)
	return api, ok && api.ErrorCode() != "UnknownError"
}

// isNotAWS reports whether an answer came that the SDK cannot read.
func isNotAWS(err error) bool {
	_, ok := errors.AsType[*smithy.DeserializationError](err)
	return ok
}

// is reports whether the caller has this role: sessions do not show its path.
func (c *Caller) is(role string) bool {
	return roleOf(c.Principal) == roleOf(role) && strings.Contains(role, ":"+c.Account+":")
}

// answered reports whether AWS said anything.
func answered(err error) bool {
	_, ok := apiError(err)
	return ok
}

// roleOf is the name of a role, from its own ARN or that of a session of it.
func roleOf(arn string) string {
	_, rest, isSession := strings.Cut(arn, ":assumed-role/")
	if isSession {
		name, _, _ := strings.Cut(rest, "/")
		return name
	}
	return arn[strings.LastIndex(arn, "/")+1:]
}
