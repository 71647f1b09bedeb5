package secretsmanagertest

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

const (
	stageCurrent  = "AWSCURRENT"
	stagePrevious = "AWSPREVIOUS"

	maxValue      = 65536 // bytes of a SecretString or SecretBinary
	maxStages     = 20    // labels on one version
	maxDeprecated = 100   // versions without a label that are kept
)

// secret is one secret with its versions. Like everything it holds, it is only
// touched under the server's lock.
type secret struct {
	key         string // what the server keeps it under: arn without its end
	name, arn   string
	description string
	kmsKeyID    string
	tags        []tag

	order    int // of creation, among all secrets of the server
	created  time.Time
	changed  time.Time
	accessed time.Time // midnight of the last read; zero: never read
	deletion time.Time // when its recovery window ends; zero: not marked for deletion

	versions []*version // oldest first
}

type tag struct{ Key, Value string }

// version is one value of a secret and the labels attached to it.
type version struct {
	id       string
	value    value
	created  time.Time
	accessed time.Time // midnight of the last read; zero: never read
	stages   []string  // in order of attachment; a version without any is deprecated
}

// value is a text or bytes, never both.
type value struct {
	text   string
	blob   []byte
	binary bool
}

func (v value) equal(w value) bool {
	return v.binary == w.binary && v.text == w.text && bytes.Equal(v.blob, w.blob)
}

// version finds a version by its ID; nil when there is none.
func (s *secret) version(id string) *version {
	for _, v := range s.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

// labelled finds the version that has a label; nil when none has.
func (s *secret) labelled(stage string) *version {
	for _, v := range s.versions {
		if slices.Contains(v.stages, stage) {
			return v
		}
	}
	return nil
}

// add makes a new version and gives it labels.
func (s *secret) add(id string, val value, now time.Time, stages ...string) *version {
	v := &version{id: id, value: val, created: now}
	s.versions = append(s.versions, v)
	for _, stage := range stages {
		s.move(stage, v)
	}
	s.changed = now
	s.prune()
	return v
}

// move takes a label from the version that has it and attaches it to another; to
// nil it only takes it away. When AWSCURRENT moves, AWSPREVIOUS goes to the
// version that it leaves.
func (s *secret) move(stage string, to *version) {
	from := s.labelled(stage)
	if from == to {
		return
	}
	if from != nil {
		from.stages = slices.DeleteFunc(from.stages, func(have string) bool { return have == stage })
	}
	if to != nil {
		to.stages = append(to.stages, stage)
	}
	if stage == stageCurrent && from != nil {
		s.move(stagePrevious, from)
	}
}

// prune forgets the oldest of the versions without a label when they are many, so
// that a program that runs for long does not fill the memory.
func (s *secret) prune() {
	spare := -maxDeprecated
	for _, v := range s.versions {
		if len(v.stages) == 0 {
			spare++
		}
	}
	s.versions = slices.DeleteFunc(s.versions, func(v *version) bool {
		old := len(v.stages) == 0 && spare > 0
		if old {
			spare--
		}
		return old
	})
}

// stages are the labels of every version that has any, as Describe and List show
// them: version ID → labels.
func (s *secret) stages() map[string][]string {
	all := map[string][]string{}
	for _, v := range s.versions {
		if len(v.stages) > 0 {
			all[v.id] = slices.Clone(v.stages)
		}
	}
	return all
}

// ident is what every answer about a secret begins with.
func (s *secret) ident() answer { return answer{"ARN": s.arn, "Name": s.name} }

// details is what Describe and List tell. Only fields that have a value are there.
func (s *secret) details(stagesMember string) answer {
	out := s.ident()
	for member, text := range map[string]string{"Description": s.description, "KmsKeyId": s.kmsKeyID} {
		if text != "" {
			out[member] = text
		}
	}
	for member, date := range map[string]time.Time{
		"CreatedDate": s.created, "LastChangedDate": s.changed, "LastAccessedDate": s.accessed, "DeletedDate": s.deletion,
	} {
		if !date.IsZero() {
			out[member] = epoch(date)
		}
	}
	if len(s.tags) > 0 {
		out["Tags"] = slices.Clone(s.tags)
	}
	if stages := s.stages(); len(stages) > 0 {
		out[stagesMember] = stages
	}
	return out
}

// byCreation orders secrets as lists have them.
func byCreation(a, b *secret) int { return cmp.Compare(a.order, b.order) }
