package tune

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ErrIncomplete is wrapped by the error of Read for half a result of a query: what was read is counted, but is not all there is.
var ErrIncomplete = errors.New("incomplete result")

// ErrNoEvents is wrapped by the error of Read for an input in which nothing is an event of CloudTrail, or a row that counts events.
var ErrNoEvents = errors.New("nothing in it is an event of CloudTrail")

// A reader counts what one input holds.
type reader struct {
	log     *Usage
	events  int
	foreign int
	batches int

	sawText  bool            // there is something that could have been an event
	sawKey   bool            // there is an object that is not empty
	isResult bool            // there are rows of a query
	counts   bool            // that count calls
	isTable  bool            // there is a table with all columns
	refused  map[string]bool // why some of it cannot be read
	ecs      bool            // the value at hand has keys of another vocabulary
	ocsf     bool
	page     page
	header   []column // of the rows of Athena's API
	names    map[string]string
}

// A page is what is known of a part of a query's result.
type page struct {
	result
	rows  int
	sum   uint64 // of the rows, 0 if they do not count calls
	state string
	first bool // it has the header of Athena
	token bool
	seen  bool
}

// str is text to keep. The same few texts come again and again.
func (r *reader) str(b []byte) string {
	if s, ok := r.names[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(r.names) >= 2048 {
		clear(r.names)
	}
	if len(s) <= 512 {
		r.names[s] = s
	}
	return s
}

func (r *reader) refuse(why string) { r.refused[why] = true }

// vocabulary notes keys of events that others have translated.
func (s *scanner) vocabulary(key []byte) {
	switch string(key) {
	case "class_uid":
		s.ocsf = true
	case "cloudtrail":
		s.ecs = true
	}
}

// endTop takes leave of an outermost object or array.
func (s *scanner) endTop(f *frame) {
	s.fresh = true
	if f.found == 0 && !s.lost && s.nest == 0 {
		switch {
		case s.ocsf:
			s.refuse("it has events in OCSF, as Security Lake keeps them; give CloudTrail's own log files from S3, or the result of tune's query in Athena")
		case s.ecs:
			s.refuse("it has events in ECS; give CloudTrail's own log files from S3, or export with event.original")
		case !f.array && !f.cells:
			s.foreign++
		}
	}
	if s.nest == 0 {
		s.ocsf, s.ecs = false, false
		if !s.lost {
			s.endPage()
		}
	}
}

// emit counts an event, or a row of them.
func (s *scanner) emit(rec *record) {
	s.lost = false
	s.events++
	source := rec.get(fieldSource)
	ours := len(source) == 0 || bytes.HasPrefix(source, []byte("secretsmanager.amazonaws.com"))
	if ours && rec.wrong {
		s.broken++
		return
	}
	n, first, last := 1, rec.get(fieldTime), rec.get(fieldTime)
	if rec.holds(fieldCalls) {
		s.isResult, s.counts = true, true
		var err error
		if n, err = strconv.Atoi(string(rec.get(fieldCalls))); err != nil || n < 1 || n > 1<<50 {
			s.broken++
			return
		}
		first, last = rec.get(fieldFirst), rec.get(fieldLast)
	}
	switch name := rec.get(fieldName); {
	case ours && string(name) == "GetSecretValue":
		e := s.event(rec)
		e.Time = timestamp(string(first))
		until := timestamp(string(last))
		e.untimed = e.Time == "" || until == ""
		if e.Time != "" && until != "" && e.Time[:10] != until[:10] {
			s.log.doubt("rows count the calls of several days, so that no day's count is right; group by the day too, as tune's query does")
		}
		if n > 1 && s.log.straddles(e.Time, until) {
			s.log.doubt("rows count calls on both sides of Since or Until, and each row counts whole by its first call; bound the time by whole days")
		}
		s.log.add(&e, n, until)
	case ours && string(name) == "BatchGetSecretValue":
		s.batches += n
		e := s.event(rec)
		e.Time = timestamp(string(first))
		s.log.batch(&e)
	default:
		s.foreign += n
		if string(name) == "Decrypt" && string(source) == "kms.amazonaws.com" && rec.holds(fieldDecrypted) {
			e := s.event(rec)
			e.Time, e.Key = timestamp(string(first)), s.str(rec.get(fieldKey))
			e.Secret, e.full = s.str(rec.get(fieldDecrypted)), true
			s.log.decrypt(&e)
		}
	}
}

func (s *scanner) event(rec *record) Event {
	e := Event{Secret: s.str(rec.get(fieldSecret)), Agent: s.str(rec.get(fieldAgent)), Source: s.str(rec.get(fieldAddress)), Region: s.str(rec.get(fieldRegion))}
	message := s.str(rec.get(fieldMessage))
	e.Outcome, e.Exists = outcome(s.str(rec.get(fieldCode)), message)
	if e.Secret == "" && e.Outcome == Denied {
		e.Secret, e.full = resource(message), true
	}
	if e.Outcome == Denied {
		e.Key = deniedKey(message)
	}
	e.Account = s.str(rec.get(fieldAccount))
	if arn := bytes.SplitN(rec.get(fieldARN), []byte(":"), 6); e.Account == "" && len(arn) == 6 { // older events have it there alone
		e.Account = s.str(arn[4])
	}
	e.Role, e.Session = s.caller(rec)
	return e
}

// caller gives role and session name. What is no role has a name alone.
func (r *reader) caller(rec *record) (role, session string) {
	get := func(f field) string { return r.str(rec.get(f)) }
	arn := get(fieldARN)
	_, resource, _ := strings.Cut(arn, ":assumed-role/") // ROLE/SESSION
	role, session, _ = strings.Cut(resource, "/")
	if name := get(fieldIssuerUser); name != "" && get(fieldIssuerType) == "Role" {
		role = name
	}
	if session == "" {
		_, session, _ = strings.Cut(get(fieldPrincipal), ":")
	}
	if session != "" {
		return role, session
	}
	for _, name := range []string{get(fieldUser), arn[strings.LastIndexByte(arn, '/')+1:], get(fieldInvoked), get(fieldType), get(fieldAccount)} {
		if name != "" {
			return role, name
		}
	}
	return role, ""
}

// pageField notes what is said of a page of rows.
func (s *scanner) pageField(f field, text []byte) {
	p := &s.page
	switch f {
	case fieldStatus:
		p.seen, p.state = true, strings.ToUpper(s.str(text))
	case fieldState:
		switch state := strings.ToUpper(s.str(text)); state {
		case "RUNNING", "SCHEDULED", "FAILED", "CANCELLED", "TIMEOUT", "UNKNOWN": // of Logs Insights
			p.state = state
		}
	case fieldTotal:
		p.seen = true
		p.total, _ = strconv.Atoi(string(text)) // 0 is not known
	case fieldBytes:
		p.bytes, _ = strconv.Atoi(string(text))
	case fieldToken:
		p.token = len(text) > 0
	}
}

// endPage hands on what is known of the rows so far.
func (r *reader) endPage() {
	if p := r.page; p.seen || p.rows > 0 {
		r.isResult = r.isResult || p.seen || p.state != ""
		r.log.addPage(p)
	}
	r.page = page{}
}

// finish adds what was counted to the log. The error says what the input lacks.
func (r *reader) finish(broken int) error {
	r.endPage()
	l := r.log
	if r.counts && broken > 0 {
		l.doubt("a result has rows that cannot be read, or is cut short; fetch it again")
	}
	why := slices.Sorted(maps.Keys(r.refused))
	isOther := r.sawText || broken > 0 || r.foreign > 0 && !r.sawKey
	if r.events == 0 && isOther && !r.isResult && !r.isTable && len(why) == 0 {
		return fmt.Errorf("tune: %w", ErrNoEvents)
	}
	if len(why) > 0 && r.events == 0 {
		return fmt.Errorf("tune: %s", strings.Join(why, "; "))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.skipped.foreign += r.foreign
	l.skipped.broken += broken
	l.skipped.batches += r.batches
	if half := l.incomplete(); (r.isResult || r.counts) && half != "" {
		return fmt.Errorf("tune: %w: %s", ErrIncomplete, half)
	}
	if len(why) > 0 {
		return fmt.Errorf("tune: %s", strings.Join(why, "; "))
	}
	return nil
}
