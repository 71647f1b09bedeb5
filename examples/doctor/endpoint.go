package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// open makes the client and the backend. It returns false if it cannot make them.
func (d *doctor) open(ctx context.Context) bool {
	region := d.settings.AWS.Region
	if m, ok := d.source.(mwaa); ok && region == "" && m.region() != "" { // not that of this machine
		d.options = append([]func(*config.LoadOptions) error{config.WithRegion(m.region())}, d.options...)
	}
	client, err := d.settings.Client(ctx, d.options...)
	if err != nil {
		client = d.networkClient(ctx, err)
	}
	if client == nil {
		d.why = "a client cannot be made"
		return false
	}
	d.client = client
	d.tap = newTap(client)
	d.caller.Region = client.Options().Region
	cfg := d.settings.Backend
	if !d.knowsPatterns() {
		cfg.ConnectionsLookupPattern, cfg.VariablesLookupPattern, cfg.ConfigLookupPattern = "", "", ""
	}
	cfg.Timeout = d.step()
	d.backend, err = backend.New(d.tap, cfg)
	if err != nil { // does not happen, since the settings are checked
		d.set(kwargs, Failed, "a backend cannot be made with them",
			"pass the same kwargs to -kwargs for details")
		return false
	}
	return true
}

// networkClient makes the check that explains why the settings give no client. If only the
// credentials are at fault, it returns a client without them, with which the network can be
// checked; otherwise it returns nil.
func (d *doctor) networkClient(ctx context.Context, err error) *secretsmanager.Client {
	a := d.settings.AWS
	network := setup.AWS{
		AWSConfig: hook.AWSConfig{Region: a.Region, EndpointURL: a.EndpointURL}, PlainHTTP: a.PlainHTTP,
	}
	_, bad := setup.Settings{AWS: network}.Client(ctx, d.options...)
	network.CAFile, network.SystemCAs = a.CAFile, a.SystemCAs
	network.InsecureSkipVerify = a.InsecureSkipVerify
	client, badCA := setup.Settings{AWS: network}.Client(ctx, d.options...)
	wrong, _ := errors.AsType[*setup.Error](err)
	switch {
	case bad != nil:
		d.set(endpoint, Failed, problemOf(bad),
			"set region_name in backend_kwargs, and correct the AWS configuration files")
	case badCA != nil:
		d.set(tlsHandshake, Failed, problemOf(badCA),
			"set verify in backend_kwargs to true, false or the path of a CA file")
	case wrong != nil && wrong.Field == "api_version":
		d.set(kwargs, Failed, problemOf(err), "take api_version out of backend_kwargs")
	default:
		d.set(credential, Failed, problemOf(err), credentialAdvice(wrong))
		return client
	}
	return nil
}

// credentialAdvice says what to do about credentials with which a client cannot be made.
func credentialAdvice(wrong *setup.Error) string {
	switch {
	case wrong == nil:
	case wrong.Instead != "":
		return wrong.Instead
	case wrong.Rule == "missing":
		return "give what is missing in backend_kwargs, or take the rest out"
	case wrong.Rule == "not-found":
		return "write the name of an existing profile, or remove " + wrong.Field
	}
	return "correct it in backend_kwargs"
}

// address returns the address that the SDK would send to. The SDK builds a request that is not
// sent, so the end of ctx does not matter.
func (d *doctor) address(ctx context.Context) (*url.URL, error) {
	caught := &catcher{}
	in := &secretsmanager.GetSecretValueInput{SecretId: aws.String("none")}
	_, err := d.client.GetSecretValue(context.WithoutCancel(ctx), in, func(o *secretsmanager.Options) {
		o.HTTPClient, o.Retryer = caught, aws.NopRetryer{}
		o.Credentials = credentials.NewStaticCredentialsProvider("none", "none", "")
	})
	if caught.url == nil {
		return nil, err
	}
	return caught.url, nil
}

// catcher is an HTTP client that keeps the URL of a request and does not send it.
type catcher struct{ url *url.URL }

func (c *catcher) Do(r *http.Request) (*http.Response, error) {
	c.url = r.URL
	return nil, errors.New("not sent")
}

// regional matches a host of Secrets Manager that names its region.
var regional = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|\.)secretsmanager(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.`)
})

func (d *doctor) checkEndpoint(to *url.URL) {
	d.caller.Endpoint = to.Scheme + "://" + to.Host
	from := "the region " + d.caller.Region
	switch {
	case d.settings.AWS.EndpointURL != "":
		from = "endpoint_url"
	case d.client.Options().BaseEndpoint != nil:
		from = "AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL or the AWS configuration files"
	}
	seen := d.caller.Endpoint + ", from " + from
	if m := regional().FindStringSubmatch(to.Host); m != nil && m[1] != d.caller.Region {
		d.set(endpoint, Warning, seen+", is in "+m[1]+", but the region is "+d.caller.Region,
			"make region_name and the endpoint agree: requests are signed for the region")
		return
	}
	for _, w := range d.settings.Warnings {
		if w.Rule == "region" {
			d.set(endpoint, Warning, seen+"; "+w.Text, "set region_name in backend_kwargs")
			return
		}
	}
	d.ok(endpoint, seen)
}
