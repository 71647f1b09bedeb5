package connuri

import (
	"errors"
	"strconv"
	"strings"
)

// DialectOf returns the dialect in which a task of the given Airflow version
// reads a connection from a secrets backend. The version is a number such as
// 2.10.3, 3.0 or 3.2.1. A leading v and a suffix, as in v2.11.0, 3.3.0rc1 or
// 3.0.6+astro.1, do not matter. Up to 2.x it is [Airflow2], in 3.0 [Airflow30],
// and from 3.2 on [TaskSDK], also for releases that do not exist yet.
//
// Airflow has no such function: it follows which Connection class each version
// gives to a task.
//
// The error is an *Error with the field airflow_version. It wraps
// [errors.ErrUnsupported] for 3.1, whose tasks read JSON as TaskSDK and URIs
// as airflow.models, and ErrField for text that is not a version, the empty
// text included. The dialect returned with an error is TaskSDK.
func DialectOf(version string) (Dialect, error) {
	major, minor, ok := cutVersion(version)
	switch {
	case !ok || major < 1 || major == 3 && minor < 0:
		return TaskSDK, &Error{
			Field: "airflow_version", Rule: "it is not a version of Airflow", Offset: -1,
			Instead: "write a number such as 2.10.3 or 3.0.6", kind: ErrField,
		}
	case major < 3:
		return Airflow2, nil
	case major == 3 && minor == 0:
		return Airflow30, nil
	case major == 3 && minor == 1:
		return TaskSDK, &Error{
			Field: "airflow_version", Rule: "3.1 mixes two dialects: JSON as in 3.2, a URI as in airflow.models", Offset: -1,
			Instead: "store connections as JSON and read them as TaskSDK, or upgrade to 3.2", kind: errors.ErrUnsupported,
		}
	}
	return TaskSDK, nil
}

// cutVersion returns the first two numbers of a version, and -1 for a minor
// that is not there.
func cutVersion(version string) (major, minor int, ok bool) {
	const suffix = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-_"
	text := strings.TrimPrefix(strings.TrimSpace(version), "v")
	if strings.Trim(text, suffix) != "" {
		return 0, 0, false
	}
	number := func() (int, bool) {
		rest := strings.TrimLeft(text, digits)
		n, err := strconv.Atoi(text[:len(text)-len(rest)])
		text = rest
		return n, err == nil
	}
	if major, ok = number(); !ok {
		return 0, 0, false
	}
	if text == "" {
		return major, -1, true
	}
	if text[0] != '.' {
		return 0, 0, false
	}
	text = text[1:]
	minor, ok = number()
	return major, minor, ok
}
