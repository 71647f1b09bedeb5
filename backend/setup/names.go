package setup

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// The names of the kwargs that are read, and those in nested objects.
var (
	kwargNames = []string{
		"connections_prefix", "connections_lookup_pattern", "variables_prefix", "variables_lookup_pattern",
		"config_prefix", "config_lookup_pattern", "sep", "extra_conn_words",
		"region_name", "profile_name", "endpoint_url", "verify", "use_ssl", "api_version",
		"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "session_kwargs",
		"role_arn", "assume_role_method", "assume_role_kwargs",
		"assume_role_with_saml", "assume_role_with_web_identity_federation",
		"assume_role_with_web_identity_federation_audience", "assume_role_with_web_identity_token_file",
		"service_config", "config_kwargs",
	}
	roleNames = []string{
		"RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds", "Policy", "PolicyArns",
		"Tags", "TransitiveTagKeys", "SourceIdentity", "SerialNumber", "TokenCode",
	}
	sessionNames = []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}
)

// idle are names that users write and Airflow ignores, some of them since provider 9.0. Each
// has the name to write instead, which may be "", and an explanation.
var idle = map[string]struct{ meant, why string }{
	"full_url_mode":                {"", "no longer has an effect: whether a secret is a URI or JSON depends on its text"},
	"are_secret_values_urlencoded": {"", noLongerDecoded},
	"secret_values_are_urlencoded": {"", noLongerDecoded}, // a warning of Airflow's calls it this
	"separator":                    {"sep", "does nothing; the name is sep"},
	"lookup_pattern":               {"connections_lookup_pattern", "does nothing; the name is connections_lookup_pattern, variables_lookup_pattern or config_lookup_pattern"},
	"prefix":                       {"connections_prefix", "does nothing; the name is connections_prefix, variables_prefix or config_prefix"},
	"external_id":                  {"assume_role_kwargs.ExternalId", "does nothing; it is ExternalId in assume_role_kwargs"},
	"role_session_name":            {"assume_role_kwargs.RoleSessionName", "does nothing; it is RoleSessionName in assume_role_kwargs"},
	"aws_account_id":               {"role_arn", "no longer has an effect; write the whole ARN of the role as role_arn"},
	"aws_iam_role":                 {"role_arn", "no longer has an effect; write the whole ARN of the role as role_arn"},
	"s3_config_file":               {"profile_name", noConfigFile},
	"s3_config_format":             {"profile_name", noConfigFile},
	"aws_role_arn":                 {"role_arn", "does nothing; the name is role_arn"},
	"aws_region":                   {"region_name", "does nothing; the name is region_name"},
	"aws_default_region":           {"region_name", "does nothing; the name is region_name"},
	"aws_profile":                  {"profile_name", "does nothing; the name is profile_name"},
	"aws_secret_key":               {"aws_secret_access_key", "does nothing; the name is aws_secret_access_key"},
	"host":                         {"endpoint_url", "does nothing: backend_kwargs are not a connection; the name is endpoint_url"},
	"login":                        {"aws_access_key_id", "does nothing: backend_kwargs are not a connection; the name is aws_access_key_id"},
	"password":                     {"aws_secret_access_key", "does nothing: backend_kwargs are not a connection; the name is aws_secret_access_key"},
}

// longIdle are the idle names, in order, that are too long to resemble a misplaced secret.
var longIdle = slices.DeleteFunc(slices.Sorted(maps.Keys(idle)), func(name string) bool { return len(name) < 9 })

const (
	noLongerDecoded = "no longer has an effect: the values of a JSON secret are used as they are"
	noConfigFile    = "no longer has an effect: files of keys are not read; write profile_name, or the keys themselves"
)

// warnUnknown warns of the names that nothing reads. Airflow accepts them silently.
func (r reader) warnUnknown(known []string) {
	for _, name := range slices.Sorted(maps.Keys(r.values)) {
		if slices.Contains(known, name) {
			continue
		}
		if i, ok := idle[name]; ok && r.path == "" {
			r.warnings = append(r.warnings, Warning{Kwarg: name, Rule: "no-effect", Text: name + " " + i.why, Meant: i.meant})
		} else if right := nearest(name, known); right != "" {
			r.misspelled(r.path+name, r.path+name, right)
		} else if right := idle[nearest(name, longIdle)].meant; right != "" && r.path == "" {
			r.misspelled(name, name, right)
		} else {
			shown := r.path + shownName(name)
			r.warn(shown, "unknown-kwarg", "%s does nothing: the kwarg is unknown", shown)
		}
	}
}

// shownName returns a name for a message. If it may be a misplaced secret, only its length is
// shown. A name is shown if it is shorter than a password, or if it consists of words and one
// of them occurs in the names of options. A name with digits or other signs is not shown, since
// keys, tokens and passphrases have those.
func shownName(name string) string {
	if looksLikeOption(name) {
		return name
	}
	return fmt.Sprintf("(a name of %d bytes)", len(name))
}

const (
	longestPlain = 7  // the letters of a name that is always shown
	longestWord  = 12 // the letters of one word of a name
	longestName  = 40 // the letters of a name
)

func looksLikeOption(name string) bool {
	isOther := func(r rune) bool { return r != '_' && (r|0x20 < 'a' || r|0x20 > 'z') }
	if name == "" || len(name) > longestName || strings.ContainsFunc(name, isOther) {
		return false
	}
	words, known := optionWords(), len(name) <= longestPlain
	if name != strings.ToLower(name) {
		words = roleWords() // only the parameters of AWS have capitals
	}
	for _, word := range wordsOf(name) {
		if len(word) > longestWord {
			return false
		}
		known = known || words[word]
	}
	return known
}

// wordsOf splits names such as some_name and SomeName into words.
func wordsOf(name string) (words []string) {
	start := 0
	for i := 1; i < len(name); i++ {
		isCapital := name[i] >= 'A' && name[i] <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z'
		if name[i] == '_' || isCapital {
			words = append(words, strings.ToLower(strings.Trim(name[start:i], "_")))
			start = i
		}
	}
	return append(words, strings.ToLower(strings.Trim(name[start:], "_")))
}

func wordSet(names []string) map[string]bool {
	words := map[string]bool{}
	for _, name := range names {
		for _, word := range wordsOf(name) {
			words[word] = true
		}
	}
	return words
}

var (
	roleWords = sync.OnceValue(func() map[string]bool { return wordSet(roleNames) })

	// optionWords are the words in the names of known kwargs, and more of that kind.
	optionWords = sync.OnceValue(func() map[string]bool {
		return wordSet(slices.Concat(kwargNames, sessionNames, slices.Collect(maps.Keys(idle)), strings.Fields(`cache client
			connect data debug default enabled file format host interval key level limit log max min mode multi name path
			port proxy read retries retry seconds size suffix timeout ttl url use user version`)))
	})
)

// nearest returns the known name that a misspelled one probably stands for, or "". That is the
// one that differs in the fewest letters, otherwise the only one that begins with the name.
func nearest(name string, known []string) (best string) {
	least := 2 + len(name)/8
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least && 2*d < len(k) {
			best, least = k, d
		}
	}
	if best != "" {
		return best
	}
	for _, k := range known {
		if strings.HasPrefix(k, name+"_") {
			if best != "" {
				return ""
			}
			best = k
		}
	}
	return best
}

// distance returns how many letters must be inserted, removed, changed or swapped with the
// next one to turn a into b.
func distance(a, b string) int {
	if len(a) > 100 {
		return len(a) // too long for a name
	}
	var last, before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
