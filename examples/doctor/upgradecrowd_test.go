package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// planted is in every made-up secret, and must not be in any output.
const planted = "비밀번호가나다라"

// pairs are three upgrades in which every rule occurs.
var pairs = []string{"2.10.3:3.0.6", "3.0.6:3.3.1", "2.11.2:3.2.1"}

// kindsOfSecret are what people store, with what each of pairs does to it: the effect, each rule
// and field. "" means that it stays the same, and "neither" that neither version reads it.
var kindsOfSecret = []struct {
	name, text string
	does       [3]string
}{
	{"uri", "postgres://app:S@db.example.com:5432/orders?sslmode=verify-full", [3]string{}},
	{"json", `{"conn_type": "postgres", "host": "db.example.com", "login": "app", "password": "S", "port": 5432, "extra": {"sslmode": "S"}}`, [3]string{}},
	{"aws", "aws://AKIA:S@/?region_name=eu-west-1", [3]string{}},
	{"port-text", `{"conn_type": "mysql", "password": "S", "port": "3306"}`, [3]string{}},
	{"extra-text", `{"conn_type": "http", "password": "S", "extra": "{\"token\": \"S\"}"}`, [3]string{}},
	{"bearer", `{"host": "h", "extra": "Bearer S"}`, [3]string{"stops extra-not-json extra", "starts extra-not-json extra", ""}},
	{"comma", `{"host": "h", "extra": "{\"a\": \"S\",}"}`, [3]string{"stops extra-not-json extra", "starts extra-not-json extra", ""}},
	{"quotes", `{"host": "h", "extra": "{'a': 'S'}"}`, [3]string{"stops extra-not-json extra", "starts extra-not-json extra", ""}},
	{"pairs", "http://u:S@h/?__extra__=a%3DS", [3]string{"stops extra-not-json extra", "starts extra-not-json extra", ""}},
	{"list", `{"extra": ["S"]}`, [3]string{"stops extra-not-object extra", "starts extra-not-object extra", ""}},
	{"null", "http://u:S@h/?__extra__=null", [3]string{"stops extra-not-object extra", "starts extra-not-object extra", ""}},
	{"number", `{"password": "S", "extra": 1}`, [3]string{"stops extra-not-object extra", "starts extra-not-object extra", ""}},
	{"no-password", "ftp://S:@h", [3]string{"", "changes password-empty password", "changes password-empty password"}},
	{"no-password-json", `{"login": "S", "password": ""}`, [3]string{"", "changes password-empty password", "changes password-empty password"}},
	{"zero", `{"login": "S", "password": 0}`, [3]string{"", "stops password-not-text password", "stops password-not-text password"}},
	{"digits", `{"login": "S", "password": 5}`, [3]string{"neither unreadable password", "neither password-not-text password", "neither password-not-text password"}},
	{"login", `{"login": 4711, "password": "S"}`, [3]string{"starts login-not-text login", "stops login-not-text login", "neither login-not-text login"}},
	{"host", `{"host": ["S"]}`, [3]string{"starts host-not-text host", "stops host-not-text host", "neither host-not-text host"}},
	{"database", `{"host": "S", "database": 20}`, [3]string{"starts schema-not-text schema", "stops schema-not-text schema", "neither schema-not-text schema"}},
	{"type", `{"conn_type": ["S"]}`, [3]string{"starts conn_type-not-text conn_type", "stops conn_type-not-text conn_type", "neither conn_type-not-text conn_type"}},
	{"half", `{"password": "S", "host": "a\ud800b"}`, [3]string{"starts surrogate host", "stops surrogate host", "neither surrogate host"}},
	{"two", `{"login": 1, "schema": ["S"]}`, [3]string{"starts schema-not-text schema, login-not-text login", "stops schema-not-text schema, login-not-text login", "neither schema-not-text schema, login-not-text login"}},
	{"word", `{"address": 5, "password": "S"}`, [3]string{"starts host-not-text host", "stops host-not-text host", "neither host-not-text host"}}, // by extra_conn_words
	{"both", `{"login": 1, "extra": "S"}`, [3]string{"neither extra-not-json extra", "neither login-not-text login", "neither login-not-text login"}},
	{"broken", `{"password": "S"`, [3]string{"neither unreadable json", "neither unreadable json", "neither unreadable json"}},
	{"port", "pg://u:S@h:S", [3]string{"neither unreadable port", "neither unreadable port", "neither unreadable port"}},
	{"empty", "", [3]string{"neither unreadable uri", "neither unreadable uri", "neither unreadable uri"}},
	{"blank", "  ", [3]string{"neither unreadable uri", "neither unreadable uri", "neither unreadable uri"}},
}

// crowd returns a stage with 200 secrets, and what the upgrade does to each id. Some of them
// cannot be read.
func crowd(t *testing.T, which int) (s *stage, does map[string]string, same int) {
	t.Helper()
	s = set(t)
	s.ids, s.listed = nil, true
	s.kwargs["connections_prefix"], s.kwargs["extra_conn_words"] = "prod/conn", map[string]any{"host": []string{"address"}}
	s.kwargs["connections_lookup_pattern"] = "^(?!skipped)"
	put := func(id, text string) { s.srv.Set("prod/conn/"+id, strings.ReplaceAll(text, "S", planted)) }
	put("skipped-1", "pg://S:S@h")
	put("skipped-2", `{"extra": "S"}`)
	put("denied-2", `{"extra": "S"}`)
	put("denied-1", "pg://S:S@h")
	put("key", "pg://S:S@h")
	for _, id := range []string{"denied-2", "denied-1"} {
		s.srv.Inject(secretsmanagertest.Fault{Name: "prod/conn/" + id, Code: "AccessDeniedException", Message: planted})
	}
	s.srv.Inject(secretsmanagertest.Fault{Name: "prod/conn/key", Code: "DecryptionFailure", Message: planted})
	s.srv.SetBinary("prod/conn/binary", []byte(planted))
	does = map[string]string{}
	for n := range 200 - 6 {
		kind := kindsOfSecret[n%len(kindsOfSecret)]
		id := fmt.Sprintf("%s-%d", kind.name, n)
		put(id, kind.text)
		if does[id] = kind.does[which]; does[id] == "" {
			delete(does, id)
			same++
		}
	}
	return s, does, same
}
