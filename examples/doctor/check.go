package main

import "strings"

// Status is what came of a check.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning" // it works, and is probably not what was meant
	Failed  Status = "failed"
	Skipped Status = "skipped" // it needs what failed before it, or was not asked for
)

// Check is one line of the runbook.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Seen   string `json:"seen"`         // what was seen; never a value of a secret
	Do     string `json:"do,omitempty"` // the one thing to do about it

	Findings []Finding `json:"findings,omitempty"` // each of them, where there are several
}

// Finding is one of several things that a check saw.
type Finding struct {
	Status Status `json:"status"`
	Seen   string `json:"seen"`
	Do     string `json:"do"`
}

// The checks, in the order in which they are shown.
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
	versions      = "versions" // of -upgrade alone
)

var order = []string{
	configuration, class, kwargs, patterns, provider, endpoint, dns, tcp, tlsHandshake,
	credential, getSecret, kms, awsDefault, idsGiven, hidden, prefixes, secrets,
}

// checks are those made so far, by name. A later finding may overrule an earlier
// one: credentials that STS could not be asked about, and Secrets Manager refused.
type checks struct {
	made map[string]Check
	why  string // those not made are skipped
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

// list is every check in order.
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

// finding is one of several things that a check saw.
type finding struct {
	status   Status
	seen, do string
}

// setAll makes one check of what several ids came to: the worst counts, and the
// first of the worst says what to do. All of them stay in its findings.
func (c *checks) setAll(name string, found []finding, fine string) {
	var sorted []Finding
	var seen []string
	for _, status := range []Status{Failed, Warning} {
		for _, f := range found {
			if f.status == status {
				sorted = append(sorted, Finding{f.status, f.seen, f.do})
				seen = append(seen, f.seen)
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

// joined is the first few of a list in one line.
func joined(list []string, sep string, most int) string {
	if len(list) > most {
		return strings.Join(list[:most], sep) + sep + "and " + count(len(list)-most, "more", "more")
	}
	return strings.Join(list, sep)
}
