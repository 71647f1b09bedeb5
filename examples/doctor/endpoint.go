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

// open makes the client. What cannot be used is tried piece by piece, to tell
// whose trouble it is.
func (d *doctor) open(ctx context.Context) bool {
	a := d.settings.AWS
	if m, ok := d.source.(mwaa); ok && a.Region == "" && m.region() != "" { // not that of this machine
		d.options = append([]func(*config.LoadOptions) error{config.WithRegion(m.region())}, d.options...)
	}
	client, err := d.settings.Client(ctx, d.options...)
	if err != nil {
		network := setup.AWS{AWSConfig: hook.AWSConfig{Region: a.Region, EndpointURL: a.EndpointURL}, PlainHTTP: a.PlainHTTP}
		_, bad := setup.Settings{AWS: network}.Client(ctx, d.options...)
		network.CAFile, network.SystemCAs, network.InsecureSkipVerify = a.CAFile, a.SystemCAs, a.InsecureSkipVerify
		inner, badCA := setup.Settings{AWS: network}.Client(ctx, d.options...)
		wrong, _ := errors.AsType[*setup.Error](err)
		d.why = "no client can be made"
		switch {
		case bad != nil:
			d.set(endpoint, Failed, trouble(bad), "set region_name in backend_kwargs, and correct what the AWS configuration says")
			return false
		case badCA != nil:
			d.set(tlsHandshake, Failed, trouble(badCA), "set verify in backend_kwargs to true, false or the path of a CA file")
			return false
		case wrong != nil && wrong.Field == "api_version":
			d.set(kwargs, Failed, trouble(err), "take api_version out of backend_kwargs")
			return false
		}
		d.set(credential, Failed, trouble(err), credentialAdvice(wrong))
		client = inner // the network can be looked at all the same
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
	if err != nil { // cannot be: the settings are checked
		d.set(kwargs, Failed, "no backend can be made of them", "give -kwargs the same text, which says more")
		return false
	}
	return true
}

// credentialAdvice is what to do about credentials that no client can be made with.
func credentialAdvice(wrong *setup.Error) string {
	switch {
	case wrong == nil:
	case wrong.Instead != "":
		return wrong.Instead
	case wrong.Rule == "missing":
		return "give what is missing in backend_kwargs, or take the rest out"
	case wrong.Rule == "not-found":
		return "write a profile that is there, or take " + wrong.Field + " out"
	}
	return "correct it in backend_kwargs"
}

// address lets the SDK make a request, all but the sending of it, so that no ctx
// has a say.
func (d *doctor) address(ctx context.Context) (*url.URL, error) {
	caught := &catcher{}
	_, err := d.client.GetSecretValue(context.WithoutCancel(ctx), &secretsmanager.GetSecretValueInput{SecretId: aws.String("none")}, func(o *secretsmanager.Options) {
		o.HTTPClient, o.Retryer = caught, aws.NopRetryer{}
		o.Credentials = credentials.NewStaticCredentialsProvider("none", "none", "")
	})
	if caught.url == nil {
		return nil, err
	}
	return caught.url, nil
}

// catcher is an HTTP client that sends nothing.
type catcher struct{ url *url.URL }

func (c *catcher) Do(r *http.Request) (*http.Response, error) {
	c.url = r.URL
	return nil, errors.New("not sent")
}

// regional is a host of Secrets Manager with its region.
var regional = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|\.)secretsmanager(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.`)
})

func (d *doctor) checkEndpoint(to *url.URL) {
	d.caller.Endpoint = to.Scheme + "://" + to.Host
	from := "of the region " + d.caller.Region
	switch {
	case d.settings.AWS.EndpointURL != "":
		from = "by endpoint_url"
	case d.client.Options().BaseEndpoint != nil:
		from = "by AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL or the AWS configuration files"
	}
	seen := d.caller.Endpoint + ", " + from
	if m := regional().FindStringSubmatch(to.Host); m != nil && m[1] != d.caller.Region {
		d.set(endpoint, Warning, seen+", is in "+m[1]+", and the region is "+d.caller.Region, "make region_name and the endpoint agree: requests are signed for the region")
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
