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

// LoadAWS makes the SDK's configuration for an aws connection, as AwsGenericHook makes its
// clients. The SDK takes what the connection does not say from its environment variables and
// files. opts are options of the SDK and take precedence. A role is assumed by the first call.
//
// Every client that is made from the configuration uses the endpoint of its service, and a
// client of S3 uses the address style that boto3 would choose. The endpoints of the connection
// take precedence over those of the environment.
//
//	a, err := hook.AWS(c)                // c is the connection aws_default
//	cfg, err := setup.LoadAWS(ctx, a)
//	client := s3.NewFromConfig(cfg)
//
// If the connection has keys, a default profile that cannot get its credentials is not an
// error: then the configuration files are ignored. A profile that AWS_PROFILE names and that
// cannot get its credentials is an error.
//
// LoadAWS returns an *Error if a client cannot be made: for one key without the other, a CA
// file that cannot be read, a missing region, a missing profile, an endpoint that is not a
// plain URL, and SAML or Google federation. The error quotes no setting except the names of a
// profile and a CA file, and these only if they do not look like a key.
//
// If opts set an HTTP client, its TLS settings, timeouts and proxies stay as they are.
func LoadAWS(ctx context.Context, a hook.AWSConfig, opts ...func(*config.LoadOptions) error) (aws.Config, error) {
	a.Role.SessionName = cmp.Or(a.Role.SessionName, defaultSessionName(a.Role.Method, ""))
	cfg, err := load(ctx, a, roleTimeout, opts)
	if err != nil {
		return aws.Config{}, named(err)
	}
	return cfg, nil
}

// roleTimeout limits one call to STS.
const roleTimeout = 15 * time.Second

func load(ctx context.Context, a hook.AWSConfig, within time.Duration, opts []func(*config.LoadOptions) error) (aws.Config, error) {
	if err := check(a); err != nil {
		return aws.Config{}, err
	}
	load := loadOptions(a)
	var refused error // the error of an option of the caller, which is returned unchanged
	for _, opt := range opts {
		load = append(load, func(o *config.LoadOptions) error {
			refused = opt(o)
			return refused
		})
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil && refused == nil && !a.AccessKeyID.IsZero() && isChainError(err) {
		// With keys, boto3 ignores how a profile gets its credentials.
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
		return aws.Config{}, refusal("region_name", "missing", "the region is missing; set region_name, or AWS_REGION or AWS_DEFAULT_REGION in the environment", "")
	case !isRegion(cfg.Region):
		return aws.Config{}, refusal("region_name", "value", "the region is not the name of a region", "")
	}
	if cfg.HTTPClient, err = limitedClient(cfg.HTTPClient, a.Client); err != nil {
		return aws.Config{}, err
	}
	if a.Client.Unsigned {
		cfg.Credentials = aws.AnonymousCredentials{}
	}
	if a.Role.ARN != "" {
		provider, err := roleCredentials(cfg, a, within) // STS does not use the endpoints and the TLS set below
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
	byService := map[string]string{}
	for name, endpoint := range a.ServiceEndpoints {
		byService[strings.ReplaceAll(name, "-", "")] = endpoint
	}
	byEnvironment := cfg.BaseEndpoint
	if a.EndpointURL != "" {
		cfg.BaseEndpoint = &a.EndpointURL
	}
	forAll := cfg.BaseEndpoint
	set := func(serviceID string, options any) {
		endpoint, given := byService[boto3Name(serviceID)]
		o := reflect.ValueOf(options).Elem() // each service has its own type, with fields of these names
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

// endpointIn returns the endpoint in the options of a service, or "" for that of AWS.
func endpointIn(options reflect.Value) string {
	if f := options.FieldByName("BaseEndpoint"); f.IsValid() {
		endpoint, _ := f.Interface().(*string)
		return aws.ToString(endpoint)
	}
	return ""
}

// boto3Name returns boto3's name of a service without hyphens. Most are the service ID in
// lower case.
func boto3Name(serviceID string) string {
	if name := boto3Names[serviceID]; name != "" {
		return strings.ReplaceAll(name, "-", "")
	}
	return strings.ReplaceAll(strings.ToLower(serviceID), " ", "")
}

// isRegion reports whether botocore accepts a region: 1 to 63 letters, digits and hyphens,
// with no hyphen at either end.
func isRegion(name string) bool {
	return name != "" && len(name) <= 63 && name == strings.Trim(name, "-") && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

func check(a hook.AWSConfig) error {
	switch {
	case a.Region != "" && !isRegion(a.Region):
		return refusal("region_name", "value", "region_name is not the name of a region", "")
	case a.Client.Region != "" && !isRegion(a.Client.Region):
		return refusal("config_kwargs.region_name", "value", "config_kwargs.region_name is not the name of a region", "")
	case (a.AccessKeyID.Reveal() == "") != (a.SecretAccessKey.Reveal() == ""):
		return refusal("aws_access_key_id", "missing", "only one of aws_access_key_id and aws_secret_access_key is given", "write both")
	case a.SessionToken.Reveal() != "" && a.AccessKeyID.Reveal() == "":
		return refusal("aws_session_token", "missing", "aws_session_token is given without its keys", "write aws_access_key_id and aws_secret_access_key too")
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

const mustBePlain = "must be a plain http or https URL without a login or a query"

// plainURL reports whether text can be an endpoint. A URL with a login or a query cannot,
// since these may be a password or a token.
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
	// For STS and other services that return credentials. Package backend limits its own calls.
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
