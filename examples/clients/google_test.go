package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// googleServer answers as Google's token server and its IAM do. It knows one key.
type googleServer struct {
	*httptest.Server
	key    *rsa.PrivateKey
	scopes []string         // of the requests for tokens
	asked  []map[string]any // requests to IAM, with their path and token
}

func newGoogleServer(t *testing.T) *googleServer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	s := &googleServer{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /v1/projects/-/serviceAccounts/", s.impersonate)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// token answers a signed request for a token: RFC 7523.
func (s *googleServer) token(w http.ResponseWriter, r *http.Request) {
	signed, signature, _ := cutLast(r.FormValue("assertion"), ".")
	_, claims, _ := strings.Cut(signed, ".")
	sum := sha256.Sum256([]byte(signed))
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err == nil {
		err = rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, sum[:], raw)
	}
	var claim struct{ Iss, Scope, Aud string }
	text, _ := base64.RawURLEncoding.DecodeString(claims)
	if err != nil || json.Unmarshal(text, &claim) != nil || claim.Iss != "app@shop-prod.iam.gserviceaccount.com" || claim.Aud != s.URL+"/token" ||
		r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		http.Error(w, `{"error": "invalid_grant"}`, http.StatusBadRequest)
		return
	}
	s.scopes = append(s.scopes, claim.Scope)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"access_token": "its own", "token_type": "Bearer", "expires_in": 3600}`))
}

func (s *googleServer) impersonate(w http.ResponseWriter, r *http.Request) {
	asked := map[string]any{}
	if json.NewDecoder(r.Body).Decode(&asked) != nil || r.Header.Get("Authorization") != "Bearer its own" {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	asked["path"] = r.URL.EscapedPath()
	s.asked = append(s.asked, asked)
	_, _ = w.Write([]byte(`{"accessToken": "the other's", "expireTime": "2100-01-01T00:00:00Z"}`))
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// keyfile returns the file that Google makes for the key of a service account.
func (s *googleServer) keyfile(t *testing.T, key *rsa.PrivateKey) map[string]any {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return map[string]any{"type": "service_account", "project_id": "shop-prod", "private_key_id": "k1", "client_email": "app@shop-prod.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": s.URL + "/token"}
}

// reached returns a context whose requests to Google's IAM go to the server.
func (s *googleServer) reached(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: toServer{s.URL, s.Client().Transport}})
}

type toServer struct {
	url  string
	base http.RoundTripper
}

func (t toServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "iamcredentials.googleapis.com" {
		server, err := url.Parse(t.url)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = server.Scheme, server.Host
	}
	return t.base.RoundTrip(r)
}

func TestGoogle(t *testing.T) {
	s := newGoogleServer(t)
	key := s.keyfile(t, s.key)
	text, err := json.Marshal(key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "sa.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	escaped := s.keyfile(t, s.key)
	escaped["private_key"] = strings.ReplaceAll(escaped["private_key"].(string), "\n", `\n`)
	const all = "https://www.googleapis.com/auth/cloud-platform"
	for _, row := range []struct {
		name           string
		extra          map[string]any
		token, project string
		scope          string
	}{
		{"keyfile_dict", map[string]any{"keyfile_dict": key}, "its own", "shop-prod", all},
		{"keyfile_dict as text", map[string]any{"keyfile_dict": string(text), "scope": "a, b"}, "its own", "shop-prod", "a b"},
		{"escaped line breaks", map[string]any{"keyfile_dict": escaped}, "its own", "shop-prod", all},
		{"key_path", map[string]any{"key_path": file, "project": "other"}, "its own", "other", all},
		{"credential_config_file", map[string]any{"credential_config_file": file}, "its own", "shop-prod", all},
		{"long names", map[string]any{"extra__google_cloud_platform__keyfile_dict": string(text), "extra__google_cloud_platform__scope": "old"}, "its own", "shop-prod", "old"},
		{"the environment's", map[string]any{"project": "mine"}, "its own", "mine", all},
		{"impersonation", map[string]any{"keyfile_dict": key, "scope": "a", "impersonation_chain": "via@x.com, reader@shop-dev.iam.gserviceaccount.com"},
			"the other's", "shop-dev", "https://www.googleapis.com/auth/iam"},
	} {
		if row.name == "the environment's" {
			t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
		}
		c := connuri.Connection{Type: "google_cloud_platform"}
		c.Extra, err = connuri.NewExtra(row.extra)
		require.NoError(t, err)
		for form, c := range stored(t, c) {
			t.Run(row.name+"/"+form, func(t *testing.T) {
				login, err := openGoogle(s.reached(within(t)), c)
				require.NoError(t, err)
				token, err := login.tokens.Token()
				require.NoError(t, err)
				assert.Equal(t, row.token+" "+row.project, token.AccessToken+" "+login.project)
				assert.Equal(t, row.scope, s.scopes[len(s.scopes)-1])
			})
		}
	}
	assert.Equal(t, map[string]any{
		"path": "/v1/projects/-/serviceAccounts/reader@shop-dev.iam.gserviceaccount.com:generateAccessToken", "lifetime": "3600s",
		"scope": []any{"a"}, "delegates": []any{"via@x.com"},
	}, s.asked[len(s.asked)-1])
}

func TestGoogleRefused(t *testing.T) {
	s := newGoogleServer(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	wrong := s.keyfile(t, other)
	c := connuri.Connection{Type: "google_cloud_platform"}
	c.Extra, err = connuri.NewExtra(map[string]any{"keyfile_dict": wrong})
	require.NoError(t, err)
	login, err := openGoogle(within(t), c)
	require.NoError(t, err)
	_, err = login.tokens.Token()
	require.ErrorContains(t, err, "invalid_grant")
	for _, line := range strings.Split(strings.TrimSpace(wrong["private_key"].(string)), "\n")[1:] {
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), line)
	}
	c.Extra = connuri.RawExtra(`{"is_anonymous": "false"}`)
	login, err = openGoogle(within(t), c)
	require.NoError(t, err)
	assert.Nil(t, login.tokens)
	c.Extra = connuri.RawExtra(`{"key_path": "/x.json", "is_anonymous": "false"}`)
	_, err = openGoogle(within(t), c)
	require.ErrorContains(t, err, "another way to authenticate")
}
