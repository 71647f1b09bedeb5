package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// googleLogin holds the options of Google's client libraries: option.WithTokenSource(tokens), or
// option.WithoutAuthentication if tokens is nil, and option.WithQuotaProject(project).
type googleLogin struct {
	settings hook.GoogleCloudConfig
	tokens   oauth2.TokenSource
	project  string
}

// openGoogle makes a source of tokens, which asks for a token when it is first used. All its
// requests use ctx.
func openGoogle(ctx context.Context, c connuri.Connection) (*googleLogin, error) {
	g, err := hook.GoogleCloud(c)
	if err != nil {
		return nil, err
	}
	login := &googleLogin{settings: g, project: g.Project}
	if g.Anonymous {
		return login, nil
	}
	if g.TargetPrincipal == "" {
		credentials, err := googleCredentials(ctx, g, g.Scopes)
		if err == nil {
			login.tokens, login.project = credentials.TokenSource, cmp.Or(g.Project, credentials.ProjectID)
		}
		return login, err
	}
	credentials, err := googleCredentials(ctx, g, []string{"https://www.googleapis.com/auth/iam"})
	if err == nil {
		login.tokens = oauth2.ReuseTokenSource(nil, &impersonation{ctx, g, credentials.TokenSource})
		_, domain, _ := strings.Cut(g.TargetPrincipal, "@")
		login.project, _, _ = strings.Cut(cmp.Or(g.Project, domain), ".")
	}
	return login, err
}

// googleCredentials returns the credentials of the connection, or those of the environment if it
// has none.
func googleCredentials(ctx context.Context, g hook.GoogleCloudConfig, scopes []string) (*google.Credentials, error) {
	kind, text, err := g.CredentialsJSON(os.ReadFile)
	switch {
	case err != nil:
		return nil, err
	case kind == "":
		return google.FindDefaultCredentials(ctx, scopes...)
	}
	credentials, err := google.CredentialsFromJSONWithType(ctx, []byte(text.Reveal()), google.CredentialsType(kind), scopes...)
	if err != nil {
		return nil, errors.New("google: the credentials are not of a form that oauth2/google reads") // whose error quotes them
	}
	return credentials, nil
}

// impersonation gets tokens of TargetPrincipal from Google's IAM.
type impersonation struct {
	ctx      context.Context
	settings hook.GoogleCloudConfig
	source   oauth2.TokenSource
}

// request returns the request for a token.
func (i *impersonation) request() (*http.Request, error) {
	body, err := json.Marshal(map[string]any{"scope": i.settings.Scopes, "delegates": i.settings.Delegates, "lifetime": "3600s"})
	if err != nil {
		return nil, err
	}
	account := url.PathEscape(i.settings.TargetPrincipal)
	return http.NewRequestWithContext(i.ctx, http.MethodPost,
		"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"+account+":generateAccessToken", bytes.NewReader(body))
}

// Token asks for a token that lasts for an hour.
func (i *impersonation) Token() (*oauth2.Token, error) {
	request, err := i.request()
	if err != nil {
		return nil, err
	}
	response, err := oauth2.NewClient(i.ctx, i.source).Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		AccessToken string
		ExpireTime  time.Time
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, errors.New("google: the account is not allowed to impersonate impersonation_chain: " + response.Status)
	}
	return &oauth2.Token{AccessToken: answer.AccessToken, Expiry: answer.ExpireTime}, nil
}

func (l *googleLogin) show() []string {
	g := l.settings
	actsAs := "itself"
	if g.TargetPrincipal != "" {
		actsAs = strings.Join(append(g.Delegates[:len(g.Delegates):len(g.Delegates)], g.TargetPrincipal), ", then ")
	}
	return []string{
		"project   " + cmp.Or(l.project, "none"),
		"scopes    " + strings.Join(g.Scopes, ", "),
		"acts as   " + actsAs,
	}
}
