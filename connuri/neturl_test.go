package connuri_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

// TestNetURLReads counts the recorded URIs that net/url reads as a task of Airflow does: the
// figure of the README for what a service without this package gets.
func TestNetURLReads(t *testing.T) {
	if !connuritest.IsRecorded() {
		t.Skip("the README's figure is of the embedded rows")
	}
	rows, same := 0, 0
	require.True(t, connuritest.Rows(t, "uri_parse", func(_ int, r struct {
		URI  connuritest.Answer
		Task struct {
			Type     *string `json:"conn_type"`
			Host     *string
			Login    *string
			Password *string
			Schema   *string
			Port     *int
			Extra    *string
			Error    string
		}
	}) {
		rows++
		u, err := url.Parse(r.URI.Text())
		if err != nil || r.Task.Error != "" {
			if err != nil && r.Task.Error != "" {
				same++
			}
			return
		}
		text := func(s *string) string {
			if s == nil {
				return ""
			}
			return *s
		}
		password, _ := u.User.Password()
		port, _ := strconv.Atoi(u.Port())
		wantPort := 0
		if r.Task.Port != nil {
			wantPort = *r.Task.Port
		}
		var wantExtra map[string]any
		_ = json.Unmarshal([]byte(text(r.Task.Extra)), &wantExtra)
		extra := u.Query()
		sameExtra := len(extra) == len(wantExtra)
		for key, values := range extra {
			sameExtra = sameExtra && len(values) == 1 && wantExtra[key] == values[0]
		}
		if sameExtra && port == wantPort && u.Scheme == text(r.Task.Type) && u.Hostname() == text(r.Task.Host) &&
			u.User.Username() == text(r.Task.Login) && password == text(r.Task.Password) &&
			strings.TrimPrefix(u.Path, "/") == text(r.Task.Schema) {
			same++
		}
	}))
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	figures := fmt.Sprintf("Of the %d,%03d recorded URIs, which are mostly hard ones, net/url reads %d as Airflow does.", rows/1000, rows%1000, same)
	assert.True(t, strings.Contains(strings.Join(strings.Fields(string(readme)), " "), figures), "README.md lacks: %s", figures)
}
