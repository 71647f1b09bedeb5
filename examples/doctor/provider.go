package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// version is one of apache-airflow-providers-amazon; nil is not known.
type version []int

func parseVersion(text string) (version, error) {
	var v version
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || len(v) == 3 {
			return nil, errors.New("a version is three numbers, such as 9.39.0")
		}
		v = append(v, int(n))
	}
	for len(v) < 3 { // 9.26 is 9.26.0
		v = append(v, 0)
	}
	return v, nil
}

// String is the version as it is written, "" if it is not known.
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

// checkProvider looks for what an older provider does not know. The versions were
// read off the releases themselves, each the first that has it.
func (d *doctor) checkProvider() {
	if d.provider == nil {
		d.skip(provider, "-provider is not given: what Airflow runs cannot be told from here")
		return
	}
	b, a := d.settings.Backend, d.settings.AWS
	var found []finding
	old := func(used bool, since, what, so string) {
		if used && d.provider.before(since) {
			found = append(found, finding{Warning, what + " came with " + since + ": " + so, "install apache-airflow-providers-amazon " + since + " or later"})
		}
	}
	old(b.ConnectionsLookupPattern+b.VariablesLookupPattern+b.ConfigLookupPattern != "", patterned, "lookup patterns", "every id is asked for, or the client refuses the kwarg")
	old(b.ExtraConnWords != nil, "7.0.0", "JSON secrets for everybody", "they are read with full_url_mode false alone")
	old(!a.AccessKeyID.IsZero() || a.Role.ARN != "" || a.ServiceEndpoints["sts"] != "", "5.1.0", "keys in session_kwargs, role_arn and service_config", "boto3's client refuses what it does not know")
	old(b.MultiTeam, "9.26.0", "a team's own secrets", "all teams get those for all")
	old(b.MultiTeam && !d.provider.before("9.26.0"), "9.34.0", "the refusal of ids with --", "a team can ask for another team's secret by its name")
	d.setAll(provider, found, "knows all that is configured")
}

// patterned is the first version with lookup patterns.
const patterned = "7.3.0"

// knowsPatterns reports whether the provider goes by lookup patterns, as one that is
// not known is taken to.
func (d *doctor) knowsPatterns() bool { return d.provider == nil || !d.provider.before(patterned) }
