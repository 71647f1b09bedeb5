package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// version is a version of apache-airflow-providers-amazon. nil means that it is not known.
type version []int

func parseVersion(text string) (version, error) {
	var v version
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || len(v) == 3 {
			return nil, errors.New("write a version of up to three numbers, such as 9.39.0")
		}
		v = append(v, int(n))
	}
	for len(v) < 3 { // 9.26 is 9.26.0
		v = append(v, 0)
	}
	return v, nil
}

// String returns the version, or "" if it is not known.
func (v version) String() string {
	var parts []string
	for _, n := range v {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, ".")
}

func (v version) before(text string) bool {
	w, _ := parseVersion(text)
	return slices.Compare(v, w) < 0
}

// checkProvider looks for settings that the provider is too old for. Each version is the first
// release with the feature.
func (d *doctor) checkProvider() {
	if d.provider == nil {
		d.skip(provider, "the version that Airflow runs is not known: give it with -provider")
		return
	}
	b, a := d.settings.Backend, d.settings.AWS
	var found []Finding
	old := func(used bool, since, what, effect string) {
		if used && d.provider.before(since) {
			found = append(found, Finding{Warning, what + " came with " + since + ": " + effect,
				"install apache-airflow-providers-amazon " + since + " or later"})
		}
	}
	old(b.ConnectionsLookupPattern+b.VariablesLookupPattern+b.ConfigLookupPattern != "", patterned,
		"lookup patterns", "every id is asked for, or the client refuses the kwarg")
	old(b.ExtraConnWords != nil, "7.0.0",
		"JSON secrets as the default", "they are read only if full_url_mode is false")
	old(!a.AccessKeyID.IsZero() || a.Role.ARN != "" || a.ServiceEndpoints["sts"] != "", "5.1.0",
		"keys in session_kwargs, role_arn and service_config", "boto3's client refuses unknown kwargs")
	old(b.MultiTeam, "9.26.0",
		"a team's own secrets", "every team gets the global secrets")
	old(b.MultiTeam && !d.provider.before("9.26.0"), "9.34.0",
		"the refusal of ids with --", "a team can ask for another team's secret by its name")
	d.setAll(provider, found, "supports everything that is configured")
}

// patterned is the first version with lookup patterns.
const patterned = "7.3.0"

// knowsPatterns reports whether the provider uses lookup patterns. One that is not known is
// assumed to.
func (d *doctor) knowsPatterns() bool { return d.provider == nil || !d.provider.before(patterned) }
