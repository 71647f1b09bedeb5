package policy

import (
	"cmp"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune/internal/arn"
)

// A Secret names a secret and says where it is. Fields that are not known are "".
type Secret struct {
	Partition string // aws, aws-cn, aws-us-gov …; "" is the partition of the region
	Region    string
	Account   string
	Name      string // without the suffix that AWS appends in an ARN
}

// ParseSecret reads the name or ARN of a secret. It cuts the suffix off an ARN, a hyphen and six
// characters, if there is one. If s is only a name, Region and Account are "".
func ParseSecret(s string) Secret {
	a, ok := arn.Parse(s)
	if !ok {
		return Secret{Name: s}
	}
	name, _ := arn.CutSuffix(a.Name)
	return Secret{Partition: a.Partition, Region: a.Region, Account: a.Account, Name: name}
}

// Compare orders secrets by partition, region, account and name.
func (s Secret) Compare(t Secret) int {
	return cmp.Or(
		cmp.Compare(s.partition(), t.partition()), cmp.Compare(s.Region, t.Region),
		cmp.Compare(s.Account, t.Account), cmp.Compare(s.Name, t.Name),
	)
}

// partitions maps the beginning of a region's name to its partition.
var partitions = []struct{ region, partition string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"},
	{"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"}, {"us-isof-", "aws-iso-f"},
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

// head is the ARN up to the name.
func (s Secret) head() string {
	return "arn:" + s.partition() + ":secretsmanager:" + s.Region + ":" + s.Account + ":secret:"
}

// covers reports whether another secret may be in the same place. One whose place is not known
// may be anywhere.
func (s Secret) covers(t Secret) bool {
	region := t.Region == "" || s.Region == t.Region
	account := t.Account == "" || s.Account == t.Account
	partition := t.Partition == "" && t.Region == "" || s.partition() == t.partition()
	return region && account && partition
}

// isValid reports whether a policy can name the secret. AWS allows no other names, and a name with
// a wildcard would open other secrets. The names that AWS itself makes have an exclamation mark,
// such as rds!db-1.
func (s Secret) isValid() bool {
	return 0 < len(s.Name) && len(s.Name) <= 512 && only(s.Name, "/_+=.@-!") &&
		only(s.Region, "-") && only(s.Account, "") && only(s.Partition, "-")
}

// only reports whether s consists of letters, digits and the given other characters.
func only(s, others string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !isAlphanumeric(r) && !strings.ContainsRune(others, r)
	})
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// mayOpen reports whether a prefix may open a secret of that name. The ARN continues with a hyphen
// and six unknown characters, and the prefix may reach into these.
func mayOpen(prefix, name string) bool {
	if strings.HasPrefix(name, prefix) {
		return true
	}
	rest, ok := strings.CutPrefix(prefix, name)
	return ok && arn.IsSuffix(rest)
}

// Match reports whether s matches a pattern by IAM's rules: * matches any number of characters, ?
// matches one character, and every other character matches itself. Case matters.
func Match(pattern, s string) bool {
	star, from := -1, 0 // the last *, and where the text that it matches ends
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
