package agent

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/bodylimit"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Config says where the agent is and what to ask of it. The zero value fits an agent with its
// defaults.
type Config struct {
	Endpoint string // "" means http://localhost:2773

	// Token is the token that the agent expects, and TokenFile the path of a file that
	// holds it. Set at most one of them. If neither is set, New takes the token from the
	// environment; see the package doc.
	Token     connuri.Secret
	TokenFile string

	RefreshNow bool   // the agent asks AWS each time instead of answering from its cache
	RoleARN    string // the role that the agent assumes to read a secret; "" means the agent's role

	// HTTPClient sends the requests. Nil means a client that uses no proxy and keeps no
	// idle connections. Its CheckRedirect is not used.
	HTTPClient *http.Client
}

func (c Config) endpoint() string { return cmp.Or(c.Endpoint, "http://localhost:2773") }

// Client reads secrets through an agent. New makes one. It is safe for concurrent use and does
// not need to be closed.
type Client struct {
	url   url.URL // without the query
	query url.Values
	token tokenSource
	http  http.Client
}

// New makes a Client. It sends no request and reads no file, so that the agent may start
// later. It returns an error if the endpoint is not a URL, or if neither cfg nor the
// environment has a token.
func New(cfg Config) (*Client, error) {
	endpoint, err := url.Parse(cfg.endpoint())
	switch { // the errors do not quote the endpoint, which may contain a password
	case err != nil || endpoint.Scheme != "http" && endpoint.Scheme != "https" || endpoint.Hostname() == "":
		return nil, errors.New("agent: Config.Endpoint is not an http or https URL; write http://HOST:PORT")
	case endpoint.User != nil || endpoint.RawQuery != "" || endpoint.ForceQuery || endpoint.Fragment != "":
		return nil, errors.New("agent: Config.Endpoint has more than a host, a port and a path; write http://HOST:PORT")
	}
	c := &Client{url: *endpoint.JoinPath("secretsmanager", "get"), query: url.Values{}}
	if cfg.RefreshNow {
		c.query.Set("refreshNow", "true")
	}
	if cfg.RoleARN != "" {
		c.query.Set("roleArn", cfg.RoleARN)
	}
	if err := c.token.from(cfg); err != nil {
		return nil, err
	}
	if cfg.HTTPClient != nil {
		c.http = *cfg.HTTPClient
	} else {
		// An idle connection would occupy a goroutine here and a connection of the agent.
		c.http.Transport = &http.Transport{DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10}
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

// GetSecretValue asks the agent for a secret, by name or ARN. It ignores the options, which
// are for requests of the SDK.
func (c *Client) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	out, err := c.get(ctx, in)
	if err != nil {
		return nil, &smithy.OperationError{ServiceID: secretsmanager.ServiceID, OperationName: "GetSecretValue", Err: err}
	}
	return out, nil
}

func (c *Client) get(ctx context.Context, in *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
	if in == nil || in.SecretId == nil || *in.SecretId == "" {
		invalid := smithy.InvalidParamsError{Context: "GetSecretValueInput"}
		invalid.Add(smithy.NewErrParamRequired("SecretId"))
		return nil, invalid
	}
	if err := ctx.Err(); err != nil {
		return nil, &smithy.CanceledError{Err: err}
	}
	token, err := c.token.get()
	if err != nil {
		return nil, err
	}
	status, body, err := c.send(ctx, in, token)
	if err == nil && refused(status, body) {
		if renewed, ok := c.token.renew(token); ok {
			token = renewed
			status, body, err = c.send(ctx, in, token)
		}
	}
	switch {
	case err != nil:
		return nil, err
	case status != http.StatusOK:
		return nil, statusError(status, body, token)
	}
	out, err := readAnswer(body)
	if err != nil {
		return nil, responseError(status, err)
	}
	return out, nil
}

// send makes one request and reads the whole response.
func (c *Client) send(ctx context.Context, in *secretsmanager.GetSecretValueInput, token connuri.Secret) (status int, body []byte, err error) {
	query := url.Values{"secretId": {*in.SecretId}}
	for name, value := range map[string]*string{"versionStage": in.VersionStage, "versionId": in.VersionId} {
		if value != nil {
			query.Set(name, *value)
		}
	}
	for name, values := range c.query {
		query[name] = values
	}
	target := c.url
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return 0, nil, sendError(ctx, err)
	}
	request.Header.Set("X-Aws-Parameters-Secrets-Token", token.Reveal())
	request.Header.Set("User-Agent", "airflowsecrets")
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, sendError(ctx, err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	body, err = readBody(response.Body)
	switch {
	case errors.Is(err, bodylimit.ErrTooLong):
		return 0, nil, responseError(response.StatusCode, err)
	case err != nil:
		return 0, nil, sendError(ctx, err)
	}
	return response.StatusCode, body, nil
}
