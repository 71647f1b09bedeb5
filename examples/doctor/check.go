package main

import "strings"

// Status is the result of a check.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning" // it works, but is probably not what was meant
	Failed  Status = "failed"
	Skipped Status = "skipped" // a check that it depends on failed, or it was not asked for
)

// Check is one line of a report.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Seen   string `json:"seen"`         // what was seen; never the value of a secret
	Do     string `json:"do,omitempty"` // the one thing to do about it

	Findings []Finding `json:"findings,omitempty"` // all findings, if there are several
}

// Finding is one of several things that a check saw.
type Finding struct {
	Status Status `json:"status"`
	Seen   string `json:"seen"`
	Do     string `json:"do"`
}

// The names of the checks, in the order in which they are shown.
const (
	configuration = "configuration"
	class         = "class"
	kwargs        = "kwargs"
	patterns      = "patterns"
	provider      = "provider"
	endpoint      = "endpoint"
	dns           = "dns"
	tcp           = "tcp"
	tlsHandshake  = "tls"
	credential    = "credentials"
	getSecret     = "GetSecretValue"
	kms           = "kms"
	awsDefault    = "aws_default"
	idsGiven      = "ids"
	hidden        = "hidden"
	prefixes      = "prefix"
	secrets       = "secrets"
	versions      = "versions" // only with -upgrade
)

var order = []string{
	configuration, class, kwargs, patterns, provider, endpoint, dns, tcp, tlsHandshake,
	credential, getSecret, kms, awsDefault, idsGiven, hidden, prefixes, secrets,
}

// checks are those made so far, by name. A later result may replace an earlier one: STS may
// not say whether credentials are valid before Secrets Manager refuses them.
type checks struct {
	made map[string]Check
	why  string // why all other checks are skipped
}

func (c *checks) set(name string, status Status, seen, do string) {
	if c.made == nil {
		c.made = map[string]Check{}
	}
	c.made[name] = Check{Name: name, Status: status, Seen: seen, Do: do}
}

func (c *checks) ok(name, seen string)   { c.set(name, OK, seen, "") }
func (c *checks) skip(name, seen string) { c.set(name, Skipped, seen, "") }

func (c *checks) failed(name string) bool { return c.made[name].Status == Failed }

// list returns every check in order.
func (c *checks) list() (all []Check) {
	for _, name := range order {
		check, made := c.made[name]
		if !made {
			check = Check{Name: name, Status: Skipped, Seen: c.why}
		}
		all = append(all, check)
	}
	return all
}

// setAll makes one check of several findings. Its status is that of the worst finding, and the
// first of the worst says what to do. Without findings the check is ok, and fine is what it saw.
func (c *checks) setAll(name string, found []Finding, fine string) {
	var sorted []Finding
	var seen []string
	for _, status := range []Status{Failed, Warning} {
		for _, f := range found {
			if f.Status == status {
				sorted = append(sorted, f)
				seen = append(seen, f.Seen)
			}
		}
	}
	if len(sorted) == 0 {
		c.ok(name, fine)
		return
	}
	worst := sorted[0]
	c.set(name, worst.Status, joined(seen, "; ", 5), worst.Do)
	if len(sorted) > 1 {
		check := c.made[name]
		check.Findings = sorted
		c.made[name] = check
	}
}

// joined returns at most the first few of a list in one line, and counts the others.
func joined(list []string, sep string, most int) string {
	if len(list) > most {
		return strings.Join(list[:most], sep) + sep + "and " + count(len(list)-most, "more", "more")
	}
	return strings.Join(list, sep)
}
