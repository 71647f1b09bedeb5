package setup_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// wire is an HTTP client that answers like STS and Secrets Manager, and records the requests.
type wire struct {
	srv        http.Handler    // the Secrets Manager that answers; nil for one text under every name
	down       map[string]bool // by name: no response comes
	asked, sts []request
}

type request struct {
	url, signedBy, token string
	secret               string // the secret asked for
	form                 url.Values
}

var credential = regexp.MustCompile(`Credential=([^/]+)/`)

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	port, _ := strconv.Atoi(r.URL.Port())
	if !strings.HasPrefix(r.URL.Scheme, "http") || r.URL.Hostname() == "" || port > 0xFFFF {
		return nil, errors.New("no URL that HTTP could use")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	got := request{url: r.URL.String(), token: r.Header.Get("X-Amz-Security-Token")}
	if m := credential.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		got.signedBy = m[1]
	}
	answer := `{"Name": "x", "SecretString": "text"}`
	if r.Header.Get("X-Amz-Target") == "" {
		got.form, _ = url.ParseQuery(string(body))
		w.sts = append(w.sts, got)
		answer = stsAnswer(got.form.Get("Action"))
	} else {
		var in struct{ SecretId string }
		_ = json.Unmarshal(body, &in)
		got.secret = in.SecretId
		w.asked = append(w.asked, got)
		if w.down[in.SecretId] {
			return nil, io.ErrUnexpectedEOF
		}
		if w.srv != nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
			answer := httptest.NewRecorder()
			w.srv.ServeHTTP(answer, r)
			return answer.Result(), nil
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// stsAnswer returns the credentials of a role.
func stsAnswer(action string) string {
	return fmt.Sprintf(`<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, action)
}
