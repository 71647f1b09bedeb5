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

	maxValue      = 65536 // the bytes of a SecretString or SecretBinary
	maxStages     = 20    // the labels on one version
	maxDeprecated = 100   // the versions without a label that a secret keeps
)

// secret is one secret with its versions. The lock of the server protects it and everything
// in it.
type secret struct {
	key         string // the key in Server.secrets: the ARN without its suffix
	name, arn   string
	description string
	kmsKeyID    string
	tags        []tag

	order    int // the place among all secrets of the server, by creation
	created  time.Time
	changed  time.Time
	accessed time.Time // midnight of the last read; zero if it was never read
	deletion time.Time // when the recovery window ends; zero if it is not marked for deletion

	versions []*version // oldest first
}

type tag struct{ Key, Value string }

// version is one value of a secret with its labels.
type version struct {
	id       string
	value    value
	created  time.Time
	accessed time.Time // midnight of the last read; zero if it was never read
	stages   []string  // the labels, in order of attachment; a version without any is deprecated
}

// value is either a text or bytes.
type value struct {
	text   string
	blob   []byte
	binary bool
}

func (v value) equal(w value) bool {
	return v.binary == w.binary && v.text == w.text && bytes.Equal(v.blob, w.blob)
}

// version returns the version with an ID, or nil.
func (s *secret) version(id string) *version {
	for _, v := range s.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

// labeled returns the version that has a label, or nil.
func (s *secret) labeled(stage string) *version {
	for _, v := range s.versions {
		if slices.Contains(v.stages, stage) {
			return v
		}
	}
	return nil
}

// add adds a version with labels.
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

// move moves a label from the version that has it to another one. If to is nil, it only
// removes the label. When AWSCURRENT moves, the version that had it gets AWSPREVIOUS.
func (s *secret) move(stage string, to *version) {
	from := s.labeled(stage)
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

// prune removes the oldest versions without a label, beyond maxDeprecated, so that the memory
// of a long-running program does not grow without bound.
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

// stages returns the labels of the versions by ID, as Describe and List show them. It leaves
// out versions without labels.
func (s *secret) stages() map[string][]string {
	all := map[string][]string{}
	for _, v := range s.versions {
		if len(v.stages) > 0 {
			all[v.id] = slices.Clone(v.stages)
		}
	}
	return all
}

// ident returns the members that every answer about a secret has.
func (s *secret) ident() answer { return answer{"ARN": s.arn, "Name": s.name} }

// details returns the members of Describe and List that have a value.
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

// byCreation compares secrets by the order of creation.
func byCreation(a, b *secret) int { return cmp.Compare(a.order, b.order) }
