package setup_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// wire is an HTTP client that answers as STS and as Secrets Manager would, and
// keeps what it was asked.
type wire struct {
	asked, sts []request
}

type request struct {
	url, signedBy, token string
	form                 url.Values
}

var credential = regexp.MustCompile(`Credential=([^/]+)/`)

func (w *wire) Do(r *http.Request) (*http.Response, error) {
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
		w.asked = append(w.asked, got)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// stsAnswer gives the credentials of a role.
func stsAnswer(action string) string {
	return fmt.Sprintf(`<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, action)
}
