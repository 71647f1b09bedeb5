package main

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/export"
)

// looksLikeSecret reports whether an id may be a misplaced connection.
func looksLikeSecret(id string) bool {
	return strings.Contains(id, "://") || strings.Contains(id, "@") && strings.Contains(id, ":") ||
		strings.ContainsAny(id, "{}\"")
}

// kindOf is what the entries of a file are, as far as they do not say so themselves. Text
// alone is variables, unless all of it may be connections. Lines of ID=VALUE are connections
// if one of them certainly is.
func kindOf(file export.File) (export.Kind, error) {
	k, uris, conns, certain, all := file.Kind(), 0, 0, 0, 0
	for _, e := range file.Entries {
		if e.Kind != "" {
			continue
		}
		all++
		text, err := e.Text()
		if err == nil && strings.Contains(text, "://") {
			uris++
		}
		if err == nil && isCertain(text) || e.IsConnection() {
			certain++
		}
		var members map[string]json.RawMessage
		isObject := json.Unmarshal([]byte(e.JSON()), &members) == nil
		if isObject && members["conn_type"] != nil && members["password"] != nil { // as in every export
			conns++
		}
	}
	switch {
	case k == "" && all > 0 && uris == all:
		return "", errors.New("every value is a URI, so they may be connections or variables: " +
			"say -kind connections or -kind variables")
	case k == export.Variables && conns > 0:
		return "", errors.New("some of it are connections and some are not: say -kind " +
			"connections or -kind variables")
	case file.Format == export.Env && certain == 0:
		return "", errors.New("no line is certainly a connection, so they may be connections " +
			"or variables: say -kind connections or -kind variables")
	}
	return k, nil
}

// isCertain reports whether text is a URI that is a connection and not an address, as many
// variables are. Airflow exports a connection without a type as //login:password@host.
func isCertain(text string) bool {
	scheme, _, found := strings.Cut(text, "://")
	switch strings.ToLower(scheme) {
	case "http", "https", "s3", "gs", "file", "ftp":
		return false
	}
	return found || strings.HasPrefix(text, "//")
}
