package hook

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// snowflake looks at what SnowflakeHook makes of a connection.
func (l *linter) snowflake() {
	for _, key := range []string{"client_request_mfa_token", "client_store_temporary_credential", "json_result_force_utf8_decoding"} {
		if v, given := l.fieldValue(key); given && isTrueToSnowflake(v) {
			l.inExtra("not-in-go", key, "is for the connector in Python, and not in the settings", "leave it out for Go")
		}
	}
	if v, given := l.fieldValue("insecure_mode"); given && isTrueToSnowflake(v) {
		l.inExtra("revocation-off", "insecure_mode", "is true: certificates that were revoked are accepted", "leave insecure_mode out")
	}
	refresh, _ := l.field("refresh_token")
	authenticator, given, _ := l.text("authenticator")
	switch isOAuth := strings.EqualFold(authenticator, "oauth"); {
	case refresh != "" && given && !isOAuth:
		l.inExtra("hidden-key", "authenticator", "does nothing, because a refresh_token makes it oauth", "leave one of them out")
	case refresh != "", authenticator == "oauth":
		return
	case isOAuth:
		l.inExtra("auth-type", "authenticator", "is not exactly oauth, so the hook asks for no token, and sends the password", "write oauth in lower case")
	}
	for _, key := range []string{"token_endpoint", "scope", "oauth_username", "oauth_password", "azure_conn_id"} {
		if v, given := l.fieldValue(key); refresh == "" && given && v.Truthy() {
			l.inExtra("does-nothing", key, "does nothing unless authenticator is oauth", "write authenticator oauth as well, or leave "+key+" out")
		}
	}
}

// google looks at what GoogleBaseHook makes of a connection.
func (l *linter) google() {
	chain, given := l.fieldValue("impersonation_chain")
	if given && chain.Kind == pyjson.String && strings.HasPrefix(pystr.StripLeft(chain.Str()), "[") {
		l.inExtra("list-is-text", "impersonation_chain", "is a list as text, which is split at its commas, brackets and quotes included", "write the accounts with commas between them")
	}
	if path, _ := l.field("key_path"); path != "" && !strings.HasSuffix(path, ".json") {
		l.inExtra("key-path", "key_path", "does not end in .json, and the hook refuses that when it logs in", "write the path of a key in JSON")
	}
}
