package setup

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/middleware"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/bodylimit"
)

// Open makes the client and the backend over it. What the Settings leave open the
// SDK takes from its own environment and files: FIPS, dual stack, retries, the
// role of the machine. opts are the SDK's own and come last, so they win. A role
// is taken on by the first lookup, not here.
func (s Settings) Open(ctx context.Context, opts ...func(*config.LoadOptions) error) (*backend.Backend, error) {
	client, err := s.Client(ctx, opts...)
	if err != nil {
		return nil, err
	}
	return backend.New(client, s.Backend)
}

// OpenChain opens Airflow's usual order of sources: Secrets Manager, as Open does, then
// the environment variables of this process (AIRFLOW_CONN_ID, AIRFLOW_VAR_KEY). Both
// have the same MultiTeam and Dialect.
func (s Settings) OpenChain(ctx context.Context, opts ...func(*config.LoadOptions) error) (*backend.Chain, error) {
	b, err := s.Open(ctx, opts...)
	if err != nil {
		return nil, err
	}
	return backend.NewChain(b, backend.Env{MultiTeam: s.Backend.MultiTeam, Dialect: s.Backend.Dialect}), nil
}

// Client makes the client alone, for other calls of Secrets Manager with the
// credentials that the lookups have.
func (s Settings) Client(ctx context.Context, opts ...func(*config.LoadOptions) error) (*secretsmanager.Client, error) {
	client, err := s.AWS.client(ctx, cmp.Or(s.Backend.Timeout, 15*time.Second), opts)
	if err != nil {
		return nil, fmt.Errorf("setup: %w", err)
	}
	return client, nil
}

// client makes a client. A role has to be given within that time.
func (a AWS) client(ctx context.Context, within time.Duration, opts []func(*config.LoadOptions) error) (*secretsmanager.Client, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	load := a.loadOptions()
	var refused error // by an option of the caller, who knows what it says
	for _, opt := range opts {
		load = append(load, func(o *config.LoadOptions) error {
			refused = opt(o)
			return refused
		})
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, a.loadError(err)
	}
	if cfg.Region == "" {
		return nil, errors.New("no region: set region_name, or AWS_REGION or AWS_DEFAULT_REGION in the environment")
	}
	if !isRegion(cfg.Region) {
		return nil, errors.New("the region is no name of a region")
	}
	if buildable, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		cfg.HTTPClient = buildable.WithTransportOptions(func(t *http.Transport) { t.MaxResponseHeaderBytes = 64 << 10 })
	}
	if a.Role.ARN != "" {
		if cfg.Credentials, err = a.roleCredentials(cfg, within); err != nil {
			return nil, err
		}
	}
	httpClient, err := a.httpClient(cfg.HTTPClient)
	if err != nil {
		return nil, err
	}
	return secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) {
		if httpClient != nil { // else the SDK has one of its own
			o.HTTPClient = httpClient
		}
		if a.EndpointURL != "" {
			o.BaseEndpoint = &a.EndpointURL
		}
		// botocore asks use_ssl only where it makes the URL itself.
		o.EndpointOptions.DisableHTTPS = a.PlainHTTP && o.BaseEndpoint == nil
	}), nil
}

// isRegion is botocore's idea of a region: 1 to 63 letters, digits and hyphens, with no hyphen at either end. It is asked
// whenever a client is opened, so it is no expression that would have to be compiled first.
func isRegion(name string) bool {
	return name != "" && len(name) <= 63 && name == strings.Trim(name, "-") && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// apiVersion is the only one that Secrets Manager ever had.
const apiVersion = "2017-10-17"

func (a AWS) check() error {
	switch {
	case a.Region != "" && !isRegion(a.Region):
		return errors.New("region_name is no name of a region")
	case a.APIVersion != "" && a.APIVersion != apiVersion:
		return errors.New("api_version: there is only " + apiVersion)
	case (a.AccessKeyID.Reveal() == "") != (a.SecretAccessKey.Reveal() == ""):
		return errors.New("aws_access_key_id and aws_secret_access_key: only one of them is given")
	case a.SessionToken.Reveal() != "" && a.AccessKeyID.Reveal() == "":
		return errors.New("aws_session_token is given without the keys that it belongs to")
	case a.Role.ARN != "":
		return a.Role.check()
	}
	return nil
}

func (a AWS) loadOptions() (opts []func(*config.LoadOptions) error) {
	// For STS and whoever else gives credentials; the backend limits its own calls.
	opts = append(opts, config.WithAPIOptions([]func(*middleware.Stack) error{bodylimit.Add}))
	if a.Region != "" {
		opts = append(opts, config.WithRegion(a.Region))
	}
	if a.Profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(a.Profile))
	}
	if id := a.AccessKeyID.Reveal(); id != "" {
		opts = append(opts, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(id, a.SecretAccessKey.Reveal(), a.SessionToken.Reveal())))
	}
	return opts
}

// setting is a setting's name in an error of the SDK.
var setting = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(AWS(_[A-Z]+)+|[a-z]+(_[a-z]+)+)\b`) })

// loadError says in one line what the SDK could not load. Its own words quote
// values, so only the name of the setting is taken from them.
func (a AWS) loadError(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	missing, ok := errors.AsType[config.SharedConfigProfileNotExistError](err)
	if !ok {
		if name := setting().FindString(err.Error()); name != "" {
			return fmt.Errorf("the AWS configuration: the SDK cannot use what %s says", name)
		}
		return errors.New("the AWS configuration: the SDK cannot read its files or variables")
	}
	name := "AWS_PROFILE"
	switch a.Profile {
	case missing.Profile:
		name = "profile_name"
	case "":
	default:
		name = "source_profile"
	}
	return fmt.Errorf("%s: there is no profile %s in the AWS configuration files: ~/.aws/config and ~/.aws/credentials, or what AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name",
		name, quoted(missing.Profile))
}

// httpClient puts in what verify says. It is for Secrets Manager alone: STS keeps
// the SDK's client, as in Airflow. A client that the caller brought has its own
// TLS and stays as it is.
func (a AWS) httpClient(client aws.HTTPClient) (aws.HTTPClient, error) {
	if !a.InsecureSkipVerify && a.CAFile == "" {
		return client, nil
	}
	var roots *x509.CertPool
	if a.CAFile != "" {
		pem, err := os.ReadFile(a.CAFile)
		if err != nil {
			if e, ok := errors.AsType[*fs.PathError](err); ok {
				err = e.Err
			}
			return nil, fmt.Errorf("verify: the CA file %s: %w", quoted(a.CAFile), err)
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("verify: the CA file %s has no certificate in it", quoted(a.CAFile))
		}
	}
	buildable, ok := client.(*awshttp.BuildableClient)
	if client == nil {
		buildable = awshttp.NewBuildableClient()
	} else if !ok {
		return client, nil
	}
	return buildable.WithTransportOptions(func(t *http.Transport) {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		t.TLSClientConfig.InsecureSkipVerify = a.InsecureSkipVerify
		if roots != nil {
			t.TLSClientConfig.RootCAs = roots
		}
	}), nil
}

// keyLike is what access keys and tokens look like.
var keyLike = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(A[A-Z]IA[A-Z0-9]{12,}|[A-Za-z0-9+/=]{40,})$`) })

// quoted is a name or a path for a message, unless it looks like a key.
func quoted(text string) string {
	if keyLike().MatchString(text) {
		return fmt.Sprintf("(of %d bytes)", len(text))
	}
	return fmt.Sprintf("%q", text)
}
