package setup

import (
	"cmp"
	"context"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/bodylimit"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// LoadAWS makes the SDK's configuration of an aws connection, as AwsGenericHook makes
// its clients. What the connection leaves open the SDK takes from its own environment
// and files. opts are the SDK's own and come last, so they win. A role is taken on by
// the first call, not here.
//
// Every client that is made of the configuration has the endpoint of its service, and a
// client of S3 the style of addresses that boto3 would choose. The connection's endpoints
// come before those of the environment.
//
//	a, err := hook.AWS(c)                // c is the connection aws_default
//	cfg, err := setup.LoadAWS(ctx, a)
//	client := s3.NewFromConfig(cfg)
//
// Beside the keys of the connection, a default profile whose own way to credentials is broken
// does no harm: then nothing of the configuration files counts. One that AWS_PROFILE names
// is an error all the same.
//
// The errors are for what no client can be made with: one key without the other, a CA
// file that cannot be read, no region, a profile that is not there, an endpoint that is
// no plain URL, SAML and Google federation. They quote no setting but the names of a
// profile and a CA file, and these only where they do not look like a key.
//
// An HTTP client that opts bring has its own TLS, timeouts and proxies.
func LoadAWS(ctx context.Context, a hook.AWSConfig, opts ...func(*config.LoadOptions) error) (aws.Config, error) {
	a.Role.SessionName = cmp.Or(a.Role.SessionName, defaultSessionName(a.Role.Method, ""))
	cfg, err := load(ctx, a, roleTimeout, opts)
	if err != nil {
		return aws.Config{}, named(err)
	}
	return cfg, nil
}

// roleTimeout is how long one answer of STS may take.
const roleTimeout = 15 * time.Second

func load(ctx context.Context, a hook.AWSConfig, within time.Duration, opts []func(*config.LoadOptions) error) (aws.Config, error) {
	if err := check(a); err != nil {
		return aws.Config{}, err
	}
	load := loadOptions(a)
	var refused error // by an option of the caller, who knows what it says
	for _, opt := range opts {
		load = append(load, func(o *config.LoadOptions) error {
			refused = opt(o)
			return refused
		})
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil && refused == nil && !a.AccessKeyID.IsZero() && isChainError(err) {
		// boto3 does not look at how a profile would get credentials beside keys.
		again, failed := config.LoadDefaultConfig(ctx, append(load, config.WithSharedConfigProfile(""),
			config.WithSharedConfigFiles([]string{}), config.WithSharedCredentialsFiles([]string{}))...)
		if failed == nil {
			cfg, err = again, nil
		}
	}
	switch {
	case refused != nil:
		return aws.Config{}, refused
	case err != nil:
		return aws.Config{}, loadError(err, a.Profile)
	case cfg.Region == "":
		return aws.Config{}, refusal("region_name", "missing", "no region: set region_name, or AWS_REGION or AWS_DEFAULT_REGION in the environment", "")
	case !isRegion(cfg.Region):
		return aws.Config{}, refusal("region_name", "value", "the region is no name of a region", "")
	}
	if cfg.HTTPClient, err = limitedClient(cfg.HTTPClient, a.Client); err != nil {
		return aws.Config{}, err
	}
	if a.Client.Unsigned {
		cfg.Credentials = aws.AnonymousCredentials{}
	}
	if a.Role.ARN != "" {
		provider, err := roleCredentials(cfg, a, within) // with the endpoints and the TLS of nobody but STS
		if err != nil {
			return aws.Config{}, err
		}
		if !a.Client.Unsigned {
			cfg.Credentials = provider
		}
	}
	if cfg.HTTPClient, err = verifyingClient(cfg.HTTPClient, a); err != nil {
		return aws.Config{}, err
	}
	setEndpoints(&cfg, a)
	return cfg, nil
}

// setEndpoints gives each client its endpoint when it is made.
func setEndpoints(cfg *aws.Config, a hook.AWSConfig) {
	own := map[string]string{}
	for name, endpoint := range a.ServiceEndpoints {
		own[strings.ReplaceAll(name, "-", "")] = endpoint
	}
	byEnvironment := cfg.BaseEndpoint
	if a.EndpointURL != "" {
		cfg.BaseEndpoint = &a.EndpointURL
	}
	forAll := cfg.BaseEndpoint
	set := func(serviceID string, options any) {
		endpoint, given := own[boto3Name(serviceID)]
		o := reflect.ValueOf(options).Elem() // every service has a type of its own, with these names in it
		if f := o.FieldByName("BaseEndpoint"); f.IsValid() && f.Type() == reflect.TypeFor[*string]() {
			switch {
			case !given:
				endpoint = a.EndpointURL
			case endpoint == "" && f.Interface() == forAll:
				f.Set(reflect.ValueOf(byEnvironment))
			}
			if endpoint != "" {
				f.Set(reflect.ValueOf(&endpoint))
			}
		}
		if f := o.FieldByName("UsePathStyle"); serviceID == "S3" && f.IsValid() && f.Kind() == reflect.Bool && a.S3PathStyleAt(endpointIn(o)) {
			f.SetBool(true)
		}
	}
	cfg.ServiceOptions = append([]func(string, any){set}, cfg.ServiceOptions...)
}

// endpointIn is the endpoint that the options of a service have, "" for AWS's own.
func endpointIn(options reflect.Value) string {
	if f := options.FieldByName("BaseEndpoint"); f.IsValid() {
		endpoint, _ := f.Interface().(*string)
		return aws.ToString(endpoint)
	}
	return ""
}

// boto3Name is boto3's name of a service without its hyphens. Most are the service's id
// in lower case.
func boto3Name(serviceID string) string {
	if name := boto3Names[serviceID]; name != "" {
		return strings.ReplaceAll(name, "-", "")
	}
	return strings.ReplaceAll(strings.ToLower(serviceID), " ", "")
}

// isRegion is botocore's idea of a region: 1 to 63 letters, digits and hyphens, with no hyphen at either end. It is asked
// whenever a client is opened, so it is no expression that would have to be compiled first.
func isRegion(name string) bool {
	return name != "" && len(name) <= 63 && name == strings.Trim(name, "-") && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

func check(a hook.AWSConfig) error {
	switch {
	case a.Region != "" && !isRegion(a.Region):
		return refusal("region_name", "value", "region_name is no name of a region", "")
	case a.Client.Region != "" && !isRegion(a.Client.Region):
		return refusal("config_kwargs.region_name", "value", "config_kwargs.region_name is no name of a region", "")
	case (a.AccessKeyID.Reveal() == "") != (a.SecretAccessKey.Reveal() == ""):
		return refusal("aws_access_key_id", "missing", "aws_access_key_id and aws_secret_access_key: only one of them is given", "")
	case a.SessionToken.Reveal() != "" && a.AccessKeyID.Reveal() == "":
		return refusal("aws_session_token", "missing", "aws_session_token is given without the keys that it belongs to", "")
	case a.EndpointURL != "" && !plainURL(a.EndpointURL):
		return refusal("endpoint_url", "value", "endpoint_url "+mustBePlain, "")
	}
	for _, endpoint := range a.ServiceEndpoints {
		if endpoint != "" && !plainURL(endpoint) {
			return refusal("service_config", "value", "an endpoint_url in service_config "+mustBePlain, "")
		}
	}
	if a.Role.ARN != "" {
		return checkRole(a.Role, a.Client.Unsigned)
	}
	return nil
}

const mustBePlain = "must be a plain http or https URL: no login, no query"

// plainURL tells an endpoint. A login or a query in it, which may be a password or a
// token, has no place there.
func plainURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func loadOptions(a hook.AWSConfig) (opts []func(*config.LoadOptions) error) {
	add := func(given bool, opt config.LoadOptionsFunc) {
		if given {
			opts = append(opts, opt)
		}
	}
	// For STS and whoever else gives credentials; the backend limits its own calls.
	add(true, config.WithAPIOptions([]func(*middleware.Stack) error{bodylimit.AddToCredentials}))
	region := cmp.Or(a.Client.Region, a.Region) // in botocore's order
	add(region != "", config.WithRegion(region))
	add(a.Profile != "", config.WithSharedConfigProfile(a.Profile))
	id := a.AccessKeyID.Reveal()
	add(id != "", config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, a.SecretAccessKey.Reveal(), a.SessionToken.Reveal())))

	c := a.Client
	mode := aws.RetryModeStandard
	if c.RetryMode == "adaptive" {
		mode = aws.RetryModeAdaptive
	}
	add(c.RetryMode != "", config.WithRetryMode(mode))
	add(c.MaxAttempts > 0, config.WithRetryMaxAttempts(c.MaxAttempts))
	add(c.AppID != "", config.WithAppID(c.AppID))
	if c.UseFIPSEndpoint != nil {
		state := aws.FIPSEndpointStateDisabled
		if *c.UseFIPSEndpoint {
			state = aws.FIPSEndpointStateEnabled
		}
		add(true, config.WithUseFIPSEndpoint(state))
	}
	if c.UseDualStackEndpoint != nil {
		state := aws.DualStackEndpointStateDisabled
		if *c.UseDualStackEndpoint {
			state = aws.DualStackEndpointStateEnabled
		}
		add(true, config.WithUseDualStackEndpoint(state))
	}
	request, response := aws.RequestChecksumCalculationWhenSupported, aws.ResponseChecksumValidationWhenSupported
	if c.RequestChecksum == "when_required" {
		request = aws.RequestChecksumCalculationWhenRequired
	}
	if c.ResponseChecksum == "when_required" {
		response = aws.ResponseChecksumValidationWhenRequired
	}
	add(c.RequestChecksum != "", config.WithRequestChecksumCalculation(request))
	add(c.ResponseChecksum != "", config.WithResponseChecksumValidation(response))
	return opts
}
