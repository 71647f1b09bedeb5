package connuri

import "strings"

// databases are the types whose schema is the name of a database or of a schema in
// one. For others it may be the path of a web hook, which is as good as a password:
// https://hooks.example.com/SECRET has the schema SECRET, whatever the type is called.
var databases = setOf(`arangodb athena cassandra clickhouse cloudant cockroachdb couchbase databricks db2 doris
	dremio drill druid duckdb elasticsearch exasol gcpcloudsql gcpcloudsqldb greenplum hana hive_cli hive_metastore
	hiveserver2 impala influxdb iomete jdbc kylin mariadb mongo mongodb mssql mysql neo4j odbc opensearch oracle
	pgvector pinot postgres postgresql presto redis redshift singlestore snowflake spark_sql sqlite sqlserver
	starrocks teradata timescaledb trino vertica ydb aurora aurora_mysql aurora_postgresql oracle_ee oracle_se2
	sqlserver_ee sqlserver_ex sqlserver_se sqlserver_web`)

// placeholders stand for a password where the login is the token, by lower case.
var placeholders = setOf(`x-oauth-basic x-oauth-token x-access-token x-token-auth oauth oauth2 oauth2accesstoken
	oauthtoken api_token api-token apitoken api_key api-key apikey token basic bearer anystring any dummy
	placeholder ignored unused blank none null nopass x xx xxx - _ .`)

// tokenPrefixes are what well-known services begin their tokens with, in lower case.
// An access key id of AWS (AKIA…) is not a secret.
var tokenPrefixes = strings.Fields(`ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glptt- glsoat- glcbt-
	gloas- glffct- glimt- glagent- xoxa- xoxb- xoxc- xoxd- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp- sk_live_
	sk_test_ rk_live_ rk_test_ whsec_ sk- sg. key- pypi- npm_ dop_v1_ doo_v1_ dor_v1_ dckr_pat_ dapi hf_ hvs. eyj
	atatt atbb aiza ya29. shpat_ shpss_ shpca_ glsa_ glc_ lin_api_ figd_ sq0 nrak- tskey- pat-`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// isToken reports whether s looks like a token: it begins as those of a well-known
// service do, or has more than 20 letters and digits in a row, with a digit.
func isToken(s string) bool {
	if hasTokenPrefix(s) {
		return true
	}
	run, digit := 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			run, digit = run+1, true
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			run++
		default:
			run, digit = 0, false
		}
		if run > 20 && digit {
			return true
		}
	}
	return false
}

func hasTokenPrefix(s string) bool {
	if len(s) < 16 {
		return false
	}
	s = strings.ToLower(s)
	for _, prefix := range tokenPrefixes {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

// shownLogin is a login beside a password. A login is the secret itself where the
// password is only a placeholder, and shows the password where the two are equal.
func shownLogin(login, password string) string {
	if password == "" || password == login || placeholders[strings.ToLower(password)] || isToken(login) {
		return redacted
	}
	return login
}

func shownType(connType string) string {
	if isToken(connType) {
		return redacted
	}
	return onlyName(connType, "_.+-")
}

// shownSchema is the schema of a database if it is a plain name, or the protocol
// that an HTTP connection has there.
func shownSchema(connType, schema string) string {
	switch {
	case schema == "http" || schema == "https":
		return schema
	case !databases[connType] || isToken(schema):
		return redacted
	}
	return onlyName(schema, "_$-")
}

// onlyName is s if it is a short plain name of ASCII letters, digits and the
// marks given, else [redacted].
func onlyName(s, marks string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(marks, r)
	}
	if len(s) <= 64 && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return redacted
}

// shownHost keeps protocol and host name of a host: a path behind it may be
// a token, as in the URL of a web hook, and before an @ stands a login. A name
// without a domain may be a token by itself, as in https://TOKEN.
func shownHost(host string) string {
	if strings.Contains(host, "@") {
		return redacted
	}
	start := 0
	if i := strings.Index(host, "://"); i >= 0 {
		start = i + len("://")
	}
	name, rest := host[start:], ""
	if i := strings.IndexAny(name, "/?#;&= \t\r\n"); i >= 0 {
		name, rest = name[:i], redacted
	}
	if hasTokenPrefix(name) || isToken(name) && !strings.Contains(name, ".") {
		return redacted
	}
	return host[:start] + name + rest
}
