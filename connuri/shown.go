package connuri

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// databases are the types whose schema is the name of a database or of a schema in one. For other
// types it may be the path of a web hook, which is as sensitive as a password:
// https://hooks.example.com/SECRET has the schema SECRET, whatever the type.
var databases = setOf(`arangodb athena aurora aurora_mysql aurora_postgresql beeline bigquery cassandra clickhouse
	cloudant cockroachdb couchbase cratedb db2 doris dremio drill druid duckdb exasol gcpbigquery gcpcloudsql
	gcpcloudsqldb greenplum hana hive_cli hive_metastore hiveserver2 impala iomete jdbc kylin mariadb mongo mongodb
	mssql mysql neo4j odbc oracle oracle_ee oracle_se2 pgvector pinot postgres postgresql presto redshift
	singlestore snowflake spark_sql sqlite sqlserver sqlserver_ee sqlserver_ex sqlserver_se sqlserver_web starrocks
	teradata tidb timescaledb trino vertica ydb`)

// isDatabase ignores the driver in a type such as mysql+pymysql.
func isDatabase(connType string) bool {
	connType, _, _ = strings.Cut(connType, "+")
	return databases[connType]
}

// placeholders are passwords that say that the login is the token. They are in lower case and
// without marks: apitoken is also API_TOKEN and api-token.
var placeholders = setOf(`0 1 any anything anystring api apikey apitoken accesstoken basic bearer blank changeme
	default dummy empty foo git gitlabcitoken ignored jwt key na nil none nopass nopassword notneeded notrequired
	notused null oauth oauth2 oauth2accesstoken oauthtoken pass password pat personalaccesstoken placeholder
	privatetoken random secret token undefined unused username x xaccesstoken xbitbucketapitokenauth xoauthbasic
	xoauthtoken xtokenauth`)

// tokenPrefixes are the prefixes of the tokens of well-known services, in lower case. An access key
// id of AWS (AKIA…) is not a secret.
var tokenPrefixes = strings.Fields(`ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glptt- glsoat- glcbt-
	gloas- glffct- glimt- glagent- xoxa- xoxb- xoxc- xoxd- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp- sk_live_
	sk_test_ rk_live_ rk_test_ whsec_ pypi- dop_v1_ doo_v1_ dor_v1_ dckr_pat_ hvs. eyj ya29. shpat_ shpss_ shpca_
	glsa_ lin_api_ figd_ sq0 nrak- tskey- pat-na1- pat-na2- pat-eu1- pat-ap1-`)

// vaguePrefixes also begin ordinary names, such as sk-postgres and npm_reader. They count only
// before 16 letters and digits in a row, at least one of them a digit.
var vaguePrefixes = strings.Fields(`sg. sk- key- pat- dapi npm_ glc_ hf_ aiza atatt atbb`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

const digits = "0123456789"

func isAlnum(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func notAlnum(r rune) bool { return !isAlnum(r) }

// isToken reports whether s looks like a token: it begins as the tokens of a well-known service do,
// or part of it looks random. The marks of base64 belong to a part only if it has both small
// letters and capitals; otherwise every UUID would be a token.
func isToken(s string) bool {
	if hasTokenPrefix(s) || hasVaguePrefix(s) {
		return true
	}
	parts := strings.FieldsFunc(s, notAlnum)
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return !isAlnum(r) && !strings.ContainsRune("-_+/", r) }) {
		if part != strings.ToLower(part) && part != strings.ToUpper(part) {
			parts = append(parts, part)
		}
	}
	for _, part := range parts {
		if len(part) > 20 && strings.ContainsAny(part, digits) && kindChanges(part) > 3 {
			return true
		}
	}
	return false
}

// kindChanges counts the places where letters meet digits and where a capital follows a small
// letter. A name has few of these (customerAnalytics2024prod has 3), a token many.
func kindChanges(s string) (changes int) {
	kind := func(c byte) byte {
		switch {
		case c >= '0' && c <= '9':
			return '0'
		case c >= 'a' && c <= 'z':
			return 'a'
		case c >= 'A' && c <= 'Z':
			return 'A'
		}
		return 0
	}
	for i := 1; i < len(s); i++ {
		before, after := kind(s[i-1]), kind(s[i])
		sameWord := before == after || before == 'A' && after == 'a'
		if !sameWord && before != 0 && after != 0 {
			changes++
		}
	}
	return changes
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

func hasVaguePrefix(s string) bool {
	s = strings.ToLower(s)
	for _, prefix := range vaguePrefixes {
		rest, found := strings.CutPrefix(s, prefix)
		if !found {
			continue
		}
		for _, part := range strings.FieldsFunc(rest, notAlnum) {
			if len(part) >= 16 && strings.ContainsAny(part, digits) {
				return true
			}
		}
	}
	return false
}

// shownLogin returns a login as it may be shown together with a password. The login is the secret
// if the password is only a placeholder or the id of an AWS key, and it shows the password if the
// two are equal. It may also be a whole header, a key file or a list of settings.
func shownLogin(connType, login, password string) string {
	if password == login || isPlaceholder(connType, password) || isAccessKeyID(password) || isToken(login) ||
		strings.ContainsAny(login, `:;{"`) || strings.ContainsFunc(login, unicode.IsSpace) {
		return redacted
	}
	return login
}

// isPlaceholder reports whether a password is not a real one. A short password of a database may be
// real: databases do not take a token as the login, and test databases have short passwords.
func isPlaceholder(connType, password string) bool {
	word := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, password)
	if word == "" || placeholders[word] {
		return true
	}
	first, size := utf8.DecodeRuneInString(password)
	repeated := len(password) > size && strings.Trim(password, string(first)) == ""
	return repeated || utf8.RuneCountInString(password) <= 3 && !isDatabase(connType)
}

// isAccessKeyID reports whether s is the id of an AWS access key.
func isAccessKeyID(s string) bool {
	return len(s) == 20 && (strings.HasPrefix(s, "AKIA") || strings.HasPrefix(s, "ASIA")) && strings.TrimFunc(s, isAlnum) == ""
}

func shownType(connType string) string {
	if isToken(connType) {
		return redacted
	}
	return onlyName(connType, "_.+-")
}

// shownSchema returns the schema of a database if it is a plain name, or the protocol in the schema
// of an HTTP connection.
func shownSchema(connType, schema string) string {
	switch {
	case schema == "http" || schema == "https":
		return schema
	case !isDatabase(connType) || isToken(schema):
		return redacted
	}
	return onlyName(schema, "_$-")
}

// onlyName returns s if it is a short plain name of ASCII letters, digits and the given marks,
// otherwise [redacted].
func onlyName(s, marks string) string {
	if len(s) <= 64 && hasOnly(s, marks) {
		return s
	}
	return redacted
}

// hasOnly reports whether s has only ASCII letters, digits and the marks given.
func hasOnly(s, marks string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !isAlnum(r) && !strings.ContainsRune(marks, r) })
}

// shownHost returns the protocol, the host names and the ports of a host. A path after them may be
// a token, as in the URL of a web hook. Text that is not a host, such as a login with a password or
// a list of settings, is redacted.
func shownHost(connType, host string) string {
	protocol, names, found := strings.Cut(host, "://")
	if !found {
		protocol, names = "", host
	}
	whole, path := names, ""
	if i := strings.IndexAny(names, "/?#;"); i >= 0 {
		names, path = names[:i], redacted
	}
	switch {
	case strings.Contains(host, "@"): // comes after a login and a password, or pieces of them
		return redacted
	case !hasOnly(protocol, "+.:-") || isToken(protocol):
		return redacted
	case !strings.ContainsAny(names, ".:") && isToken(whole): // base64 has slashes
		return redacted
	}
	list := strings.Split(names, ",")
	for _, name := range list {
		if names != "" && !isHost(name, isDatabase(connType), len(list) > 1) {
			return redacted
		}
	}
	if found {
		protocol += "://"
	}
	return protocol + names + path
}

// isHost reports whether s is an IP address or a host name, with or without a port, and not a
// secret. A name without a domain may be a secret, as in https://TOKEN: in a list it must have a
// port, and unless it is the host of a database it must be short.
func isHost(s string, database, inList bool) bool {
	if isIP(s) {
		return true
	}
	name, hasPort := s, false
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		if _, err := strconv.ParseUint(s[i+1:], 10, 16); err != nil {
			return false
		}
		name, hasPort = s[:i], true
	}
	switch {
	case isIP(name):
		return true
	case name == "" || !hasOnly(name, "._-") || hasTokenPrefix(name):
		return false
	case hasDomain(name):
		return true
	case isToken(name) || inList && !hasPort:
		return false
	}
	return database || len(name) <= 20 && kindChanges(name) <= 3
}

// isIP reports whether s is an IP address, with or without brackets. The zone of an address could
// be any text.
func isIP(s string) bool {
	if inner, found := strings.CutPrefix(s, "["); found {
		s = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Zone() == ""
}

// hasDomain reports whether a host name ends in what can be a top-level domain. Tokens that contain
// dots do not.
func hasDomain(name string) bool {
	name = strings.TrimSuffix(name, ".")
	last := name[strings.LastIndexByte(name, '.')+1:]
	return len(last) < len(name) && len(last) <= 24 && (!strings.ContainsAny(last, digits+"_") || strings.HasPrefix(last, "xn--"))
}
