package tune

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ErrIncomplete is wrapped by the error of Read if an input is only part of a query's result or of
// the output of lookup-events. The part that was read is counted.
var ErrIncomplete = errors.New("incomplete result")

// ErrNoEvents is wrapped by the error of Read if an input holds neither a CloudTrail event nor a
// row that counts events.
var ErrNoEvents = errors.New("nothing in it is an event of CloudTrail")

// A reader counts what one input holds.
type reader struct {
	log     *Usage
	events  int
	unread  int // events that are broken
	foreign int
	batches int

	sawText  bool            // there is something that could have been an event
	sawValue bool            // there is something
	sawList  bool            // there is a list of events or rows, which may be empty
	isResult bool            // there are rows of a query, or a page of events that is not the last
	counts   bool            // there are rows that count calls
	isTable  bool            // there is a table with all columns
	refused  map[string]bool // why some of it cannot be read
	ecs      bool            // the value at hand has keys of ECS
	ocsf     bool            // the value at hand has keys of OCSF
	page     page
	rows     seenColumns // of rows in no page that says how many rows there are
	names    map[string]string

	header      []column // of the rows of Athena's API
	refusedRows bool     // that header lacks columns

	doc              []uint64 // sums of events that the document at hand may hold again
	docBegin, docEnd int      // those to compare the events of a string with
	docSpot          spot     // of that string
}

// str returns text to keep. The same few texts come again and again, and share one string.
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

// emit counts an event, or a row of them.
func (s *scanner) emit(rec *record) {
	s.lost = false
	s.events++
	source := rec.get(fieldSource)
	ours := len(source) == 0 || bytes.HasPrefix(source, []byte("secretsmanager.amazonaws.com"))
	if ours && rec.wrong {
		s.broken++
		s.unread++
		if rec.unknown {
			s.refuse("it has requestParameters or userIdentity in a form that is not known; write them as " +
				"JSON")
		}
		return
	}
	n, first, last := 1, rec.get(fieldTime), rec.get(fieldTime)
	if rec.names(fieldCalls) {
		s.isResult, s.counts = true, true
		if n = calls(rec.get(fieldCalls)); n == 0 {
			s.broken++
			s.log.doubt("the calls of a row are not a whole number, 1 or more; fetch the result again")
			return
		}
		first, last = rec.get(fieldFirst), rec.get(fieldLast)
	}
	name := rec.get(fieldName)
	isGet := string(name) == "GetSecretValue"
	switch {
	case ours && isGet && rec.isSummary():
		s.isResult = true
		s.broken++
		s.log.doubt("events lack CloudTrailEvent, which says what was asked for; " +
			"give the output of lookup-events as it is, without --query")
	case ours && isGet:
		s.call(rec, n, timestamp(string(first)), timestamp(string(last)))
	case ours && string(name) == "BatchGetSecretValue":
		s.batches += n
		e := s.event(rec)
		e.Time = timestamp(string(first))
		s.log.batch(&e)
	default:
		s.foreign += n
		isKMS := string(name) == "Decrypt" && string(source) == "kms.amazonaws.com"
		if isKMS && rec.holds(fieldDecrypted) {
			e := s.event(rec)
			e.Time, e.Key = timestamp(string(first)), s.str(rec.get(fieldKey))
			e.Secret, e.full = s.str(rec.get(fieldDecrypted)), true
			s.log.decrypt(&e)
		}
	}
}

// maxCalls bounds the calls of a row, so that no sum overflows.
const maxCalls = 1 << 40

// calls returns the number of calls of a row, or 0 if it is not one. pandas may write it as 3.0.
func calls(text []byte) int {
	n, err := strconv.Atoi(string(bytes.TrimSuffix(text, []byte(".0"))))
	if err != nil || n < 1 || n > maxCalls {
		return 0
	}
	return n
}

// call counts n calls of GetSecretValue.
func (s *scanner) call(rec *record, n int, first, last string) {
	e := s.event(rec)
	e.Time = first
	e.untimed = first == "" || last == ""
	if !e.untimed && first[:10] != last[:10] {
		s.log.doubt("rows count the calls of several days, so that no day's count is right; " +
			"group by the day too, as tune's query does")
	}
	if n > 1 && s.log.straddles(first, last) {
		s.log.doubt("rows count calls on both sides of Since or Until, and each row counts whole by " +
			"its first call; bound the time by whole days")
	}
	s.log.add(&e, n, last)
}

// event returns the event of a record, without its time.
func (s *scanner) event(rec *record) Event {
	get := func(f field) string { return s.str(rec.get(f)) }
	e := Event{
		Secret: get(fieldSecret), Agent: get(fieldAgent), Source: get(fieldAddress),
		Region: get(fieldRegion), Account: get(fieldAccount),
	}
	message := get(fieldMessage)
	e.Outcome, e.Exists = outcome(get(fieldCode), message)
	if e.Secret == "" && e.Outcome == Denied {
		e.Secret, e.full = resource(message), true
	}
	if e.Outcome == Denied {
		e.Key = deniedKey(message)
	}
	if e.Account == "" { // older events have it in the ARN only
		if arn := bytes.SplitN(rec.get(fieldARN), []byte(":"), 6); len(arn) == 6 {
			e.Account = s.str(arn[4])
		}
	}
	e.Role, e.Session = s.caller(rec)
	return e
}

// caller returns the role and session name of who called. A caller without a role has a name only.
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
	last := arn[strings.LastIndexByte(arn, '/')+1:]
	return role, cmp.Or(get(fieldUser), last, get(fieldInvoked), get(fieldType), get(fieldAccount))
}

// pageField notes what a page of rows says about itself.
func (s *scanner) pageField(f field, text []byte) {
	p := &s.page
	switch f {
	case fieldStatus:
		p.seen, p.state = true, strings.ToUpper(s.str(text))
	case fieldState:
		switch state := strings.ToUpper(s.str(text)); state {
		case "RUNNING", "SCHEDULED", "FAILED", "CANCELLED", "TIMEOUT", "UNKNOWN":
			p.state = state // of Logs Insights
		}
	case fieldTotal:
		p.seen = true
		p.total, _ = strconv.Atoi(string(text)) // 0 if it is not known
	case fieldBytes:
		p.bytes, _ = strconv.Atoi(string(text))
	case fieldToken:
		p.token = len(text) > 0
	}
}

// endPage adds the page at hand to those of its result.
func (r *reader) endPage() {
	if p := r.page; p.seen || p.rows > 0 || p.events {
		r.isResult = r.isResult || p.seen || p.state != "" || p.events && p.token
		if p.total == 0 {
			r.rows.merge(p.columns)
		}
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
	if why := r.rows.lacking(); why != "" {
		r.isResult = true
		l.doubt(why)
	}
	if r.unread > 0 && r.unread == r.events && !r.isResult && len(r.refused) == 0 {
		r.refuse("none of its events can be read, since fields that are text in CloudTrail are lists, " +
			"objects or numbers; give the events as CloudTrail writes them, such as _source from " +
			`OpenSearch, or to_json(orient="records") from pandas`)
	}
	isUnread := r.events+r.foreign+r.batches == 0 && broken > 0
	if r.isTable && isUnread && !r.isResult && !r.counts && len(r.refused) == 0 {
		r.refuse("no row of its table can be read; each must have as many cells as the header")
	}
	why := slices.Sorted(maps.Keys(r.refused))
	isOther := r.sawText || broken > 0 || r.sawValue && !r.sawList
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
