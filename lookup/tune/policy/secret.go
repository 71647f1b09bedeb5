package policy

import (
	"cmp"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune/internal/arn"
)

// A Secret is one by its name, and where it is. What is not known is "".
type Secret struct {
	Partition string // aws, aws-cn, aws-us-gov …; "" is that of the region
	Region    string
	Account   string
	Name      string // without the six characters of its ARN
}

// ParseSecret reads the name of a secret, or its ARN as a list of secrets has it: with a hyphen and six characters at its end. An ARN
// without them is read as well. Region and account of a name are not known.
func ParseSecret(s string) Secret {
	a, ok := arn.Parse(s)
	if !ok {
		return Secret{Name: s}
	}
	name, _ := arn.CutSuffix(a.Name)
	return Secret{Partition: a.Partition, Region: a.Region, Account: a.Account, Name: name}
}

// Compare orders secrets by place and name.
func (s Secret) Compare(t Secret) int {
	return cmp.Or(cmp.Compare(s.partition(), t.partition()), cmp.Compare(s.Region, t.Region), cmp.Compare(s.Account, t.Account), cmp.Compare(s.Name, t.Name))
}

// partitions are those of regions that begin so.
var partitions = []struct{ region, partition string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"}, {"us-isof-", "aws-iso-f"},
	{"eu-isoe-", "aws-iso-e"}, {"eusc-", "aws-eusc"},
}

func (s Secret) partition() string {
	if s.Partition != "" {
		return s.Partition
	}
	for _, p := range partitions {
		if strings.HasPrefix(s.Region, p.region) {
			return p.partition
		}
	}
	return "aws"
}

// head is the ARN before the name. What is not known is any.
func (s Secret) head() string {
	return "arn:" + s.partition() + ":secretsmanager:" + cmp.Or(s.Region, "*") + ":" + cmp.Or(s.Account, "*") + ":secret:"
}

// isValid reports whether a policy can have the secret in it: no other name exists, and one with a wildcard would open others.
func (s Secret) isValid() bool {
	return 0 < len(s.Name) && len(s.Name) <= 512 && only(s.Name, "/_+=.@-") && only(s.Region, "-") && only(s.Account, "") && only(s.Partition, "-")
}

// only reports whether s consists of letters and digits, and others.
func only(s, others string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune(others, r) })
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// mayOpen reports whether a prefix may open a secret of that name. Its ARN goes on with a hyphen and any six characters, which the
// prefix may reach into.
func mayOpen(prefix, name string) bool {
	if strings.HasPrefix(name, prefix) {
		return true
	}
	rest, ok := strings.CutPrefix(prefix, name)
	return ok && arn.IsSuffix(rest)
}

// Match reports whether IAM takes a text for one of a pattern: * is any characters, also none, ? is one, and all others are
// themselves. Case counts.
func Match(pattern, s string) bool {
	star, from := -1, 0 // the last *, and where what it takes ends
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
